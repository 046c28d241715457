"""What XLA gains and costs in the training of each model, and from how many steps on it pays.

    python -m benchmarks.compilation --write

A model of default networks is trained by `fit` on random data of 28 x 28 pixels in two ways:
single steps without XLA, and steps that XLA compiles, eight in one call. Rounds of the ways
alternate, in one process for each model; the table gives medians. Compilation is the first call of
the compiled way less that of the plain way, tracing included in both. All is also given in seconds
that all cores worked, on which waiting for other processes has no influence. The last column is
the number of steps that save, in those seconds, what compilation takes, times three for examples,
networks and machines that gain less: a class states it as `compiled_from` where the gain is at
least 1.1. A model that is done is not measured again, except with `--again`.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from benchmarks.results import RESULTS, put_row

TOGETHER, LEAST, MARGIN = 8, 1.1, 3
WAYS = {"plain": (False, 1), "compiled": (True, TOGETHER)}
HEAD = ("model", "batch", "ms a step", "processor ms", "gain", "processor gain")
HEAD += ("compilation, s", "processor s", "pays from")


def trained(name):
    """Way -> a function that trains so many steps in that way."""
    import keras

    import zoo
    from benchmarks import bare

    def way(jit_compile, together):
        keras.utils.set_random_seed(0)
        cls = zoo.model_class(name)
        labels = {"num_classes": bare.CLASSES} if "labels" in cls.targets else {}
        shape = bare.SHAPES[max(cls.data_ranks)]
        model = zoo.create(name, shape, bare.LATENT, seed=0, **labels)
        model.compile(jit_compile=jit_compile, steps_per_execution=together)
        size = model.batch_size * model.parts
        data = bare.data(model, size * TOGETHER)

        def train(steps):
            epochs = max(1, steps // TOGETHER)
            sides = data if steps > 1 else [side[:size] for side in data]
            model.fit(*sides, batch_size=model.batch_size, epochs=epochs, verbose=0)

        return train, model.batch_size

    return {key: way(*options) for key, options in WAYS.items()}


def timed(train, steps):
    """Seconds of so many steps, and seconds that all cores worked."""
    start, used = time.perf_counter(), time.process_time()
    train(steps)
    return time.perf_counter() - start, time.process_time() - used


def measured(name, rounds, seconds):
    """Seconds of a step in every way and of first calls, as lists of (wall, processor)."""
    warm, _ = trained("autoencoder" if name != "autoencoder" else "vae")["plain"]
    warm(TOGETHER)  # what TensorFlow and Keras load on first use
    ways = trained(name)
    first = {key: timed(train, TOGETHER) for key, (train, _) in ways.items()}
    again = timed(ways["plain"][0], TOGETHER)
    steps = max(1, round(seconds / again[1])) * TOGETHER
    found = {key: [] for key in ways}
    for _ in range(rounds):
        for key, (train, _) in ways.items():
            found[key].append([value / steps for value in timed(train, steps)])
    return {"batch": ways["plain"][1], "first": first, "steps": found}


def result(name, options):
    """What a process of its own measures of a model, from its file where it is done already."""
    from zoo.training.files import write_text

    file = options.out / f"{name}.json"
    if file.is_file() and not options.again:
        return json.loads(file.read_text())
    command = [sys.executable, "-m", "benchmarks.compilation", "--child", name]
    command += ["--rounds", str(options.rounds), "--seconds", str(options.seconds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(file, done.stdout.splitlines()[-1])
    return json.loads(file.read_text())


def pays_from(gain, extra, step):
    """The steps from which compilation pays, to two digits; None where it gains too little.

    Args:
        gain: speed of compiled over plain steps.
        extra: seconds that compilation takes.
        step: seconds of a plain step.
    """
    if gain < LEAST:
        return None
    steps = MARGIN * max(extra, 0.0) / (step * (1.0 - 1.0 / gain))
    return max(10, round(float(f"{steps:.1e}")))


def row(name, found):
    """The cells of one model."""
    plain, compiled = (
        [statistics.median(values) for values in zip(*found["steps"][way], strict=True)]
        for way in WAYS
    )
    gains = [before / after for before, after in zip(plain, compiled, strict=True)]
    first = [found["first"][way] for way in WAYS]
    extra = [after - before for before, after in zip(*first, strict=True)]
    steps = pays_from(gains[1], extra[1], plain[1])
    return [
        *(name, str(found["batch"])),
        *(f"{1000 * seconds:.1f}" for seconds in plain),
        *(f"{gain:.2f}" for gain in gains),
        *(f"{seconds:.1f}" for seconds in extra),
        "no" if steps is None else f"{steps:,}",
    ]


def summary(rows):
    """What the table says as a whole."""
    gains = sorted((float(cells[HEAD.index("processor gain")]), cells[0]) for cells in rows)
    if len(gains) == 1:
        return "Measured so far: 1 model."
    middle = statistics.median(gain for gain, _ in gains)
    return (
        f"By processor seconds the median of {len(rows)} models gains {middle:.2f}; "
        f"{gains[-1][1]} gains most, {gains[-1][0]:.2f}, {gains[0][1]} least, {gains[0][0]:.2f}."
    )


def main(argv=None):
    from zoo import catalogue

    names = [entry.name for entry in catalogue.ENTRIES]
    words = __doc__.split("\n\n")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compilation", description=words)
    parser.add_argument("--rounds", type=int, default=3, help="of all ways (default 3)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of one way (default 2)")
    parser.add_argument("--names", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--out", default="runs/compilation", type=pathlib.Path)
    parser.add_argument("--again", action="store_true", help="measure again what is done")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        print(json.dumps(measured(options.child, options.rounds, options.seconds)))
        return
    print(" | ".join(HEAD))
    for name in options.names:
        cells = row(name, result(name, options))
        print(" | ".join(cells), flush=True)
        if options.write:
            put_row(RESULTS, "compilation", HEAD, cells, names, summary)


if __name__ == "__main__":
    main()
