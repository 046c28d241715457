"""Trains a model in processes that are killed at random moments, half of them in a write.

    python trainer.py NAME FOLDER KILLS SEED

prints as JSON how often they were, and what differed from the run that was not. What trains
is forked from a process that has imported TensorFlow and never used it.
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
from descriptors import BATCH, ROWS
from kills import held

from training.callbacks import HistoryFile, Resume
from training.checkpoints import Checkpoints, Damaged
from training.files import atomic

STEPS, EPOCHS = 6, 5
STATE, FINAL, HISTORY = "state", "final.npz", "history.csv"


def train(name, folder):
    """Trains with a checkpoint before every step; writes what came out."""
    model = ROWS[name].make()
    model.compile()
    data = ROWS[name].data(model, STEPS)
    model.fit(
        *data,
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=data,
        verbose=0,
        callbacks=[HistoryFile(folder / HISTORY), Resume(folder / STATE, every_steps=1)],
    )
    with atomic(folder / FINAL) as partial:
        np.savez(partial, **held(model))


def started(name, folder):
    """The number of a process that trains."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            train(name, folder)
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


def main(name, folder, kills, seed):
    folder, kills, chosen = pathlib.Path(folder), int(kills), random.Random(seed)
    whole, run = folder / "whole", folder / "killed"
    began = time.monotonic()
    ended(started(name, whole))
    longest = time.monotonic() - began
    said = {"kills": 0, "runs": 0, "within a write": 0, "unreadable": [], "different": []}
    while said["kills"] < kills or run.exists():
        process = started(name, run)
        if said["kills"] < kills:
            time.sleep(chosen.uniform(0.2, 1.0) * longest)
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
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
