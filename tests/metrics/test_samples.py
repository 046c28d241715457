"""Measures of samples against closed forms and against libraries."""

import importlib
import inspect
import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import sqrtm

from zoo import metrics
from zoo.metrics import kid
from zoo.metrics.accumulated import CodeCorrelation, Diversity
from zoo.metrics.active_dims import active_dims, active_of
from zoo.metrics.diversity import diversity
from zoo.metrics.extractors import Extractor, classifier, inception, pixels
from zoo.metrics.fid import FrechetDistance, Moments, frechet_distance, rank_warning
from zoo.metrics.kid import kernel_distance, polynomial_mmd, resampled_error
from zoo.metrics.latent_covariance import normalized_absolute_correlation
from zoo.metrics.mode_coverage import ModeCoverage, mode_coverage
from zoo.metrics.neighbours import memorisation, nearest, two_sample_accuracy
from zoo.metrics.pixel_error import PixelError, pixel_error
from zoo.metrics.precision_recall import manifolds, prd, prd_of_histograms
from zoo.metrics.sharpness import laplacian_variance, sharpness


def normal(count, size, seed=0):
    return np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)


def test_the_frechet_distance_of_two_gaussians_is_seven():
    ours = Moments(np.zeros(2), np.eye(2), 10)
    theirs = Moments(np.array([1.0, 2.0]), 4.0 * np.eye(2), 10)
    assert frechet_distance(ours, theirs) == pytest.approx(7.0)
    assert frechet_distance(theirs, ours) == pytest.approx(7.0)
    assert frechet_distance(ours, ours) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("count", [500, 20])  # 20 rows of 30 features: a singular covariance
def test_the_frechet_distance_equals_the_formula_of_scipy(count):
    first, second = Moments.of(normal(count, 30)), Moments.of(1.5 * normal(count, 30, 1) + 0.2)
    root = sqrtm(first.covariance @ second.covariance)
    gap = np.sum((first.mean - second.mean) ** 2)
    theirs = gap + np.trace(first.covariance + second.covariance - 2.0 * root.real)
    assert frechet_distance(first, second) == pytest.approx(
        theirs, rel=1e-6 if count > 30 else 1e-4
    )


def test_the_frechet_distance_does_not_change_with_a_rotation():
    rotation = np.linalg.qr(normal(5, 5, 2))[0]
    first, second = normal(100, 5), 2.0 * normal(100, 5, 1) + 1.0
    plain = frechet_distance(Moments.of(first), Moments.of(second))
    turned = frechet_distance(Moments.of(first @ rotation), Moments.of(second @ rotation))
    assert turned == pytest.approx(plain, rel=1e-6)


def test_identical_sets_without_variance_are_at_distance_zero():
    constant = Moments.of(np.full((10, 3), 0.7))
    assert abs(frechet_distance(constant, constant)) <= 1e-9


def test_the_metric_gathers_what_one_array_gives_and_keeps_digits():
    x = normal(600, 8) * 1e-3 + 100.0  # sums of squares alone would lose them
    reference = Moments.of(normal(500, 8, 1) * 1e-3 + 100.0)
    metric = FrechetDistance(lambda rows: rows, reference, name="fid[rows]")
    for start in range(0, 600, 90):
        metric.update_state(tf.constant(x[start : start + 90]))
    exact = frechet_distance(Moments.of(x), reference)
    assert metric.result() == pytest.approx(exact, rel=1e-5)
    assert metric.moments().count == 600
    metric.reset_state()
    with pytest.raises(ValueError, match=r"`fid\[rows\]` needs at least 2 examples. Received: 0"):
        metric.result()


def test_moments_of_two_numbers():
    found = Moments.of([[0.0], [2.0]])  # (1 + 1) / (2 - 1)
    assert (found.mean, found.covariance, found.count) == ([1.0], [[2.0]], 2)


