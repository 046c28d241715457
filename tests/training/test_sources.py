"""What is told of a model without TensorFlow is what its class says."""

import re

import keras
import pytest
from descriptors import ROWS
from one_model_a_family import CHOSEN

import zoo
from zoo.catalogue import ENTRIES
from zoo.contract import settings
from zoo.optimizers.scaled import unscaled
from zoo.training import describe, sources
from zoo.training.steps import Instance
from zoo.training.tuning.objectives import search_space

NAMES = [entry.name for entry in ENTRIES]
OTHERS = ("batch_size", "score_kind", "data_ranks", "compiled_from", "__doc__")


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_for_a_class_has_its_tables_and_settings(name):
    cls, stated = zoo.model_class(name), sources.stated(name)
    differing = [
        key for key in (*sources.TABLES, *OTHERS) if getattr(cls, key) != getattr(stated, key)
    ]
    assert differing == []
    own, others = settings.of(cls), settings.of(stated)
    assert list(own) == list(others) and search_space(cls) == search_space(stated)
    for key, setting in own.items():
        other = others[key]
        assert (setting.default, setting.optional) == (other.default, other.optional)
        assert (setting.kind, setting.description) == (other.kind, other.description)


@pytest.mark.parametrize("name", CHOSEN.values())
def test_what_stands_for_a_model_moves_as_it_does(name):
    row = ROWS[name]
    model, instance = row.make(), Instance(sources.stated(name))
    for key in settings.of(type(model)):
        if hasattr(model, key):
            setattr(instance, key, getattr(model, key))
    assert (instance.play, instance.parts) == (model.play, model.parts)
    assert {p: list(model.terms[p]) for p in model.players} == {
        p: list(instance.terms[p]) for p in model.players
    }
    for player in model.players:
        assert re.match(words(model.default_optimizer(player)), instance.optimizer(player))


def words(optimizer):
    """A pattern of how an optimizer begins: its class and its rate."""
    if optimizer is None:
        return "no gradient"
    inner = unscaled(optimizer)
    rate = float(keras.ops.convert_to_numpy(inner.learning_rate))
    scheduled = not isinstance(inner._learning_rate, keras.Variable)
    return rf"{type(inner).__name__}\({'' if scheduled else f'{rate:.4g}'}"


@pytest.mark.parametrize("name", NAMES)
def test_info_tells_each_model(name):
    text = describe.model(name)
    assert text.startswith(f"{name} (zoo.") and "see its docstring" not in text
