"""What features an image is measured by: named, because a number means nothing without it."""

import hashlib

import keras
import numpy as np
import tensorflow as tf

from zoo.metrics import checks
from zoo.registry import register


@register
class Extractor:
    """A named map from images in [0, 1] to features.

    Its config holds the weights of a `keras.Model`; any other function must be registered
    with Keras, and make itself again from its own config.

    Args:
        name: as it stands in results: "pixels", "inception", "classifier:mnist".
        function: images `(batch, height, width, channels)` to `(batch, size)`; a Keras layer
            where it has weights.
    """

    def __init__(self, name, function):
        self.name, self.function = name, function
        self.step = tf.function(function, autograph=False, reduce_retracing=True)

    def __call__(self, images):
        self.require_shape(images)
        return self.function(images)

    def require_shape(self, images):
        """Refuses images of another size than the function takes."""
        shape = getattr(self.function, "input_shape", None)
        if isinstance(shape, tuple):
            checks.require_shape(images, "images", shape[1:], f"as {self.name!r} takes")

    def features(self, images, batch_size=250):
        """Features of an array of images, batch by batch: float32 `(count, size)`."""
        images = checks.rows(images, "images")
        self.require_shape(images)
        parts = [images[i : i + batch_size] for i in range(0, len(images), batch_size)]
        found = [self.step(tf.convert_to_tensor(part, tf.float32)).numpy() for part in parts]
        return np.concatenate(found)

    def fingerprint(self):
        """SHA-256 of the name and of every weight; None where the function has no weights."""
        weights = self.function.get_weights() if isinstance(self.function, keras.Layer) else []
        if not weights:
            return None
        found = hashlib.sha256(self.name.encode())
        for weight in weights:
            found.update(f"{weight.dtype} {weight.shape}".encode() + weight.tobytes())
        return found.hexdigest()

    def get_config(self):
        made = keras.saving.serialize_keras_object(self.function)
        held = self.function.get_weights() if isinstance(self.function, keras.Model) else []
        held = keras.saving.serialize_keras_object(held)
        return {"name": self.name, "function": made, "weights": held}

    @classmethod
    def from_config(cls, config):
        made, held = (
            keras.saving.deserialize_keras_object(config[key]) for key in ("function", "weights")
        )
        if held:
            made.set_weights(held)
        return cls(config["name"], made)


def pixels():
    """The values themselves."""
    return Extractor("pixels", values)


@register
def values(images):
    """Every image as one row."""
    return tf.reshape(images, [tf.shape(images)[0], -1])


def classifier(name, network):
    """The last hidden layer of a classifier: the inputs of its final dense layer."""
    last = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][-1]
    return Extractor(f"classifier:{name}", keras.Model(network.inputs, last.input))


def inception(weights="imagenet"):
    """Keras's InceptionV3, average-pooled: 2048 features of images resized to 299 x 299.

    Its weights are not those of the published FID (the graph of 2015-12-05): compare only
    with FID[inception] of this package.

    Args:
        weights: "imagenet", which is downloaded, the path of a file that was, or None: random.

    Raises:
        ValueError: where the weights cannot be had.
    """
    return Extractor("inception", Inception(weights))


@register
class Inception(keras.layers.Layer):
    """InceptionV3 on images in [0, 1] of any size, grey or in colour."""

    def __init__(self, source):
        super().__init__(trainable=False)
        self.source = source
        try:
            self.network = keras.applications.InceptionV3(
                include_top=False, weights=source, pooling="avg", input_shape=(299, 299, 3)
            )
        except Exception as error:
            reason = " ".join(str(error).split())[:120]
            raise ValueError(
                "`weights` of InceptionV3 must be downloadable or the path of a file: give the "
                f"path, or use another extractor. Received: {source!r}: {reason}"
            ) from error

    def call(self, images):
        if images.shape[-1] == 1:
            images = tf.image.grayscale_to_rgb(images)
        shown = tf.image.resize(images, (299, 299), antialias=True)
        return self.network(2.0 * shown - 1.0, training=False)

    def get_config(self):
        return {"source": self.source}
