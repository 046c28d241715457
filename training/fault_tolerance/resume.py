"""`model.fit` goes on where a killed one stood, to the bit. Imports Keras."""

import contextlib
import logging
import math
from typing import Any

import keras

from zoo.optimizers.scaled import unscaled
from zoo.training.checks import require_choice, require_count
from zoo.training.fault_tolerance import lock, state
from zoo.training.fault_tolerance.checkpoints import Checkpoints, Damaged, Place
from zoo.training.fault_tolerance.divergence import Diverged, StopOnDivergence
from zoo.training.fault_tolerance.interrupts import Interrupts, Stopped
from zoo.training.fault_tolerance.workers import Workers

_log = logging.getLogger(__name__)


class Resume(StopOnDivergence):
    """Keeps the whole state of training in a folder, and goes on from there.

        model.fit(images, epochs=100, callbacks=[zoo.training.callbacks.Resume("state")])

    The same call in a new process goes on at the newest checkpoint that is whole. What comes
    out is what one process gives that was never stopped: weights, optimizers, logs, to the
    bit, on the same machine. Put it last among the callbacks.

    - Arrays: always so, whatever step the process was killed after.
    - A `tf.data.Dataset`: so if every process that iterates it gets the same batches, as
      without shuffle or with `shuffle(n, seed=...)`; what has been trained on is read again
      and let go, where `steps_per_epoch` is given from the first epoch on. Otherwise the
      state is restored to the bit, and the order of data is another.
    - Other callbacks: those with `get_state()` (something JSON can hold) and
      `set_state(found)`. Others, such as `EarlyStopping`, begin anew.

    SIGTERM and Ctrl-C save before the next step and raise `Stopped`, which exits with code
    75; a second Ctrl-C does not wait.

    Of several workers the first one writes, and all go on at the checkpoint that it finds:
    the folder must be one that all can read. Where one is killed the others fail; start all
    of them again. A signal to any stops all within `check_every` steps.

    Args:
        directory: of the checkpoints; made if missing. One training at a time.
        every: epochs between two checkpoints.
        every_steps: steps between two checkpoints within an epoch; none where None.
        keep: how many of the newest stay, besides the best.
        monitor: (log, "min" or "max") whose best value among them says which is the best;
            that of the model where None.
        check_every: steps between two checks that all is finite.
        on_divergence: "stop" raises `Diverged`; "rollback" goes back to the newest
            checkpoint with lower learning rates, and raises after `rollbacks` times.
        rollbacks: how often training may go back.
        factor: of the learning rates each time.
    """

    def __init__(
        self,
        directory,
        *,
        every=1,
        every_steps=None,
        keep=3,
        monitor=None,
        check_every=10,
        on_divergence="stop",
        rollbacks=5,
        factor=0.5,
    ):
        super().__init__(check_every)
        require_count("every", every)
        if every_steps is not None:
            require_count("every_steps", every_steps)
        require_choice("on_divergence", on_divergence, ("stop", "rollback"))
        self.store, self.interrupts = Checkpoints(directory, keep), Interrupts()
        self.every, self.every_steps, self.monitor = every, every_steps, monitor
        self.most_rollbacks = rollbacks if on_divergence == "rollback" else 0
        self.factor = factor

    @contextlib.contextmanager
    def session(self, model, callbacks):
        """For `fit` (`zoo.input_pipeline.resuming`): holds the folder, gives where to begin."""
        self.set_model(model)
        others = [c for c in callbacks if c is not self and hasattr(c, "get_state")]
        self.others = {f"{type(c).__name__}/{number}": c for number, c in enumerate(others)}
        self.rows, self.best, self.rollbacks = [], None, 0  # what a record holds besides
        self.steps = self.logs = self.ended = None
        self.unsaved = math.inf  # steps since the newest checkpoint
        self.done = 0  # steps of this epoch
        self.workers = Workers(model.distribute_strategy)
        self.writes = self.workers.index == 0
        if self.most_rollbacks:
            require_rates(model)
        with lock.held(self.store.folder) if self.writes else contextlib.nullcontext():
            with self.interrupts.heard():
                if self.writes:
                    self.store.clean()
                yield self.restored()

    def restored(self):
        """Sets the state of the newest checkpoint that is whole; gives its (epoch, step)."""
        found = self.found()
        if found is None:
            return None
        place, arrays, record = found
        source = str(self.store.path(place))
        state.require_same(self.model, record["settings"], source)
        state.assign(self.model, arrays, source)
        if self.model.seed != record["seed"]:  # it was drawn: make what was traced with it anew
            self.model.seed = record["seed"]
            self.model.train_function = self.model.test_function = None
        self.rows, self.best, self.steps = record["rows"], record["best"], record["steps"]
        self.rollbacks, self.unsaved, self.done = place.rollbacks, 0, place.step
        self.logs = arrays if place.step else None
        for name, callback in self.others.items():
            if name in record["callbacks"]:
                callback.set_state(record["callbacks"][name])
        return place.epoch, place.step

    def found(self):
        """(place, arrays, record) of the newest checkpoint that is whole; of several workers
        the first one looks for it, and the others read that one. None where there is none."""
        if self.workers.alone:
            return self.store.newest()
        found, error, answer = None, None, (-1, 0, 0)
        try:
            found = self.store.newest() if self.writes else None
            answer = found[0] if found else answer
        except Damaged as damaged:
            error, answer = damaged, (-2, 0, 0)
        place = Place(*map(int, self.workers.told(answer)[0]))
        if place.epoch >= 0 and not self.writes:
            try:
                found = (place, *self.store.read(place))
            except (Damaged, OSError) as unread:
                error = unread
        if self.workers.any_of(error is not None):
            raise error or ValueError(
                f"The folder of checkpoints must be one that all workers can read. Received: "
                f"{str(self.store.folder)!r}, which another worker cannot."
            )
        return found

    def recover(self, error):
        """For `fit`, see `zoo.input_pipeline.resuming`: where to go back to after a divergence."""
        newest = next(iter(self.store.places()), None)
        if not isinstance(error, Diverged) or newest is None:
            return None
        if self.rollbacks >= self.most_rollbacks:
            after = f" after {self.rollbacks} rollbacks" if self.rollbacks else ""
            kept = f"The last good checkpoint{after} is {self.store.path(newest)}."
            error.args = (f"{error} {kept}",)
            return None
        place: Any = self.restored()
        self.rollbacks += 1
        lower_rates(self.model, self.factor)
        self.save(*place, logs=self.logs)
        _log.warning("%s Back to %s, learning rates times %g.", error, newest, self.factor)
        return place

    def save(self, epoch, step, logs=None):
        """Writes a checkpoint of the state as it is, if all of it is finite."""
        self.check(step)
        arrays = state.arrays(state.variables(self.model))
        if step:
            arrays |= logs or self.own_logs()
        self.unsaved = 0
        if not self.writes:
            return
        record = {
            "format": 1,
            "seed": self.model.seed,
            "steps": self.steps,
            "settings": state.settings(self.model),
            "best": self.best,
            "rows": self.rows,
            "callbacks": {name: c.get_state() for name, c in self.others.items()},
        }
        self.store.write(Place(epoch, step, self.rollbacks), arrays, record)
        self.store.prune(self.best and self.best["checkpoint"])

    def own_logs(self):
        """The means of this epoch so far, as arrays; those of all workers."""
        return self.workers.joined(state.arrays(state.log_variables(self.model)))

    def stop_if_asked(self, epoch, step, logs=None):
        """Saves and raises `Stopped` where a signal has come; workers ask each other at some
        steps only."""
        if not self.workers.alone and step % self.check_every:
            return
        if self.workers.any_of(self.interrupts.asked is not None):
            self.save(epoch, step, logs)
            signal = self.interrupts.asked or "a signal to another worker"
            raise Stopped(
                f"Stopped by {signal} at step {step} of epoch {epoch + 1}: "
                f"{self.store.folder} holds the state, the same call goes on there."
            )

    def check(self, step):
        """Raises `Diverged` if anything is not finite now, at any worker."""
        if self.workers.alone or not self.unseen:
            super().check(step)
            return
        error = None
        try:
            super().check(step)
        except Diverged as own:
            error = own
        if self.workers.any_of(error is not None):
            raise error or Diverged(
                f"Training must stay finite. Received before step {step} of epoch "
                f"{self.epoch + 1}: NaN or infinity at another worker; lower the learning rate."
            )

    def end_epoch(self):
        """Writes down the epoch that has ended, after all callbacks have seen its logs."""
        if self.ended is None:
            return
        (epoch, logs), self.ended = self.ended, None
        self.rows.append([epoch, {name: float(value) for name, value in logs.items()}])
        last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        if last or (epoch + 1) % self.every == 0:
            self.rank(logs, Place(epoch + 1, 0, self.rollbacks))
            self.save(epoch + 1, 0)
        self.stop_if_asked(epoch + 1, 0)

    def rank(self, logs, place):
        """Notes a place whose log is the best so far."""
        name, mode = self.monitor or self.model.monitor
        value, sign = logs.get(name, math.nan), 1 if mode == "min" else -1
        if math.isfinite(value) and not (self.best and sign * value >= sign * self.best["value"]):
            self.best = {"log": name, "value": float(value), "checkpoint": str(place)}

    # What Keras calls.

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        steps = self.params.get("steps")
        if None not in (self.steps, steps) and steps != self.steps:
            raise ValueError(
                f"{self.store.folder} holds a run of {self.steps} steps an epoch: data, "
                f"`batch_size` and `steps_per_epoch` must be as they were. Received: {steps}."
            )
        self.steps = steps
        for _, row in self.rows:
            for name, value in row.items():
                self.model.history.history.setdefault(name, []).append(value)

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        self.end_epoch()
        if self.logs is not None:
            state.assign_logs(self.model, self.logs)
            self.logs = None

    def on_train_batch_begin(self, batch, logs=None):
        super().on_train_batch_begin(batch, logs)
        if self.unsaved >= (self.every_steps or math.inf):
            self.save(self.epoch, batch)
        self.stop_if_asked(self.epoch, batch)
        self.unsaved += self.model.steps_per_execution
        self.done = batch + self.model.steps_per_execution

    def on_test_begin(self, logs=None):
        self.kept = self.own_logs()  # Keras resets them now

    def on_test_batch_begin(self, batch, logs=None):
        if self.workers.alone:
            self.stop_if_asked(self.epoch, self.done, self.kept)

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.ended = epoch, logs or {}

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        self.end_epoch()
        self.model.history.epoch = [number for number, _ in self.rows]


def require_rates(model):
    """Refuses learning rates that cannot be lowered."""
    for player, optimizer in model.optimizers.items():
        inner = unscaled(optimizer)
        if isinstance(inner._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            raise ValueError(
                "`on_divergence` must be 'stop' where a learning rate is a schedule. Received: "
                f"'rollback', and {type(inner._learning_rate).__name__} for {player!r}."
            )


def lower_rates(model, factor):
    """Multiplies the learning rate of every optimizer."""
    for optimizer in model.optimizers.values():
        inner = unscaled(optimizer)
        inner.learning_rate.assign(inner.learning_rate * factor)
