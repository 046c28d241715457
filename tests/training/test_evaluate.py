"""What is measured of a model, on models whose answer is known."""

import types

import numpy as np
import pytest

from zoo.training import evaluate
from zoo.training.data import Data

LABELS = np.array([0, 0, 1, 1, 2, 2, 2, 0])


def measured(targets, found):
    """The classes of a model that finds `found`, measured against LABELS."""
    x = np.zeros((8, 2), np.float32)
    model = types.SimpleNamespace(
        targets=targets, offered=lambda: {"classify": ("x",)}, classify=lambda x: np.eye(3)[found]
    )
    return evaluate.classes(model, Data("own", x, x, LABELS, LABELS, 3))


def test_classes_are_compared_with_labels():
    found = measured("labels", np.array([0, 0, 1, 2, 2, 2, 0, 0]))
    assert found["accuracy"]["value"] == 6 / 8 and found["accuracy"]["reference"] == 3 / 8


def test_clusters_are_matched_with_labels_one_to_one():
    turned = np.array([2, 0, 1])
    assert measured("none", turned[LABELS])["cluster_accuracy"]["value"] == 1.0
    assert measured("none", np.zeros(8, int))["cluster_accuracy"]["value"] == 3 / 8


@pytest.mark.parametrize("clusters, share", [([0, 1, 2, 3], 0.5), ([5, 5, 0, 0], 1.0)])
def test_there_may_be_more_clusters_than_labels(clusters, share):
    assert evaluate.matched_accuracy(np.array(clusters), np.array([0, 0, 1, 1])) == share


def test_without_labels_no_classes_are_measured():
    x = np.zeros((8, 2), np.float32)
    model = types.SimpleNamespace(offered=lambda: {"classify": ("x",)})
    assert evaluate.classes(model, Data("own", x, x)) == {}


def test_the_error_of_a_loss_is_that_over_batches():
    x = np.zeros((64, 2), np.float32)

    def heard(x, y, batch_size, callbacks, **options):
        for number, mean in enumerate((1.0, 2.0)):  # of 32 rows, then of all: batches of 1 and 3
            callbacks[0].on_test_batch_end(number, {"loss": mean})
        return {"loss": 2.0}

    model = types.SimpleNamespace(targets="none", evaluate=heard)
    row = evaluate.losses(model, Data("own", x, x), seed=3)["test_loss"]
    assert (row["value"], row["count"], row["seed"]) == (2.0, 64, 3)
    assert row["standard_error"] == pytest.approx(1.0)  # sqrt(2) / sqrt(2)


def test_the_error_of_a_share_is_that_of_its_rows():
    row = measured("labels", np.array([0, 0, 1, 2, 2, 2, 0, 0]))["accuracy"]
    assert row["standard_error"] == pytest.approx(np.sqrt(0.75 * 0.25 / 8), rel=0.5)
    assert measured("labels", LABELS)["accuracy"]["standard_error"] == 0.0


def test_the_error_of_a_forecast_is_that_over_parts():
    x = np.zeros((50, 4, 2), np.float32)
    x[:10, 3] = np.sqrt(5.0)  # the first part is off by 5, and so all by 1

    def forecast(x, count, seen, jump, seed):
        return np.zeros((len(x), 1, 2), np.float32)

    model = types.SimpleNamespace(
        max_jump=1, forecast=forecast, offered=lambda: {"forecast": ("x",)}
    )
    row = evaluate.forecasts(model, Data("own", x, x))["jump_error_1"]
    assert row["value"] == pytest.approx(1.0) and row["reference"] == pytest.approx(1.0)
    assert row["standard_error"] == pytest.approx(1.0)  # sqrt((16 + 4) / 4) / sqrt(5)
    assert row["count"] == row["compared_count"] == 50


def translated(targets, verbs, paired=("train", "test")):
    """What is measured of a model that makes every x the target plus a tenth."""
    x = np.zeros((4, 8, 8, 1), np.float32)
    data = Data("own", x, x, train_targets=x + 0.5, test_targets=x + 0.5, paired=paired)
    ways = {"translate": lambda x, seed: x + 0.6, "translate_xy": lambda x: x + 0.6}
    ways |= {"translate_yx": lambda y: y - 0.4}
    model = types.SimpleNamespace(targets=targets, offered=lambda: verbs, **ways)
    return evaluate.translation(model, data, seed=0)


def test_translations_are_compared_with_their_targets():
    found = translated("pair", {"translate": ("x", "seed")})
    error, ratio = found["translation_absolute_error"], found["translation_psnr"]
    assert error["value"] == pytest.approx(0.1) and error["reference"] == pytest.approx(0.5)
    assert ratio["value"] == pytest.approx(20.0, abs=1e-3)
    assert error["standard_error"] == pytest.approx(0.0, abs=1e-7) and error["compared_count"] == 4


def test_domains_are_compared_both_ways_where_their_test_data_are_pairs():
    verbs = {"translate_xy": ("x",), "translate_yx": ("y",)}
    found = translated("domain", verbs, ("test",))
    assert found["translation_absolute_error_yx"]["value"] == pytest.approx(0.1)
    assert len(found) == 4
    assert translated("domain", verbs, ()) == {}
