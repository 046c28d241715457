"""Data sets by name and by path: embedded, planted with known answers, or of a user's own files."""

from zoo.training.data.arrays import from_arrays
from zoo.training.data.dataset import Data, DataError
from zoo.training.data.named import PAIRED, kind_of, load, names

__all__ = ["PAIRED", "Data", "DataError", "from_arrays", "kind_of", "load", "names"]
