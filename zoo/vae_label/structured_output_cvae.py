"""Conditional VAE of structured outputs (Sohn et al., 2015, NeurIPS)."""

from typing import Annotated

import tensorflow as tf

from zoo.contract.settings import Count, Number
from zoo.losses.divergence import gaussian_kl
from zoo.registry import register
from zoo.vae_label.structured import StructuredOutputModel

Mixing = Number(above=0.0, at_most=1.0, search=(0.1, 1.0), scale="linear")


@register
class StructuredOutputCVAE(StructuredOutputModel):
    """A VAE of y given x, whose prior is a network of x: many y for one x.

        reconstruction = -alpha E_q(z|x, y) ln p(y|x, z)                                  (Eq. 4)
        divergence     = alpha KL(q(z|x, y) | p(z|x))
        prediction     = -(1 - alpha) E_p(z|x) ln p(y|x, z)                           (Eq. 7, 8)

    alpha = 1 is the conditional VAE, alpha < 1 mixes in what `translate` does, z ~ p(z|x) ("GSNN").
    With a `baseline`, a network of x, the others see its guess of y beside x, as it is; it learns
    by a term of its own, -ln p(y | baseline(x)).

    `score` estimates ln p(y|x) by importance weights, of `draws` draws of q(z|x, y).

    Departures: the baseline learns with the rest, not before it; default networks bring x to one
    vector, beside z.

    Args:
        recognition: `[x, y]` to means, then ln variances, of q(z|x, y); where there is a baseline
            this and the next two take its guess after x.
        prior_network: x to those of p(z|x).
        generator: `[x, z]` to the likelihood's parameters of y.
        latent_dim: size of z; 50 in the paper.
        baseline: x to the likelihood's parameters of y, or None.
        alpha: in [0, 1].
        draws: of z, for `score`.
        likelihood: of y: `zoo.likelihoods` object, or its name.

    Reference: Sohn, Lee and Yan, 2015, "Learning structured output representation using deep
    conditional generative models".
    """

    terms = {"model": ("reconstruction", "divergence", "prediction")}

    def __init__(
        self,
        recognition,
        prior_network,
        generator,
        latent_dim,
        *,
        baseline=None,
        alpha: Annotated[float, Mixing] = 0.5,
        draws: Annotated[int, Count()] = 16,
        **parts,
    ):
        parts |= {"baseline": baseline, "alpha": alpha, "draws": draws}
        super().__init__(recognition, prior_network, generator, latent_dim, **parts)
        if baseline is not None:
            self.terms = {"model": (*self.terms["model"], "baseline")}

    def model_loss(self, x, y, training):
        conditions, guess = self.conditions(x, training)
        output = self.recognition([*conditions, y], training=training)
        prior = self.prior_of(conditions, training)
        codes = [self.posterior.sample(each)[0] for each in (output, prior)]
        outputs = [self.generate(conditions, z, training) for z in codes]
        near, far = (self.likelihood.nll(y, each) for each in outputs)
        gap = gaussian_kl(*tf.split(output, 2, axis=1), *tf.split(prior, 2, axis=1))
        terms = {"reconstruction": self.alpha * near, "divergence": self.alpha * gap}
        terms["prediction"] = (1.0 - self.alpha) * far
        return terms if guess is None else {**terms, "baseline": self.likelihood.nll(y, guess)}
