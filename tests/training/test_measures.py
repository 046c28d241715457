"""Measures by name, each beside its reference, and the page that shows them."""

import json
import math
import re

import numpy as np
import pytest
from descriptors import ROWS, trained

import zoo
from training import data as datasets
from training import evaluate, report
from training.measures import MEASURES, USUAL, Subject, entry, measured

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

    from training import classifiers

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
