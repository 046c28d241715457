"""Killed after any step and resumed is the same as never stopped, to the bit."""

import random

import pytest
from descriptors import BATCH, KILLED, ROWS, at_leisure, every_model, observed, trained
from graphs import overtaken, unordered
from kills import Before, Killed, different, held, kill, put, scramble

from zoo.training.callbacks import Resume

STEPS, EPOCHS, KILLS, STOPS = 3, 2, 3, 2  # stops: of one process, whose variables are lost


@at_leisure(KILLED)
def test_killed_by_sigkill_at_random_moments_equals_never_stopped(name, trainer, tmp_path):
    said = trainer.killed(name, tmp_path, KILLS, True)
    assert said["kills"] == KILLS and said["runs"] >= 1
    assert said["unreadable"] == [] and said["different"] == []


@every_model
def test_no_step_comes_out_otherwise_at_another_pace(name):
    graphs = observed(name)[2]
    updates = [n for g in graphs for n in g.node if n.op.startswith("Assign")]
    assert updates
    assert [found for graph in graphs for found in overtaken(graph)] == []
    assert [found for graph in graphs for found in unordered(graph)] == []


@every_model
def test_killed_at_random_steps_and_resumed_equals_never_stopped(name, tmp_path):
    model, _ = trained(name)
    before = held(model)
    data = ROWS[name].data(model, steps=STEPS)
    options = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0}
    never_stopped = model.fit(*data, **options).history
    expected = held(model)
    put(model, before)
    chosen = random.Random(name)
    for _ in range(STOPS):
        callbacks = [Resume(tmp_path, every_steps=2), Before(chosen.randint(0, 2), kill)]
        with pytest.raises(Killed):
            model.fit(*data, callbacks=callbacks, **options)
        scramble(model)
    history = model.fit(*data, callbacks=[Resume(tmp_path)], **options).history
    found = held(model)
    put(model, before)
    assert different(found, expected) == []
    assert different(before, expected) != []
    assert history == never_stopped
