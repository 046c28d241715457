"""Labels beside the data that a network takes."""

import keras
import tensorflow as tf

from zoo.registry import register


@register
class WithLabels(keras.layers.Layer):
    """Data, and behind its last axis the labels of each example; an unknown label (-1) is 0.

    Behind a vector stand `num_classes` entries, 1 at the label's, which a dense layer turns
    into an embedding; behind an image stands one more channel, a learned plane a label.

    Args:
        num_classes: how many values the label has; a list of them where there are several
            labels, `(batch, len(num_classes))`.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, num_classes, **options):
        super().__init__(**options)
        self.num_classes, self.planes = num_classes, None
        self.sizes = [num_classes] if isinstance(num_classes, int) else list(num_classes)

    def build(self, shapes):
        _, *sides, _ = shapes[0]
        if sides:
            shape, start = (sum(self.sizes), *sides), keras.initializers.RandomNormal(stddev=1.0)
            self.planes = self.add_weight(name="planes", shape=shape, initializer=start)

    def call(self, inputs):
        data, labels = inputs
        columns = tf.unstack(labels, axis=1) if labels.shape.rank == 2 else [labels]
        codes = [
            tf.one_hot(column, size, dtype=data.dtype)
            for column, size in zip(columns, self.sizes, strict=True)
        ]
        if self.planes is not None:
            planes = tf.split(tf.cast(self.planes, data.dtype), self.sizes)
            pairs = zip(codes, planes, strict=True)
            codes = [tf.tensordot(code, plane, 1)[..., None] for code, plane in pairs]
        return tf.concat([data, *codes], axis=-1)

    def compute_output_shape(self, shapes):
        *rest, last = shapes[0]
        return (*rest, last + (len(self.sizes) if len(rest) > 1 else sum(self.sizes)))

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}