def test_few_rows_of_many_features_are_warned_of():
    random = np.random.default_rng(0)
    sides = (Moments.of(random.normal(size=(20, 30))) for _ in range(2))
    assert frechet_distance(*sides) > 10.0  # of one law, whose distance is 0
    assert rank_warning(20, 30).startswith("20 rows of 30 features: covariances have a rank of 19 ")
    assert rank_warning(30, 30) is not None and rank_warning(31, 30) is None


def gathered(metric, arrays, two, batch_size=16):
    """What a metric made on two replicas gathers there."""
    data = tf.data.Dataset.from_tensor_slices(arrays).batch(batch_size)
    for batch in two.experimental_distribute_dataset(data):
        two.run(metric.update_state, args=batch)
    return metric.result()


ROWS = normal(65, 4)  # the last batch of 16 has one row: the second replica gets none
REFERENCE = Moments.of(normal(500, 4, 1))
CENTRES = np.array([[0.0] * 4, [1.0] * 4])
CODES = ROWS * [1.0, 2.0, 0.001, 1.0] + ROWS[:, :1]
SUMMED = {  # how to make a metric, what it is given, what one array gives
    "fid": (
        lambda: FrechetDistance(pixels(), REFERENCE),
        [ROWS],
        frechet_distance(Moments.of(ROWS), REFERENCE),
    ),
    "diversity": (
        lambda: Diversity(7),
        [np.arange(65) ** 2 % 7],
        diversity(np.arange(65) ** 2 % 7, 7),
    ),
    "modes": (
        lambda: ModeCoverage(CENTRES, sigma=0.5),
        [ROWS],
        mode_coverage(ROWS, CENTRES, sigma=0.5),
    ),
    "pixels": (PixelError, [ROWS, ROWS**2], pixel_error(ROWS, ROWS**2)),
    "codes": (
        lambda: CodeCorrelation(4),
        [CODES],
        normalized_absolute_correlation(CODES, active_of(CODES)),
    ),
}


@pytest.mark.parametrize("name", SUMMED)
def test_what_is_summed_on_two_replicas_is_what_one_array_gives(name, two):
    make, arrays, one = SUMMED[name]
    with two.scope():
        metric = make()
    assert gathered(metric, tuple(arrays), two) == pytest.approx(one, rel=1e-6)
    again = keras.saving.deserialize_keras_object(
        json.loads(json.dumps(keras.saving.serialize_keras_object(metric)))
    )
    with pytest.raises(ValueError, match=r"needs at least . example.* Received: 0"):
        again.result()
    again.update_state(*arrays)
    assert again.result() == pytest.approx(one, rel=1e-6)


def test_numbers_in_closed_form_of_what_is_summed():
    assert mode_coverage(np.zeros((3, 4)), CENTRES, sigma=0.5)["divergence"] == np.log(2.0)
    assert active_dims(CODES)["active_dims"] == SUMMED["codes"][2]["active_dims"] == 4
    metric = CodeCorrelation(3)
    metric.update_state([[1.0, 1.0, 0.0], [-1.0, -1.0, 0.01], [1.0, -1.0, 0.0], [-1.0, -1.0, 0.01]])
    found = metric.result()  # covariance (1, 1/2; 1/2, 3/4) times 4/3 of two active dimensions
    assert found["active_dims"] == 2 and found["nac"] == pytest.approx(0.5 / np.sqrt(0.75))


def test_a_distance_made_from_its_config_measures_the_same_by_the_same_weights():
    layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(5, "tanh")]
    extractor = classifier("tiny", keras.Sequential([*layers, keras.layers.Dense(10)]))
    images = np.random.default_rng(0).random((40, 4, 4, 1), np.float32)
    reference = Moments.of(extractor.features(images[:20]))
    metric = FrechetDistance(extractor, reference, name="fid[tiny]", protocol="iitd")
    again = FrechetDistance.from_config(json.loads(json.dumps(metric.get_config())))
    assert (again.name, again.protocol, again.extractor.name) == (
        "fid[tiny]",
        "iitd",
        "classifier:tiny",
    )
    for each in (metric, again):
        each.update_state(images[20:])
    assert again.result() == pytest.approx(metric.result(), rel=1e-9) and metric.result() > 1e-3
    assert (
        again.extractor.fingerprint() == extractor.fingerprint() and len(again.reference.mean) == 5
    )


