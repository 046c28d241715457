"""Searches: what they try, what they lose when they are killed, what they say of failures."""

import csv
import json
import math
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading

import keras_tuner
import numpy as np
import pytest

import zoo
from zoo.catalogue import ENTRIES
from zoo.training import cli
from zoo.training.run import Run
from zoo.training.tuning import hypermodel, objectives, oracles, search

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL = {
    "data": "digits",
    "limit": 96,
    "epochs": 2,
    "batch_size": 32,
    "latent_dim": 2,
    "settings": {"hidden": (4,), "channels": (2, 2)},
}
WORDS = "--data digits --limit 96 --epochs 2 --batch-size 32 --latent-dim 2 --model.channels 2,2"


def rows(folder):
    """`trials.csv`, a dict a row."""
    with open(folder / "trials.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A search of three trials, and what it found."""
    out = tmp_path_factory.mktemp("tune") / "beta"
    return out, search.search("beta_vae", out, "val_loss", trials=3, **SMALL)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_model_has_a_space_of_settings_that_it_takes(entry):
    from zoo.contract import settings

    cls = zoo.model_class(entry.name)
    known, searched = settings.of(cls), settings.searched(cls)
    assert set(searched) <= set(known)
    made = hypermodel.space(entry.name)
    assert {wanted.name for wanted in made.space} == {*searched, hypermodel.RATE}
    for wanted in made.space:
        if wanted.name != hypermodel.RATE:
            kind = {"Int": int, "Float": float}[type(wanted).__name__]
            assert known[wanted.name].kind.type is kind, wanted.name


def test_trials_are_runs_within_the_space_and_the_best_is_the_least(found):
    out, told = found
    trials = rows(out)
    assert len(trials) == told["trials"] == 3 and told["failed"] == 0
    assert len({trial["beta"] for trial in trials}) == 3
    scores = [float(trial["val_loss"]) for trial in trials]
    assert told["best"] == min(scores)
    for trial, score in zip(trials, scores, strict=True):
        run = Run.open(out / "search" / f"trial_{trial['trial']}" / "run")
        assert 0.1 <= run.config.settings["beta"] == float(trial["beta"]) <= 16.0
        rate = Run.open(out / "default").config.learning_rate["autoencoder"]
        factor = float(trial[hypermodel.RATE])
        assert run.config.learning_rate["autoencoder"] == pytest.approx(factor * rate, rel=1e-5)
        assert run.history()["val_loss"][-1] == pytest.approx(score, rel=1e-6)


def test_the_best_model_is_measured_again_and_can_be_used(found):
    out, told = found
    assert json.loads((out / "best.json").read_text()) == told
    run = Run.open(told["run"])
    data, model = run.data(), run.model()
    model.compile()
    again = model.evaluate(data.test, batch_size=32, verbose=0, return_dict=True)["loss"]
    assert again == pytest.approx(told["best"], rel=0.02)
    assert model.sample(2, seed=0).shape == (2, 8, 8, 1)
    assert (out / "trials.png").stat().st_size > 1000 and math.isfinite(told["default"])


def test_a_search_that_is_done_is_not_done_again(found, monkeypatch):
    out, told = found
    monkeypatch.setattr("zoo.training.run.fitted", None)  # would fail
    assert search.search("beta_vae", out, "val_loss", trials=3, **SMALL) == told


def test_a_folder_of_another_search_is_refused(found):
    with pytest.raises(ValueError, match=r"`objective` must be 'val_loss'.*'val_mmd'"):
        search.search("beta_vae", found[0], "val_mmd", trials=3, **SMALL)


def test_the_same_seed_tries_the_same_and_another_does_not():
    def drawn(seed):
        made = hypermodel.space("beta_vae")
        oracle = oracles.oracle("random", "val_loss", "min", made, 3, 1, seed)
        return [oracle.populate_space(str(n))["values"] for n in range(3)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_trial_that_diverges_is_worse_than_every_other_and_finite(tmp_path, monkeypatch):
    values = iter([3.0, math.nan, 5.0])
    monkeypatch.setattr(hypermodel, "scored", lambda *arguments: next(values, 4.0))
    told = search.search("vae", tmp_path, "val_loss", trials=3, **SMALL)
    file = tmp_path / "search" / "trial_1" / "trial.json"
    assert json.loads(file.read_text())["score"] == 7.0  # what guides the oracle
    assert told["best"] == 3.0 and (told["failed"], told["diverged"]) == (0, 1)


def test_a_trial_that_diverges_first_is_not_the_best_of_greater_values(tmp_path, monkeypatch):
    values = iter([math.nan, 44.0, 43.0])
    monkeypatch.setattr(hypermodel, "scored", lambda *arguments: next(values, math.nan))
    told = search.search("vae", tmp_path, "val_loss", trials=3, **SMALL)
    assert told["best"] == 43.0 and told["run"].endswith("trial_2/run")
    assert (told["diverged"], told["failed"], told["default"]) == (1, 0, None)
    assert [trial["status"] for trial in rows(tmp_path)] == ["DIVERGED", *["COMPLETED"] * 2]
    assert json.loads((tmp_path / "best.json").read_text()) == told


def test_a_search_whose_trials_all_diverge_exits_with_an_error(tmp_path, capsys):
    words = ["tune", "vae", "--objective", "val_loss", "--trials", "2", *WORDS.split()]
    assert cli.main([*words, "--learning-rate", "1e12", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "All 2 trials failed or diverged" in said.err and "trial 1 diverged" in said.out
    assert not (tmp_path / "best.json").exists()


def test_failed_trials_are_told_and_all_failed_is_an_error(tmp_path, monkeypatch, capsys):
    def fails(config, folder, *arguments):
        if "trial_0" in str(folder) or everything:
            raise ValueError("no such luck")
        return 2.0

    everything = False
    monkeypatch.setattr(hypermodel, "scored", fails)
    told = search.search("vae", tmp_path / "some", "val_loss", trials=2, **SMALL)
    assert told["failed"] == 1 and told["best"] == 2.0
    assert "trial 0 failed: ValueError: no such luck" in capsys.readouterr().out
    everything = True
    words = ["tune", "vae", "--objective", "val_loss", "--trials", "2", *WORDS.split()]
    assert cli.main([*words, "--out", str(tmp_path / "all")]) == 2
    assert "All 2 trials failed or diverged" in capsys.readouterr().err
    assert [trial["status"] for trial in rows(tmp_path / "all")] == ["FAILED"] * 2


@pytest.mark.parametrize(
    "given, words",
    [
        ({"objective": "loss"}, "`objective` must be one of val_mmd"),
        ({"tuner": "grid"}, "`tuner` must be 'random' or 'bayesian' or 'hyperband'"),
        ({"vary": ["gamma"]}, "`vary` must be of beta, learning_rate_factor, latent_dim"),
        ({"trials": 0}, "`trials` must be a positive integer"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_written(tmp_path, given, words):
    with pytest.raises(ValueError, match=words):
        search.search("beta_vae", tmp_path / "out", **given, **SMALL)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", objectives.TUNERS)
def test_every_tuner_finds_a_planted_optimum(tmp_path, kind, monkeypatch):
    def planted(config, *arguments):
        return abs(math.log(config.settings["beta"]))

    monkeypatch.setattr(hypermodel, "scored", planted)
    fields = {**SMALL, "epochs": 9}
    told = search.search("beta_vae", tmp_path, "val_loss", trials=12, tuner=kind, **fields)
    betas = [float(trial["beta"]) for trial in rows(tmp_path)]
    assert len(betas) == 12 and told["best"] == pytest.approx(min(map(abs, map(math.log, betas))))
    assert told["best"] < 0.5 and told["default"] == pytest.approx(math.log(4.0))


def test_hyper_model_serves_any_tuner_of_keras_tuner(tmp_path):
    from zoo.training import data

    options = {key: value for key, value in SMALL.items() if key not in ("data", "limit")}
    made = hypermodel.HyperModel("beta_vae", data.load("digits", limit=96), "val_loss", **options)
    aim = keras_tuner.Objective("val_loss", "min")
    tuner = keras_tuner.RandomSearch(made, aim, max_trials=2, directory=tmp_path, seed=1)
    tuner.search(epochs=1, verbose=0)
    best = tuner.get_best_hyperparameters()[0].values
    assert set(best) == {"beta", hypermodel.RATE} and 0.1 <= best["beta"] <= 16.0


def own_search(folder, objective, aims, **options):
    """A tuner of one's own over 96 digits."""
    from zoo.training import data

    fields = {key: value for key, value in SMALL.items() if key not in ("data", "limit")}
    own = hypermodel.HyperModel("beta_vae", data.load("digits", limit=96), objective, **fields)
    aims = [keras_tuner.Objective(name, "min") for name in aims]
    aims = aims if len(aims) > 1 else aims[0]
    return keras_tuner.RandomSearch(own, aims, max_trials=1, directory=folder, seed=1)


@pytest.mark.parametrize("name", ["x", "validation_data", None])
def test_data_given_to_a_search_are_refused_untrained(name, tmp_path, monkeypatch):
    trained = []
    monkeypatch.setattr(hypermodel.build, "fit", lambda *args, **options: trained.append(args))
    tuner, rows = own_search(tmp_path, "val_loss", ["val_loss"]), np.zeros((8, 8, 8, 1))
    arguments = ((rows,), {}) if name is None else ((), {name: rows})
    with pytest.raises(
        TypeError, match=f"must be given no data.*Received: {name or 'an argument'}"
    ):
        tuner.search(*arguments[0], **arguments[1], verbose=0)
    assert trained == []


def test_several_objectives_are_answered_from_one_trial(tmp_path):
    aims = ["val_loss", "val_divergence", "val_mmd"]
    tuner = own_search(tmp_path, ["val_loss", "val_mmd"], aims)
    tuner.search(epochs=1, verbose=0)
    (trial,) = tuner.oracle.trials.values()
    values = [trial.metrics.get_best_value(aim) for aim in aims]
    assert all(np.isfinite(values)) and trial.score == pytest.approx(sum(values))


def started(out, *more, **environment):
    """`zoo tune` in a process of its own."""
    words = ["tune", "beta_vae", "--objective", "val_loss", *WORDS.split(), "--out", str(out)]
    command = [sys.executable, "-m", "zoo.training.cli", *words, *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, **pipes)


def finished(out):
    """Trial -> the score of it on disk, in its file or the twin of that."""
    files = sorted((out / "search").glob("trial_*/trial.json"))
    texts = {p.parent.name: p.read_text() or p.with_suffix(".twin.json").read_text() for p in files}
    found = {name: json.loads(text) for name, text in texts.items()}
    return {name: t["score"] for name, t in found.items() if t["score"] is not None}


def forked(out, *more):
    """As `started`, forked from a process that has imported TensorFlow and never used it."""
    words = ["tune", "beta_vae", "--objective", "val_loss", *WORDS.split(), "--out", str(out)]
    code = f"""
import os, sys
import keras_tuner
import zoo.registry, zoo.training.tuning.search, zoo.training.run, zoo.training.callbacks
import zoo.training.reporting.pictures
from zoo.training import cli
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        sys.stdout = sys.stderr
        os._exit(cli.main({[*words, *more]!r}))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, text=True, bufsize=1, **pipes)


@pytest.mark.fault
def test_f11_a_search_that_is_killed_twenty_times_loses_no_finished_trial(tmp_path):
    """F11: 20 kills at random moments, half of them with an emptied file besides; 0 lost."""
    out, before, chosen, kills = tmp_path / "out", {}, random.Random(0), 0
    searches = forked(out, "--trials", "5")

    def ended(seconds):
        """The exit code of one more start, killed after so many seconds."""
        searches.stdin.write("start\n")
        process = int(searches.stdout.readline())
        timer = threading.Timer(seconds, os.kill, (process, signal.SIGKILL))
        timer.start()
        code = int(searches.stdout.readline())
        timer.cancel()
        return code

    while kills < 20:
        code = ended(chosen.uniform(0.3, 4.0))
        assert code in (0, -signal.SIGKILL)
        kills += code != 0
        now = finished(out)
        assert before.items() <= now.items()
        before = now
        files = [f for f in (out / "search").glob("**/*.json") if ".twin" not in f.name]
        if kills % 2 and files:
            chosen.choice(sorted(files)).write_bytes(b"")
    assert ended(300) == 0
    searches.stdin.close()
    searches.wait()
    assert len(rows(out)) == 5 and before.items() <= finished(out).items()
    alone = tmp_path / "alone"
    started(alone, "--trials", "5").communicate(timeout=300)
    assert finished(alone) == finished(out)


def test_f11_trials_without_memory_and_five_that_diverge_do_not_end_a_search(tmp_path, monkeypatch):
    """F11: NaN five times in a row, and what TensorFlow and Python raise without memory."""
    import tensorflow as tf

    values = iter([*[math.nan] * 5, tf.errors.ResourceExhaustedError(None, None, "OOM"),
                   MemoryError("none"), 3.0])  # fmt: skip

    def scored(*arguments):
        value = next(values, 4.0)
        if isinstance(value, Exception):
            raise value
        return value

    monkeypatch.setattr(hypermodel, "scored", scored)
    told = search.search("vae", tmp_path, "val_loss", trials=8, **SMALL)
    assert (told["diverged"], told["failed"], told["best"]) == (5, 2, 3.0)


@pytest.mark.parametrize("name", ["oracle.json", "tuner0.json", "trial_1/trial.json"])
def test_f11_an_emptied_file_of_a_search_loses_nothing(name, tmp_path, monkeypatch):
    """F11: as it is found again in its twin; keras-tuner could not read it."""
    values = iter([3.0, 2.0, 5.0])
    monkeypatch.setattr(hypermodel, "scored", lambda *arguments: next(values, 4.0))
    told = search.search("vae", tmp_path, "val_loss", trials=3, **SMALL)
    (tmp_path / "search" / name).write_bytes(b"")
    monkeypatch.setattr(hypermodel.Search, "run_trial", None)  # would fail
    assert search.search("vae", tmp_path, "val_loss", trials=3, **SMALL) == told
    assert told["best"] == 2.0


@pytest.mark.fault
def test_f11_two_workers_share_a_search(tmp_path):
    shared = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": "18764"}
    names = ("chief", "worker0", "worker1")
    each = [
        started(tmp_path, "--trials", "6", **shared, KERASTUNER_TUNER_ID=name) for name in names
    ]
    said = [process.communicate(timeout=300)[0] for process in each]
    assert [process.returncode for process in each] == [0, 0, 0], said
    trials = rows(tmp_path)
    assert len(trials) == 6 and all(trial["status"] == "COMPLETED" for trial in trials)
