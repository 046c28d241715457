"""What adversarial autoencoders share that are told labels: networks and verbs."""

from typing import Annotated, Any

import tensorflow as tf

from zoo.contract import checks
from zoo.contract.settings import Choice, Widths
from zoo.losses.reconstruction import squared_error
from zoo.matching.adversarial import AdversarialAutoencoder
from zoo.networks import default
from zoo.networks.labelled import labelled
from zoo.priors.categorical import Categorical
from zoo.verbs.labels import checked, completed

Variant = Annotated[str, Choice(("style", "informed"))]
STYLE = {
    "sample": ("count", "labels", "seed"),
    "encode": ("x",),
    "decode": ("z", "labels"),
    "reconstruct": ("x", "labels"),
    "translate": ("x", "labels"),
    "score": ("x", "labels"),
}
INFORMED = {**{verb: ("x",) for verb in ("encode", "reconstruct", "classify", "score")}}
INFORMED |= {"sample": STYLE["sample"], "decode": ("z",)}


class LabelledAdversarialAutoencoder(AdversarialAutoencoder):
    """An adversarial autoencoder whose decoder or critic is told the label. Not trained itself.

    Args:
        encoder, latent_dim: as in `AdversarialAutoencoder`.
        decoder: `[codes, labels]` to data; where the variant is "informed", codes to data.
        critic: codes to one raw output; informed, `[codes, labels]`.
        num_classes: how many labels.
        variant: "style" or "informed".
        class_prior: `zoo.priors.categorical.Categorical`, of labels that `sample` draws; all
            labels alike where None.
        **parts: those of `AdversarialAutoencoder`; informed, `prior` has a mode for each class.
    """

    targets, unknown_labels, verbs = "labels", ("sample", "reconstruct", "score"), STYLE

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        latent_dim,
        num_classes,
        *,
        variant: Variant = "style",
        class_prior=None,
        **parts,
    ):
        parts |= {"variant": variant, "num_classes": num_classes}
        parts["class_prior"] = class_prior or Categorical(num_classes)
        super().__init__(encoder, decoder, critic, latent_dim, **parts)
        if self.informed:
            self.targets, self.verbs = "some_labels", INFORMED

    @classmethod
    def require_networks(cls, encoder, decoder, latent_dim, *, critic, posterior, **parts):
        plain, labelled_code = (latent_dim,), [(latent_dim,), ()]
        informed = parts["variant"] == "informed"
        if informed and getattr(parts["prior"], "modes", None) != parts["num_classes"]:
            words = f"`prior` of {cls.__name__} must have a mode for each class where informed."
            raise ValueError(f"{words} Received: {type(parts['prior']).__name__}.")
        inputs = (labelled_code, plain) if informed else (plain, labelled_code)
        data_shape = checks.shapes(encoder.input_shape)[0]
        checks.require_map(cls, "encoder", encoder, None, (posterior.width(latent_dim),))
        checks.require_map(cls, "critic", critic, inputs[0], (1,))
        checks.require_map(cls, "decoder", decoder, inputs[1], data_shape)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        variant: Variant = "style",
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
        **posterior,
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        networks = super().default_networks(data_shape, latent_dim, **sizes, **posterior)
        if variant == "informed":
            name, make = "critic", lambda shape: default.critic(shape[0], hidden)
        else:
            sizes["final"] = cls.final if default.is_image(data_shape) else "linear"
            name, make = "decoder", lambda shape: default.decoder(shape[0], data_shape, **sizes)
        return {**networks, name: labelled(make, (latent_dim,), num_classes, name)}

    @property
    def informed(self):
        """Whether the critic is told the label, and not the decoder."""
        return self.variant == "informed"

    def judge(self, z, training=True, y=None):
        return super().judge([z, y] if self.informed else z, training)

    def decoded(self, z, y, training):
        """The decoder's output for codes and labels."""
        return self.decoder(z if self.informed else [z, y], training=training)

    def noise_map(self):
        return None  # of noise and label

    def opposed_codes(self, codes, seed):
        return None if self.informed else super().opposed_codes(codes, seed)

    def call(self, inputs, training=False):
        """The reconstruction of `[x, labels]`; informed, of x."""
        return self.reconstruct(inputs) if self.informed else self.reconstruct(*inputs)

    def sample(self, count, labels=None, seed=None):
        """`count` examples of these labels; one for each or one for all, where -1, or None,
        is drawn. `seed`: one integer, or an int64 for each; None draws one."""
        with self.noise.serving(seed, count):
            y = completed(self, labels, self.class_prior.sample(count))
            z = self.prior.sample(count, **({"modes": y} if self.informed else {}))
            return self.decode(z, y)

    def decode(self, z, labels=None):
        """The data of code z, with these labels where the decoder is told them."""
        z = tf.convert_to_tensor(z)
        known = self.informed or checked(self, labels, tf.shape(z)[0], unknown=False)
        return self.decoded(z, known, training=False)

    def reconstruct(self, x, labels=None):
        """The data that x is decoded to after encoding; by the label of least error where the
        decoder is told labels and this one is -1, or None."""
        z = self.encode(x)
        if self.informed:
            return self.decode(z)
        labels = checked(self, labels, tf.shape(z)[0])
        return self.decoded(z, tf.where(labels < 0, self.likely(x, z), labels), training=False)

    def likely(self, x, z):
        """The label of which code z is decoded closest to x: int32 `(batch,)`."""
        labels = [tf.fill([tf.shape(z)[0]], k) for k in range(self.num_classes or 0)]
        errors = [squared_error(x, self.decoded(z, each, training=False)) for each in labels]
        return tf.argmin(tf.stack(errors, axis=1), axis=1, output_type=tf.int32)

    def translate(self, x, labels):
        """What x would be with these labels: its style, which stays, decoded with them."""
        return self.decode(self.encode(x), labels)

    def classify(self, x):
        """p(mode|z) of the code of x under the prior, `(batch, num_classes)`."""
        return tf.nn.softmax(self.prior.log_modes(self.encode(x)))

    def score(self, x, labels=None):
        """Minus the reconstruction error; higher is more like the training data."""
        return -squared_error(x, self.reconstruct(x, labels))