def test_the_iitd_protocol_stretches_each_generated_image_by_itself():
    random = np.random.default_rng(0)
    images = random.random((30, 4, 4, 1))
    reference = Moments.of(pixels().features(random.random((30, 4, 4, 1))))
    slopes, shifts = random.uniform(0.1, 0.5, (2, 30, 1, 1, 1))

    def distance(images, protocol):
        metric = FrechetDistance(pixels(), reference, protocol=protocol)
        metric.update_state(images)
        return metric.result()

    moved = slopes * images + shifts
    assert distance(moved, "iitd") == pytest.approx(distance(images, "iitd"), rel=1e-6)
    assert distance(moved, "plain") > 1.2 * distance(images, "plain")
    assert np.isfinite(distance(np.full((5, 4, 4, 1), 0.3), "iitd"))
    metric = FrechetDistance(pixels(), reference, protocol="iitd")
    metric.update_state(np.array([2.0, 3.0, 4.0, 6.0] * 8).reshape(2, 4, 4, 1))
    np.testing.assert_allclose(metric.moments().mean, [0.0, 0.25, 0.5, 1.0] * 4, atol=1e-12)
    with pytest.raises(ValueError, match="`protocol` must be 'plain' or 'iitd'. Received: 'raw'"):
        FrechetDistance(pixels(), reference, protocol="raw")


STREAMED = """
import json, resource, sys
import zoo
lazy = "zoo.metrics" not in sys.modules
import numpy as np, tensorflow as tf
from zoo.metrics import Extractor, FrechetDistance, Moments
def halved(images):
    return tf.reshape(tf.nn.avg_pool2d(images, 2, 2, "VALID"), [-1, 196])
metric = FrechetDistance(Extractor("halved", halved), Moments(np.zeros(196), np.eye(196), 2))
random, peaks = np.random.default_rng(0), []
for rows in (10_000, 40_000):
    for _ in range(rows // 500):
        metric.update_state(random.random((500, 28, 28, 1), np.float32))
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)
print(json.dumps([lazy, metric.moments().count, *peaks]))
"""


def test_memory_does_not_grow_with_images():
    """40,000 more images hold 125 MB, and their features 31 MB."""
    root = pathlib.Path(metrics.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", STREAMED], cwd=root, capture_output=True, text=True, check=True
    )
    lazy, count, first, last = json.loads(done.stdout)
    assert count == 50_000 and last - first < 8.0
    assert lazy, "zoo imports its measures only where they are asked for"


def test_the_kernel_distance_is_unbiased_and_equals_scikit_learn():
    from sklearn.metrics.pairwise import polynomial_kernel

    a, b = normal(40, 6), normal(30, 6, 1) + 0.5
    own, other = (polynomial_kernel(s, s, degree=3, coef0=1) for s in (a, b))
    theirs = (own.sum() - np.trace(own)) / (40 * 39) + (other.sum() - np.trace(other)) / (30 * 29)
    theirs -= 2.0 * polynomial_kernel(a, b, degree=3, coef0=1).mean()
    assert polynomial_mmd(a, b) == pytest.approx(theirs, rel=1e-5)
    same = [polynomial_mmd(normal(50, 3, 2 * k), normal(50, 3, 2 * k + 1)) for k in range(300)]
    assert abs(np.mean(same)) < 3.0 * np.std(same) / np.sqrt(300)
    assert min(same) < 0.0


