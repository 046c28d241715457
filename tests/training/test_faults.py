"""Faults put into training and its checkpoints, with the figures that must be reached.

Elsewhere, in the default run: damaged and lost files and clocks that jump
(test_checkpoints.py), locks of dead processes (test_lock.py), signals, other models and
full disks in `fit` (test_resume.py), what is not finite (test_divergence.py).
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from zoo.training import cli, run
from zoo.training.fault_tolerance import lock
from zoo.training.fault_tolerance.checkpoints import Checkpoints, Place

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRITES = """
import sys
import numpy as np
from zoo.training.fault_tolerance.checkpoints import Checkpoints, Place

store = Checkpoints(sys.argv[1], keep=2)
store.clean()
found = store.newest()
number = found[0].epoch if found else 0
while True:
    number += 1
    arrays = {str(n): np.full((250_000,), number, np.float32) for n in range(4)}
    store.write(Place(number, 0), arrays, {"number": number})
    store.prune()
"""
FILLS = """
import sys
import numpy as np
from zoo.training.fault_tolerance.checkpoints import Checkpoints, NotWritten, Place

store = Checkpoints(sys.argv[1], keep=3)
for number in range(1, 9):
    try:
        store.write(Place(number, 0), {"a": np.full((2_500_000,), number, np.float32)}, {})
    except NotWritten as error:
        print(error)
        break
place, arrays, _ = store.newest()
print(place.epoch, arrays["a"][-1], sorted(path.name[:5] for path in store.folder.iterdir()))
"""
ONE = """
import sys, time
from zoo.training.fault_tolerance import lock
began = time.monotonic()
try:
    with lock.held(sys.argv[1]):
        time.sleep(1.0)
except lock.Locked:
    sys.exit(3 if time.monotonic() - began < 5 else 4)
"""


def script(text, *argv, **options):
    return subprocess.Popen([sys.executable, "-c", text, *map(str, argv)], cwd=ROOT, **options)


@pytest.mark.fault
def test_thirty_six_kills_in_a_loop_of_writes_leave_no_bad_checkpoint(tmp_path):
    """F02: 0 unreadable, the newest or the one before it loads 36 of 36 times."""
    chosen, torn, newest = random.Random(0), 0, 0
    for _ in range(36):
        process, before = script(WRITES, tmp_path), Checkpoints(tmp_path).places()
        while Checkpoints(tmp_path).places()[:1] == before[:1]:
            time.sleep(0.001)
        time.sleep(chosen.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        store = Checkpoints(tmp_path)
        torn += bool(list(tmp_path.glob(".*.partial")))
        for place in store.places():
            arrays, record = store.read(place)
            assert record == {"number": place.epoch}
            assert all((array == place.epoch).all() for array in arrays.values())
        assert store.newest(aside=False)[0].epoch > newest
        newest = store.places()[0].epoch
    assert torn >= 5, torn


@pytest.mark.fault
def test_a_disk_that_is_full_keeps_the_checkpoints_it_has(tmp_path):
    """F05: 45 MB hold four checkpoints of 10 MB; the fifth is refused in one line."""
    mounted = ["unshare", "-Urm", "sh", "-c", f'mount -t tmpfs -o size=45m none {tmp_path} && "$@"']
    if subprocess.run([*mounted, "sh", "true"], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    argv = [*mounted, "sh", sys.executable, "-c", FILLS, str(tmp_path)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    error, left = done.stdout.splitlines()
    assert "epoch-00005-step-000000 cannot be written: No space left on device" in error
    assert "needs 10,000,000 bytes" in error and "epoch-00004-step-000000 stays" in error
    assert left == f"4 4.0 {['epoch'] * 4}"


@pytest.mark.fault
def test_of_two_starts_exactly_one_goes_on_twenty_times(tmp_path):
    """F08."""
    for number in range(20):
        pair = [script(ONE, tmp_path / str(number)) for _ in range(2)]
        if number % 2:
            (tmp_path / str(number)).mkdir(exist_ok=True)
            (tmp_path / str(number) / lock.NAME).touch()  # what a dead process left
        assert sorted(process.wait() for process in pair) == [0, 3]


@pytest.mark.fault
def test_a_second_command_is_refused_within_five_seconds(tmp_path, capsys):
    """F08: before TensorFlow is imported."""
    with lock.held(tmp_path / "run" / run.CHECKPOINTS):
        began = time.monotonic()
        argv = [sys.executable, "-m", "zoo.training.cli", "train", "vae", "--out", tmp_path / "run"]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
        assert time.monotonic() - began < 5
    assert done.returncode == 2 and f"process {os.getpid()} on" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.fault
def test_a_folder_that_cannot_be_written_to_is_refused_before_step_one(tmp_path, capsys):
    """F09."""
    closed, user = tmp_path / "closed", os.geteuid()
    closed.mkdir(mode=0o555)
    os.seteuid(65534 if user == 0 else user)
    try:
        assert cli.main(["train", "vae", "--out", str(closed / "run"), "--epochs", "1"]) == 2
    finally:
        os.seteuid(user)
    said = capsys.readouterr().err
    assert "can be written to" in said and "Received: " in said and len(said.splitlines()) == 1
    assert list(closed.iterdir()) == []


@pytest.mark.fault
def test_there_is_always_a_good_checkpoint_while_old_ones_go(tmp_path):
    """F10: a reader beside a writer that keeps one."""
    store, process = Checkpoints(tmp_path), script(WRITES.replace("keep=2", "keep=1"), tmp_path)
    try:
        while not store.places():
            time.sleep(0.01)
        read = []
        for _ in range(200):
            place, arrays, record = store.newest(aside=False)
            assert record["number"] == place.epoch == arrays["0"][0]
            read.append(place)
        assert read == sorted(read) and read[0] < read[-1]
    finally:
        process.kill()
        process.wait()


@pytest.mark.fault
def test_every_flipped_bit_of_a_large_file_is_found(tmp_path):
    """F06: 60 of 60."""
    store, chosen = Checkpoints(tmp_path), random.Random(1)
    arrays = {"a": np.random.default_rng(0).random(500_000, np.float32)}
    store.write(Place(0, 0), arrays, {})
    store.write(Place(0, 1), arrays, {})
    file = store.path(Place(0, 1)) / "arrays.npz"
    whole = file.read_bytes()
    for _ in range(60):
        flipped = bytearray(whole)
        flipped[chosen.randrange(len(whole))] ^= 1 << chosen.randrange(8)
        file.write_bytes(flipped)
        assert store.newest(aside=False)[0] == Place(0, 0)
    file.write_bytes(whole)
    assert store.newest(aside=False)[0] == Place(0, 1)
