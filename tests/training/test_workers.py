"""Two processes on this machine train as one process does."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

import zoo  # noqa: F401, registers the classes
from zoo.training.fault_tolerance.checkpoints import Checkpoints
from zoo.training.run import Run

HERE = pathlib.Path(__file__).parent
SECONDS = 240


def addresses(count):
    """Free addresses of this machine."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return found


def started(kind, out, epochs, workers=1, state=()):
    """The processes of one training; `state`: the folder of its checkpoints, if it has one."""
    return spawned([HERE / "worker.py", kind, out, epochs, *state], workers)


def spawned(words, workers):
    """The processes of one command of Python, each told by TF_CONFIG which worker it is."""
    hosts, found = addresses(workers), []
    for index in range(workers):
        own = {"PYTHONPATH": str(HERE.parents[1]), "TF_CPP_MIN_LOG_LEVEL": "3"}
        if workers > 1:
            task = {"type": "worker", "index": index}
            own["TF_CONFIG"] = json.dumps({"cluster": {"worker": hosts}, "task": task})
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        command = [sys.executable, *map(str, words)]
        found.append(subprocess.Popen(command, env={**os.environ, **own}, **pipes))
    return found


def ended(processes):
    """Waits for processes that must succeed."""
    for process in processes:
        words, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, words[-3000:]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What one process and each of two workers found, by name."""
    alone, both = tmp_path_factory.mktemp("alone"), tmp_path_factory.mktemp("both")
    ended(started("one", alone, 2))
    ended(started("workers", both, 2, workers=2))
    found = {"alone": alone / "whole.npz", "chief": both / "whole.npz", "other": both / "other.npz"}
    return {name: dict(np.load(path)) for name, path in found.items()} | {"folder": both}


@pytest.mark.parametrize("worker", ["chief", "other"])
def test_two_workers_equal_one_process(results, worker):
    alone, found = results["alone"], results[worker]
    assert alone.keys() == found.keys()
    for name in alone:
        np.testing.assert_allclose(found[name], alone[name], atol=1e-6, rtol=1e-6, err_msg=name)


def test_workers_hold_the_same_weights_to_the_bit(results):
    for name, value in results["chief"].items():
        if name.isdecimal():
            np.testing.assert_array_equal(results["other"][name], value)


def test_what_the_chief_saves_loads_in_one_process(results):
    model = keras.saving.load_model(results["folder"] / "model.keras")
    found = results["chief"]
    for number, value in enumerate(model.get_weights()):
        np.testing.assert_array_equal(value, found[str(number)])
    np.testing.assert_allclose(model.sample(4, seed=0), found["sampled"], atol=1e-6)
    assert model.ema == 0.9 and model.steps.numpy() == 12


ZOO = ("-c", "import sys; from training.cli import main; sys.exit(main(sys.argv[1:]))")


def command(out, workers):
    """The processes of a `zoo train` whose model samples after a second training only."""
    strategy = "workers" if workers > 1 else "one"
    words = [*ZOO, "train", "two_stage_vae", "--out", out, "--strategy", strategy]
    words += "--limit 192 --batch-size 32 --epochs 3 --save-every-steps 1".split()
    words += "--latent-dim 4 --model.channels 4,4 --model.prior_epochs 2 --model.hidden 8".split()
    return spawned(words, workers)


@pytest.mark.fault
def test_the_command_trains_with_two_workers_and_goes_on_where_one_is_killed(tmp_path):
    alone, whole, killed = (tmp_path / name for name in ("alone", "whole", "killed"))
    ended(command(alone, 1))
    ended(command(whole, 2))
    pair, store = command(killed, 2), Checkpoints(killed / "checkpoints")
    while steps_done(store) < 8 and pair[1].poll() is None:
        time.sleep(0.002)
    pair[1].kill()
    said = [process.communicate(timeout=SECONDS)[0] for process in pair]
    assert [process.returncode for process in pair] == [2, -signal.SIGKILL], said
    assert "the end of another one. Start all of them again" in said[0]
    assert 8 <= steps_done(store) < 18 and not (killed / "model.keras").exists()
    ended(command(killed, 2))
    files = [sorted(p.relative_to(out) for p in out.rglob("*.*")) for out in (alone, whole, killed)]
    assert files[0] == files[1] == files[2]
    assert (killed / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    first, theirs, ours = (Run.open(out).model() for out in (alone, whole, killed))
    for one, value, again in zip(*(m.get_weights() for m in (first, theirs, ours)), strict=True):
        np.testing.assert_array_equal(again, value)
        np.testing.assert_allclose(value, one, atol=1e-4)
    assert Run.open(killed).model("latest").steps.numpy() == 18


def steps_done(store):
    """How many steps the newest checkpoint has behind it; an epoch has six."""
    places = store.places()
    return 6 * places[0].epoch + places[0].step if places else -1


@pytest.mark.fault
def test_killed_workers_go_on_to_the_bit(tmp_path):
    """F01: the chief is killed, then the other, then one is told to stop; both start again."""
    whole, out, epochs, chosen = tmp_path / "whole", tmp_path / "out", 16, random.Random(0)
    store, before = Checkpoints(tmp_path / "state"), 0
    whole.mkdir(), out.mkdir()
    ended(started("workers", whole, epochs, workers=2))
    for victim, number in ((0, signal.SIGKILL), (1, signal.SIGKILL), (1, signal.SIGTERM)):
        pair = started("workers", out, epochs, 2, [store.folder])
        aim = before + chosen.randint(7, 20)
        while steps_done(store) < aim and pair[victim].poll() is None:
            time.sleep(0.002)
        pair[victim].send_signal(number)
        said = [process.communicate(timeout=SECONDS)[0] for process in pair]
        codes = [process.returncode for process in pair]
        if number == signal.SIGTERM:
            assert codes == [75, 75], said
        else:
            assert codes[victim] == -signal.SIGKILL and codes[1 - victim] != 0, said
        before = steps_done(store)
        assert aim <= before < 6 * epochs
    ended(started("workers", out, epochs, 2, [store.folder]))
    for name in ("whole.npz", "other.npz"):
        theirs, ours = np.load(whole / name), np.load(out / name)
        assert sorted(theirs) == sorted(ours)
        for key in theirs:
            np.testing.assert_array_equal(ours[key], theirs[key], err_msg=f"{name}: {key}")
