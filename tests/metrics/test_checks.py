"""Every measure refuses by name what is no data: other numbers, shapes, too few rows, weights."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import metrics
from zoo.metrics.checks import MeasureError
from zoo.metrics.sums import Sums


def images(seed=0, count=40, side=8):
    return np.random.default_rng(seed).random((count, side, side, 1), np.float32)


def vectors(seed=0, count=40, size=5):
    return np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)


def updated(make, **fixed):
    """A measure of batches as a function."""

    def measure(**given):
        metric = make()
        metric.update_state(**given, **fixed)
        return metric.result()

    return measure


def frechet():
    return metrics.FrechetDistance(
        metrics.pixels(), metrics.Moments.of(metrics.pixels().features(images()))
    )


CENTRES = np.eye(5, dtype=np.float32)
LABELS = np.arange(40) % 4
MEASURES = {  # name -> (function, its arrays, the least rows it takes)
    "FrechetDistance": (updated(frechet), {"images": images(1)}, 2),
    "Extractor": (lambda images: metrics.pixels().features(images), {"images": images()}, 1),
    "MomentSums": (updated(lambda: metrics.MomentSums(5)), {"features": vectors()}, 2),
    "CodeCorrelation": (updated(lambda: metrics.CodeCorrelation(5)), {"features": vectors()}, 2),
    "PixelError": (updated(metrics.PixelError), {"images": images(), "reference": images(1)}, 1),
    "pixel_error": (metrics.pixel_error, {"images": images(), "reference": images(1)}, 1),
    "ModeCoverage": (
        updated(lambda: metrics.ModeCoverage(CENTRES, 1.0)),
        {"samples": vectors()},
        1,
    ),
    "Moments": (metrics.Moments.of, {"features": vectors()}, 2),
    "kernel_distance": (
        lambda **given: metrics.kernel_distance(**given, subsets=2, resamples=2),
        {"generated": vectors(), "real": vectors(1)},
        2,
    ),
    "polynomial_mmd": (metrics.polynomial_mmd, {"first": vectors(), "second": vectors(1)}, 2),
    "prd": (
        lambda **given: metrics.prd(**given, runs=1, clusters=4),
        {"generated": vectors(), "real": vectors(1)},
        2,
    ),
    "manifolds": (metrics.manifolds, {"generated": vectors(), "real": vectors(1)}, 6),
    "two_sample_accuracy": (
        metrics.two_sample_accuracy,
        {"samples": images(), "held": images(1)},
        2,
    ),
    "memorisation": (
        metrics.memorisation,
        {"samples": images(), "train": images(1), "test": images(2)},
        1,
    ),
    "sharpness": (metrics.sharpness, {"images": images(), "reference": images(1)}, 1),
    "laplacian_variance": (metrics.laplacian_variance, {"images": images()}, 1),
    "active_dims": (metrics.active_dims, {"means": vectors()}, 2),
    "covariance": (metrics.covariance, {"codes": vectors()}, 2),
    "normalized_absolute_correlation": (
        metrics.normalized_absolute_correlation,
        {"codes": vectors()},
        2,
    ),
    "distance_to_identity": (metrics.distance_to_identity, {"codes": vectors()}, 2),
    "holes": (
        metrics.holes,
        {"prior_codes": vectors(), "train_codes": vectors(1), "test_codes": vectors(2)},
        1,
    ),
    "midpoint_distance": (
        lambda x: metrics.midpoint_distance(np.asarray, np.asarray, x, np.asarray),
        {"x": vectors()},
        4,
    ),
    "mutual_information_gap": (
        lambda codes: metrics.mutual_information_gap(codes, LABELS[:, None]),
        {"codes": vectors()},
        2,
    ),
    "purity": (lambda rows: metrics.purity(rows, LABELS), {"rows": vectors()}, 11),
    "tsne": (metrics.tsne, {"rows": vectors(count=8)}, 8),
}
cases = pytest.mark.parametrize("name", MEASURES)


def bent(rows, alone):
    """What is wrong -> rows of which that is so."""
    holed = rows.copy()
    holed[3, 0] = np.nan
    wrong = {"NaN": holed, "uint8": (255 * rows).astype(np.uint8), "words": rows.astype(str)}
    wrong |= {"a row alone": rows[0, ..., 0] if rows.ndim == 2 else rows[0, :, 0, 0]}
    if rows.ndim == 4:
        wrong |= {"-1 to 1": 2.0 * rows - 1.0, "0 to 255": 255.0 * rows}
    if not alone:
        wrong |= {"other size": rows[:, :-1]}
    return wrong


@cases
def test_what_is_no_data_is_refused_by_name(name):
    measure, given, _ = MEASURES[name]
    measure(**given)
    sized = name in ("FrechetDistance", "MomentSums", "CodeCorrelation", "ModeCoverage")
    for argument, rows in given.items():
        for case, wrong in bent(rows, alone=len(given) == 1 and not sized).items():
            with pytest.raises((ValueError, TypeError)) as caught:
                measure(**{**given, argument: wrong})
            message = str(caught.value)
            named = [f"`{key}`" in message for key in (*given, "features")]
            assert any(named) and "Received" in message, (case, message)


@cases
def test_too_few_rows_are_refused_with_the_least_number(name):
    measure, given, least = MEASURES[name]
    few = {key: rows[: least - 1] for key, rows in given.items()}
    if least > 1:
        with pytest.raises(ValueError, match=f"at least {least} example.*Received: {least - 1}"):
            measure(**few)


def test_two_moments_of_other_features_have_no_distance():
    ours, theirs = metrics.Moments.of(vectors()), metrics.Moments.of(vectors(size=4))
    with pytest.raises(ValueError, match="of one size. Received: 5 and 4"):
        metrics.frechet_distance(ours, theirs)


def classes(kind):
    """All classes below one."""
    return {kind} | {c for sub in kind.__subclasses__() for c in classes(sub)}


BATCHES = {  # class -> (how it is made, a batch)
    "Diversity": (lambda: metrics.Diversity(4), (LABELS,)),
    "CodeCorrelation": (lambda: metrics.CodeCorrelation(5), (vectors(),)),
    "MomentSums": (lambda: metrics.MomentSums(5), (vectors(),)),
    "FrechetDistance": (frechet, (images(),)),
    "PixelError": (metrics.PixelError, (images(), images(1))),
    "ModeCoverage": (lambda: metrics.ModeCoverage(CENTRES, 1.0), (vectors(),)),
}


def test_every_measure_of_batches_refuses_weights():
    own = {c.__name__ for c in classes(Sums) if c.__module__.startswith("zoo.")} - {"Sums"}
    assert own == set(BATCHES)
    for make, batch in BATCHES.values():
        assert "sample_weight" in inspect.signature(type(make()).update_state).parameters
        with pytest.raises(ValueError, match="`sample_weight` is not used.*Received"):
            make().update_state(*batch, sample_weight=np.ones(40))


def test_values_are_looked_at_in_graphs_too():
    step = tf.function(lambda x: metrics.pixels()(x))
    metric = frechet()
    update = tf.function(metric.update_state)
    update(tf.constant(images()))
    with pytest.raises(tf.errors.InvalidArgumentError, match="`images` must be finite"):
        update(tf.constant(2.0 * images() - 1.0))
    assert step(tf.constant(images())).shape == (40, 64)


@pytest.mark.parametrize("labels", [[0, 4], [-1, 0], [0.5, 1.0], [[0], [1]], ["a", "b"]])
def test_classes_that_are_none_are_refused(labels):
    with pytest.raises((ValueError, TypeError), match="`labels` must be .*Received"):
        metrics.diversity(np.array(labels), 4)


def test_images_of_another_size_than_a_classifier_takes_are_refused():
    network = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    network.add(keras.layers.Dense(3))
    features = metrics.classifier("small", network)
    assert features.features(images()).shape == (40, 64)
    with pytest.raises(ValueError, match=r"`images` must have rows of shape \(8, 8, 1\).*Received"):
        features.features(images(side=9))


@pytest.mark.parametrize("outputs", [[np.nan, 1.0], []])
def test_outputs_of_a_critic_that_are_none_are_refused(outputs):
    with pytest.raises(MeasureError, match="`real` must"):
        metrics.critic_accuracy(outputs, [0.0, 1.0])
    with pytest.raises(MeasureError, match="`real_logits` must"):
        metrics.from_discriminator(outputs, [0.0, 1.0])


def test_histograms_have_masses():
    for wrong in ([-1.0, 2.0], [0.0, 0.0]):
        with pytest.raises(ValueError, match="`p` must be from 0.*Received"):
            metrics.from_histograms(wrong, [1.0, 1.0])
