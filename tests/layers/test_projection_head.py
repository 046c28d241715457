"""The projection of labels: linear in the one-hot label, and a plain output beside it."""

import keras
import numpy as np
import pytest

from zoo.layers.chunk import Chunk, sizes
from zoo.layers.projection_head import ProjectionHead

PHI = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
LABELS = np.array([0, 1, 2, 2, 1, 0], np.int32)


def test_the_output_is_psi_plus_the_inner_product_of_the_class():
    keras.utils.set_random_seed(0)
    head = ProjectionHead(3, spectral=False)
    shown = head([PHI, LABELS]).numpy()
    kernel, bias = head.linear.kernel.numpy(), head.linear.bias.numpy()
    classes = head.embedding.embeddings.numpy()
    expected = PHI @ kernel + bias + np.sum(classes[LABELS] * PHI, axis=1, keepdims=True)
    np.testing.assert_allclose(shown, expected, atol=1e-5)


@pytest.mark.parametrize("spectral", [False, True])
def test_outputs_of_two_classes_differ_by_a_linear_map_of_phi(spectral):
    """l(x, y) - l(x, y') = phi' (v_y - v_y'): at 2 phi it is twice that at phi."""
    keras.utils.set_random_seed(0)
    head = ProjectionHead(3, spectral=spectral)

    def gap(phi):
        return head([phi, LABELS]).numpy() - head([phi, (LABELS + 1) % 3]).numpy()

    np.testing.assert_allclose(gap(2.0 * PHI), 2.0 * gap(PHI), atol=1e-5)
    assert np.abs(gap(PHI)).min() > 1e-3


def test_a_normalized_embedding_has_norm_one():
    keras.utils.set_random_seed(0)
    head = ProjectionHead(3)
    for _ in range(200):
        head([PHI, LABELS], training=True)
    wrapped = head.embedding
    _, sigma = wrapped.measured(wrapped.kernel.value)
    exact = np.linalg.svd(wrapped.kernel.numpy(), compute_uv=False)[0]
    assert float(sigma) == pytest.approx(exact, rel=1e-3)


def test_chunks_are_even_and_cover_the_vector():
    assert sizes(120, 6) == [20] * 6
    assert sizes(10, 4) == [3, 3, 2, 2]
    z, start, parts = np.arange(20.0).reshape(2, 10), 0, []
    for size in sizes(10, 4):
        parts.append(Chunk(start, size)(z).numpy())
        start += size
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), z)
