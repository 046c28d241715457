"""`model.fit` goes on where a killed one stood, bit-exactly. Imports Keras."""

import contextlib
import json
import logging
import math

from zoo.training.checks import require_choice, require_count
from zoo.training.fault_tolerance import changes, lock, rates, state
from zoo.training.fault_tolerance.checkpoints import Checkpoints, Place
from zoo.training.fault_tolerance.divergence import Diverged, StopOnDivergence
from zoo.training.fault_tolerance.interrupts import Interrupts, Stopped
from zoo.training.fault_tolerance.others import Others
from zoo.training.fault_tolerance.workers import Workers

_log = logging.getLogger(__name__)


class Resume(StopOnDivergence):
    """Keeps the whole state of training in a folder, and goes on from there.

        model.fit(images, epochs=100, callbacks=[zoo.training.callbacks.Resume("state")])

    The same call in a new process goes on at the newest checkpoint that is whole. What comes
    out is what one process gives that was never stopped: weights, optimizers and logs, bit by
    bit, on the same machine. Put it last among the callbacks.

    - Arrays: always so, whatever step the process was killed after.
    - A `tf.data.Dataset`: so if every process that iterates it gets the same batches, as
      without shuffle or with `shuffle(n, seed=...)`; what has been trained on is read again
      and let go, where `steps_per_epoch` is given from the first epoch on. Otherwise the
      state is restored bit by bit, and the order of data is another.
    - Other callbacks: `EarlyStopping`, `ReduceLROnPlateau` and `ModelCheckpoint` of Keras, and
      those with `get_state()` (something JSON can hold) and `set_state(state)`. Others begin anew.
    - Where arrays, seed, settings or learning rates are others than the folder began with, it
      refuses to go on; `accept_changes` goes on with them, and an epoch that had begun anew.

    SIGTERM and Ctrl-C save before the next step and raise `Stopped`, which exits with code
    75; a second Ctrl-C does not wait, and exits with 75 as well.

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
        identity: names and values that JSON can hold, of what the training is of; its "data",
            where it has some, stands for a hash of the arrays that `fit` is given.
        accept_changes: whether to go on where something has changed; or names of what may.
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
        identity=None,
        accept_changes=False,
    ):
        super().__init__(check_every)
        require_count("every", every)
        if every_steps is not None:
            require_count("every_steps", every_steps)
        require_choice("on_divergence", on_divergence, ("stop", "rollback"))
        self.store, self.interrupts = Checkpoints(directory, keep), Interrupts()
        self.every, self.every_steps, self.monitor = every, every_steps, monitor
        self.most_rollbacks = rollbacks if on_divergence == "rollback" else 0
        self.factor, self.accept_changes = factor, accept_changes
        self.identity = json.loads(json.dumps(identity or {}))
        self.data_digest = None

    def examine(self, x, y, validation_data):
        """For `fit` (`zoo.input_pipeline.resuming`): notes what it was given."""
        if "data" not in self.identity:
            several = isinstance(validation_data, (list, tuple))
            held_out = validation_data if several else [validation_data]
            self.data_digest = changes.digest_of(x, y, *held_out)

    @contextlib.contextmanager
    def session(self, model, callbacks):
        """For `fit`: holds the folder, gives where to begin."""
        self.set_model(model)
        self.others = Others([callback for callback in callbacks if callback is not self])
        self.rows, self.best, self.rollbacks = [], None, 0  # what a record holds besides
        self.steps = self.logs = self.ended = None
        self.remembered, self.ended_at = ({}, {}), None
        self.unsaved = math.inf  # steps since the newest of the usual checkpoints
        self.done = 0  # steps of this epoch
        self.workers = Workers(model.distribute_strategy)
        self.writes = self.workers.index == 0
        self.stated_rates = rates.stated(model)
        if self.most_rollbacks:
            rates.require_numbers(model)
        with lock.held(self.store.folder) if self.writes else contextlib.nullcontext():
            with self.interrupts.noted(self.store.folder):
                if self.writes:
                    self.store.clean()
                yield self.restored()

    def description(self):
        """What must be the same where training goes on."""
        described = {**state.settings(self.model), "learning_rate": self.stated_rates}
        described |= {"data": self.data_digest} if self.data_digest else {}
        described |= {} if self.model.seed_is_drawn else {"seed": self.model.seed}
        return json.loads(json.dumps({**described, **self.identity}))

    def restored(self, stopped=True):
        """Sets the state of the newest checkpoint that is whole; gives its (epoch, step).

        Args:
            stopped: whether it may be one that was made where training was asked to stop.
        """
        checkpoint = self.workers.newest(self.store, self.writes, stopped)
        if checkpoint is None:
            return None
        place, arrays, record = checkpoint
        source = str(self.store.path(place))
        self.stated_rates = rates.unchanged(self.stated_rates, record)
        before = {**record["settings"], "seed": record["seed"]}
        differences = changes.between(self.description(), before)
        changes.require_accepted(differences, self.accept_changes, source)
        state.assign(self.model, arrays, source)
        if self.model.seed_is_drawn and self.model.seed != record["seed"]:
            self.model.seed = record["seed"]  # make what was traced with another anew
            self.model.train_function = self.model.test_function = None
        self.rows, self.best, self.steps = record["rows"], record["best"], record["steps"]
        self.rollbacks, self.done = place.rollbacks, place.step
        self.unsaved, self.ended_at = record.get("unsaved", 0), record.get("ended_at")
        self.logs, self.unseen = state.of_logs(arrays) if place.step else None, 0
        self.remembered = record["callbacks"], arrays
        self.others.restore_own(record["callbacks"], self.rows)
        return self.changed(place, differences) if differences else (place.epoch, place.step)

    def changed(self, place, differences):
        """Where training with accepted changes goes on: an epoch with other data begins anew."""
        is_rate = {name.partition(".")[0] == "learning_rate" for name in differences}
        if True in is_rate:
            rates.assign(self.model, self.stated_rates)
        if False not in is_rate:
            return place.epoch, place.step
        self.logs, self.done, self.steps = None, 0, None
        return place.epoch, 0

    def recover(self, error):
        """For `fit`, see `zoo.input_pipeline.resuming`: where to go back to after a divergence."""
        newest = next(iter(self.store.places(stopped=False)), None)
        if not isinstance(error, Diverged) or newest is None:
            return None
        if self.rollbacks >= self.most_rollbacks:
            after = f" after {self.rollbacks} rollbacks" if self.rollbacks else ""
            error.args = (f"{error} The last good checkpoint{after} is {self.store.path(newest)}.",)
            return None
        rollbacks, place = self.rollbacks + 1, self.restored(stopped=False) or (0, 0)
        self.rollbacks = rollbacks
        rates.lower(self.model, self.factor)
        self.save(*place, logs=self.logs)
        _log.warning("%s Back to %s, learning rates times %g.", error, newest, self.factor)
        return place

    def save(self, epoch, step, logs=None, stopped=False):
        """Writes a checkpoint of the state as it is, if all of it is finite.

        One that is made where training is `stopped` changes nothing of when others are made.
        """
        self.check(step)
        arrays = state.arrays(state.variables(self.model))
        if step:
            arrays |= logs or self.own_logs()
        self.unsaved = self.unsaved if stopped else 0
        if not self.writes:
            return
        lock.require_kept(self.store.folder)
        if stopped and self.store.path(Place(epoch, step, self.rollbacks)).is_dir():
            return
        record = {
            "format": 1,
            "seed": self.model.seed,
            "steps": self.steps,
            "settings": {**self.description(), "seed": self.model.seed},
            "best": self.best,
            "rows": self.rows,
            "callbacks": self.others.states(),
            "rates": rates.current(self.model),
            "unsaved": self.unsaved,
            "ended_at": self.ended_at,
        }
        arrays |= self.others.arrays()
        self.store.write(Place(epoch, step, self.rollbacks, stopped), arrays, record)
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
            self.interrupts.is_stopping = True
            self.save(epoch, step, logs, stopped=True)
            signal = self.interrupts.asked or "a signal to another worker"
            raise Stopped(
                f"Stopped by {signal} at step {step} of epoch {epoch + 1}: "
                f"{self.store.folder} holds the state, the same call goes on there."
            )

    def check(self, step):
        """Raises `Diverged` if anything is not finite now, at any worker."""
        if self.unseen:
            check, where = super().check, f"before step {step} of epoch {self.epoch + 1}"
            self.workers.all_finite(lambda: check(step), where)

    def end_epoch(self):
        """Writes down the epoch that has ended, after all callbacks have seen its logs."""
        if self.ended is None:
            return
        (epoch, logs), self.ended = self.ended, None
        self.rows.append([epoch, {name: float(value) for name, value in logs.items()}])
        is_last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        self.ended_at = self.params["epochs"] if is_last else None
        if is_last or (epoch + 1) % self.every == 0:
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
        self.others.restore_theirs(*self.remembered)
        for _, row in self.rows:
            for name, value in row.items():
                self.model.history.history.setdefault(name, []).append(value)
        if self.ended_at == self.params["epochs"]:  # it has ended, perhaps before its last epoch
            self.model._initial_epoch = self.ended_at

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
        self.model._initial_epoch = None
        self.model.history.epoch = [number for number, _ in self.rows]
