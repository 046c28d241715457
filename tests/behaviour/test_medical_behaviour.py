"""Denoising and modality transfer on planted images whose clean or paired side is known."""

import functools

import keras
import numpy as np
import pytest

from zoo.layers.sharpness_map import SharpnessMap
from zoo.training.data import load
from zoo.training.data.corrupted import gaussian, rician
from zoo.translation.denoising_gan import DenoisingGAN
from zoo.translation.modality_transfer_gan import ModalityTransferGAN

# Denoising: smooth blobs with sharp edges, and noise of sigma 0.1.


def phantoms(count, seed=0, side=16):
    """Images of two or three ellipses of different brightness: flat regions and sharp edges."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side] / side
    images = np.zeros((count, side, side, 1), np.float32)
    for image in images:
        for level in (0.35, 0.65, 0.95)[: rng.integers(2, 4)]:
            centre, radius = rng.uniform(0.3, 0.7, 2), rng.uniform(0.12, 0.35, 2)
            inside = ((rows - centre[0]) / radius[0]) ** 2 + (
                (columns - centre[1]) / radius[1]
            ) ** 2
            image[inside < 1.0, 0] = level
    return images


def psnr(images, clean):
    """10 log10 1 / mean squared error, dB."""
    return -10.0 * np.log10(np.mean((images - clean) ** 2))


def sharpness_error(images, clean):
    """Mean squared difference of the maps of sharpness."""
    of = SharpnessMap()
    return float(np.mean((of(images) - of(clean)) ** 2))


@functools.cache
def denoised(weight=20.0):
    """Clean, noisy and denoised held-out images after 400 steps, and the model."""
    clean = phantoms(1000)
    noisy = gaussian(clean, 0.1, np.random.default_rng(1))
    keras.utils.set_random_seed(0)
    model = DenoisingGAN.for_data((16, 16, 1), channels=(16, 32), seed=0, sharpness_weight=weight)
    model.compile(keras.optimizers.Adam(1e-3, 0.5), steps_per_execution=100, jit_compile=True)
    model.fit(noisy[:800], clean[:800], batch_size=8, epochs=4, verbose=0)
    return clean[800:], noisy[800:], model.translate(noisy[800:], seed=0).numpy(), model


def test_noise_is_taken_away(figure):
    clean, noisy, shown, _ = denoised()
    gain = psnr(shown, clean) - psnr(noisy, clean)
    assert figure("DenoisingGAN: gain of PSNR at sigma 0.1, dB", gain, "at least 3") >= 3.0


@pytest.mark.slow
def test_edges_are_sharper_than_by_absolute_error_alone(figure):
    errors = [sharpness_error(denoised(weight)[2], denoised(weight)[0]) for weight in (200.0, 0.0)]
    ratio = errors[0] / errors[1]
    assert figure("DenoisingGAN: error of sharpness over that without it", ratio, "below 1") < 1.0


def test_nobody_moves_the_map_of_sharpness():
    network = keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Conv2D(2, 3)])
    model = DenoisingGAN.for_data((16, 16, 1), channels=(4, 8), sharpness=network, seed=0)
    before = network.get_weights()
    model.compile(keras.optimizers.SGD(0.1))
    clean = phantoms(8)
    model.fit(gaussian(clean, 0.1, np.random.default_rng(0)), clean, batch_size=8, verbose=0)
    for a, b in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_noise_is_of_its_kind():
    flat, rng = np.full((200, 16, 16, 1), 0.5, np.float32), np.random.default_rng(0)
    assert gaussian(flat, 0.1, rng).std() == pytest.approx(0.1, rel=0.02)
    dark = rician(0.0 * flat, 0.1, rng)  # magnitude of complex noise: Rayleigh
    assert dark.mean() == pytest.approx(0.1 * np.sqrt(np.pi / 2.0), rel=0.02)
    bright = rician(flat, 0.1, rng)
    assert (bright**2).mean() == pytest.approx(0.25 + 2.0 * 0.1**2, rel=0.02)


def test_a_sharp_edge_has_a_large_value_and_a_flat_region_none():
    image = np.zeros((1, 16, 16, 1), np.float32)
    image[:, :, 8:] = 1.0
    values = SharpnessMap(window=3)(image).numpy()[0, :, :, 0]
    assert values[8, 7] > 0.5 and values[8, 1] < 0.01


# Modality transfer: the same phantoms with other grey levels, never shown in pairs.


def other_modality(images):
    """A monotone map of grey levels that swaps none of them, and a slight blur."""
    y = np.clip(1.3 * images**2, 0.0, 1.0)
    padded = np.pad(y, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="edge")
    return (
        0.6 * y
        + 0.1 * (padded[:, 2:, 1:-1] + padded[:, :-2, 1:-1])
        + 0.1 * (padded[:, 1:-1, 2:] + padded[:, 1:-1, :-2])
    ).astype(np.float32)


@functools.cache
def transferred(seed=0):
    """Mean absolute error of translations of held-out phantoms, over that of the identity."""
    x, y = phantoms(800, seed=1), other_modality(phantoms(800, seed=2))
    test = phantoms(200, seed=3)
    keras.utils.set_random_seed(seed)
    model = ModalityTransferGAN.for_data(
        (16, 16, 1), channels=(8, 16), blocks=2, patch_channels=(16, 32), seed=seed
    )
    model.compile(keras.optimizers.Adam(1e-3, 0.5), steps_per_execution=100, jit_compile=True)
    model.fit(x, y, batch_size=4, epochs=4, verbose=0)
    target = other_modality(test)
    return np.abs(model.translate_xy(test) - target).mean() / np.abs(test - target).mean()


@pytest.mark.slow
def test_a_modality_is_learned_without_pairs(figure):
    error = np.median([transferred(seed) for seed in range(3)])
    what = "ModalityTransferGAN: error of pairs over that of the identity, median of 3"
    assert figure(what, error, "at most 0.5") <= 0.5


def test_lesions_lie_in_every_second_image_that_is_held_out():
    clean, data = load("digits"), load("lesions:digits")
    np.testing.assert_array_equal(data.train, clean.train)
    changed = (data.test != clean.test).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(changed, data.test_labels == 1)
    assert (
        data.class_names == ("normal", "lesion") and 0.0 <= data.test.min() <= data.test.max() <= 1
    )
