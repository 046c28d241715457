"""How far images are from those they should be, pixel by pixel."""

import math

import tensorflow as tf

from zoo.metrics import checks
from zoo.metrics.sums import Sums
from zoo.registry import register

MOST = 120.0  # dB, of images that are equal


def pixel_error(images, reference):
    """Mean absolute error, and the peak signal-to-noise ratio of values in [0, 1].

        psnr = -10 log10(mean squared error of an image), in dB, mean over the images

    Args:
        images, reference: `(count, ...)`; image i should be reference i.

    Returns:
        {"absolute_error", "psnr", "count"}.
    """
    metric = PixelError()
    metric.update_state(images, reference)
    return metric.result()


def pixel_errors(images, reference):
    """Absolute error and psnr of each image: two `(count,)`, float64."""
    gap = tf.cast(images, tf.float64) - tf.cast(reference, tf.float64)
    gap = tf.reshape(gap, [tf.shape(gap)[0], -1])
    ratio = -10.0 / math.log(10.0) * tf.math.log(tf.reduce_mean(gap**2, axis=1))
    return tf.reduce_mean(tf.abs(gap), axis=1), tf.minimum(ratio, MOST)


@register
class PixelError(Sums):
    """`pixel_error` of images that come in batches."""

    def __init__(self, name="pixel_error"):
        super().__init__(name, absolute=(), ratio=())

    def update_state(self, images, reference, sample_weight=None):
        """Adds the images of a batch, `(batch, ...)`; image i should be reference i."""
        checks.refuse_weights(sample_weight, self.name)
        reference = checks.batch(reference, "reference")
        images = checks.batch(images, "images", tuple(reference.shape[1:]))
        if images.shape[0] != reference.shape[0]:
            raise ValueError(
                "`images` and `reference` must have as many rows. "
                f"Received: {images.shape[0]} and {reference.shape[0]}."
            )
        absolute, ratio = map(tf.reduce_sum, pixel_errors(images, reference))
        self.add(images, absolute=absolute, ratio=ratio)

    def result(self):
        rows = self.counted()
        means = {k: float(self.total(k) / rows) for k in ("absolute", "ratio")}
        return {"absolute_error": means["absolute"], "psnr": means["ratio"], "count": rows}
