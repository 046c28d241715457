"""The posterior that a flow makes of a Gaussian, step by step."""

import keras
import tensorflow as tf

from zoo.layers.iaf_step import IAFStep
from zoo.layers.planar_step import PlanarStep
from zoo.networks.autoregressive import Autoregressive
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.registry import register, register_former_name


@register
class FlowPosterior(keras.layers.Layer):
    """q(z|x): z_0 ~ N(mean, diag exp(log_var)), z = z_T, z_t = step_t(z_{t-1}, h).

    The encoder's output holds means, ln variances and h, a context that every step reads.

    Args:
        steps: layers with `forward(z, context)`, which gives a vector and ln |det| of each
            row; without any the posterior is the Gaussian.
        context: numbers of h for each dimension of z.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, steps=(), context=1, **options):
        super().__init__(**options)
        self.steps, self.context = list(steps), context
        self.gaussian = DiagonalGaussian()
        self.built = True

    def width(self, latent_dim):
        """How many numbers the encoder gives: means, ln variances and h."""
        return (2 + self.context) * latent_dim

    def split(self, output):
        """The Gaussian's parameters, and h or None."""
        size = 2 * output.shape[-1] // (2 + self.context)
        return output[:, :size], output[:, size:] if self.context else None

    def flown(self, z, context):
        """z after every step, and the sum of ln |det|."""
        total = tf.zeros_like(z[:, 0])
        for step in self.steps:
            z, log_det = step.forward(z, context)
            total += log_det
        return z, total

    def mean(self, output):
        """Where the flow takes the Gaussian's mean, `(batch, latent_dim)`; not E[z|x]."""
        gaussian, context = self.split(output)
        return self.flown(self.gaussian.mean(gaussian), context)[0]

    def sample(self, output):
        """z and ln q(z|x)."""
        gaussian, context = self.split(output)
        z, log_q = self.gaussian.sample(gaussian)
        z, log_det = self.flown(z, context)
        return z, log_q - log_det

    def unit_divergences(self, output, prior):
        """None: no dimension has a closed form of its own."""

    def divergence(self, output, z, log_q, prior):
        """KL(q(z|x) | prior), nats: ln q(z|x) - ln p(z), closed where there is no step."""
        if not self.steps:
            return self.gaussian.divergence(self.split(output)[0], z, log_q, prior)
        return log_q - prior.log_prob(z)

    def get_config(self):
        steps = [keras.saving.serialize_keras_object(step) for step in self.steps]
        return {**super().get_config(), "steps": steps, "context": self.context}

    @classmethod
    def from_config(cls, config):
        steps = [keras.saving.deserialize_keras_object(step) for step in config["steps"]]
        return cls(**{**config, "steps": steps})


register_former_name(FlowPosterior, "InverseAutoregressive")


def inverse_autoregressive_flow(latent_dim, depth=4, hidden=(320, 320), context=1):
    """A posterior of `depth` steps, the order reversed from one to the next."""
    steps = []
    for number in range(depth):
        order = {"reverse": number % 2 == 1, "context": context * latent_dim}
        steps.append(IAFStep(Autoregressive(latent_dim, 2, hidden, "elu", **order)))
    return FlowPosterior(steps, context)


def planar_flow(latent_dim, depth=8, amortized=True):
    """A posterior of `depth` planar steps; `amortized`: each reads its plane off h."""
    context = 1 if amortized else 0
    return FlowPosterior(
        [PlanarStep(latent_dim, context * latent_dim) for _ in range(depth)], context
    )
