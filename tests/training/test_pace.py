"""Which runs XLA compiles, how many steps one call runs, and what oneDNN is asked for."""

import dataclasses
import os
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
import yaml
from descriptors import ROWS
from kills import Before, Killed, different, held, kill

import zoo
from zoo.training import build, describe, pace
from zoo.training.callbacks import Resume
from zoo.training.config import Config
from zoo.training.run import train

FAST = "made"
TINY = {"data": "manifold8", "limit": 70, "latent_dim": 2, "settings": {"hidden": (4,)}}


@dataclasses.dataclass
class Stub:
    """What the rule reads of a model."""

    compiled_from: int | None = 100
    batch_size: int = 10
    parts: int = 1
    data_shape: tuple = (28, 28, 1)


def chosen(rows, model=None, **fields):
    options = pace.chosen(Config("vae", **fields), model or Stub(), rows)
    return options["jit_compile"], options["steps_per_execution"]


def test_a_step_is_compiled_where_enough_steps_are_to_come():
    assert chosen(990, epochs=1) == (False, 1)  # 99 steps
    assert chosen(1000, epochs=1) == (True, 10)
    assert chosen(500, epochs=2) == (True, 1)  # an epoch of few steps
    assert chosen(1000, Stub(parts=2), epochs=1) == (False, 1)  # that are twice as large
    assert chosen(1000, epochs=1, batch_size=20) == (False, 1)
    assert chosen(10**6, Stub(compiled_from=None)) == (False, 1)


def test_small_examples_need_more_steps():
    small = Stub(data_shape=(14, 14, 1))
    assert chosen(3990, small, epochs=1)[0] is False  # 399 steps of a quarter of the pixels
    assert chosen(4000, small, epochs=1)[0] is True
    assert chosen(1000, Stub(data_shape=(56, 56, 1)), epochs=1)[0] is True


@pytest.mark.parametrize("field", [{"strategy": "mirrored"}, {"precision": "mixed_bfloat16"}])
def test_only_float32_on_one_device_is_compiled(field):
    assert chosen(10_000, **field) == (False, 1)


def test_what_a_config_says_is_done():
    assert chosen(10_000, jit_compile=False) == (False, 1)
    assert chosen(10, jit_compile=True) == (True, 1)
    assert chosen(10_000, steps_per_execution=3) == (True, 3)
    assert chosen(10_000, jit_compile=False, steps_per_execution=3) == (False, 3)


def test_calls_are_single_steps_where_steps_are_long_or_saved_between():
    assert chosen(10_000, Stub(data_shape=(256, 256, 3))) == (True, 1)
    assert chosen(10_000, save_every_steps=50) == (True, 1)


@pytest.mark.parametrize("steps", [64, 97, 127, 468, 541, 1000])
def test_hardly_a_step_is_left_over(steps):
    together = pace.together_of(steps)
    assert pace.FEWEST <= together <= pace.MOST
    assert steps % together == min(steps % count for count in range(4, 17)) <= 0.02 * steps


def test_a_run_writes_what_was_chosen_and_goes_on_as_it_began(tmp_path, monkeypatch):
    options = {**TINY, "epochs": 1, "batch_size": 1, "verbose": 0}
    monkeypatch.setattr(zoo.VAE, "compiled_from", 1)
    monkeypatch.setattr(pace, "PIXELS", 0)
    run = train("vae", tmp_path / "run", **options)
    fields = yaml.safe_load((run.path / "config.yaml").read_text())
    assert (fields["jit_compile"], fields["steps_per_execution"]) == (True, 14)
    assert run.model().jit_compile and int(run.model().steps.numpy()) == 70
    monkeypatch.setattr(zoo.VAE, "compiled_from", None)
    again = train("vae", tmp_path / "run", **options)  # not refused: it is the same run
    assert again.config.jit_compile and again.config.steps_per_execution == 14
    with pytest.raises(ValueError, match="`jit_compile` must be True, as in the run"):
        train("vae", tmp_path / "run", **options, jit_compile=False)


