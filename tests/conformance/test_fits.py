"""`fit`, `evaluate`, `predict` and `validation_data` work, and log every term."""

import numpy as np
import pytest
from descriptors import (
    BATCH,
    CLASSES,
    ROWS,
    every_model,
    every_other_shape,
    of_shape,
    trained,
    values,
)


def terms(model):
    """Player -> the names in the logs that add up to its loss."""
    prefix = {p: "" if len(model.players) == 1 else f"{p}_" for p in model.players}
    return {p: [prefix[p] + term for term in model.summed(p)] for p in model.players}


@every_model
def test_loss_and_every_term_are_logged_with_and_without_validation(name):
    model, history = trained(name)
    several = len(model.players) > 1
    watched = [f"{p}_{w}" if several else w for p, names in model.watched.items() for w in names]
    expected = {"loss", *watched, *[term for own in terms(model).values() for term in own]}
    expected |= {f"{player}_loss" for player in model.players if several}
    assert set(history) == expected | {f"val_{log}" for log in expected}


@every_model
@pytest.mark.parametrize("prefix", ["", "val_"])
def test_losses_are_the_sums_of_their_terms(name, prefix):
    model, history = trained(name)
    logs = {log: history[log][-1] for log in history}
    whole = 0.0
    for player, own in terms(model).items():
        total = sum(logs[prefix + term] for term in own)
        whole += total
        if len(model.players) > 1:
            assert logs[f"{prefix}{player}_loss"] == pytest.approx(total, rel=1e-5, abs=1e-5)
    assert logs[prefix + "loss"] == pytest.approx(whole, rel=1e-5, abs=1e-5)


@every_model
def test_evaluation_repeats_itself_and_changes_nothing(name):
    model, _ = trained(name)
    data, before = ROWS[name].data(model, steps=2), values(model)
    logs = [model.evaluate(*data, batch_size=BATCH, verbose=0, return_dict=True) for _ in "12"]
    assert logs[0] == logs[1]
    assert np.isfinite(list(logs[0].values())).all()
    after = values(model)
    assert [k for k in before if before[k].tobytes() != after[k].tobytes()] == []


@every_model
def test_evaluation_includes_a_short_last_batch(name):
    model, _ = trained(name)
    data = [side[: 2 * BATCH + 2] for side in ROWS[name].data(model)]
    logs = model.evaluate(*data, batch_size=BATCH, verbose=0, return_dict=True)
    assert np.isfinite(list(logs.values())).all()


@every_model
def test_predict_gives_one_example_a_row(name):
    model, row = trained(name)[0], ROWS[name]
    x = np.random.default_rng(0).random((6, *model.data_shape), np.float32)
    code = np.random.default_rng(0).random((6, *row.code), np.float32)
    rows = {
        "x": x,
        "x, labels": [x, np.arange(6) % CLASSES],
        "z": code,
        "z, labels": [code, np.arange(6) % CLASSES],
    }[row.called_on]
    shown = model.predict(rows, batch_size=BATCH, verbose=0)
    np.testing.assert_allclose(shown, model(rows), atol=1e-6)
    assert len(shown) == 6


@every_other_shape
def test_every_other_shape_of_data_trains(name, shape):
    _, history = of_shape(name, shape)
    assert np.isfinite([number for log in history.values() for number in log]).all()
