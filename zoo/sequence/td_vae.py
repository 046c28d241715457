"""TD-VAE (Gregor et al., 2019): a model of sequences that jumps over steps."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract.settings import Count
from zoo.losses.divergence import gaussian_kl
from zoo.registry import register
from zoo.replicas import copies
from zoo.sequence.base import MaxJump, SequenceModel
from zoo.verbs.sequences import joined


@register
class TDVAE(SequenceModel):
    """A state z of a sequence, inferred from its past, that jumps d steps ahead at once.

        divergence     = KL(q_S(z1|z2, b1, b2) | p_B(z1|b1))
        jump           = ln p_B(z2|b2) - ln p_T(z2|z1, d)
        reconstruction = -ln p_D(x2|z2),  z2 ~ p_B(z2|b2), z1 ~ q_S(z1|z2, b1, b2)

    at two steps t1 and t2 = t1 + d of each sequence: d is drawn from 1 ... `max_jump`, then t1.
    b is the state of a recurrent network after the sequence up to a step. The loss is a bound of
    -ln p(x2|x up to t1).

    Departures: one layer of z, where the paper has two for images, and plain perceptrons; the
    default transition adds to z1; images have a Gaussian likelihood, where the paper's
    Bernoulli leaves grey digits without their shapes.

    Args:
        belief: sequences `(steps, ...)` to b at each step, from no later one: `(steps, size)`.
        prior_network: b to means, then ln variances, of z: p_B.
        smoother: z2, b1 and b2 side by side to those of z1: q_S.
        transition: z1 and the one-hot d side by side to those of z2: p_T.
        decoder: z to the likelihood's parameters of one step: p_D.
        latent_dim: size of z.
        max_jump: the longest jump.
        horizon: how many steps `forecast` gives.
        likelihood: `zoo.likelihoods` object, "bernoulli" or "gaussian"; a Gaussian of a learned
            variance where None.

    Reference: Gregor, Papamakarios, Besse, Buesing and Weber, 2019, "Temporal difference
    variational auto-encoder".
    """

    players = {"model": (*SequenceModel.networks, "smoother", "transition", "likelihood")}
    terms = {"model": ("divergence", "jump", "reconstruction")}

    def __init__(
        self,
        belief,
        prior_network,
        smoother,
        transition,
        decoder,
        latent_dim,
        *,
        max_jump: MaxJump = 4,
        horizon: Annotated[int, Count()] = 8,
        likelihood=None,
        **parts,
    ):
        parts |= {"max_jump": max_jump, "horizon": horizon, "likelihood": likelihood}
        parts |= {"smoother": smoother, "transition": transition}
        super().__init__(belief, prior_network, decoder, latent_dim, **parts)

    @classmethod
    def shapes(cls, data_shape, size, latent_dim, max_jump, channels):
        both = (cls.width(latent_dim),)
        return {
            **super().shapes(data_shape, size, latent_dim, max_jump, channels),
            "smoother": ((latent_dim + 2 * size,), both),
            "transition": ((latent_dim + max_jump,), both),
        }

    def default_optimizer(self, player):
        return keras.optimizers.Adam(5e-4)

    def model_loss(self, x, y, training):
        b, (first, jump) = self.belief(x, training=training), self.instants(tf.shape(x)[0])
        pairs = (b, first), (b, first + jump), (x, first + jump)
        chosen = (tf.gather(*pair, batch_dims=1) for pair in pairs)
        return self.jump_terms(*chosen, jump=jump, training=training)

    def jump_terms(self, b1, b2, x2, jump, training):
        """The terms where beliefs are b1 and, `jump` steps later, b2, and x2 is observed."""
        terms, _ = self.terms_and_weights(b1, b2, x2, jump, training)
        return terms

    def terms_and_weights(self, b1, b2, x2, jump, training):
        """The terms of a jump, and ln of the importance weight of the same draw for p(x2|b1)."""
        early, late = (self.prior_network(b, training=training) for b in (b1, b2))
        z2, log_late = self.posterior.sample(late)
        drawn, reached, decoded = copies(z2, 3)
        smooth = self.smoother(tf.concat([drawn, b1, b2], axis=1), training=training)
        z1, log_smooth = self.posterior.sample(smooth)
        log_ahead = self.posterior.log_prob(reached, self.ahead(z1, jump, training))
        terms = {
            "divergence": gaussian_kl(*tf.split(smooth, 2, axis=1), *tf.split(early, 2, axis=1)),
            "jump": log_late - log_ahead,
            "reconstruction": self.likelihood.nll(x2, self.decoder(decoded, training=training)),
        }
        log_early = self.posterior.log_prob(z1, early)
        return terms, log_early - log_smooth - terms["jump"] - terms["reconstruction"]

    def ahead(self, z, jump, training):
        """Means and ln variances of p_T, `jump` steps after z."""
        size = [tf.shape(z)[0], self.max_jump]
        steps = tf.broadcast_to(tf.one_hot(jump - 1, self.max_jump), size)
        return self.transition(tf.concat([z, steps], axis=1), training=training)

    def of_each_step(self, x):
        """`terms_and_weights` of jumps of 1 from each step but the last: `(batch, steps - 1)`."""
        b, pairs = self.belief(x, training=False), self.data_shape[0] - 1
        flat = joined(b[:, :-1]), joined(b[:, 1:]), joined(x[:, 1:])
        with self.noise.expanded(pairs):
            values = self.terms_and_weights(*flat, 1, training=False)
        return tf.nest.map_structure(lambda value: tf.reshape(value, [-1, pairs]), values)

    def log_weights(self, x):
        """ln weights of one draw for p(x_t|x up to t - 1), t from 2: `(batch, steps - 1)`."""
        return self.of_each_step(x)[1]

    def score(self, x, seed=0):
        """A lower bound of ln p(x_2 ... x_T|x_1), in nats: jumps of 1 from each step, one draw."""
        with self.noise.serving(seed, tf.shape(x)[0]):
            terms, _ = self.of_each_step(x)
        return -tf.reduce_sum(tf.add_n(list(terms.values())), axis=1)
