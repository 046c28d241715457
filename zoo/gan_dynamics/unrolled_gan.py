"""Unrolled GAN (Metz et al., 2017, arXiv:1611.02163)."""

from typing import Annotated

import keras
import tensorflow as tf

from zoo.contract.settings import MOST_PARTS, Count, Number
from zoo.gan.base import AdversarialModel, GameChoice
from zoo.optimizers import unrolled
from zoo.registry import register


@register
class UnrolledGAN(AdversarialModel):
    """The generator plays against the discriminator as it will be a few steps from now.

        discriminator = L_D(theta_G, theta_D)                     one ordinary step
        generator     = L_G(theta_G, theta_D^K)                   (Section 2.2)
        theta_D^(k+1) = theta_D^k - eta dL_D / d theta_D^k,   theta_D^0 = theta_D

    The generator's gradient goes through all K steps; they are then forgotten. In a game
    that is zero-sum, L_G is minus the whole of L_D: its term of the data depends on theta_G
    through theta_D^K. All steps use one batch of data and of samples.

    Departures: none.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output.
        latent_dim: size of z ~ N(0, I).
        unrolled_steps: K; 0 is the game as it is.
        inner_rate: eta, for plain descent; None takes the steps that the discriminator's
            optimizer would take, Adam with its moments as they are, clipping and weight decay.
        game: "minimax", "non_saturating", "wasserstein", "hinge" or "least_squares".

    Reference: Metz, Poole, Pfau and Sohl-Dickstein, 2017, "Unrolled generative adversarial
    networks".
    """

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        unrolled_steps: Annotated[int, Count(at_least=0, at_most=MOST_PARTS)] = 5,
        inner_rate: Annotated[float | None, Number(at_least=0.0)] = None,
        game: GameChoice = "minimax",
        **parts,
    ):
        own = {"unrolled_steps": unrolled_steps, "inner_rate": inner_rate, "game": game}
        super().__init__(generator, discriminator, latent_dim, **own, **parts)

    def default_optimizer(self, player):
        return keras.optimizers.Adam({"generator": 1e-3}.get(player, 1e-4), beta_1=0.5)

    def generator_loss(self, x, y, training):
        samples = self.generate(tf.shape(x)[0], y, training)
        weights = self.unrolled_weights(x, samples, training)
        real, fake = self.raw_outputs(weights, x, samples, training)
        if self.game.zero_sum:
            return {"adversarial": -self.game.discriminator(real, fake)}
        return {"adversarial": self.game.generator(fake)}

    def unrolled_weights(self, x, samples, training):
        """The weights of the discriminator after its inner steps."""
        weights = self.discriminator.trainable_variables
        step, state = self.inner_rule(weights)
        weights = [tf.convert_to_tensor(weight) for weight in weights]
        for _ in range(self.unrolled_steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(weights)
                outputs = self.raw_outputs(weights, x, samples, training)
                loss = tf.reduce_mean(self.game.discriminator(*outputs))
            gradients = tape.gradient(
                loss, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO
            )
            weights, state = step(weights, [self.replica_mean(g) for g in gradients], state)
        return weights

    def inner_rule(self, weights):
        """One inner step as a function, and the state it starts from."""
        if self.inner_rate is not None or not self.unrolled_steps:
            return unrolled.descent(self.inner_rate)
        return unrolled.following(self.optimizers["discriminator"], weights)

    def raw_outputs(self, weights, x, samples, training):
        """Raw outputs for x and for samples, of the discriminator with other weights."""
        state = self.discriminator.non_trainable_variables
        call = self.discriminator.stateless_call
        return [call(weights, state, data, training=training)[0][:, 0] for data in (x, samples)]
