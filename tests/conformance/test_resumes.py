"""Killed, stopped or diverged at any step and resumed equals never stopped, bit-exactly."""

import random

import numpy as np
import pytest
from descriptors import BATCH, KILLED, ROWS, at_leisure, every_model, observed, trained
from graphs import overtaken, unordered
from kills import Before, Killed, different, held, kill, put, scramble, terminate
from one_model_a_family import CHOSEN

from zoo.training import build
from zoo.training.callbacks import Resume, Stopped

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
    for way, most in ((kill, 2), (terminate, 2)):
        callbacks = [Resume(tmp_path, every_steps=2), Before(chosen.randint(0, most), way)]
        with pytest.raises((Killed, Stopped)):
            model.fit(*data, callbacks=callbacks, **options)
        scramble(model)
    history = model.fit(*data, callbacks=[Resume(tmp_path)], **options).history
    found = held(model)
    put(model, before)
    assert different(found, expected) == []
    assert different(before, expected) != []
    assert history == never_stopped


class Poisoned(Before):
    """Makes a weight NaN before a step, until training has gone back."""

    def __init__(self, step, resume):
        super().__init__(step, self.poison)
        self.step, self.resume = step, resume

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.steps.numpy()) == self.step and not self.resume.rollbacks:
            self.act()

    def poison(self):
        weight = self.model.trainable_variables[0]
        weight.assign(weight * np.nan)


@pytest.mark.parametrize("name", CHOSEN.values())
def test_diverged_and_stopped_and_resumed_equals_diverged_alone(name, tmp_path):
    model, _ = trained(name)
    before, data = held(model), ROWS[name].data(model, steps=STEPS)
    begun = int(model.steps.numpy())

    def fit(folder, *others):
        put(model, before)
        resume = Resume(folder, on_divergence="rollback")
        callbacks = [Poisoned(begun + STEPS + 1, resume), *others, resume]
        return model.fit(*data, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=callbacks)

    whole = fit(tmp_path / "whole").history
    expected = held(model)
    with pytest.raises(Stopped):
        fit(tmp_path / "stopped", Before(STEPS + 1, terminate))
    history = fit(tmp_path / "stopped").history
    found = held(model)
    put(model, before)
    assert different(found, expected) == [] and history == whole
    assert all(np.isfinite(values).all() for values in whole.values())


@pytest.mark.parametrize("way", [kill, terminate])
@pytest.mark.parametrize("name", ["two_stage_vae", "vq_vae"])
def test_a_second_stage_that_is_stopped_and_resumed_equals_never_stopped(name, way, tmp_path):
    model, _ = trained(name)
    assert build.has_second_stage(model)
    before, prior = held(model), model.prior
    (x, *_) = ROWS[name].data(model, steps=STEPS)
    if not prior.compiled:
        prior.compile()
    start, begun = held(prior), int(prior.steps.numpy())
    model.fit_sampler(x, batch_size=BATCH)
    expected, steps = held(prior), int(prior.steps.numpy())
    assert different(start, expected) != []
    put(prior, start)
    with pytest.raises((Killed, Stopped)):
        stop = Before(steps - begun - 1, way)
        model.fit_sampler(x, batch_size=BATCH, callbacks=[stop, Resume(tmp_path, every_steps=1)])
    scramble(prior)
    model.fit_sampler(x, batch_size=BATCH, callbacks=[Resume(tmp_path)])
    assert different(held(prior), expected) == []
    put(model, before)
