"""Measures by name, each beside its reference, and the page that shows them."""

import dataclasses
import json
import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from descriptors import ROWS, trained

import zoo
from zoo.metrics.extractors import Extractor, classifier
from zoo.metrics.fid import Moments, frechet_distance
from zoo.metrics.kid import polynomial_mmd
from zoo.metrics.precision_recall import prd
from zoo.training import data as datasets
from zoo.training import evaluate
from zoo.training.measures import MEASURES, OF_SAMPLES, USUAL, Subject, entry, measured, subject
from zoo.training.measures import moments as statistics
from zoo.training.measures.subject import mean_error, resampled_error
from zoo.training.reporting import report

QUICK = ["vae", "nsgan", "cvae"]
OTHERS = [name for name in ROWS if name not in QUICK and "sample" in zoo.model_class(name).verbs]


OWN = {"infogan": "Codes and samples", "anogan": "Anomalies", "td_vae": "Forecasts"}


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits", limit=300)


def fitting(name, digits):
    """Data of the shape of a trained model, and the model."""
    model, _ = trained(name)
    if len(model.data_shape) == 3 and model.data_shape == digits.data_shape:
        return model, digits
    random = np.random.default_rng(0)
    rows = random.random((80, *model.data_shape), np.float32)
    return model, datasets.from_arrays(rows[:40], rows[40:])


def measured_whole(name, digits, tmp_path):
    model, data = fitting(name, digits)
    subject = Subject(model, data, count=30)
    found = measured(subject)
    for metric, row in found.items():
        assert math.isfinite(row["value"]) or metric == "nac", metric
        assert row["count"] > 1 and row["meaning"], metric
    if subject.offers("sample"):
        assert "mmd" in found and found["mmd"]["standard_error"] is not None
    pages = report.figures(subject, {"loss": [2.0, 1.0]})
    assert pages[-1].title == "Training"
    config = "name: <script>alert(1)</script>"
    path = report.write(tmp_path / "report.html", name, "paper", pages, found, config)
    text = path.read_text()
    assert "<script>" not in text and "&lt;script&gt;" in text
    assert not re.search(r'(src|href)="(?!data:)', text), "the page needs no other file"
    assert text.count("data:image/png;base64,") == len(pages)
    return found, {page.title for page in pages}


@pytest.mark.parametrize("name", QUICK)
def test_a_model_is_measured_and_shown(name, digits, tmp_path):
    found, titles = measured_whole(name, digits, tmp_path)
    assert {"Samples", "Nearest neighbours", "Training"} <= titles
    assert any(metric.startswith("fid[classifier:digits]") for metric in found)
    if name == "vae":
        assert {"Reconstructions", "Interpolations", "Covariance of codes", "Codes"} <= titles
        assert {"log_likelihood", "information", "hole_coverage"} <= set(found)
        assert ("nac" in found) == (found["active_dims"]["value"] > 1)  # of pairs of them


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_every_model_is_measured_and_shown(name, digits, tmp_path):
    _, titles = measured_whole(name, digits, tmp_path)
    assert OWN.get(name, "Training") in titles


@pytest.mark.parametrize("name", ["pix2pix", "cyclegan"])
def test_translators_are_shown_by_their_translations(name):
    inverted = datasets.load("digits_inverted", limit=40)
    pages = report.figures(Subject(trained(name)[0], inverted, count=20))
    assert "Translations" in {page.title for page in pages}


class Ideal:
    """A model that samples training data again."""

    targets, num_classes, seed = "none", None, 0

    def __init__(self, data):
        self.data, self.data_shape = data, data.data_shape

    def offered(self):
        return {"sample": ("count", "seed")}

    def sample(self, count, seed=None):
        random = np.random.default_rng(int(seed[0]) % 2**32)
        return self.data.train[random.permutation(len(self.data.train))[:count]]


def test_the_data_themselves_are_as_good_as_the_reference_and_known_for_copies(digits):
    found = measured(Subject(Ideal(digits), digits, count=300), USUAL)
    for metric in ("mmd", "fid[classifier:digits]"):
        row = found[metric]
        assert row["value"] == pytest.approx(row["reference"], abs=0.05 + 0.5 * row["reference"])
    assert found["two_sample_accuracy"]["value"] < 0.6
    assert found["memorisation_ratio"]["value"] == 0.0
    assert found["shannon_entropy"]["value"] == pytest.approx(math.log(10), abs=0.1)


class Rebuilt(Ideal):
    """One that also reconstructs: each example times a factor."""

    def __init__(self, data, factor):
        super().__init__(data)
        self.factor = factor

    def offered(self):
        return {"sample": ("count", "seed"), "reconstruct": ("x",)}

    def reconstruct(self, x):
        return self.factor * x


