"""Labels beside the data that a network takes."""

import keras
import tensorflow as tf

from zoo.registry import register


@register
class WithLabels(keras.layers.Layer):
    """Data, and behind its last axis the label of each example; an unknown label (-1) is 0.

    Behind a vector stand `num_classes` entries, 1 at the label's, which a dense layer turns
    into an embedding; behind an image stands one more channel, a learned plane a label.

    Args:
        num_classes: how many labels.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, num_classes, **options):
        super().__init__(**options)
        self.num_classes, self.planes = num_classes, None

    def build(self, shapes):
        _, *sides, _ = shapes[0]
        if sides:
            shape, start = (self.num_classes, *sides), keras.initializers.RandomNormal(stddev=1.0)
            self.planes = self.add_weight(name="planes", shape=shape, initializer=start)

    def call(self, inputs):
        data, labels = inputs
        code = tf.one_hot(labels, self.num_classes, dtype=data.dtype)
        if self.planes is not None:
            code = tf.tensordot(code, tf.cast(self.planes, data.dtype), 1)[..., None]
        return tf.concat([data, code], axis=-1)

    def compute_output_shape(self, shapes):
        *rest, last = shapes[0]
        return (*rest, last + (1 if len(rest) > 1 else self.num_classes))

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}
