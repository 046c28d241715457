"""Small models, exported once for all tests here."""

import numpy as np
import pytest
from c_program import build
from exports import NAMES, labelled, tiny

import export
from export import saved_model


@pytest.fixture
def unchecked(monkeypatch):
    """Exports without the process that tries them: where that is not the point."""
    monkeypatch.setattr(saved_model, "_check", lambda *arguments: None)


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """The C program that serves a version."""
    return build(tmp_path_factory.mktemp("c"))


@pytest.fixture(scope="session")
def models():
    made = {name: tiny(name) for name in NAMES}
    made["rae"].fit_sampler(np.random.default_rng(0).random((64, 8, 8, 1), np.float32))
    return {**made, "labelled": labelled()}


@pytest.fixture(scope="session")
def root(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saved_model, "_check", lambda *arguments: None)  # the tests here do that
        for name, model in models.items():
            export.save(model, folder / name, metadata={"name": name})
        export.save(models["vae"], folder / "batched", batch_size=8)
    return folder


@pytest.fixture(scope="session")
def served(root, models):
    return {name: export.load(root / name) for name in models}
