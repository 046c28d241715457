"""What a model can do beyond its verbs: what measures, signals and signatures ask of its class."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.tables import Tables


class Capabilities(Tables):
    """Defaults of the contract; a family or a paper states what is its own."""

    discriminator: Any  # of families without an encoder

    score_kind: str | None = None  # of `zoo.verbs.signatures.SCORES`: what `score` gives
    code_dtype: tf.DType = tf.float32
    code_range: tuple[float, float] | None = None  # of entries that `decode` takes; None: any
    codes_dim: int | None = None  # of the structured part, where `sample` takes `codes`
    classes_per_label: tuple[int, ...] | None = (
        None  # values of each of several labels; None: one label
    )
    code_mask: Any = None  # in [0, 1] for each dimension of a code, where dimensions are masked
    score_is_labelled: bool = False  # whether the discriminator takes the label, too
    has_evidence_bound: bool = False  # whether it gives importance weights
    codes_have_scale: Any = False  # whether the variance of a dimension tells if it is in use
    output_is_log_ratio: Any = False  # whether `score` estimates ln p(x) - ln p_model(x)
    # Networks whose outputs are logits or other raw numbers, without an activation.
    raw_networks: tuple[str, ...] = (
        *("discriminator", "discriminators", "critic", "label_critic", "classifier", "d_x", "d_y"),
    )

    @property
    def data_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        network = getattr(self, "encoder", None) or self.discriminator
        return checks.shapes(network.input_shape)[0]  # beside it labels, where it takes them

    @property
    def target_shape(self) -> tuple[int, ...]:
        """Shape of one `y` where it is data."""
        return self.data_shape

    @property
    def data_range(self) -> tuple[float, float] | None:
        """What the values of x must lie in: [0, 1] for images; None is anything finite."""
        return (0.0, 1.0) if len(self.data_shape) >= 3 else None

    @property
    def label_shape(self) -> tuple[int, ...]:
        """Shape of what `labels` are for one example."""
        return () if self.classes_per_label is None else (len(self.classes_per_label),)

    @property
    def highest_label(self) -> Any:
        """The largest label, or those of several labels."""
        several = self.classes_per_label
        return (self.num_classes or 0) - 1 if several is None else np.array(several) - 1

    @property
    def code_shape(self) -> tuple[int, ...] | None:
        """Shape of one code; None where there are none."""
        latent_dim = getattr(self, "latent_dim", None)
        return None if latent_dim is None else (latent_dim,)

    @property
    def is_fitted(self) -> bool:
        """Whether it has been trained: what is asked of it where it is the prior of another."""
        with tf.init_scope():  # a verb may ask while it is traced
            return int(self.steps.numpy()) > 0

    def see_labels(self, y: np.ndarray) -> None:
        """Is given labels by `fit` before it trains: all of an array, the first of a dataset."""

    def noise_map(self) -> tuple[Callable[..., tf.Tensor], int, float] | None:
        """(function, size, sigma) where `sample` is a function of u ~ N(0, sigma^2 I); or None."""

    def unit_divergences(self, x: tf.Tensor) -> tf.Tensor | None:
        """KL(q(z_j|x) | p(z_j)) of each unit of the code, nats, `(batch, latent_dim)`; None where
        it has no closed form."""

    def prototypes(self) -> tf.Tensor | None:
        """The mean example of each class, `(num_classes, *data_shape)`; None: there is none."""

    def opposed_codes(self, codes: np.ndarray, seed: int) -> tf.Tensor | None:
        """What the critic of codes tells `codes` from, as many; None where there is no critic."""
