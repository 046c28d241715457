"""How much a network can stretch distances: from above, at points, and from below."""

import math
from typing import Any

import keras
import tensorflow as tf

SLOPES = {"linear": 1.0, "relu": 1.0, "leaky_relu": 1.0, "tanh": 1.0, "softplus": 1.0}
SLOPES |= {"elu": 1.0, "sigmoid": 0.25, "hard_tanh": 1.0}
NEUTRAL = ("InputLayer", "Flatten", "Reshape", "Dropout", "ZeroPadding2D", "Cropping2D")


def upper(network, iterations=100):
    """The product over layers of their largest gains: Lip(f) is at most that.

    Args:
        network: a `keras.Sequential`, or a chain, of dense and convolutional layers and
            activations; others are refused.
        iterations: of the power method, which nears a convolution's gain from below; dense
            layers are exact.
    """
    bound = 1.0
    for layer in network.layers:
        bound *= gain(layer, iterations)
    return {"lipschitz_upper": bound}


def gain(layer, iterations=100):
    """The operator norm of a layer times the slope of its activation."""
    kind = type(layer).__name__
    if kind in NEUTRAL:
        return 1.0
    if kind == "Rescaling":
        return abs(float(layer.scale))
    if kind in BENDS:
        return BENDS[kind](layer)
    if kind == "Activation":
        return activation_slope(layer)
    if isinstance(layer, keras.layers.Dense):
        largest = float(tf.linalg.svd(layer.kernel.value, compute_uv=False)[0])
        return activation_slope(layer) * largest
    if isinstance(layer, (keras.layers.Conv2D, keras.layers.Conv2DTranspose)):
        origin = tf.zeros((1, *layer.input.shape[1:]))
        largest = float(local(lambda x: linear_part(layer, x), origin, iterations)[0])
        return activation_slope(layer) * largest
    raise ValueError(f"No bound is known for a layer of class {kind}: {layer.name!r}.")


def activation_slope(layer):
    """The largest slope of a layer's activation."""
    if isinstance(layer.activation, keras.layers.Layer):
        return gain(layer.activation)
    name = getattr(layer.activation, "__name__", repr(layer.activation))
    if name not in SLOPES:
        raise ValueError(f"No slope is known for the activation {name!r} of {layer.name!r}.")
    return SLOPES[name]


def relu_slope(layer):
    """Of `keras.layers.ReLU`, which jumps at a threshold above 0; its top is flat."""
    return math.inf if layer.threshold > 0 else max(1.0, float(layer.negative_slope))


BENDS = {  # layers of one number in, one out: their largest slope
    "ReLU": relu_slope,
    "LeakyReLU": lambda layer: max(1.0, float(layer.negative_slope)),
    "ELU": lambda layer: max(1.0, abs(float(layer.alpha))),
}


def linear_part(layer, x):
    """A convolution without bias and activation."""
    before = layer.activation
    try:
        layer.activation = keras.activations.linear
        return layer(x) - layer(tf.zeros_like(x))
    finally:
        layer.activation = before


def local(function, points, iterations=100, seed=0):
    """The largest singular value of the Jacobian at each point: `(count,)`.

    Power iteration with forward- and reverse-mode products; no Jacobian is made.
    """
    points = tf.convert_to_tensor(points)

    @tf.function(autograph=False)
    def push_and_pull(direction):
        with tf.autodiff.ForwardAccumulator(points, unit(direction)) as forward:
            with tf.GradientTape() as tape:
                tape.watch(points)
                shown = function(points)
        pushed = forward.jvp(shown, unconnected_gradients="zero")
        zero = tf.UnconnectedGradients.ZERO
        pulled: Any = tape.gradient(shown, points, pushed, unconnected_gradients=zero)
        return lengths(pushed), pulled

    direction = tf.random.stateless_normal(tf.shape(points), (seed, 1), dtype=points.dtype)
    for _ in range(iterations):
        norm, pulled = push_and_pull(direction)
        direction = tf.where(expanded(norm, pulled) > 0, pulled, direction)
    return norm


def lower(function, first, second):
    """max |f(a) - f(b)| / |a - b| over pairs of rows."""
    first, second = tf.convert_to_tensor(first), tf.convert_to_tensor(second)
    ratio = lengths(function(first) - function(second)) / lengths(first - second)
    return {"lipschitz_lower": float(tf.reduce_max(ratio)), "count": len(first)}


def lengths(rows):
    """Euclidean norms over all axes but the first."""
    return tf.norm(tf.reshape(rows, [rows.shape[0], -1]), axis=1)


def expanded(values, like):
    """One value a row, with as many axes as `like`."""
    return tf.reshape(values, [-1, *[1] * (len(like.shape) - 1)])


def unit(rows):
    """Rows scaled to length 1."""
    return rows / tf.maximum(expanded(lengths(rows), rows), 1e-30)
