"""The output of a discriminator of classes (Miyato and Koyama, 2018, arXiv:1802.05637)."""

import keras
import tensorflow as tf

from zoo.layers.spectral_norm import SpectralNorm
from zoo.registry import register


@register
class ProjectionHead(keras.layers.Layer):
    """l(x, y) = psi(phi(x)) + y' V phi(x), linear in the one-hot label y (Eq. 3).

    psi is a dense layer, V an embedding of the classes.

    Args:
        num_classes: how many labels.
        spectral: normalize psi and V (`zoo.layers.spectral_norm`).
        initializer: of psi's kernel and of V.
        **options: those of `keras.layers.Layer`.

    Call arguments:
        inputs: `[phi, labels]`, `(batch, size)` and int32 `(batch,)`.
        training: whether the largest singular values are followed.

    Returns:
        Raw outputs, `(batch, 1)`.
    """

    def __init__(self, num_classes, spectral=True, initializer="glorot_uniform", **options):
        super().__init__(**options)
        self.num_classes, self.spectral = num_classes, spectral
        self.initializer = keras.initializers.get(initializer)

    def build(self, shapes):
        shape, _ = shapes
        linear = keras.layers.Dense(
            1, kernel_initializer=self.initializer.clone(), name="psi", dtype=self.dtype_policy
        )
        embedding = keras.layers.Embedding(
            self.num_classes,
            shape[-1],
            embeddings_initializer=self.initializer.clone(),
            name="classes",
            dtype=self.dtype_policy,
        )
        self.linear = SpectralNorm(linear) if self.spectral else linear
        self.embedding = SpectralNorm(embedding) if self.spectral else embedding
        self.linear.build(shape)
        self.embedding.build((None,))

    def call(self, inputs, training=False):
        features, labels = inputs
        options = {"training": training} if self.spectral else {}
        agreement = self.embedding(labels, **options) * features
        plain = self.linear(features, **options)
        return plain + tf.reduce_sum(agreement, axis=1, keepdims=True)

    def compute_output_shape(self, shapes):
        return (shapes[0][0], 1)

    def get_config(self):
        own = {"num_classes": self.num_classes, "spectral": self.spectral}
        own["initializer"] = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), **own}
