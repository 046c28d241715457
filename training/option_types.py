"""Types of the options of the command, and how its help is laid out. Imports no TensorFlow."""

import argparse

from jsonargparse import DefaultHelpFormatter
from jsonargparse.typing import register_type


class Help(argparse.RawDescriptionHelpFormatter, DefaultHelpFormatter):
    """Help with types and defaults, its example on one line."""


class Sizes(tuple):
    """Positive integers, written 32,64 or [32, 64]."""


def _sizes(given):
    words = given.strip("[]() ").split(",") if isinstance(given, str) else list(given)
    try:
        sizes = Sizes(int(n) if isinstance(n, str) else n for n in words)
    except ValueError:
        sizes = ()
    if not sizes or any(type(n) is not int or n < 1 for n in sizes):
        raise ValueError(f"must be positive integers, such as 32,64. Received: {given}.")
    return sizes


register_type(Sizes, list, _sizes)