def test_the_kernel_distance_over_subsets_tells_its_error():
    a, b = normal(400, 3), normal(400, 3, 1) + 1.0
    found = kernel_distance(a, b, subsets=20, size=100)
    assert found["kid"] == pytest.approx(polynomial_mmd(a, b), abs=5.0 * found["standard_error"])
    assert (found["subset"], found["count"]) == (100, 400)
    assert kernel_distance(a, b, subsets=2)["subset"] == 400


def test_the_error_of_a_kernel_distance_is_how_it_varies_over_new_samples():
    def sample(seed, shift=0.0):
        return np.random.default_rng(seed).normal(shift, 1.0, (300, 4))

    pairs = [(sample(2 * k, 0.3), sample(2 * k + 1)) for k in range(60)]
    spread = np.std([polynomial_mmd(*pair) for pair in pairs], ddof=1)
    errors = [resampled_error(*pair, resamples=40) for pair in pairs[:10]]
    assert np.mean(errors) == pytest.approx(spread, rel=0.25)
    orders = [np.random.default_rng(k).permutation(300)[:200] for k in range(50)]
    subsets = [polynomial_mmd(*(side[order] for side in pairs[0])) for order in orders]
    assert np.std(subsets) / 50**0.5 < 0.3 * spread  # mutation: the spread of subsets
    assert kernel_distance(*pairs[0], size=200)["standard_error"] > 0.5 * spread


def test_the_error_of_few_rows_is_finite_where_one_alone_would_be_drawn():
    """Of three rows every ninth draw is of one, which makes no pair: 0 / 0."""
    few = normal(3, 4), normal(3, 4, 1)
    assert all(np.isfinite(resampled_error(*few, 40, seed)) for seed in range(5))


def test_the_error_of_many_rows_is_that_of_some_and_falls_with_their_root(monkeypatch):
    first, second = (np.random.default_rng(k).normal(0.2 * k, 1.0, (2000, 3)) for k in range(2))
    whole = resampled_error(first, second, 200)
    monkeypatch.setattr(kid, "MOST_ROWS", 500)
    assert resampled_error(first, second, 200) == pytest.approx(whole, rel=0.3)


TENTHS, FIRST_HALF = np.full(10, 0.1), np.repeat([0.2, 0.0], 5)


def test_precision_and_recall_of_known_histograms():
    exact = prd_of_histograms(TENTHS, TENTHS)
    assert exact == {
        "precision": pytest.approx(1.0, abs=2e-3),
        "recall": pytest.approx(1.0, abs=2e-3),
    }
    half = prd_of_histograms(TENTHS, FIRST_HALF)  # the model has 5 of the data's 10 modes
    assert half == {
        "precision": pytest.approx(0.9848, abs=2e-4),
        "recall": pytest.approx(0.5039, abs=2e-4),
    }
    double = prd_of_histograms(FIRST_HALF, TENTHS)  # the model has 10 modes, the data 5
    assert double == {
        "precision": pytest.approx(0.5039, abs=2e-4),
        "recall": pytest.approx(0.9848, abs=2e-4),
    }
    apart = prd_of_histograms(FIRST_HALF, FIRST_HALF[::-1])
    assert max(apart.values()) < 1e-6


def modes(chosen, count=400, seed=0):
    """Draws of some of ten separate clusters."""
    random = np.random.default_rng(seed)
    return 10.0 * np.eye(10)[random.choice(chosen, count)] + 0.1 * random.normal(size=(count, 10))


def test_a_model_of_half_the_modes_is_precise_and_recalls_half():
    found = prd(modes(range(5)), modes(range(10), seed=1), clusters=10, runs=2)
    assert found["precision"] > 0.9 and 0.4 < found["recall"] < 0.65
    assert found["count"] == 400
    with pytest.raises(ValueError, match="as many rows. Received: 10 and 20"):
        prd(normal(10, 2), normal(20, 2))


