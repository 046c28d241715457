"""What features an image is measured by: named, because a number means nothing without it."""

import keras
import numpy as np
import tensorflow as tf


class Extractor:
    """A named map from images in [0, 1] to features.

    Args:
        name: as it stands in results: "pixels", "inception", "classifier:mnist".
        function: images `(batch, height, width, channels)` to `(batch, size)`.
    """

    def __init__(self, name, function):
        self.name, self.function = name, function
        self.step = tf.function(function, autograph=False, reduce_retracing=True)

    def __call__(self, images):
        return self.function(images)

    def features(self, images, batch_size=250):
        """Features of an array of images, batch by batch: float32 `(count, size)`."""
        parts = [images[i : i + batch_size] for i in range(0, len(images), batch_size)]
        found = [self.step(tf.convert_to_tensor(part, tf.float32)).numpy() for part in parts]
        return np.concatenate(found)


def pixels():
    """The values themselves."""
    return Extractor("pixels", lambda images: tf.reshape(images, [tf.shape(images)[0], -1]))


def classifier(name, network):
    """The last hidden layer of a classifier: the inputs of its final dense layer."""
    last = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][-1]
    inner = keras.Model(network.inputs, last.input)
    return Extractor(f"classifier:{name}", lambda images: inner(images, training=False))


def inception(weights="imagenet"):
    """Keras's InceptionV3, average-pooled: 2048 features of images resized to 299 x 299.

    Its weights are not those of the published FID (the graph of 2015-12-05): compare only
    with FID[inception] of this package.

    Args:
        weights: "imagenet", which is downloaded, or the path of a file that was.

    Raises:
        ValueError: where the weights cannot be had.
    """
    try:
        network = keras.applications.InceptionV3(
            include_top=False, weights=weights, pooling="avg", input_shape=(299, 299, 3)
        )
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise ValueError(
            "`weights` of InceptionV3 must be downloadable or the path of a file: give the path, "
            f"or use another extractor. Received: {weights!r}: {reason}"
        ) from error

    def function(images):
        if images.shape[-1] == 1:
            images = tf.image.grayscale_to_rgb(images)
        shown = tf.image.resize(images, (299, 299), antialias=True)
        return network(2.0 * shown - 1.0, training=False)

    return Extractor("inception", function)
