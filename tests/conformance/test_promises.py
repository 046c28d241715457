"""Every model of the catalogue keeps the promises of serving: F50 to F57, with their figures.

It is exported from its file, as by someone who has the file and not what trained it.
"""

import json
import sys

import pytest
from descriptors import every_model, trained
from exports import UNTIMED, Apart
from signatures import committed, words

import zoo
from zoo import export
from zoo.export import apart, saved_model, serve_check
from zoo.export.load import NOTE

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module", autouse=True)
def alone():
    """The versions are checked by one process that imports TensorFlow alone."""
    process = Apart()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "run", process.run)
        yield process
    process.close()


@pytest.fixture
def untrained(monkeypatch):
    """Nothing of `training` can be imported."""
    for module in [name for name in sys.modules if name.startswith("zoo.training")]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, "zoo.training", None)


def told(folder):
    """The names, types and shapes that a version tells; F53 asks whether they are its graph's."""
    found = json.loads((folder / NOTE).read_text())["signatures"]
    return {name: words(sides) for name, sides in found.items()}


@every_model
def test_a_model_keeps_the_promises_of_serving(name, tmp_path, untrained, monkeypatch):
    model = trained(name)[0]
    model.save(tmp_path / "model.keras")
    folder = export.save(zoo.load(tmp_path), tmp_path / "served")
    assert told(folder) == committed(name)
    rows = serve_check.audit(folder, only=UNTIMED)
    assert [row["number"] for row in rows if not row["problems"]] == UNTIMED, rows
    monkeypatch.setattr(saved_model, "_check", lambda *arguments: None)
    assert told(export.save(model, tmp_path / "served")) == committed(name)  # in another order
