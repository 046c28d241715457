"""A data set: examples, held-out examples, and what belongs to them."""

import dataclasses

import numpy as np

from zoo.input_pipeline.rows import Rows

VERSION = 2  # of what is loaded of a name; a run keeps that of its data


class DataError(ValueError):
    """Data that cannot be loaded or used; the message is one line that says what to do."""


@dataclasses.dataclass(frozen=True)
class Data:
    """A data set, in memory or read row by row from files.

    Attributes:
        name: of the data set.
        train, test: float32 arrays, the examples first; or `zoo.input_pipeline.rows.Rows`.
        train_labels, test_labels: int32, or None.
        num_classes: how many labels, or None.
        train_targets, test_targets: what the examples are to be translated to, as `train`, or
            None.
        paired: the splits in which target i belongs to example i; in others the targets are
            a domain of their own, of any number.
        source: one line: what it is, and its licence.
        info: what was planted, for planted sets.
        class_names: of the labels.
        order: in which training goes through the examples (`zoo.input_pipeline.shuffles`).
    """

    name: str
    train: np.ndarray | Rows
    test: np.ndarray | Rows
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    num_classes: int | None = None
    train_targets: np.ndarray | Rows | None = None
    test_targets: np.ndarray | Rows | None = None
    paired: tuple[str, ...] = ()
    source: str = ""
    info: dict = dataclasses.field(default_factory=dict)
    class_names: tuple[str, ...] = ()
    order: str = "permutation"

    @property
    def data_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.train.shape[1:]

    @property
    def target_shape(self) -> tuple[int, ...] | None:
        """Shape of one target, or None."""
        return None if self.train_targets is None else self.train_targets.shape[1:]

    @property
    def is_sequence(self) -> bool:
        """Whether examples are (steps, ...)."""
        return len(self.data_shape) in (2, 4)

    @property
    def is_image(self) -> bool:
        """Whether examples are (height, width, channels)."""
        return len(self.data_shape) == 3

    @property
    def in_memory(self) -> bool:
        """Whether all examples are held in memory."""
        return not any(isinstance(getattr(self, side), Rows) for side in SIDES)


SIDES = ("train", "test", "train_targets", "test_targets")  # of a `Data`, that hold examples
MOST_IN_MEMORY = 200_000_000  # numbers, of a set that is held in memory


def size_of(data):
    """How many numbers all examples of a data set are."""
    sides = (getattr(data, name) for name in SIDES)
    return sum(int(np.prod(side.shape, dtype=np.int64)) for side in sides if side is not None)


def held_in_memory(data, stream=None):
    """The data with all examples in memory, or read from files where they are many.

    Args:
        data: `Data`.
        stream: True or False to say so; by their number where None.
    """
    if stream or (stream is None and size_of(data) > MOST_IN_MEMORY):
        return data
    sides = {name: getattr(data, name) for name in SIDES}
    held = {name: np.asarray(side) for name, side in sides.items() if side is not None}
    return dataclasses.replace(data, **held)
