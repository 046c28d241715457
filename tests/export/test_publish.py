"""A version appears whole or not at all, as the next integer of its folder."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import export
import zoo
from export import saved_model


def tiny():
    return zoo.create("wgan_gp", (8, 8, 1), 3, channels=(4, 8), hidden=(8,), seed=1)


@pytest.fixture(scope="module")
def model():
    return tiny()


def test_versions_follow_the_largest_integer(model, tmp_path):
    (tmp_path / "latest").mkdir()
    saved = [export.save(model, tmp_path).name for _ in range(3)]
    assert saved == ["1", "2", "3"]
    (tmp_path / "2").rename(tmp_path / "0017")
    staging = tmp_path / ".staging-x"
    staging.mkdir()
    assert saved_model._publish(staging, tmp_path).name == "18"


def test_a_version_taken_meanwhile_is_left_alone(tmp_path, monkeypatch):
    staging, seen = tmp_path / ".staging-x", iter([[], [(1, None)]])
    for folder in (staging, tmp_path / "1"):
        folder.mkdir()
        (folder / folder.name.strip(".")).touch()
    monkeypatch.setattr(saved_model, "versions", lambda directory: next(seen))
    assert saved_model._publish(staging, tmp_path) == tmp_path / "2"
    assert (tmp_path / "1" / "1").exists() and (tmp_path / "2" / "staging-x").exists()


def test_a_weight_that_is_not_finite_is_refused(tmp_path):
    model = tiny()
    kernel = model.generator.trainable_variables[0]
    values = kernel.numpy()
    values.flat[0] = np.nan
    kernel.assign(values)
    with pytest.raises(ValueError, match=f"must be finite. Received: 1 of .* {kernel.path!r}"):
        export.save(model, tmp_path / "new")
    assert not list(tmp_path.glob("**/*"))


@pytest.mark.parametrize("point", ["_write", "_verify", "_sync", "_publish"])
def test_a_failure_publishes_nothing_and_leaves_nothing(model, tmp_path, monkeypatch, point):
    actual = getattr(saved_model, point)

    def fail(*arguments):
        if point != "_publish":
            actual(*arguments)
        raise OSError("no space left")

    monkeypatch.setattr(saved_model, point, fail)
    with pytest.raises(OSError, match="no space left"):
        export.save(model, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_artefact_that_differs_from_the_model_is_refused(model, tmp_path, monkeypatch):
    actual = saved_model._functions

    def other(model):
        function, specs = actual(model)["decode"]

        def moving(z):  # traced it is another function than called
            return {"image": function(z=z)["image"] + (0.0 if tf.executing_eagerly() else 0.1)}

        return {"decode": (moving, specs)}

    monkeypatch.setattr(saved_model, "_functions", other)
    with pytest.raises(ValueError, match="`image` of the exported 'decode' must be within 1e-05"):
        export.save(model, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_dead_processes_left_is_removed(model, tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = socket.gethostname()
    dead, mine = f".staging-{ended.pid}-a-{host}", f".staging-{os.getpid()}-b-{host}"
    elsewhere = f".staging-{ended.pid}-c-not{host}"
    for name in (dead, mine, elsewhere, ".staging-odd"):
        (tmp_path / name).mkdir()
    export.save(model, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {mine, elsewhere, ".staging-odd", "1"}


def test_a_model_without_verbs_is_refused(tmp_path):
    class Silent:
        def signatures(self):
            return {}

    with pytest.raises(ValueError, match=r"must offer a verb to export. Received: Silent"):
        export.save(Silent(), tmp_path)
    with pytest.raises(TypeError, match=r"must have `signatures\(\)`. Received: str"):
        export.save("vae", tmp_path)
