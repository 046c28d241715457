"""Adam on gradients of norm 1; the VampPrior's results rest on it."""

import keras

from zoo.registry import register


@register
class AdamNormGrad(keras.optimizers.Adam):
    """Adam that first divides the gradient of each variable by its norm.

        g <- g / (|g| + 1e-7),   then Adam

    Arguments are those of `keras.optimizers.Adam`. A variable of one number moves by the
    sign of its gradient.
    """

    def __init__(self, learning_rate=5e-4, name="adam_norm_grad", **options):
        super().__init__(learning_rate=learning_rate, name=name, **options)

    def update_step(self, gradient, variable, learning_rate):
        length = keras.ops.sqrt(keras.ops.sum(keras.ops.square(gradient)))
        super().update_step(gradient / (length + 1e-7), variable, learning_rate)