def test_reconstructions_are_at_no_distance_where_they_are_right_and_far_where_all_alike(digits):
    name = "fid[classifier:digits]"
    exact, black = (measured(Subject(Rebuilt(digits, f), digits, 100), ["fid"]) for f in (1, 0))
    assert exact[f"reconstruction_{name}"]["value"] == pytest.approx(0.0, abs=1e-4)
    assert exact[f"reconstruction_{name}"]["standard_error"] < 1e-4
    assert black[f"reconstruction_{name}"]["value"] > 10.0 * black[name]["value"]
    assert black[f"reconstruction_{name}"]["standard_error"] > 0.1
    assert exact[name]["value"] == black[name]["value"]


def test_kernel_distances_are_of_subsets_and_clusters_of_ten_runs(digits):
    whole = Subject(Ideal(digits), digits, 60)
    found = measured(whole, ["kid", "prd"])
    row = found["kid[classifier:digits]"]
    assert (row["subsets"], row["size"], row["compared_count"]) == (10, 30, 60)
    pairs = [(whole.features("samples", k), whole.features("test", k)) for k in range(5)]
    assert row["value"] == pytest.approx(
        np.mean([polynomial_mmd(*pair) for pair in pairs]), abs=0.1 * row["standard_error"] + 0.1
    )
    curves = [prd(*pair, runs=10, seed=0) for pair in pairs]
    for side in ("precision", "recall"):
        assert found[f"prd_{side}"]["value"] == np.mean([curve[side] for curve in curves])


def test_few_rows_of_many_features_are_named_in_the_metrics_and_the_table(digits):
    few = measured(Subject(Ideal(digits), digits, 30), ["fid"])
    assert few["fid[classifier:digits]"]["warning"].startswith("30 rows of 64 features")
    assert "warning: 30 rows of 64 features" in evaluate.as_table(few)
    many = measured(Subject(Ideal(digits), digits, 65), ["fid"])
    assert "warning" not in many["fid[classifier:digits]"]


class ByRow(Ideal):
    """A model that gives training data, a tenth off, by the seed of each row."""

    def sample(self, count, seed=None):
        return self.data.train[np.asarray(seed) % len(self.data.train)] + 0.1


def test_what_is_too_large_to_hold_is_made_anew_with_the_same_numbers(monkeypatch):
    rows = np.random.default_rng(0).random((1500, 3), np.float32)
    data, count = datasets.from_arrays(rows[:750], rows[750:] ** 2), 700
    held = Subject(ByRow(data), data, count)
    expected = measured(held, ["fid", "memorisation"])
    monkeypatch.setattr(subject, "HELD", count * 5 * 2048 - 1)
    large = Subject(ByRow(data), data, count)
    found = measured(large, ["fid", "memorisation"])
    assert held.memory and not large.memory
    for name, row in expected.items():
        for key in ("value", "standard_error", "reference"):
            assert found[name][key] == pytest.approx(row[key], rel=1e-6) and row[key] > 1e-4
    sizes = []
    monkeypatch.setattr(Subject, "samples", lambda *given: sizes.append(given))
    assert large.moments("samples").count == count and not sizes, "no set of samples is whole"


