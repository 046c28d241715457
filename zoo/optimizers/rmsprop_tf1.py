"""RMSProp as TensorFlow 1 had it; published results rest on its accumulator."""

import keras

from zoo.registry import register


@register
class RMSpropTF1(keras.optimizers.Optimizer):
    """RMSProp whose accumulator starts at 1, with epsilon inside the root.

        a <- rho a + (1 - rho) g^2,   w <- w - learning_rate g / sqrt(a + epsilon)

    `keras.optimizers.RMSprop` starts at 0, so that its first steps are about three times
    as long, and adds epsilon outside the root.

    Args:
        learning_rate: a number or a schedule.
        rho: decay of the mean of squares.
        epsilon: added to it inside the root.
        **options: those of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=1e-4, rho=0.9, epsilon=1e-10, name="rmsprop_tf1", **options):
        super().__init__(learning_rate=learning_rate, name=name, **options)
        self.rho, self.epsilon = rho, epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.squares = [
            self.add_variable_from_reference(v, name="squares", initializer="ones")
            for v in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        rate = keras.ops.cast(learning_rate, variable.dtype)
        squares = self.squares[self._get_variable_index(variable)]
        gradient = keras.ops.cast(gradient, variable.dtype)
        mean = self.rho * squares + (1.0 - self.rho) * keras.ops.square(gradient)
        self.assign(squares, mean)
        self.assign_sub(variable, rate * gradient * keras.ops.rsqrt(mean + self.epsilon))

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
