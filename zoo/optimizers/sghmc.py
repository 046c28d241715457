"""Stochastic gradient Hamiltonian Monte Carlo (Chen et al., 2014, arXiv:1402.4102)."""

import math

import keras
import tensorflow as tf

from zoo import noise, replicas
from zoo.registry import register


@register
class SGHMC(keras.optimizers.Optimizer):
    """Draws weights from exp(-loss / temperature), in place of a minimum.

        v <- (1 - friction) v - rate g + n,   n ~ N(0, 2 friction rate temperature)    (Eq. 15)
        w <- w + v

    With temperature 0 it is descent with momentum 1 - friction. Where the loss is minus a log
    posterior divided by N, the temperature is 1 / N. Steps must be short: rate times
    curvature below 2 (2 - friction). The noise is a function of (seed, step, place), the
    same on every replica.

    Args:
        learning_rate: a number or a schedule.
        friction: alpha, in (0, 1].
        temperature: of the distribution that is drawn from.
        burn_in: how many first steps are Adam's, to come near a mode; then v starts at 0.
        beta_1, beta_2, epsilon: Adam's.
        seed: of the noise.
        **options: those of `keras.optimizers.Optimizer`.
    """

    def __init__(
        self,
        learning_rate=2e-4,
        friction=0.01,
        temperature=1.0,
        burn_in=0,
        beta_1=0.5,
        beta_2=0.999,
        epsilon=1e-7,
        seed=0,
        name="sghmc",
        **options,
    ):
        super().__init__(learning_rate=learning_rate, name=name, **options)
        self.friction, self.temperature, self.burn_in = friction, temperature, burn_in
        self.beta_1, self.beta_2, self.epsilon, self.seed = beta_1, beta_2, epsilon, seed

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.velocities = self._slots(variables, "velocity")
        if self.burn_in:
            self.first = self._slots(variables, "first")
            self.second = self._slots(variables, "second")

    def _slots(self, variables, name):
        return [self.add_variable_from_reference(v, name=name) for v in variables]

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        noisy = self._noisy(grads, tf.cast(learning_rate, tf.float32))
        super()._backend_update_step(noisy, trainable_variables, learning_rate)

    def _noisy(self, gradients, rate):
        """The gradients with noise that moves a velocity by n; one draw for all of them."""
        sizes = [math.prod(gradient.shape) for gradient in gradients]
        with noise.training(self.seed, self.iterations.value, 0):
            drawn = noise.normal((-(-sum(sizes) // 2), 2), shared=True)
        size = tf.sqrt(2.0 * self.friction * self.temperature / rate)
        size = tf.where(self.iterations.value >= self.burn_in, size, 0.0)
        size = size / replicas.count()  # over which `apply` sums
        parts = tf.split(tf.reshape(size * drawn, [-1])[: sum(sizes)], sizes)
        pairs = zip(gradients, parts, strict=True)
        return [g + tf.cast(tf.reshape(part, g.shape), g.dtype) for g, part in pairs]

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        rate, gradient = (tf.cast(t, variable.dtype) for t in (learning_rate, gradient))
        moved = (1.0 - self.friction) * self.velocities[index] - rate * gradient
        if not self.burn_in:
            self.assign(self.velocities[index], moved)
            self.assign_add(variable, moved)
            return
        sampling = self.iterations.value >= self.burn_in
        step = tf.where(sampling, moved, self._adam(index, gradient, rate))
        self.assign(self.velocities[index], tf.where(sampling, moved, tf.zeros_like(moved)))
        self.assign_add(variable, step)

    def _adam(self, index, gradient, rate):
        """Adam's step, after its averages have moved."""
        first, second = self.first[index], self.second[index]
        self.assign_add(first, (1.0 - self.beta_1) * (gradient - first))
        self.assign_add(second, (1.0 - self.beta_2) * (tf.square(gradient) - second))
        time = tf.cast(self.iterations.value + 1, rate.dtype)
        length = rate * tf.sqrt(1.0 - self.beta_2**time) / (1.0 - self.beta_1**time)
        return -length * first / (tf.sqrt(second) + self.epsilon)

    def get_config(self):
        own = ("friction", "temperature", "burn_in", "beta_1", "beta_2", "epsilon", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
