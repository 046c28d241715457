"""Every model is loaded by `zoo.load`, and its config holds nothing that could run."""

import json
import zipfile

import keras
import numpy as np
import pytest
from descriptors import every_model, saved, trained

import zoo
from zoo.saving.loading import objects, parameters

SIZES = {"units", "filters", "hidden", "data_dim", "count", "size"}  # of layers and games
MOST = 2_000_000  # numbers that a model of a row may ask for


@every_model
def test_a_saved_model_passes_every_check(name, tmp_path):
    (path, again), (model, _) = saved(name), trained(name)
    assert type(again) is type(model) and again.compiled
    for ours, theirs in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    with zipfile.ZipFile(path) as old:
        members = {member: old.read(member) for member in old.namelist()}
    config = json.loads(members["config.json"])
    sized = next(part["config"] for part in objects(config, name) if SIZES & set(part["config"]))
    for key in SIZES & set(sized):
        sized[key] = 2_000_000_000 if isinstance(sized[key], int) else [2_000_000_000]
    with zipfile.ZipFile(tmp_path / "large.keras", "w") as large:
        for member, content in {**members, "config.json": json.dumps(config)}.items():
            large.writestr(member, content)
    with pytest.raises(ValueError, match=r"large.keras' is refused: it asks for [\d,]+ numbers"):
        zoo.load(tmp_path / "large.keras")


@every_model
def test_a_config_asks_for_as_many_numbers_as_the_model_has_and_names_no_place(name):
    model, _ = trained(name)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    parts = objects(config, name)
    asked = sum(parameters(part, MOST) for part in parts)  # refuses paths and addresses
    weights = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert weights * 0.9 <= asked <= MOST
    names = {part["class_name"] for part in objects(config, name)}
    assert not names & {"Lambda", "TFSMLayer", "function", "__lambda__"}
