"""One process at a time in a folder, whatever became of those before."""

import errno
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from zoo.training.fault_tolerance import lock

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from zoo.training.fault_tolerance import lock
try:
    with lock.held(sys.argv[1]):
        print("held", flush=True)
        time.sleep(float(sys.argv[2]))
except lock.Locked as error:
    sys.exit(str(error))
"""


def holder(folder, seconds=60):
    """A process that holds the folder, or says that it cannot."""
    argv = [sys.executable, "-c", HOLD, str(folder), str(seconds)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(argv, cwd=ROOT, **pipes)


def test_another_process_is_refused_at_once_and_told_who(tmp_path):
    with holder(tmp_path / "run") as other:
        assert other.stdout.readline() == "held\n"
        before = time.monotonic()
        with pytest.raises(
            lock.Locked, match=rf"one process.*Received: .*run.*process {other.pid} "
        ):
            with lock.held(tmp_path / "run"):
                pass
        assert time.monotonic() - before < 1.0
        other.send_signal(signal.SIGKILL)


def test_what_a_dead_process_left_is_taken_over(tmp_path):
    with holder(tmp_path) as other:
        assert other.stdout.readline() == "held\n"
        other.send_signal(signal.SIGKILL)
    assert (tmp_path / lock.NAME).read_text().split()[0] == str(other.pid)
    with lock.held(tmp_path):
        assert (tmp_path / lock.NAME).read_text().split()[0] == str(os.getpid())


def test_a_number_that_another_process_has_now_does_not_keep_the_folder(tmp_path):
    (tmp_path / lock.NAME).write_text(f"{os.getppid()} here\n")
    with lock.held(tmp_path):
        pass


def test_of_processes_that_start_together_one_goes_on(tmp_path):
    started = [holder(tmp_path / "run", 600) for _ in range(6)]
    while sum(process.poll() is None for process in started) > 1:  # that one holds it until then
        time.sleep(0.01)
    for process in started:
        process.kill()
    said = [process.communicate() for process in started]
    assert sorted(process.returncode for process in started) == [-signal.SIGKILL, 1, 1, 1, 1, 1]
    assert sum(out == "held\n" for out, _ in said) == 1
    assert sum("one process at a time" in error for _, error in said) == 5


def test_a_thread_may_hold_it_again_and_another_may_not(tmp_path):
    found = []

    def other():
        try:
            with lock.held(tmp_path):
                found.append("held")
        except lock.Locked:
            found.append("refused")

    with lock.held(tmp_path), lock.held(tmp_path / "." / ""):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == ["refused", "held"]


def test_folders_that_were_made_go_when_nothing_was_put_into_them(tmp_path):
    with lock.held(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b" / lock.NAME).is_file()
    assert list(tmp_path.iterdir()) == []
    with lock.held(tmp_path / "a" / "b"):
        (tmp_path / "a" / "kept").touch()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept"]


@pytest.fixture
def closed(tmp_path):
    """A folder that cannot be written to: the superuser, who may write anywhere, is not one."""
    folder, user = tmp_path / "closed", os.geteuid()
    folder.mkdir(mode=0o555)
    os.seteuid(65534 if user == 0 else user)
    yield folder
    os.seteuid(user)


def test_a_folder_that_cannot_be_written_to_is_refused(closed):
    for folder in (closed, closed / "run"):
        with pytest.raises(ValueError, match=r"can be written to. Received: .*closed.*denied"):
            with lock.held(folder):
                pass


def test_a_disk_that_is_full_frees_the_lock_and_leaves_nothing(tmp_path, monkeypatch):
    def full(file, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    files = len(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        words = (
            r"written to. Received: .*run'?: No space left on device; it needs \d+ bytes, [\d,]+ "
        )
        with pytest.raises(ValueError, match=words):
            with lock.held(tmp_path / "a" / "run"):
                pass
    assert list(tmp_path.iterdir()) == [] and len(os.listdir("/proc/self/fd")) == files
    with lock.held(tmp_path / "a" / "run"):
        pass


@pytest.mark.parametrize("way", ["removed", "moved", "replaced"])
def test_a_folder_that_is_lost_is_named_and_that_of_another_is_left_alone(way, tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(lock.FolderLost, match=r"must stay while it is used. Received: .*run'"):
        with lock.held(folder):
            lock.require_kept(folder)
            folder.rename(tmp_path / "moved")
            if way == "removed":
                shutil.rmtree(tmp_path / "moved")
            if way == "replaced":
                folder.mkdir()
                (folder / lock.NAME).write_text("1 another\n")
            lock.require_kept(folder)
    assert way != "replaced" or (folder / lock.NAME).read_text() == "1 another\n"
    lock.require_kept(folder)  # of what is not held nothing is asked
