"""Batch normalization whose gain and bias depend on a condition (de Vries et al., 2017)."""

import keras

from zoo.layers.spectral_norm import SpectralNorm
from zoo.registry import register


@register
class ConditionalBatchNorm(keras.layers.Layer):
    """Normalizes over batch and places (all replicas), then scales and shifts by the condition.

        y = gain(c) (x - mean) / sqrt(var + epsilon) + bias(c)

    A condition of labels, int32 `(batch,)`, chooses a gain, which starts at 1, and a bias, at 0,
    for each class (Dumoulin et al., 2017; Miyato and Koyama, 2018). A condition that is a vector
    `(batch, size)` gives gain = 1 + A c and bias = B c, without constants (Brock et al., 2019).

    Args:
        num_classes: of a condition of labels; None where it is a vector.
        spectral: normalize A and B (`zoo.layers.spectral_norm`).
        initializer: of A and B.
        momentum, epsilon: those of `keras.layers.BatchNormalization`.
        **options: those of `keras.layers.Layer`.

    Call arguments:
        inputs: `[x, condition]`, x `(batch, height, width, channels)`.
        training: whether the moments are those of the batch.
    """

    def __init__(
        self,
        num_classes=None,
        spectral=False,
        initializer="glorot_uniform",
        momentum=0.9,
        epsilon=1e-5,
        **options,
    ):
        super().__init__(**options)
        self.num_classes, self.spectral = num_classes, spectral
        self.initializer = keras.initializers.get(initializer)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shapes):
        shape, condition = shapes
        usual = {"momentum": self.momentum, "epsilon": self.epsilon, "synchronized": True}
        self.normalize = keras.layers.BatchNormalization(
            center=False, scale=False, dtype=self.dtype_policy, **usual
        )
        self.normalize.build(shape)
        if self.num_classes is None:
            self.gain = self._linear("gain", shape[-1], condition)
            self.bias = self._linear("bias", shape[-1], condition)
        else:
            self.gain = self._embedding("gain", shape[-1], "ones")
            self.bias = self._embedding("bias", shape[-1], "zeros")

    def _linear(self, name, size, shape):
        options = {"use_bias": False, "kernel_initializer": self.initializer.clone()}
        layer = keras.layers.Dense(size, name=name, dtype=self.dtype_policy, **options)
        layer = SpectralNorm(layer) if self.spectral else layer
        layer.build(shape)
        return layer

    def _embedding(self, name, size, start):
        options = {"embeddings_initializer": start, "dtype": self.dtype_policy}
        layer = keras.layers.Embedding(self.num_classes, size, name=name, **options)
        layer.build((None,))
        return layer

    def call(self, inputs, training=False):
        x, condition = inputs
        options = {"training": training} if self.spectral else {}
        gain, bias = self.gain(condition, **options), self.bias(condition, **options)
        gain = gain if self.num_classes is not None else 1.0 + gain
        normal = self.normalize(x, training=training)
        return normal * gain[:, None, None] + bias[:, None, None]

    def compute_output_shape(self, shapes):
        return shapes[0]

    def get_config(self):
        own = {"num_classes": self.num_classes, "spectral": self.spectral}
        own |= {"momentum": self.momentum, "epsilon": self.epsilon}
        own["initializer"] = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), **own}
