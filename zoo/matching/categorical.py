"""What adversarial autoencoders share whose code is a class and a style."""

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Widths
from zoo.losses.games import NonSaturating
from zoo.losses.reconstruction import squared_error
from zoo.networks import default
from zoo.networks.heads import encoder_with_heads, joined_decoder
from zoo.priors.categorical import Categorical
from zoo.priors.normal import StandardNormal
from zoo.verbs.labels import checked, completed


class CategoricalAutoencoder(GenerativeModel):
    """x to class probabilities y = softmax(e_y(x)) and style z = e_z(x), and back: D(y, z).

        autoencoder = |x - D(y, z)|^2
        critics     = softplus(-C(z~)) + softplus(C(z)) + softplus(-C_y(y~)) + softplus(C_y(y))
        encoder     = softplus(-C(z)) + softplus(-C_y(y))

    with draws z~ of the prior, and y~ one-hot of the class prior. Not trained itself.

    Args:
        encoder: data to `[num_classes logits, z]`; see `zoo.networks.heads`.
        decoder: `[class probabilities, z]` to data.
        critic: z to one raw output.
        label_critic: class probabilities to one raw output.
        latent_dim: size of z.
        num_classes: how many classes.
        prior: `zoo.priors` object, of z; N(0, I) where None.
        class_prior: `zoo.priors.categorical.Categorical`; all classes alike where None.
        **parts: those of `GenerativeModel`.
    """

    players = {
        "autoencoder": ("encoder", "decoder"),
        "critics": ("critic", "label_critic"),
        "encoder": ("encoder",),
    }
    terms = {
        "autoencoder": ("reconstruction",),
        "critics": ("adversarial", "label_adversarial"),
        "encoder": ("adversarial", "label_adversarial"),
    }
    verbs = {
        "sample": ("count", "labels", "seed"),
        "encode": ("x",),
        "decode": ("z", "labels"),
        "reconstruct": ("x",),
        "translate": ("x", "labels"),
        "classify": ("x",),
        "score": ("x",),
    }
    unknown_labels = ("sample",)
    score_kind, codes_have_scale = "neg_energy", True
    game, batch_size = NonSaturating(), 100
    class_setting = "num_classes"  # what the constructor of a class calls the number of classes

    def __init__(
        self,
        encoder,
        decoder,
        critic,
        label_critic,
        latent_dim,
        num_classes,
        *,
        prior=None,
        class_prior=None,
        **parts,
    ):
        self.require_autoencoder(encoder, decoder, latent_dim, num_classes)
        checks.require_map(type(self), "critic", critic, (latent_dim,), (1,))
        checks.require_map(type(self), "label_critic", label_critic, (num_classes,), (1,))
        networks = {"encoder": encoder, "decoder": decoder, "latent_dim": latent_dim}
        networks |= {"critic": critic, "label_critic": label_critic}
        networks[self.class_setting] = num_classes
        priors = {
            "prior": prior or StandardNormal(latent_dim),
            "class_prior": class_prior or Categorical(num_classes),
        }
        super().__init__(**networks, **priors, **parts)
        self.num_classes = num_classes

    @classmethod
    def require_autoencoder(cls, encoder, decoder, latent_dim, num_classes):
        """Refuses an encoder and a decoder that do not fit each other."""
        checks.require_codec(cls, encoder, decoder, latent_dim, heads=[(num_classes,)])

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        hidden: Widths = (256, 256),
        channels: Widths = (32, 64),
    ):
        parts, sizes = (num_classes, latent_dim), {"hidden": hidden, "channels": channels}
        final = "sigmoid" if default.is_image(data_shape) else "linear"
        return {
            "encoder": encoder_with_heads(data_shape, parts, **sizes),
            "decoder": cls.default_decoder(parts, data_shape, final=final, **sizes),
            "critic": default.critic(latent_dim, hidden),
            "label_critic": default.critic(num_classes, hidden, name="label_critic"),
        }

    default_decoder = staticmethod(joined_decoder)

    def default_optimizer(self, player):
        adversarial = player in ("critics", "encoder")
        return keras.optimizers.Adam(2e-4, 0.5) if adversarial else keras.optimizers.Adam(1e-3)

    def codes(self, x, training):
        """Class probabilities `(batch, num_classes)` and style `(batch, latent_dim)` of x."""
        logits, z = self.encoder(x, training=training)
        return tf.nn.softmax(logits), z

    def judge(self, y, z, training):
        """Raw outputs of the critics of classes and of styles, `(batch,)` each."""
        label_output = self.label_critic(y, training=training)[:, 0]
        return label_output, self.critic(z, training=training)[:, 0]

    def decoded(self, y, z, training):
        """What the decoder makes of class probabilities and style."""
        return self.decoder([y, z], training=training)

    def autoencoder_loss(self, x, y, training):
        output = self.decoded(*self.codes(x, training), training)
        return {"reconstruction": squared_error(x, output)}

    def critics_loss(self, x, y, training):
        count = tf.shape(x)[0]
        drawn = tf.one_hot(self.class_prior.sample(count), self.num_classes)
        real = self.judge(drawn, self.prior.sample(count), training)
        fake = self.judge(*self.codes(x, training), training)
        of_labels, of_styles = map(self.game.discriminator, real, fake)
        return {"adversarial": of_styles, "label_adversarial": of_labels}

    def encoder_loss(self, x, y, training):
        of_labels, of_styles = map(
            self.game.generator, self.judge(*self.codes(x, training), training)
        )
        return {"adversarial": of_styles, "label_adversarial": of_labels}

    def opposed_codes(self, codes, seed):
        with self.noise.serving(seed, len(codes)):
            return self.prior.sample(len(codes))

    def call(self, x, training=False):
        """The reconstruction of x."""
        return self.reconstruct(x)

    def sample(self, count, labels=None, seed=None):
        """`count` examples of these classes; one for each or one for all, where -1, or None,
        is drawn. `seed`: one integer, or an int64 for each; None draws one."""
        with self.noise.serving(seed, count):
            y = completed(self, labels, self.class_prior.sample(count))
            one_hot = tf.one_hot(y, self.num_classes)
            return self.decoded(one_hot, self.prior.sample(count), training=False)

    def encode(self, x):
        """The style of x, `(batch, latent_dim)`."""
        return self.codes(x, training=False)[1]

    def decode(self, z, labels):
        """The data of style z with these classes."""
        y = checked(self, labels, tf.shape(z)[0], unknown=False)
        one_hot = tf.one_hot(y, self.num_classes)
        return self.decoded(one_hot, tf.convert_to_tensor(z), training=False)

    def reconstruct(self, x):
        """The data that x is decoded to after encoding, by its class probabilities and style."""
        return self.decoded(*self.codes(x, training=False), training=False)

    def translate(self, x, labels):
        """What x would be as another class: its style, which stays, decoded with that class."""
        return self.decode(self.encode(x), labels)

    def classify(self, x):
        """q(y|x), `(batch, num_classes)`."""
        return self.codes(x, training=False)[0]

    def score(self, x):
        """Minus the reconstruction error; higher is more like the training data."""
        return -squared_error(x, self.reconstruct(x))
