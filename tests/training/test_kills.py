"""Real processes, really killed: what comes out is what one gives that was not, to the bit."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from apart import PATHS, TESTS
from kills import different, held

from zoo.training.run import Run

ROOT = TESTS.parent
TINY = ["--data", "digits", "--limit", "200", "--latent-dim", "4", "--model.channels", "4,4"]


def slowly(name, kills):
    return pytest.param(name, kills, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    "name, kills",
    [
        ("vae", 3),
        slowly("flex_ae", 3),
        slowly("maf", 3),
        slowly("factor_vae", 50),
        slowly("vq_vae", 50),
        slowly("nsgan", 50),
        slowly("cyclegan", 50),
        pytest.param("vae", 50, marks=pytest.mark.fault),  # F01
    ],
)
def test_killed_at_random_moments_and_resumed_equals_never_stopped(name, kills, trainer, tmp_path):
    said = trainer.killed(name, tmp_path, kills, False)
    print(said)
    assert said["kills"] == kills and said["runs"] >= 1
    assert said["unreadable"] == [] and said["different"] == []
    assert kills < 50 or said["within a write"] >= 5


def command(out, *options):
    """A process of `zoo train`."""
    argv = [sys.executable, "-m", "zoo.training.cli", "train", *options, "--out", str(out)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(argv, env=PATHS, cwd=ROOT, **pipes)


def wait_for(path, process):
    """Returns as soon as a file is there, while a process is."""
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()


def test_the_command_goes_on_after_sigterm_and_sigkill(tmp_path):
    options = ["rae", *TINY, "--epochs", "40", "--save-every-steps", "1"]
    whole, out = tmp_path / "whole", tmp_path / "run"
    alone = command(whole, *options)
    process = command(out, *options)
    wait_for(out / "checkpoints" / "epoch-00000-step-000001", process)
    second = command(out, *options)
    _, refusal = second.communicate()
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode == 75 and time.monotonic() - asked < 30
    assert "Stopped by SIGTERM at step" in said and len(said.strip().splitlines()[-1]) < 300
    assert second.returncode == 2 and f"process {process.pid} on " in refusal

    process = command(out, *options)
    wait_for(out / "reconstructions" / "epoch-0012.png", process)
    process.kill()
    process.communicate()
    resumed = subprocess.run(
        [sys.executable, "-m", "zoo.training.cli", "train", "--resume", str(out)],
        env=PATHS, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stderr[-2000:]
    assert alone.wait() == 0
    assert (out / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    pictures = [path.relative_to(whole) for path in whole.glob("*/*.png")]
    assert len(pictures) == 11  # of the samples one: this model draws when it has been trained
    assert all((out / name).read_bytes() == (whole / name).read_bytes() for name in pictures)
    ours, theirs = Run.open(out).model(), Run.open(whole).model()
    assert different(held(ours), held(theirs)) == []
    assert np.array_equal(ours.sample(4, seed=0), theirs.sample(4, seed=0))
