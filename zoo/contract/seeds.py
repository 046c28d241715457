"""What a seed decides: the noise of a model, and the weights its default networks start from."""

import contextlib
import random
from collections.abc import Generator

MODEL_BITS = 31


def drawn(bits: int = MODEL_BITS) -> int:
    """A seed where none was given; `keras.utils.set_random_seed` decides which."""
    return random.getrandbits(bits)


@contextlib.contextmanager
def deciding_weights(seed: int | None) -> Generator[None]:
    """Inside, initial weights of Keras's layers follow from `seed` alone; with None, as everywhere
    in Keras, from what `keras.utils.set_random_seed` set, or from chance.

    Keras draws the seeds of its initializers from Python's generator, whose state is afterwards
    what it was. They are the weights that follow `keras.utils.set_random_seed(seed)`.
    """
    if seed is None:
        yield
        return
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
