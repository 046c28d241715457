"""What a model can do beyond its verbs: what measures, signals and signatures ask of its class."""

import numpy as np
import tensorflow as tf


class Capabilities:
    """Defaults of the contract; a family or a paper states what is its own."""

    score_kind = None  # of `zoo.verbs.signatures.SCORES`: what `score` gives
    code_dtype = tf.float32
    code_range = None  # (lowest, highest) entry of a code that `decode` takes; None: any
    codes_dim = None  # size of the structured part of a code, where `sample` takes `codes`
    label_sizes = None  # how many values each of several labels has; None: there is one label
    code_mask = None  # in [0, 1] for each dimension of a code, where dimensions are masked
    has_evidence_bound = False  # whether it gives importance weights (`zoo.vae.evidence_bound`)
    codes_have_scale = False  # whether the variance of a dimension tells if it is in use
    output_is_log_ratio = False  # whether `score` estimates ln p(x) - ln p_model(x)

    @property
    def label_shape(self):
        """Shape of what `labels` are for one example."""
        return () if self.label_sizes is None else (len(self.label_sizes),)

    @property
    def highest_label(self):
        """The largest label, or those of several labels."""
        sizes = self.num_classes if self.label_sizes is None else np.array(self.label_sizes)
        return sizes - 1

    @property
    def code_shape(self):
        """Shape of one code; None where there are none."""
        latent_dim = getattr(self, "latent_dim", None)
        return None if latent_dim is None else (latent_dim,)

    @property
    def is_fitted(self):
        """Whether it has been trained: what is asked of it where it is the prior of another."""
        with tf.init_scope():  # a verb may ask while it is traced
            return int(self.steps.numpy()) > 0

    def noise_map(self):
        """(function, size, sigma) where `sample` is a function of u ~ N(0, sigma^2 I); or None."""

    def unit_divergences(self, x):
        """KL(q(z_j|x) | p(z_j)) of each unit of the code, nats, `(batch, latent_dim)`; None where
        it has no closed form."""

    def prototypes(self):
        """The mean example of each class, `(num_classes, *data_shape)`; None: there is none."""

    def opposed_codes(self, codes, seed):
        """What the critic of codes tells `codes` from, as many; None where there is no critic."""
