"""Strategies are made, or refused in words that say what this machine or TF_CONFIG lacks."""

import json

import pytest
import tensorflow as tf

import zoo
from zoo.training import strategy


def test_one_is_the_default_device():
    found = strategy.create("one")
    assert found.num_replicas_in_sync == 1 and not isinstance(found, tf.distribute.MirroredStrategy)


def test_without_gpus_mirrored_is_one_replica_unless_more_are_asked_for():
    assert strategy.create("mirrored").num_replicas_in_sync == 1
    assert strategy.create("mirrored", replicas=2).num_replicas_in_sync == 2


def test_devices_of_the_cpu_must_be_asked_for_before_tensorflow_starts():
    words = "before TensorFlow starts. Received: 3, after it has started with 2"
    with pytest.raises(ValueError, match=words):
        strategy.create("mirrored", replicas=3)


@pytest.mark.parametrize("kind", ["gpu", "Mirrored", "", None, 2])
def test_unknown_strategies_are_refused(kind):
    with pytest.raises(ValueError, match="`strategy` must be one of one, mirrored, .*Received: "):
        strategy.create(kind)


@pytest.mark.parametrize("kind", ["parameter_server", "ParameterServer"])
def test_parameter_servers_are_refused_with_the_reason(kind):
    with pytest.raises(ValueError, match="not in step.*fit` cannot feed it"):
        strategy.create(kind)


@pytest.mark.parametrize("replicas", [0, -2, 1.5, True, "2"])
def test_impossible_numbers_of_replicas_are_refused(replicas):
    with pytest.raises(ValueError, match="`replicas` must be a positive integer. Received"):
        strategy.create("mirrored", replicas=replicas)


def test_replicas_go_with_mirrored():
    with pytest.raises(ValueError, match="`replicas` goes with 'mirrored'. Received: 2 with 'one'"):
        strategy.create("one", replicas=2)


RIGHT = {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}
WRONG = {
    "": "",
    "text": "worker",
    "no cluster": json.dumps({"task": RIGHT["task"]}),
    "no task": json.dumps({"cluster": RIGHT["cluster"]}),
    "index": json.dumps({**RIGHT, "task": {"type": "worker", "index": 2}}),
    "servers": json.dumps({**RIGHT, "cluster": {"worker": ["a:1"], "ps": ["b:2"]}}),
    "role": json.dumps({**RIGHT, "task": {"type": "evaluator", "index": 0}}),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_workers_need_a_right_tf_config(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG must name the workers and this one, such as"):
        strategy.create("workers")


def test_of_workers_the_first_writes_and_alone_every_process_does(monkeypatch):
    for index, first in ((0, True), (1, False)):
        task = {"type": "worker", "index": index}
        monkeypatch.setenv("TF_CONFIG", json.dumps({**RIGHT, "task": task}))
        assert strategy.writes("workers") == strategy.may_write() == first
        assert strategy.writes("one")


def test_a_tpu_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="`tpu` must be a TPU in reach. Received: ''"):
        strategy.create("tpu")


def test_a_model_refuses_parameter_servers_too(monkeypatch):
    class Servers(tf.distribute.ParameterServerStrategy):
        def __init__(self):
            pass

    model = zoo.create("vae", (6,), 3)
    monkeypatch.setattr(type(model), "distribute_strategy", Servers())
    with pytest.raises(ValueError, match="replicas in step. Received: ParameterServerStrategy"):
        model.compile()
