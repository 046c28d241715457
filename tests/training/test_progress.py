"""Bars where there is a terminal, and a standard error without the noise of libraries."""

import os
import subprocess
import sys

import pytest

from zoo.training import console, progress


class Terminal:
    """A standard error that says it is a terminal."""

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass


def test_bars_are_shown_on_a_terminal_and_gone_afterwards(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown():
        assert list(progress.track(range(3), "drawing samples")) == [0, 1, 2]
        with progress.task("exporting", total=2) as advance:
            advance(1), advance(1)
    assert "drawing samples" in terminal.text
    shown = len(terminal.text)
    assert list(progress.track(range(3), "outside")) == [0, 1, 2]
    assert len(terminal.text) == shown


def test_nothing_is_shown_elsewhere(capsys):
    with progress.shown():
        assert list(progress.track([1, 2], "drawing")) == [1, 2]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fails", [False, True])
def test_what_c_code_writes_is_shown_only_where_the_import_fails(fails, capfd):
    def load():
        with console.silenced():
            os.write(2, b"noise of a library\n")
            if fails:
                raise ImportError("broken")

    if fails:
        with pytest.raises(ImportError):
            load()
    else:
        load()
    os.write(2, b"afterwards\n")
    text = capfd.readouterr().err
    assert ("noise" in text) == fails and "afterwards" in text


def test_the_command_writes_nothing_of_tensorflow_to_the_standard_error(tmp_path):
    argv = ["train", "vae", "--limit", "64", "--epochs", "1", "--batch-size", "32"]
    argv += ["--latent-dim", "2", "--model.channels", "2,2", "--out", str(tmp_path / "run")]
    loud = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-m", "zoo.training.cli", *argv]
    done = subprocess.run(command, env=loud, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    own = [line for line in done.stderr.splitlines() if line.startswith("Epoch 1: the model has")]
    assert done.stderr.splitlines() == own  # the model's warnings alone
