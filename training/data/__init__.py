"""Data sets as arrays: by name, from files, planted with known answers."""

from zoo.training.data.arrays import Data, DataError, from_arrays
from zoo.training.data.named import PAIRED, load, names

__all__ = ["PAIRED", "Data", "DataError", "from_arrays", "load", "names"]
