"""How much `model.fit` costs beside the bare compiled step on the same networks.

    python -m benchmarks.speed --write

The bare step is a `tf.function` that evaluates the losses of the model under a tape and
applies the optimizers. It keeps no means for logs, puts nothing back, checks nothing, and
is fed batches that lie ready. Of the VAE and WGAN-GP there is also a step written without
the zoo, noise included (`by hand`).

Both ways train as many steps in turn, in pairs; the ratio is images a second of `fit` over
those of the other way, and the table gives the median of the pairs. `processor` is the same
ratio of the seconds that all cores worked, which waiting for other processes of the machine
does not touch. First steps (tracing included) and peaks of memory are those of fresh
processes. A model that is done is not measured again: interrupted, the command goes on with
the next; `--again` starts over. `--write` puts each row into the table as it is found.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.results import RESULTS, put_row

MEDIAN, LEAST, FIRST = 0.95, 0.90, 1.3  # fit / bare of the median model and of every one; tracing
MOST_BYTES = 200_000_000  # of data
HEAD = ("model", "batch", "images/s", "fit / bare", "from", "to", "processor", "fit / by hand")
HEAD += ("processor by hand", "first step, s", "beside bare", "peak, MB", "bare, MB")


class Ways:
    """One model trained by `fit`, and twins of it by other steps, on the same data."""

    def __init__(self, name, seconds):
        from benchmarks import bare

        self.model, twin = bare.model(name), bare.model(name)
        self.size = self.model.batch_size * self.model.parts
        steps = {"bare": bare.step(twin)}
        if name in bare.BY_HAND:
            steps["by hand"] = bare.BY_HAND[name](bare.model(name))
        self.runs = {"fit": self.fit, **{way: self.looped(step) for way, step in steps.items()}}
        self.seconds = seconds

    def feed(self, steps):
        """Makes data of at most so many steps, and the epochs that they are gone through."""
        import tensorflow as tf

        from benchmarks import bare

        sample = bare.data(self.model, self.size)
        most = max(1, MOST_BYTES // sum(side.nbytes for side in sample))
        each = min(steps, most)
        self.data, self.epochs = bare.data(self.model, self.size * each), -(-steps // each)
        cuts = [slice(k * self.size, (k + 1) * self.size) for k in range(each)]
        self.batches = [[tf.constant(side[cut]) for side in self.data] for cut in cuts]

    def fit(self):
        """Trains by `model.fit`."""
        options = {"batch_size": self.model.batch_size, "epochs": self.epochs, "verbose": 0}
        self.model.fit(*self.data, **options)

    def looped(self, step):
        """A function that trains by `step`."""

        def run():
            for _ in range(self.epochs):
                for batch in self.batches:
                    found = step(*batch)
            return [float(value) for value in found]

        return run

    def images(self):
        """How many images one call of a way takes."""
        return self.size * len(self.batches) * self.epochs


def timed(way):
    """Seconds of one call, and processor seconds."""
    start, used = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - start, time.process_time() - used


def alone(name, way):
    """The first step of one way in this process, and what it takes of memory."""
    warm = Ways("autoencoder" if name != "autoencoder" else "vae", 0.0)
    warm.feed(1)
    for run in warm.runs.values():  # what TensorFlow and Keras load on first use
        run()
    ways = Ways(name, 0.0)
    ways.feed(1)
    first, used = timed(ways.runs[way])
    ways.feed(5)
    ways.runs[way]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first": first, "first_used": used, "peak": peak}


def paired(name, pairs, seconds):
    """Seconds of every way in each of `pairs` rounds of about so many seconds a way."""
    ways = Ways(name, seconds)
    ways.feed(3)
    for _ in range(2):
        for run in ways.runs.values():
            run()
    quick = min(timed(ways.runs["bare"])[0] for _ in range(3)) / len(ways.batches)
    ways.feed(max(10, min(2000, round(seconds / quick))))
    found = {way: [] for way in ways.runs}
    for number in range(pairs):
        order = list(ways.runs.items())
        for way, run in order if number % 2 else reversed(order):
            found[way].append(timed(run))
    return {
        "batch": ways.model.batch_size,
        "images": ways.images(),
        "seconds": {way: [wall for wall, _ in times] for way, times in found.items()},
        "used": {way: [used for _, used in times] for way, times in found.items()},
    }


def child(name, way, options):
    """What a process of its own finds."""
    command = [sys.executable, "-m", "benchmarks.speed", "--child", name, way]
    command += ["--pairs", str(options.pairs), "--seconds", str(options.seconds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{name}, {way}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measured(name, options):
    """What was found of one model, from its file where it is done already."""
    from zoo.training.files import write_text

    file = options.out / f"{name}.json"
    if file.is_file() and not options.again:
        return json.loads(file.read_text())
    found = {"name": name, **child(name, "pairs", options)}
    for _ in range(options.fresh):
        for way in ("fit", "bare"):
            for key, value in child(name, way, options).items():
                found.setdefault(f"{way}_{key}", []).append(value)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(found, indent=2))
    return found


def ratios(found, way, kind="seconds"):
    """Speed of `fit` over that of another way, in each pair."""
    return [
        other / own
        for own, other in zip(found[kind]["fit"], found[kind].get(way, ()), strict=False)
    ]


def row(found):
    """The cells of one model."""
    middle = statistics.median

    def share(way, kind="seconds"):
        pairs = ratios(found, way, kind)
        return f"{middle(pairs):.3f}" if pairs else ""

    pairs, first, beside = ratios(found, "bare"), found["fit_first"], found["bare_first"]
    return [
        found["name"],
        str(found["batch"]),
        f"{found['images'] / middle(found['seconds']['fit']):.0f}",
        *(share("bare"), f"{min(pairs):.3f}", f"{max(pairs):.3f}", share("bare", "used")),
        *(share("by hand"), share("by hand", "used")),
        *(f"{middle(first):.2f}", f"{middle(first) / middle(beside):.2f}"),
        *(f"{max(found[f'{way}_peak']):.0f}" for way in ("fit", "bare")),
    ]


def summary(rows):
    """What the table says as a whole."""

    def column(head):
        return sorted((float(row[HEAD.index(head)]), row[0]) for row in rows)

    fits, used, firsts = column("fit / bare"), column("processor"), column("beside bare")
    middle, busy = (statistics.median(share for share, _ in each) for each in (fits, used))
    return (
        f"The median of {len(rows)} models has {middle:.3f} of the speed of its bare step (aim "
        f"{MEDIAN}), {busy:.3f} by processor seconds; the slowest, {fits[0][1]}, {fits[0][0]:.3f} "
        f"(aim {LEAST}), by processor seconds {used[0][1]}, {used[0][0]:.3f}. The longest first "
        f"step beside the bare one is that of {firsts[-1][1]}, {firsts[-1][0]:.2f} (aim {FIRST})."
    )


def main(argv=None):
    from zoo import catalogue

    names = [entry.name for entry in catalogue.ENTRIES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--pairs", type=int, default=7, help="pairs of runs (default 7)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of one run (default 2)")
    parser.add_argument("--fresh", type=int, default=2, help="processes for first steps (2)")
    parser.add_argument("--names", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--out", default="runs/speed", type=pathlib.Path)
    parser.add_argument("--again", action="store_true", help="measure again what is done")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        name, way = options.child
        whole = way == "pairs"
        found = paired(name, options.pairs, options.seconds) if whole else alone(name, way)
        print(json.dumps(found))
        return
    print(" | ".join(HEAD))
    for name in options.names:
        cells = row(measured(name, options))
        print(" | ".join(cells), flush=True)
        if options.write:
            put_row(RESULTS, "speed", HEAD, cells, names, summary)


if __name__ == "__main__":
    main()
