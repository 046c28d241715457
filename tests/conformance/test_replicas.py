"""Two replicas train as one process does: noise, gathered terms and clipping included."""

import keras
import pytest
from descriptors import RATE, ROWS, every_model_at_leisure, gap, log_gap, plainly_stepped, stepped

EXACT = 1e-6  # of weights after eight steps


@every_model_at_leisure
def test_two_replicas_equal_one_process(name, two, proven):
    alone, logs = plainly_stepped(name)
    shared, their_logs = stepped(name, two.scope())
    found = gap(alone.get_weights(), shared.get_weights())
    assert found <= ROWS[name].limit("two replicas", EXACT)
    assert logs.keys() == their_logs.keys()
    assert log_gap(logs, their_logs) <= 1e-5
    proven(name, "two replicas", found)


@pytest.mark.parametrize("name", ["vae", "wae_gan"])
@pytest.mark.parametrize("option", ["clipnorm", "global_clipnorm"])
def test_gradients_are_clipped_once_and_not_on_each_replica(name, option, two):
    alone, shared = (
        stepped(name, scope, keras.optimizers.SGD(RATE, **{option: 0.1}), False)[0]
        for scope in (None, two.scope())
    )
    assert gap(alone.get_weights(), plainly_stepped(name)[0].get_weights()) > 1e-4
    assert gap(alone.get_weights(), shared.get_weights()) <= EXACT