def test_balls_tell_precision_from_recall():
    found = manifolds(modes(range(5)), modes(range(10), seed=1))
    assert found["improved_precision"] > 0.9 and found["density"] > 0.8
    assert 0.4 < found["improved_recall"] < 0.6 and 0.4 < found["coverage"] < 0.6
    apart = manifolds(normal(100, 3), normal(100, 3, 1) + 100.0)
    assert [apart[k] for k in ("improved_precision", "improved_recall", "density", "coverage")] == [
        0
    ] * 4


def test_density_and_coverage_follow_their_definition():
    real, made = np.array([[0.0], [1.0], [3.0]]), np.array([[0.5], [9.0], [9.5]])
    found = manifolds(made, real, neighbours=1)  # radii of the data: 1, 1, 2
    assert found["density"] == pytest.approx(2.0 / 3.0)  # 0.5 lies in two balls, 9 in none
    assert found["coverage"] == pytest.approx(2.0 / 3.0)  # the balls of 0 and 1 hold a sample
    assert found["improved_precision"] == pytest.approx(1.0 / 3.0)


def test_modes_are_counted_and_strays_are_not():
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    samples = np.concatenate(
        [np.tile(centres[0], (70, 1)), np.tile(centres[1], (20, 1)), np.full((10, 2), 5.0)]
    )
    found = mode_coverage(samples, centres, sigma=0.1)
    assert (found["modes"], found["high_quality"], found["count"]) == (2, 0.9, 100)
    p = np.array([7, 2]) / 9.0
    assert found["divergence"] == pytest.approx(np.sum(p * np.log(3.0 * p)))
    lost = mode_coverage(samples + 1000.0, centres, sigma=0.1)
    assert (lost["modes"], lost["high_quality"]) == (0, 0.0)
    assert lost["divergence"] == pytest.approx(np.log(3.0))


def test_blurred_images_are_less_sharp():
    images = np.random.default_rng(0).random((20, 16, 16, 1))
    blurred = (images + np.roll(images, 1, 1) + np.roll(images, 1, 2)) / 3.0
    assert sharpness(images, images)["sharpness"] == 1.0
    assert sharpness(blurred, images)["sharpness"] < 0.5
    ramp = np.broadcast_to(np.linspace(0.0, 1.0, 8)[None, :, None, None], (2, 8, 8, 1))
    np.testing.assert_allclose(laplacian_variance(ramp), 0.0, atol=1e-20)


def test_copies_are_told_from_new_examples():
    train, test = normal(300, 4), normal(300, 4, 1)
    assert memorisation(train[:100], train, test)["memorisation_ratio"] == 0.0
    fresh = memorisation(normal(300, 4, 2), train, test)["memorisation_ratio"]
    assert fresh == pytest.approx(1.0, abs=0.15)
    assert nearest(train[:3], train, 1)[1][:, 0].tolist() == [0, 1, 2]


def test_the_four_nearest_examples_come_in_order():
    distances, numbers = nearest([[0.0]], np.array([[5.0], [-1.0], [3.0], [2.0], [-4.0]]))
    assert distances.tolist() == [[1.0, 2.0, 3.0, 4.0]] and numbers.tolist() == [[1, 3, 2, 4]]


def test_the_nearest_neighbour_tells_other_laws_apart():
    assert two_sample_accuracy(normal(500, 3), normal(500, 3, 1))["two_sample_accuracy"] < 0.56
    assert two_sample_accuracy(normal(500, 3), normal(500, 3, 1) + 9)["two_sample_accuracy"] == 1.0
    copies = two_sample_accuracy(normal(100, 3), normal(100, 3))  # each one's twin is the other's
    assert copies["two_sample_accuracy"] == 0.0


def test_features_come_in_order_and_in_batches():
    images = np.random.default_rng(0).random((7, 4, 4, 1), np.float32)
    np.testing.assert_array_equal(pixels().features(images, 3), images.reshape(7, -1))
    layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(5, "relu")]
    network = keras.Sequential([*layers, keras.layers.Dense(10)])
    extractor = classifier("tiny", network)
    assert isinstance(extractor, Extractor) and extractor.name == "classifier:tiny"
    seen = extractor.features(images)
    kernel, bias = network.layers[-1].weights
    np.testing.assert_allclose(seen @ kernel.numpy() + bias.numpy(), network(images), atol=1e-5)