def test_standard_errors_are_those_of_means():
    values = np.random.default_rng(0).normal(size=400)
    assert mean_error([1.0, 3.0]) == pytest.approx(1.0)  # sqrt(2) / sqrt(2)
    error = resampled_error(lambda rows: [values[rows].mean(), 7.0], 400)
    assert error[0] == pytest.approx(mean_error(values), rel=0.5) and error[1] == 0.0


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """A folder of statistics, and what moments of images are with it: they and the batches seen."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    seen = []

    def moments(extractor, images):
        before = len(seen)

        def features():
            seen.append(images)
            return extractor.features(images)

        return statistics.moments(extractor, images, features), len(seen) - before

    return tmp_path / "cache", moments


def tiny(name="tiny", seed=0):
    """An extractor of 3 features."""
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    return classifier(name, keras.Sequential([*layers, keras.layers.Dense(2)]))


def test_moments_are_read_again_only_of_the_same_images_and_weights(cached):
    folder, moments = cached
    images = np.random.default_rng(0).random((20, 4, 4, 1), np.float32)
    first, computed = moments(tiny(), images)
    assert computed == 1 and len(list(folder.iterdir())) == 1
    again, computed = moments(tiny(), images.copy())
    assert computed == 0 and again.count == 20
    assert frechet_distance(first, again) == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_array_equal(again.covariance, Moments.of(tiny().features(images)).covariance)
    pixel = images.copy()
    pixel[7, 1, 2, 0] += 1e-6
    others = [(tiny(), pixel), (tiny(), images[:19]), (tiny("other"), images)]
    others += [(tiny(seed=1), images), (tiny(), images[::-1])]
    assert [moments(*other)[1] for other in others] == [1] * 5


def test_without_weights_nothing_is_kept(cached):
    folder, moments = cached
    plain = Extractor("mean", lambda x: tf.reduce_mean(x, axis=[2, 3]))
    images = np.random.default_rng(0).random((20, 4, 4, 1), np.float32)
    assert [moments(plain, images)[1] for _ in range(2)] == [1, 1] and not folder.exists()


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:-40], lambda b: b"x" + b[1:]])
def test_a_damaged_file_of_moments_is_made_anew(damage, cached):
    folder, moments = cached
    images = np.random.default_rng(0).random((20, 4, 4, 1), np.float32)
    first, _ = moments(tiny(), images)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    again, computed = moments(tiny(), images)
    assert computed == 1 and moments(tiny(), images)[1] == 0 and len(list(folder.iterdir())) == 1
    np.testing.assert_array_equal(again.mean, first.mean)


def test_moments_that_cannot_be_written_are_given_all_the_same(cached):
    folder, moments = cached
    folder.write_text("no folder")
    images = np.random.default_rng(0).random((20, 4, 4, 1), np.float32)
    assert [moments(tiny(), images)[1] for _ in range(2)] == [1, 1]


def test_a_distance_reads_the_moments_of_data_that_were_kept(digits, cached, monkeypatch):
    expected = measured(Subject(Ideal(digits), digits, 100), ["fid"])
    seen, features = [], Extractor.features
    monkeypatch.setattr(
        Extractor, "features", lambda self, x: seen.append(len(x)) or features(self, x)
    )
    assert measured(Subject(Ideal(digits), digits, 100), ["fid"]) == expected
    assert seen == [100] * 5, "only samples are looked at"


def test_unknown_names_are_refused(digits):
    with pytest.raises(ValueError, match=r"`metrics` must be of mmd, .* Received: 'inception'"):
        measured(Subject(Ideal(digits), digits), ["inception"])
    with pytest.raises(ValueError, match="`extractor` must be 'pixels', 'inception' or"):
        assert Subject(Ideal(digits), digits, extractor="resnet").extractor
    with pytest.raises(ValueError, match="classifier:NAME must be one of"):
        assert Subject(Ideal(digits), digits, extractor="classifier:letters").extractor
    with pytest.raises(ValueError, match="`count` must be an integer of at least 2"):
        Subject(Ideal(digits), digits, count=1)
    assert set(USUAL) <= set(MEASURES)


def test_metrics_are_written_with_all_that_is_known(digits, tmp_path):
    model, _ = trained("vae")
    path = tmp_path / "metrics.json"
    found = evaluate.evaluate(model, digits, count=30, path=path, metrics=["mmd", "codes"])
    assert json.loads(path.read_text()) == found
    assert set(found["mmd"]) == set(entry(0.0, 1, "")) and found["mmd"]["seed"] == 0
    assert "active_dims" in found and "reconstruction_mse" in found and "memorisation" not in found


def test_planted_modes_are_counted():
    ring = datasets.load("ring", limit=2000)
    found = measured(Subject(Ideal(ring), ring, count=500), ["modes"])
    assert found["modes"]["value"] == 8 and found["high_quality"]["value"] > 0.97


def test_a_classifier_is_the_one_of_its_card(tmp_path):
    import shutil

    from zoo.training.measures import classifiers

    shutil.copytree(classifiers.ROOT / "classifier_digits", tmp_path / "classifier_digits")
    digits = datasets.load("digits")
    made = classifiers.load("digits", tmp_path)
    card = json.loads((tmp_path / "classifier_digits" / "card.json").read_text())
    right = np.argmax(made(digits.test), axis=1) == digits.test_labels
    assert right.mean() == pytest.approx(card["accuracy"], abs=1e-4) and right.mean() > 0.97
    file = tmp_path / "classifier_digits" / "model.weights.h5"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="is not the file its card was made of"):
        classifiers.load("digits", tmp_path)


def test_a_measure_that_needs_more_examples_is_left_out_and_says_why(digits, caplog):
    few = dataclasses.replace(digits, test=digits.test[:4], test_labels=digits.test_labels[:4])
    found = measured(Subject(Ideal(digits), few, 30), OF_SAMPLES)
    for name in ("prd", "manifolds"):
        assert re.search(
            rf"{name} is left out: `real` must hold at least \d+ examples", caplog.text
        )
    assert not [name for name in found if name.startswith(("prd", "improved"))]
    assert {"mmd", "two_sample_accuracy", "memorisation_ratio", "sharpness"} <= set(found)


class Broken(Ideal):
    """A model that samples what is no number."""

    def sample(self, count, seed=None):
        return np.full((count, *self.data_shape), np.nan, np.float32)


def test_samples_that_are_not_finite_leave_their_measures_out(digits, caplog):
    assert measured(Subject(Broken(digits), digits, 30), ["fid", "memorisation"]) == {}
    assert "fid is left out: `images` must be finite. Received: nan" in caplog.text
