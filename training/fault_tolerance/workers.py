"""What the workers of one training tell each other, at moments that all of them reach."""

import contextlib
import functools

import numpy as np
import tensorflow as tf

from zoo import replicas
from zoo.training.fault_tolerance.checkpoints import Damaged, Place
from zoo.training.fault_tolerance.divergence import Diverged


@contextlib.contextmanager
def all_there(folder):
    """Says in a line what to do when another worker ends, which TensorFlow tells in a page."""
    try:
        yield
    except tf.errors.OpError as error:
        if "Collective ops is aborted" not in str(error):
            raise
        raise ConnectionError(
            "Workers must stay until all have trained. Received: the end of another one. Start "
            f"all of them again: they go on at the newest checkpoint in {str(folder)!r}."
        ) from error


class Workers:
    """The processes of a strategy.

    Attributes:
        alone: whether there is only this one.
        index: the number of this one; the first, 0, is the chief, which writes.
    """

    def __init__(self, strategy):
        self.strategy, self.alone = strategy, not replicas.several_workers(strategy)
        self.index = 0 if self.alone else strategy.extended._id_in_cluster

    def told(self, numbers):
        """The numbers that each worker gave, an array with a row for each of them.

        All must call it, with as many numbers each. They are sent as float64: float32 and
        integers up to 2**53 stay what they are.
        """
        own = np.asarray(numbers, np.float64)
        if self.alone:
            return own[None]
        rows = self.strategy.experimental_local_results(self._gathered(tf.constant(own)))
        return rows[0].numpy()[:: len(rows)]  # the replicas of one worker say the same

    def any_of(self, condition):
        """Whether it holds at any worker."""
        return bool(self.told([condition]).any())

    def all_finite(self, check, where):
        """Calls `check`; where it raises `Diverged` at any worker, it does so at all of them."""
        error = None
        try:
            check()
        except Diverged as own:
            error = own
        if self.any_of(error is not None):
            raise error or Diverged(
                f"Training must stay finite. Received {where}: NaN or infinity at another "
                "worker; lower the learning rate."
            )

    def newest(self, store, writes, stopped=True):
        """(place, arrays, record) of the newest checkpoint that is whole, or None; of several
        workers the one that writes looks for it, and the others read that one.

        Args:
            store: `Checkpoints`.
            writes: whether this is the one that writes.
            stopped: as in `Checkpoints.newest`.
        """
        if self.alone:
            return store.newest(stopped=stopped)
        checkpoint, error, answer = None, None, (-1, 0, 0, 0)
        try:
            checkpoint = store.newest(stopped=stopped) if writes else None
            answer = checkpoint[0] if checkpoint else answer
        except Damaged as damaged:
            error, answer = damaged, (-2, 0, 0, 0)
        epoch, step, rollbacks, is_stopped = map(int, self.told(answer)[0])
        if epoch >= 0 and not writes:
            try:
                place = Place(epoch, step, rollbacks, bool(is_stopped))
                checkpoint = (place, *store.read(place))
            except (Damaged, OSError) as unread:
                error = unread
        if self.any_of(error is not None):
            raise error or ValueError(
                f"The folder of checkpoints must be one that all workers can read. Received: "
                f"{str(store.folder)!r}, which another worker cannot."
            )
        return checkpoint

    def joined(self, arrays):
        """Arrays by name with those that the replicas of other workers keep: `.../0@replica`."""
        own = {name: array for name, array in arrays.items() if "@" in name}
        if self.alone or not own:
            return arrays
        found, ends = dict(arrays), np.cumsum([array.size for array in own.values()])[:-1]
        rows = self.told(np.concatenate([array.ravel() for array in own.values()]))
        here = len({name.rpartition("@")[2] for name in own})  # replicas of this worker
        for worker, row in enumerate(rows):
            for (name, array), part in zip(own.items(), np.split(row, ends), strict=True):
                first, _, replica = name.rpartition("@")
                number = int(replica) + (worker - self.index) * here
                found[f"{first}@{number}"] = part.astype(array.dtype).reshape(array.shape)
        return found

    @functools.cached_property
    def _gathered(self):
        def own(numbers):
            return tf.distribute.get_replica_context().all_gather(numbers[None], axis=0)

        return tf.function(lambda numbers: self.strategy.run(own, (numbers,)), autograph=False)