def test_pixel_errors_are_those_computed_by_hand():
    reference = np.full((2, 8, 8, 1), 0.5)
    images = np.stack([reference[0] + 0.1, reference[0] - 0.01])
    found = pixel_error(images, reference)
    assert found["absolute_error"] == pytest.approx(0.055)
    assert found["psnr"] == pytest.approx((20.0 + 40.0) / 2)
    assert pixel_error(images, images) == {"absolute_error": 0.0, "psnr": 120.0, "count": 2}


def test_the_fingerprint_of_an_extractor_is_of_its_name_and_its_weights():
    layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(5, "tanh")]
    network = keras.Sequential([*layers, keras.layers.Dense(10)])
    first = classifier("one", network).fingerprint()
    assert classifier("one", network).fingerprint() == first
    assert classifier("two", network).fingerprint() != first
    network.layers[1].bias.assign([0.0, 0.0, 0.0, 0.0, 1e-6])
    assert classifier("one", network).fingerprint() != first
    assert pixels().fingerprint() is None


@pytest.mark.slow
def test_inception_gives_2048_features_of_images_in_zero_to_one():
    extractor = inception(weights=None)
    grey = np.random.default_rng(0).random((2, 8, 8, 1), np.float32)
    found = extractor.features(grey)
    assert found.shape == (2, 2048) and extractor.fingerprint() is not None
    np.testing.assert_allclose(extractor.features(np.repeat(grey, 3, -1)), found, atol=1e-6)
    ends = np.stack([np.zeros((8, 8, 3), np.float32), np.ones((8, 8, 3), np.float32)])
    shown = np.stack([np.full((299, 299, 3), -1.0), np.full((299, 299, 3), 1.0)])
    theirs = extractor.function.network(shown.astype(np.float32), training=False)
    np.testing.assert_allclose(extractor.features(ends), theirs, atol=1e-6)


def test_balls_are_those_of_prdc():
    prdc = pytest.importorskip("prdc")
    real, made = normal(120, 6), 1.2 * normal(100, 6, 1) + 0.3
    theirs = prdc.compute_prdc(real_features=real, fake_features=made, nearest_k=5)
    ours = manifolds(made, real)
    names = {"precision": "improved_precision", "recall": "improved_recall"}
    assert {name: ours[names.get(name, name)] for name in theirs} == pytest.approx(theirs, abs=1e-6)


def test_distances_are_those_of_torch_fidelity():
    pytest.importorskip("torch_fidelity")
    from torch_fidelity import metric_fid, metric_kid

    a, b = (np.float64(side) for side in (normal(200, 6), 1.3 * normal(200, 6, 1) + 0.2))
    ours = [Moments.of(side) for side in (a, b)]
    statistics = [{"mu": m.mean, "sigma": m.covariance} for m in ours]
    theirs = metric_fid.fid_statistics_to_metric(*statistics, False)[metric_fid.KEY_METRIC_FID]
    assert frechet_distance(*ours) == pytest.approx(theirs, rel=1e-6)
    assert polynomial_mmd(a, b) == pytest.approx(metric_kid.kernel_mmd(a, b), rel=1e-6)


def test_what_is_documented_is_imported_from_one_place():
    files = {path.stem for path in pathlib.Path(metrics.__file__).parent.glob("*.py")}
    found = {name: getattr(metrics, name) for name in metrics.__all__}
    assert all(callable(each) and inspect.getdoc(each) for each in found.values())
    homes = {each.__module__.rpartition(".")[2] for each in found.values()}
    assert homes == files - {"__init__"}, "every file of measures has a public name"
    for each in found.values():
        assert getattr(importlib.import_module(each.__module__), each.__name__) is each
