"""Historical averaging (Salimans et al., 2016, arXiv:1606.03498, Section 3.3)."""

import keras

from zoo.registry import register


@register
class HistoricalAveraging(keras.optimizers.Adam):
    """Adam on a loss to which weight |theta - mean of all theta so far|^2 is added.

    As in fictitious play each player is held near its past, so that games that circle come in.
    The mean is a constant to the gradient.

    Args:
        learning_rate: a number or a schedule.
        weight: of the square.
        **options: those of `keras.optimizers.Adam`.
    """

    def __init__(self, learning_rate=2e-4, weight=0.1, name="historical_averaging", **options):
        super().__init__(learning_rate=learning_rate, name=name, **options)
        self.weight = weight

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.histories = [self.add_variable_from_reference(v, name="history") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        history = self.histories[self._get_variable_index(variable)]
        count = keras.ops.cast(self.iterations + 1, variable.dtype)
        mean = history + (variable - history) / count
        self.assign(history, mean)
        pulled = keras.ops.cast(gradient, variable.dtype) + 2.0 * self.weight * (variable - mean)
        super().update_step(pulled, variable, learning_rate)

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}
