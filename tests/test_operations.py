"""What `benchmarks.modules` reads from compiled steps: operations by closed forms, and bytes."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import modules


def text(function, *shapes, stage="hlo"):
    """The module of a function of float32 tensors."""
    specs = [tf.TensorSpec(shape) for shape in shapes]
    compiled = tf.function(lambda *x: function(*x), jit_compile=True, autograph=False)
    return compiled.experimental_get_compiler_ir(*specs)(stage=stage)


def test_a_product_of_matrices():
    found = modules.operations(text(tf.matmul, (5, 7), (7, 3)))
    assert found == 2 * 5 * 7 * 3


def test_a_batch_of_products():
    found = modules.operations(text(tf.matmul, (4, 5, 7), (4, 7, 3)))
    assert found == 4 * 2 * 5 * 7 * 3


@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_without_padding(stride):
    def convolve(x, w):
        return tf.nn.conv2d(x, w, stride, "VALID")

    side = (9 - 3) // stride + 1
    found = modules.operations(text(convolve, (2, 9, 9, 4), (3, 3, 4, 6)))
    assert found == 2 * 2 * side * side * 9 * 4 * 6


def test_borders_count_where_an_image_lies():
    """Padded 3 x 3 over n x n pixels: (3 n - 2)^2 pairs of a place and a position."""

    def convolve(x, w):
        return tf.nn.conv2d(x, w, 1, "SAME")

    found = modules.operations(text(convolve, (2, 8, 8, 4), (3, 3, 4, 6)))
    assert found == 2 * 2 * (3 * 8 - 2) ** 2 * 4 * 6


def test_gradients_of_a_convolution_cost_as_much_as_itself():
    def gradients(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = tf.reduce_sum(tf.square(tf.nn.conv2d(x, w, 2, "SAME")))
        return tape.gradient(y, [x, w])

    def convolve(x, w):
        return tf.nn.conv2d(x, w, 2, "SAME")

    shapes = (2, 8, 8, 4), (3, 3, 4, 6)
    once, all_ = (modules.operations(text(f, *shapes)) for f in (convolve, gradients))
    assert all_ == 3 * once


def test_products_in_loops_are_refused():
    def loop(x):
        return tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, tf.matmul(x, x)), (0, x))[1]

    with pytest.raises(ValueError, match="`?text`? must have no products in loops"):
        modules.operations(text(loop, (5, 5)))


def test_bytes_of_a_fused_sum_are_those_of_its_borders():
    def add(x, y):
        return tf.tanh(x + y) * 2.0

    found = modules.moved(text(add, (1000,), (1000,), stage="optimized_hlo"))
    assert found == 3 * 4 * 1000  # two read, one written: nothing between them


def test_a_dense_network_by_hand():
    rng = np.random.default_rng(0)
    weights = [tf.Variable(rng.normal(size=s).astype("float32")) for s in ((7, 5), (5, 3))]

    def forward(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, weights[0])), weights[1])

    assert modules.operations(text(forward, (4, 7))) == 2 * 4 * (7 * 5 + 5 * 3)
