"""Small models, exported once for all tests here."""

import fcntl

import numpy as np
import pytest
from c_program import build
from exports import NAMES, Apart, labelled, tiny

from zoo import export
from zoo.export import apart, saved_model


@pytest.fixture
def unchecked(monkeypatch):
    """Exports without the process that tries them: where that is not the point."""
    monkeypatch.setattr(saved_model, "_check", lambda *arguments: None)


@pytest.fixture(scope="session")
def process():
    """A process that imports TensorFlow alone."""
    found = Apart()
    yield found
    found.close()


@pytest.fixture
def alone(process, monkeypatch):
    """Versions are checked by one process, not by a new one each."""
    monkeypatch.setattr(apart, "run", process.run)


@pytest.fixture(scope="session")
def once(worker_id, tmp_path_factory):
    """`once(name, make)`: a folder that the first worker makes, and all use."""
    around = tmp_path_factory.getbasetemp()
    around = around if worker_id == "master" else around.parent

    def folder(name, make):
        found = around / name
        with open(around / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not found.is_dir():
                make(tmp_path_factory.mktemp(name)).rename(found)
        return found

    return folder


@pytest.fixture(scope="session")
def program(once):
    """The C program that serves a version."""
    return once("c", lambda folder: build(folder).parent) / "serve"


@pytest.fixture(scope="session")
def models():
    made = {name: tiny(name) for name in NAMES}
    made["rae"].fit_sampler(np.random.default_rng(0).random((64, 8, 8, 1), np.float32))
    return {**made, "labelled": labelled()}


@pytest.fixture(scope="session")
def root(models, once):
    def make(folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(saved_model, "_check", lambda *arguments: None)  # the tests here do that
            for name, model in models.items():
                export.save(model, folder / name, metadata={"name": name})
            export.save(models["vae"], folder / "batched", batch_size=8)
        return folder

    return once("served", make)


@pytest.fixture(scope="session")
def served(root, models):
    return {name: export.load(root / name) for name in models}