@pytest.mark.parametrize(
    "options, expected",
    [({}, (False, 1)), ({"jit_compile": True, "steps_per_execution": 3}, (True, 3))],
    ids=["by default", "by the caller"],
)
def test_a_model_that_the_caller_compiled_is_described_as_it_is(options, expected):
    model = ROWS["vae"].make((6,))
    model.compile(**options)
    assert tuple(pace.compiled_as(model).values()) == expected


def test_runs_of_0_1_0_say_that_they_are_not_compiled():
    config = Config.from_dict({"model": {"name": FAST}, "jit_compile": False})
    began = dataclasses.replace(config, steps_per_execution=1)  # as every config of 0.1.0
    assert pace.as_begun(Config(FAST), began).jit_compile is False
    assert pace.as_begun(Config(FAST), began).steps_per_execution == 1


def test_zoo_info_says_where_a_model_is_compiled():
    words = pace.in_words(zoo.model_class(FAST))
    assert f"{zoo.model_class(FAST).compiled_from:,} steps" in words
    assert words in describe.model(FAST)
    assert "no (" in pace.in_words(Stub(compiled_from=None))


@pytest.mark.parametrize("rows", [24, 22])  # six steps, and five and a half
def test_several_compiled_steps_in_one_call_are_single_steps_bit_exactly(rows):
    weights = []
    for together in (1, 3):
        model = ROWS["vae"].make((6,))
        model.compile(jit_compile=True, steps_per_execution=together)
        x = np.random.default_rng(0).random((rows, 6), np.float32)
        data = tf.data.Dataset.from_tensor_slices(x).batch(4, drop_remainder=True)
        history = model.fit(data, epochs=2, verbose=0).history
        assert int(model.steps.numpy()) == 2 * (rows // 4)
        weights.append([*model.get_weights(), *history.values()])
    for single, several in zip(*weights, strict=True):
        np.testing.assert_array_equal(single, several)


def test_evaluation_is_not_compiled_with_training():
    model = ROWS["vae"].make((6,))
    model.compile(jit_compile=True)
    with mock.patch.object(tf, "function", wraps=tf.function) as traced:
        model.make_test_function(force=True)
    assert traced.call_args_list
    assert not any(call.kwargs.get("jit_compile") for call in traced.call_args_list)
    assert model.jit_compile is True


def test_a_compiled_run_that_is_killed_is_resumed_bit_exactly(tmp_path):
    def made():
        model = ROWS["vae"].make((6,))
        model.compile(jit_compile=True, steps_per_execution=2)
        return model

    x = np.random.default_rng(0).random((24, 6), np.float32)
    options = {"batch_size": 4, "epochs": 3, "verbose": 0}
    whole, stopped = made(), made()
    whole.fit(x, **options)
    with pytest.raises(Killed):
        stopped.fit(x, callbacks=[Resume(tmp_path, every_steps=2), Before(10, kill)], **options)
    again = made()
    again.fit(x, callbacks=[Resume(tmp_path)], **options)
    assert different(held(again), held(whole)) == []


ASKED = """
import os, sys
{before}
import zoo
print(os.environ.get("TF_ENABLE_ONEDNN_OPTS"), "tensorflow" in sys.modules)
"""


@pytest.mark.parametrize(
    "before, given, expected",
    [
        ("", None, "1 False"),
        ("", "0", "0 False"),
        ("import types; sys.modules['tensorflow'] = types.ModuleType('tf')", None, "None True"),
    ],
    ids=["by default", "the user says no", "TensorFlow is imported already"],
)
def test_onednn_is_asked_for_unless_the_user_or_tensorflow_has_decided(before, given, expected):
    environment = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
    environment |= {} if given is None else {"TF_ENABLE_ONEDNN_OPTS": given}
    words = [sys.executable, "-c", ASKED.format(before=before)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


def test_rows_of_an_epoch_are_those_of_its_data():
    config = Config("vae", batch_size=10, **TINY)
    data = config.load_data()
    model = build.prepared(config, data)
    assert build.rows(model, data) == 70
    assert model.compile_options["jit_compile"] is False
