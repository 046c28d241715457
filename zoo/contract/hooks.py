"""What the contract takes over from `keras.Model`, and methods that are not public there."""

from collections.abc import Iterable
from typing import Any

import keras

from zoo.contract import execution, logs
from zoo.contract.tables import Tables
from zoo.input_pipeline import resuming
from zoo.optimizers.players import PlayersOptimizer

HIDDEN = ("optimizer", "_view")  # what Keras would save a second time


class Hooks(Tables):
    """The step as one graph, the logs as one metric, where `fit` begins; `model.optimizer`,
    `save` and `export`."""

    means: logs.Means
    train_function: Any
    jit_compile: Any  # of Keras
    get_metrics_result: Any  # of Keras
    _place: Any

    @property
    def optimizer(self) -> Any:
        """What Keras's callbacks read: the optimizer itself where one player has one, and else
        `zoo.optimizers.players.PlayersOptimizer`, a view of all. None before `compile`. Those of
        all players are in `optimizers`."""
        own = list(getattr(self, "optimizers", {}).values())
        return own[0] if len(own) == 1 else vars(self).get("_view")

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        if value is not None:
            raise AttributeError(
                f"`optimizer` of {type(self).__name__} must be given to `compile(optimizer=...)`. "
                f"Received: {type(value).__name__}."
            )

    def _keep_view(self) -> None:
        """Makes the view of all optimizers; Keras tracks and saves each of them already."""
        vars(self)["_view"] = PlayersOptimizer(self.optimizers, self.steps)

    def __dir__(self) -> Iterable[str]:
        """Without `optimizer`: Keras writes to files what this names, and has `optimizers`."""
        return [name for name in super().__dir__() if name not in HIDDEN]

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        zipped: bool | None = None,
        **options: Any,
    ) -> None:
        """Writes a `.keras` file of the model with its optimizers; `zoo.load` reads it."""
        path = str(filepath)
        if zipped is not False and not path.endswith(".keras") and not path.startswith("hf://"):
            raise ValueError(
                f"`filepath` of {type(self).__name__}.save must end in .keras. Received: {path!r}. "
                "Weights alone are written by `save_weights('NAME.weights.h5')`, a SavedModel by "
                "`zoo.export.save(model, path)`."
            )
        keras.Model.save(self, filepath, overwrite=overwrite, zipped=zipped, **options)

    def export(self, filepath: Any, *args: Any, **options: Any) -> None:
        """Refused: a SavedModel of all verbs is written by `zoo.export.save`."""
        raise NotImplementedError(
            f"`export` of Keras writes one call, and {type(self).__name__} has several verbs: use "
            f"`zoo.export.save(model, {str(filepath)!r})`, or `zoo export` for a run."
        )

    def make_train_function(self, force: bool = False) -> None:
        """Called by `fit`: Keras's own function, or a shorter one for single steps."""
        if self.train_function is None or force:
            self.train_function = execution.function(self)
        keras.Model.make_train_function(self)

    def make_test_function(self, force: bool = False) -> None:
        """Called by `evaluate`: never compiled by XLA, which would compile a short last batch
        for itself, and take longer than most evaluations do."""
        compiled, self.jit_compile = self.jit_compile, False
        try:
            keras.Model.make_test_function(self, force)
        finally:
            self.jit_compile = compiled

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
