"""What every measure that adds up over batches and replicas has in common."""

import keras
import tensorflow as tf


class Sums(keras.metrics.Metric):
    """A measure of a few sums over rows: right for any last batch, and under replicas.

    A subclass gives the shapes of its sums, adds to them in `update_state`, and says in
    `result` what they mean. Its memory does not grow with the number of rows.

    Args:
        name: of the measure.
        shapes: sum -> its shape; each is a float64 variable of that name, beside `rows`.
    """

    def __init__(self, name, **shapes):
        super().__init__(name=name, dtype="float64")
        for key, shape in {"rows": (), **shapes}.items():
            setattr(self, key, self.add_variable(shape, "zeros", "float64", name=key))

    def add(self, rows, **terms):
        """Adds the terms of a batch, and how many rows it has."""
        for key, term in {"rows": tf.shape(rows)[0], **terms}.items():
            getattr(self, key).assign_add(tf.cast(term, tf.float64))

    def total(self, key):
        """A sum over everything seen since the last reset."""
        return getattr(self, key).numpy()

    def counted(self, least=1):
        """How many rows were seen; refuses fewer than `least`."""
        rows = int(self.total("rows"))
        if rows < least:
            plural = "" if least == 1 else "s"
            raise ValueError(
                f"`{self.name}` needs at least {least} example{plural}. Received: {rows}."
            )
        return rows

    def get_config(self):
        return {"name": self.name}
