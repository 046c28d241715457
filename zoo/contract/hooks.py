"""What the contract takes over from `keras.Model` by methods that are not public there."""

from typing import Any

import keras

from zoo.contract import execution, logs
from zoo.contract.tables import Tables
from zoo.input_pipeline import resuming


class Hooks(Tables):
    """The step as one graph, the logs as one metric, and where `fit` begins."""

    means: logs.Means
    train_function: Any
    get_metrics_result: Any  # of Keras
    _place: Any

    def make_train_function(self, force: bool = False) -> None:
        """Called by `fit`: Keras's own function, or a shorter one for single steps."""
        if self.train_function is None or force:
            self.train_function = execution.function(self)
        keras.Model.make_train_function(self)

    @property
    def metrics(self) -> list[logs.Means]:
        return [self.means] if self.compiled else []

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """No build: networks arrive built, and Keras's own fails on replicas. Sets where
        `fit` begins: nothing else of Keras hands out the iterator of its epochs."""
        place, self._place = getattr(self, "_place", None), None
        if place is not None:
            resuming.within(iterator, *place)

    def _get_metrics_result_or_logs(self, logs: Any) -> dict[str, Any]:
        """The means so far, also of an epoch that was resumed after its last step."""
        return self.get_metrics_result()
