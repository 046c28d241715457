"""What of a model is no longer a finite number, and its name."""

import math

import keras
import tensorflow as tf

from zoo.training.checks import require_count


class Diverged(ValueError):
    """Training gave numbers that are not finite."""


class Watch:
    """Looks at all numbers of a compiled model at once, outside its compiled step.

    The means of the logs are sums since the epoch began, so that what was not finite in any
    step still shows. XLA drops checks that are made inside a step; nothing is added to it.
    """

    def __init__(self, model):
        logs, held = terms(model), weights(model)
        self.names = [*logs.values(), *(name for name, _ in held)]
        self.values = [variable for _, variable in held]
        self.means = model.means
        self.order = [model.means.names.index(log) for log in logs]
        self.remedy = remedy(model)
        self.fine = tf.function(self._fine, autograph=False)

    @classmethod
    def of(cls, model):
        """The watch of a compiled model, traced once: `compile` makes the means anew."""
        watch = getattr(model, "_watch", None)
        if watch is None or watch.means is not model.means:
            watch = model._watch = cls(model)
        return watch

    def _fine(self):
        sums = tf.math.is_finite(tf.gather(tf.convert_to_tensor(self.means.total), self.order))
        whole = []
        for value in map(tf.convert_to_tensor, self.values):  # operations that trace quickly
            finite = tf.raw_ops.IsFinite(x=value)
            axes = tf.constant([*range(value.shape.rank)], tf.int32)
            whole.append(tf.raw_ops.All(input=finite, axis=axes))
        return tf.concat([sums, tf.stack(whole)], axis=0)

    def require(self, where):
        """Raises `Diverged` with the names of what is not finite."""
        fine = self.fine().numpy()
        if not fine.all():
            wrong = [name for name, good in zip(self.names, fine, strict=True) if not good]
            raise Diverged(message(wrong, where, self.remedy))


def remedy(model):
    """What to do where training does not stay finite."""
    if model.data_range is not None:
        return "lower the learning rate."
    return (
        "lower the learning rate, or standardize the data: every column of mean 0 and standard "
        "deviation 1."
    )


def message(names, where, remedy):
    """An error that names what is not finite."""
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return (
        f"Training must stay finite. Received {where}: NaN or infinity in {names[0]}{others}; "
        f"{remedy}"
    )


def require_finite(model, logs, where):
    """Raises `Diverged` if a log of the model is not finite."""
    own = {f"{prefix}{name}" for name in model.means.names for prefix in ("", "val_")}
    wrong = [name for name in logs if name in own and not math.isfinite(logs[name])]
    if wrong:
        names = [f"the log {name!r}" for name in wrong]
        raise Diverged(message(names, where, remedy(model)))


def terms(model):
    """Log -> name of every term of every player, then of the losses."""
    alone, found, losses = len(model.players) == 1, {}, {}
    for player in model.players:
        for term in (*model.summed(player), *model.watched.get(player, ())):
            log = term if alone else f"{player}_{term}"
            found[log] = f"the term {term!r} of player {player!r}"
        losses["loss" if alone else f"{player}_loss"] = f"the loss of player {player!r}"
    return found | losses


def weights(model):
    """(name, value) of every weight, and of every variable of an optimizer, that is a float."""
    owners = {
        id(variable): f" of player {player!r}"
        for player in model.players
        for trainable in (True, False)
        for variable in model.variables_of(player, trainable)
    }
    named = [(f"the weight {v.path!r}{owners.get(id(v), '')}", v) for v in model.variables]
    for player, optimizer in model.optimizers.items():
        of = f" of the optimizer of player {player!r}"
        named += [(f"the variable {v.path!r}{of}", v) for v in optimizer.variables]
    return [(name, v.value) for name, v in named if tf.as_dtype(v.dtype).is_floating]


class StopOnDivergence(keras.callbacks.Callback):
    """Raises `Diverged` soon after a loss, a term or a weight is NaN or infinite.

    Args:
        check_every: steps between two looks at all of them; at most so many are trained
            after the first bad one, or those of one execution if they are more.
    """

    def __init__(self, check_every=10):
        super().__init__()
        require_count("check_every", check_every)
        self.check_every, self.unseen = check_every, 0

    def on_train_begin(self, logs=None):
        self.watch, self.unseen = Watch.of(self.model), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.unseen >= self.check_every:
            self.check(batch)
        self.unseen += self.model.steps_per_execution

    def on_epoch_end(self, epoch, logs=None):
        require_finite(self.model, logs or {}, f"at the end of epoch {epoch + 1}")

    def on_train_end(self, logs=None):
        self.check("the last")

    def check(self, step):
        """Raises `Diverged` if anything is not finite now, before `step` of the epoch."""
        if self.unseen:
            unseen, self.unseen = self.unseen, 0
            self.watch.require(
                f"in the {unseen} steps before step {step} of epoch {self.epoch + 1}"
            )
