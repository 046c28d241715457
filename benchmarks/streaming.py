"""Training on a folder of JPEGs that is read from disk, beside the same rows in memory.

    python -m benchmarks.streaming --write

makes folders of 20,000 and of 100,000 JPEGs of 64 x 64 in colour, and of each measures, in fresh
processes, how many images a second are decoded into the cache, the peak of memory of training a
VAE for two epochs above that of a process that has imported `zoo`, and how long a later epoch
takes. Both ways of reading train in one process in turn, epoch by epoch, so that the load of the
machine falls on both; the ratio is the median of the pairs. `by two processors` and `processor` are
the same figures of the seconds that processors worked, which other work of the machine does not
touch: images decoded in a second of two of them, and the ratio. The peak is the largest resident
memory, pages of the mapped cache left out, which the system takes back when it needs them.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.results import RESULTS, put_row

SIDE, BATCH = 64, 128
MOST_BYTES, LEAST_DECODED, LEAST_RATIO = 1.2e9, 2000, 0.9  # what is required
HEAD = ("images", "decoded/s", "by two processors", "peak above `import zoo`, MB", "epoch, s")
HEAD += ("speed / in memory", "from", "to", "processor")
CHANNELS = (8, 16, 32)  # of the VAE
HELD = 20_000  # images that are held in memory at most, where speeds are compared
COUNTS = (20_000, 100_000)


def folder_of(root, count):
    """A folder of so many JPEGs, made once: noise of 8 x 8, made larger."""
    import numpy as np
    from PIL import Image

    place = pathlib.Path(root) / f"jpegs-{count}"
    done = place / ".done"
    if done.exists():
        return place
    drawn = np.random.default_rng(0)
    for number in range(count):
        part = place / f"{number // 1000:03d}"
        part.mkdir(parents=True, exist_ok=True)
        pixels = drawn.integers(256, size=(8, 8, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        image.save(part / f"{number:06d}.jpg", quality=90)
    done.touch()
    return place


def resident():
    """Resident memory of this process without pages of files, in bytes."""
    with open("/proc/self/status", encoding="ascii") as file:
        rows = dict(line.split(":", 1) for line in file)
    return int(rows["RssAnon"].split()[0]) * 1024


class Peak:
    """The largest resident memory while it is watched, looked at twenty times a second."""

    def __enter__(self):
        import threading

        self.most, self.done = resident(), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def watch(self):
        while not self.done.wait(0.05):
            self.most = max(self.most, resident())

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


def model_of(data):
    """A small VAE for a data set, compiled."""
    import zoo

    model = zoo.create("vae", data.data_shape, 16, channels=CHANNELS, hidden=(32,), seed=0)
    model.compile(jit_compile=False)
    return model


def loaded(path, stream, limit=None):
    """The data set of a folder."""
    from zoo.training import data

    return data.load(str(path), stream=stream, limit=limit)


def decode(path):
    """Images that are decoded a second, and how many."""
    import zoo.training.data  # noqa: F401  what is measured comes after all imports

    began = times()
    data = loaded(path, True)
    clock, processor = (now - then for now, then in zip(times(), began, strict=True))
    count = len(data.train) + len(data.test)
    return {"decoded": count / clock, "by two": 2.0 * count / processor}


def times():
    """Seconds of the clock, and seconds that all processors worked for this process."""
    return time.perf_counter(), time.process_time()


def memory(path):
    """The peak of memory of training from disk above a process that has imported `zoo`."""
    import keras
    import tensorflow as tf

    import zoo

    keras.utils.set_random_seed(0)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    zoo.model_class("vae")
    before = resident()
    with Peak() as peak:
        data = loaded(path, True)
        model_of(data).fit(data.train, batch_size=BATCH, epochs=2, steps_per_epoch=60, verbose=0)
    return {"peak": peak.most - before}


def speed(path, pairs, steps):
    """(clock, processor) seconds of epochs from disk and from memory, in turn."""
    ways = {}
    for way, stream in (("disk", True), ("memory", False)):
        data = loaded(path, stream, HELD)
        ways[way] = model_of(data), data.train
    seconds = {way: [] for way in ways}
    for _ in range(pairs + 1):
        for way, (model, rows) in ways.items():
            began = times()
            model.fit(rows, batch_size=BATCH, epochs=1, steps_per_epoch=steps, verbose=0)
            seconds[way].append([now - then for now, then in zip(times(), began, strict=True)])
    return {way: spent[1:] for way, spent in seconds.items()}  # the first traces


def apart(*arguments, cache):
    """What a part of the benchmark measures in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.streaming", "--part", *map(str, arguments)]
    environment = {**os.environ, "ZOO_CACHE": str(cache)}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ran.stdout.splitlines()[-1])


def measured(root, count, pairs, steps):
    """One row of the table."""
    path, cache = folder_of(root, count), pathlib.Path(root) / f"cache-{count}"
    row = apart("decode", path, cache=cache) | apart("memory", path, cache=cache)
    seconds = apart("speed", path, pairs, steps, cache=cache)
    pairs_of = list(zip(seconds["disk"], seconds["memory"], strict=True))
    ratios, own = ([memory[k] / disk[k] for disk, memory in pairs_of] for k in (0, 1))
    each = statistics.median(s[0] for s in seconds["disk"]) / steps * (count * 9 // 10 // BATCH)
    return (
        f"{count:,}",
        f"{row['decoded']:,.0f}",
        f"{row['by two']:,.0f}",
        f"{row['peak'] / 1e6:,.0f}",
        f"{each:.1f}",
        f"{statistics.median(ratios):.2f}",
        f"{min(ratios):.2f}",
        f"{max(ratios):.2f}",
        f"{statistics.median(own):.2f}",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", nargs="+", type=int, default=COUNTS)
    parser.add_argument("--folder", help="of the images; one that is removed where there is none")
    parser.add_argument("--pairs", type=int, default=5, help="epochs from disk and from memory")
    parser.add_argument("--steps", type=int, default=60, help="of an epoch that is timed")
    parser.add_argument("--write", action="store_true", help="put the rows into docs/results.md")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        name, path, *numbers = given.part
        print(json.dumps(globals()[name](path, *map(int, numbers))))
        return
    with tempfile.TemporaryDirectory() as own:
        for count in given.counts:
            row = measured(given.folder or own, count, given.pairs, given.steps)
            print("  ".join(f"{h}: {v}" for h, v in zip(HEAD, row, strict=True)), flush=True)
            if given.write:
                put_row(RESULTS, "streaming", HEAD, row, [f"{n:,}" for n in COUNTS])


if __name__ == "__main__":
    main()
