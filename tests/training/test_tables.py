"""The published tables, remade: cells are measured once, and ranks compare the order."""

import types

import numpy as np
import pytest

from benchmarks.tables import cells, models, published, report


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    """Cells go to a new file; the list of rows that were trained, in place of training them."""
    trained = []
    monkeypatch.setattr(cells, "CELLS", tmp_path / "cells.csv")
    monkeypatch.setattr(cells, "KEPT", tmp_path)
    monkeypatch.setattr(cells, "loaded", lambda *choice: None)
    model = types.SimpleNamespace(decode=None, latent_dim=2)
    monkeypatch.setattr(
        cells, "train", lambda row, *how: (trained.append(row.title), (model, 1.0))[1]
    )
    monkeypatch.setattr(cells, "measured", lambda *what: {"gen_fid": 12.5, "active_dims": 3})
    return trained


def test_a_cell_is_measured_once_for_each_seed_and_number_of_steps(trainings):
    row = models.ROWS["VAE"]
    for seed, steps in ((0, 100), (0, 100), (1, 100), (0, 200), (0, 200)):
        cells.run(row, "mnist", seed, None, steps=steps)
    assert trainings == ["VAE"] * 3
    assert {key[2] for key in cells.read(100)} == {"0", "1"} and len(cells.read(200)) == 1
    cell = cells.read(100)["mnist", "VAE", "1", ""]
    assert (cell["gen_fid"], cell["active_dims"], cell["rec_fid"]) == ("12.5", "3", "")


def test_a_model_drawn_in_two_ways_is_two_rows(trainings):
    cells.run(models.ROWS["InjFlow + GMM"], "mnist", 0, None, steps=100)
    assert trainings == ["InjFlow + GMM"]
    assert {key[1] for key in cells.read(100)} == {"InjFlow", "InjFlow + GMM"}


def published_cells(sign=1.0):
    """Cells as published, or in the opposite order."""
    rows = published.DISTANCES["mnist"].items()
    return {
        ("mnist", row, "0", ""): {"rec_fid": str(sign * rec), "gen_fid": str(sign * gen)}
        | {"squared_error": "1.0"}
        for row, (rec, gen) in rows
    }


@pytest.mark.parametrize("sign, rho", [(1.0, "1.00"), (-1.0, "-1.00")])
def test_ranks_are_those_of_the_published_order(sign, rho):
    count = len(published.DISTANCES["mnist"])
    words = f"Rank correlation: reconstructions {rho} ({count} rows), samples {rho} ({count} rows)."
    assert words in report.third(published_cells(sign))


def test_what_is_not_measured_is_a_dash():
    for table in report.TABLES.values():
        lines = table({})
        assert any("| - |" in line for line in lines) and not any("nan" in line for line in lines)


def test_every_published_row_is_trained():
    trained = {title for row in models.ROWS.values() for title in (row.title, row.also)}
    for rows in (*published.GENERATED.values(), *published.DISTANCES.values()):
        assert set(rows) <= trained
    assert {*models.TABLE_1, *models.TABLE_3, *models.FURTHER} <= set(models.ROWS)


@pytest.mark.slow
@pytest.mark.parametrize("title", [title for title in models.ROWS if models.available(title)])
def test_every_row_trains(title, monkeypatch):
    monkeypatch.setattr(models, "TOGETHER", 1)
    images = np.random.default_rng(0).random((1024, 28, 28, 1), np.float32)
    data = types.SimpleNamespace(name="mnist", train=images, data_shape=(28, 28, 1))
    model, _ = cells.train(models.ROWS[title], data, 0, steps=2)
    assert int(model.steps.numpy()) == 2 and np.isfinite(model.sample(4, seed=0)).all()
