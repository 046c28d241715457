"""XLA, half precision and several steps an execution change speed, not training."""

import keras
import numpy as np
import pytest
from descriptors import (
    BATCH,
    ROWS,
    STEPS,
    every_model,
    gap,
    log_gap,
    plainly_stepped,
    shortened,
    stepped,
)


@every_model
def test_xla_and_several_steps_an_execution_equal_plain_steps(name):
    plain, logs = plainly_stepped(name)
    quick, their_logs = stepped(name, validate=False, jit_compile=True, steps_per_execution=STEPS)
    assert quick.steps.numpy() == plain.steps.numpy() == STEPS
    assert gap(plain.get_weights(), quick.get_weights()) <= 1e-5
    assert log_gap(logs, their_logs) <= 1e-5


@pytest.mark.parametrize("name", ["vae", "mask_aae", "nsgan"])
def test_several_steps_an_execution_without_xla_equal_single_steps(name):
    plain, logs = plainly_stepped(name)
    batched, their_logs = stepped(name, validate=False, steps_per_execution=STEPS)
    assert gap(plain.get_weights(), batched.get_weights()) <= 1e-6
    assert log_gap(logs, their_logs) <= 1e-6


@pytest.fixture
def half(request):
    """Networks made here compute in half precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


def trains(name):
    model = shortened(ROWS[name].make())
    model.compile()
    start = model.get_weights()
    data = ROWS[name].data(model, steps=1)
    history = model.fit(*data, batch_size=BATCH, epochs=2, verbose=0).history
    assert np.isfinite([number for log in history.values() for number in log]).all()
    assert history["loss"][0] != history["loss"][1]
    assert gap(start, model.get_weights()) > 0


@every_model
@pytest.mark.parametrize("half", ["mixed_bfloat16"], indirect=True)
def test_brain_floats_train(name, half):
    trains(name)


@pytest.mark.parametrize("name", ["vae", "wae_gan"])
@pytest.mark.parametrize("half", ["mixed_float16"], indirect=True)
def test_half_floats_train_with_scaled_losses(name, half):
    trains(name)
