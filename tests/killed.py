"""Exports that are killed: each in a process forked from one that has imported everything.

    python tests/killed.py

reads lines of JSON, [model, folder, whether its check is run], and exports that model again
and again in a fork; it says "begin" before each and "ended" once the fork has been killed.
"""

import contextlib
import itertools
import json
import os
import signal
import sys

from apart import Apart

PLAIN = "plain"  # a model that is large and quick: most of its export is writing


class Forks(Apart):
    """The process that forks; one fork at a time."""

    def __init__(self):
        super().__init__(__file__)

    @contextlib.contextmanager
    def exporting(self, model, directory, checked, number):
        """Inside, the export `number` of a fork has begun; then the fork is killed."""
        self.ask(model, directory, checked)
        fork = int(self.said())
        for _ in range(number):
            self.next()
        try:
            yield
        finally:
            os.kill(fork, signal.SIGKILL)
            while self.said() != "ended":  # it has begun more meanwhile
                pass

    def next(self):
        """Waits until the fork begins an export."""
        said = self.said()
        if said != "begin":
            raise RuntimeError(f"An export ended by itself: {said!r}.")


def exports(name, directory, checked):
    """What a fork does until it is killed."""
    import numpy as np
    import tensorflow as tf
    from descriptors import ROWS

    from zoo.export import saved_model

    class Plain:
        def __init__(self):
            self.weight = tf.Variable(np.ones((64, 4096), np.float32))

        def signatures(self):
            spec = tf.TensorSpec((None, 64), tf.float32, "z")
            return {"decode": (lambda z: {"x": z @ self.weight}, {"z": spec})}

    if not checked:
        saved_model._check = lambda *arguments: None
    model = Plain() if name == PLAIN else ROWS[name].make()
    for _ in itertools.count():
        print("begin", flush=True)
        saved_model.save(model, directory)


def main():
    import descriptors  # noqa: F401 what every fork needs

    from zoo.export import saved_model  # noqa: F401

    for line in sys.stdin:
        fork = os.fork()
        if not fork:
            exports(*json.loads(line))
        print(fork, flush=True)
        os.waitpid(fork, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
