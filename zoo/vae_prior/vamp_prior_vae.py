"""VAE with a VampPrior (Tomczak and Welling, 2018, arXiv:1705.07120)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Choice, Count
from zoo.input_pipeline import batches
from zoo.losses.schedules import warm_up as rising
from zoo.networks.default import is_image
from zoo.optimizers.adam_norm_grad import AdamNormGrad
from zoo.priors.vamp import VampPrior
from zoo.registry import register
from zoo.vae.base import VariationalModel


@register
class VampPriorVAE(VariationalModel):
    """A VAE whose prior is the posterior itself, averaged over learned pseudo-inputs.

        loss = -E_q ln p(x|z) + w [ln q(z|x) - ln 1/K sum_k q(z|u_k)],  z ~ q(z|x)    (Eq. 9)

    The pseudo-inputs u_k are weights, trained with the networks. w rises from 0 to 1 over
    the first `warm_up` steps (`kl_weight` in the logs); in evaluation it is 1.

    Departures: pseudo-inputs of images are put back into [0, 1] after each step, where the
    code clips them in the forward pass, which leaves those below 0 without gradient. One
    level of latents; default networks are not the code's gated ones.

    Args:
        encoder: data to `(batch, 2 latent_dim)`: means, then ln variances.
        decoder: codes to the likelihood's parameters.
        latent_dim: size of the code; 40 in the paper.
        components: K; 500 in the paper.
        warm_up: steps; the code's 100 epochs of MNIST are 50,000.
        start: "noise" around 0.05 as in the code for MNIST (N(0, 1) for vectors), or
            "data": examples with noise of 0.01.
        prior: `zoo.priors.vamp.VampPrior`; a new one where None.

    Reference: Tomczak and Welling, 2018, "VAE with a VampPrior", AISTATS.
    """

    watched = {"autoencoder": ("kl_weight",)}
    batch_size = 100

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        *,
        components: Annotated[int, Count(size=True, search=(10, 1000))] = 500,
        warm_up: Annotated[int, Count(at_least=0)] = 50_000,
        start: Annotated[str, Choice(("noise", "data"))] = "noise",
        prior=None,
        **parts,
    ):
        shape = encoder.input_shape[1:]
        parts["prior"] = prior or VampPrior(shape, components, bounded=is_image(shape))
        parts |= {"components": components, "warm_up": warm_up, "start": start}
        super().__init__(encoder, decoder, latent_dim, **parts)

    def default_optimizer(self, player):
        return AdamNormGrad(5e-4)

    def prepare(self, data):
        if self.start == "data":
            rows = batches.first_rows(data, self.prior.components)
            with self.noise.serving(self.seed, len(rows)):
                self.prior.start_at(rows + 0.01 * self.noise.normal(rows.shape))

    def posteriors(self, training=False):
        """What the encoder gives for the pseudo-inputs."""
        return self.encoder(self.prior.pseudo_inputs.value, training=training)

    def divergence(self, output, z, log_q, training):
        return log_q - self.log_prior(z, training)

    def log_prior(self, z, training=False):
        return self.prior.log_prob(z, self.posterior, self.posteriors(training))

    def autoencoder_loss(self, x, y, training):
        _, nll, divergence = self.elbo_parts(x, training)
        weight = self.now(rising(self.warm_up)) if training else tf.ones(())
        return {"reconstruction": nll, "divergence": weight * divergence, "kl_weight": weight}

    def draw_codes(self, count):
        return self.prior.sample(count, self.posterior, self.posteriors())
