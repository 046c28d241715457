"""Trainings in processes that are killed at random moments, half of them in a write.

    python tests/trainer.py

reads lines of JSON, the arguments of `killed`, and says for each as JSON how often it was, and
what differed from the run that was not. What trains is forked from a process that has imported
TensorFlow and never used it.
"""

import csv
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import time

import numpy as np
import tensorflow as tf
from apart import Apart
from descriptors import BATCH, ROWS
from kills import held

from zoo.training.callbacks import HistoryFile, Resume
from zoo.training.fault_tolerance.checkpoints import Checkpoints, Damaged
from zoo.training.files import atomic

SIZES = {False: (6, 5), True: (2, 2)}  # whether step by step, untraced -> steps, epochs
STATE, FINAL, HISTORY = "state", "final.npz", "history.csv"


class Trainer(Apart):
    """The process that forks; one model at a time."""

    def __init__(self):
        super().__init__(__file__)

    def killed(self, *arguments):
        """What `killed` found."""
        self.ask(*arguments)
        said = json.loads(self.said())
        if "error" in said:
            raise RuntimeError(said["error"])
        return said


def train(name, folder, eagerly):
    """Trains with a checkpoint before every step; writes what came out."""
    steps, epochs = SIZES[eagerly]
    model = ROWS[name].make()
    model.compile(run_eagerly=eagerly)
    data = ROWS[name].data(model, steps)
    model.fit(
        *data,
        batch_size=BATCH,
        epochs=epochs,
        validation_data=None if eagerly else data,
        verbose=0,
        callbacks=[HistoryFile(folder / HISTORY), Resume(folder / STATE, every_steps=1)],
    )
    with atomic(folder / FINAL) as partial:
        np.savez(partial, **held(model))


def started(*arguments):
    """The number of a process that trains."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            train(*arguments)
            code = 0
        finally:
            os._exit(code)
    return process


def ended(process):
    """Whether a process trained to the end; raises if it failed by itself."""
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"Training ended with {code}.")
    return code == 0


def await_write(process, folder):
    """Returns while a checkpoint is being written, or when the process has ended."""
    ends = os.WEXITED | os.WNOHANG | os.WNOWAIT
    while not list((folder / STATE).glob(".*.partial")):
        if os.waitid(os.P_PID, process, ends) is not None:
            return
        time.sleep(0.0005)


def unreadable(folder):
    """Names of the checkpoints that a reader sees and cannot read."""
    store, found = Checkpoints(folder / STATE), []
    for place in store.places():
        try:
            store.read(place)
        except (Damaged, OSError, ValueError):
            found.append(str(place))
    return found


def different(ours, theirs):
    """Names of what differs in any bit between two folders."""
    ours, theirs = (rows(folder) | arrays(folder) for folder in (ours, theirs))
    return [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]


def arrays(folder):
    with np.load(folder / FINAL) as found:
        return {name: found[name].tobytes() for name in found.files if name[:4] != "log/"}


def rows(folder):
    with open(folder / HISTORY, newline="", encoding="utf-8") as file:
        return dict(enumerate(map(tuple, csv.reader(file))))


def killed(name, folder, kills, eagerly):
    """Kills trainings of a model so often, the last of which ends."""
    folder, chosen = pathlib.Path(folder), random.Random(name)
    whole, run = folder / "whole", folder / "killed"
    began = time.monotonic()
    ended(started(name, whole, eagerly))
    longest = time.monotonic() - began
    said = {"kills": 0, "runs": 0, "within a write": 0, "unreadable": [], "different": []}
    while said["kills"] < kills or run.exists():
        process = started(name, run, eagerly)
        if said["kills"] < kills:
            time.sleep(chosen.uniform(0.2, 0.7) * longest)
            if chosen.random() < 0.5:
                await_write(process, run)
            os.kill(process, signal.SIGKILL)
        if ended(process):
            said["runs"] += 1
            said["different"] += different(run, whole)
            shutil.rmtree(run)
        else:
            said["kills"] += 1
            said["within a write"] += bool(list((run / STATE).glob(".*.partial")))
            said["unreadable"] += unreadable(run)
    return said


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)  # what is computed here is tiny
    for line in sys.stdin:
        try:
            said = killed(*json.loads(line))
        except RuntimeError as error:
            said = {"error": str(error)}
        print(json.dumps(said), flush=True)
