"""Bayesian GAN (Saatci and Wilson, 2017, arXiv:1705.09558)."""

from typing import Annotated

import tensorflow as tf

from zoo import noise
from zoo.contract.settings import Count, Number
from zoo.gan_dynamics.ensemble import EnsembleModel, logit
from zoo.losses.games import softplus
from zoo.optimizers.sghmc import SGHMC
from zoo.registry import register


@register
class BayesianGAN(EnsembleModel):
    """Several generators and discriminators, each a draw from a posterior of its weights.

        discriminator = softplus(-l(x)) + E_j softplus(l(G_j(z))) + |theta|^2 / (2 s^2 N)
        generator     = E_j softplus(-l_j(G(z))) + |theta|^2 / (2 s^2 N)    (Eqs. 1 and 2)

    E_j is the mean over the networks of the other player. These are minus the log posteriors
    over N: SGHMC at temperature 1 / N draws from them (Algorithm 1), and samples come from
    all generators alike. With classes a discriminator gives K outputs l_k, and a sample has
    the logit 0: then l = ln sum_k exp l_k, and labelled rows add -ln softmax(l)_y.

    Departures: the networks of a player move at once, discriminators first, as in the
    released code. That code differs further: the M moves are M copies of every network; losses
    over the other player are joined by ln sum exp, not averaged; the prior is the mean of
    squares over N; the generator also matches features (Huber); the momentum is 0.5.

    Args:
        generators: list of networks, noise `(batch, latent_dim)` to data.
        discriminators: list of networks, data to one raw output or to one for each class.
        latent_dim: size of z ~ U(-1, 1).
        num_classes: K, where some rows have labels; None: data without labels.
        data_size: N, how many training examples there are.
        prior_deviation: s, of the normal prior of every weight.
        sampler_moves: M, moves of each player in one step.
        friction: alpha of SGHMC; where weights are few, 0.1 keeps the game from swinging.
        burn_in: how many first moves are Adam's.

    Reference: Saatci and Wilson, 2017, "Bayesian GAN".
    """

    terms = {player: ("adversarial", "weight_prior") for player in EnsembleModel.players}
    batch_size = 64

    def __init__(
        self,
        generators,
        discriminators,
        latent_dim,
        *,
        num_classes=None,
        data_size: Annotated[int, Count()] = 10_000,
        prior_deviation: Annotated[float, Number(above=0.0, search=(0.3, 10.0))] = 1.0,
        sampler_moves: Annotated[int, Count()] = 2,
        friction: Annotated[float, Number(above=0.0, at_most=1.0, search=(0.01, 0.3))] = 0.01,
        burn_in: Annotated[int, Count(at_least=0)] = 5000,
        **parts,
    ):
        own = {"num_classes": num_classes, "data_size": data_size, "friction": friction}
        own |= {"prior_deviation": prior_deviation, "sampler_moves": sampler_moves}
        super().__init__(generators, discriminators, latent_dim, burn_in=burn_in, **own, **parts)
        self.moves = dict.fromkeys(self.players, sampler_moves)

    def default_optimizer(self, player):
        seed = noise.mixed(self.seed, list(self.players).index(player))
        own = {"friction": self.friction, "burn_in": self.burn_in, "seed": seed}
        return SGHMC(2e-4, temperature=1.0 / self.data_size, **own)

    def weight_prior(self, player):
        """Minus the log density of a player's weights, over N."""
        squares = [tf.reduce_sum(tf.square(v.value)) for v in self.variables_of(player)]
        return tf.add_n(squares) / (2.0 * self.prior_deviation**2 * self.data_size)

    def discriminators_loss(self, x, y, training):
        outputs = [network(x, training=training) for network in self.discriminators]
        fake_logits = self.sample_logits(tf.shape(x)[0], training)
        real = tf.add_n([softplus(-logit(output)) for output in outputs])
        fake = tf.add_n([tf.reduce_mean(softplus(logits), axis=0) for logits in fake_logits])
        terms = {"adversarial": real + fake, "weight_prior": self.weight_prior("discriminators")}
        if self.num_classes is None:
            return terms
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits
        known = tf.maximum(y, 0)
        each = tf.add_n([cross_entropy(labels=known, logits=output) for output in outputs])
        return {**terms, "classification": self.among(y >= 0, each)}

    def generators_loss(self, x, y, training):
        fake_logits = self.sample_logits(tf.shape(x)[0], training)
        each = tf.reduce_mean([softplus(-logits) for logits in fake_logits], axis=0)
        prior = self.weight_prior("generators")
        return {"adversarial": tf.reduce_sum(each, axis=0), "weight_prior": prior}
