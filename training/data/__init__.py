"""Data sets by name and by path: embedded, planted with known answers, or of a user's own files."""

from zoo.training.data.arrays import from_arrays
from zoo.training.data.dataset import VERSION, Data, DataError
from zoo.training.data.named import PAIRED, checked_options, kind_of, load, names

__all__ = [
    "PAIRED",
    "VERSION",
    "Data",
    "DataError",
    "checked_options",
    "from_arrays",
    "kind_of",
    "load",
    "names",
]
