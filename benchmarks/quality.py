"""Models on one data set with the same networks, budget and seeds: what they draw and measure.

    python -m benchmarks.quality --data mnist --data-dir DIR [--names vae flex_ae] [--write]
    python -m benchmarks.quality --steps 3000 --batch 64 --rate 1e-3 --seeds 3 ...

Each model trains with its default settings on convolutional networks of 32 and 64 channels
and a code of 16: on all data so many times (`--epochs`), or, whatever a step costs, for so many
steps of one batch size, the autoencoder at one learning rate (`--rate`), its other players in
proportion; a divergence that warms up then does so in the first tenth of the steps. A run (a
model and a seed) that is done is not trained again: interrupted, the command continues with the
next; `--again` starts over. `--write` puts each row into docs/results.md: means over the seeds,
and their standard deviation where there are several; and the picture of the first seed into
docs/gallery.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.results import RESULTS, put_row

GALLERY = RESULTS.parent / "gallery"
LATENT, CHANNELS, EPOCHS, SEED = 16, (32, 64), 10, 0
METRICS = ("mmd", "two_sample", "memorisation", "fid", "prd", "diversity", "codes", "likelihood")
COLUMNS = {  # of the table: head -> the metric's name begins with
    "rec. FID": "reconstruction_fid[",
    "gen. FID": "fid[",
    "precision": "prd_precision",
    "recall": "prd_recall",
    "MMD": "mmd",
    "told apart": "two_sample_accuracy",
    "copies": "memorisation_ratio",
    "active": "active_dims",
    "NAC": "nac",
    "ln p(x)": "log_likelihood",
}
HEAD = ("model", "batch", "steps", "seconds", *COLUMNS)
SECOND = 2  # epochs of TwoStageVAE's second stage for one of its first: its authors' 800 to 400
BATCH = {"flex_ae": 16, "mask_aae": 16}  # one step takes 6 and 8 of them; see docs/results.md


def train(name, data, seed, epochs, steps=None, batch=None, rate=None):
    """One model, trained; and how long it took."""
    import keras

    import zoo
    from zoo.contract import settings

    keras.utils.set_random_seed(seed)
    cls = zoo.model_class(name)
    labels = {} if cls.targets == "none" else {"num_classes": data.num_classes}
    given = {"seed": seed, "channels": CHANNELS, **labels}
    if steps and "warm_up" in settings.of(cls):
        given["warm_up"] = steps // 10
    model = zoo.create(name, data.data_shape, LATENT, **given)
    compiled(model, rate)
    if name == "two_stage_vae":
        compiled(model.prior, rate)
    batch, length = batch or BATCH.get(name), None
    if steps:  # in as few epochs of equal length as the data allow
        epochs = -(-steps // (len(data.train) // (batch * model.parts)))
        length = steps // epochs
    start = time.perf_counter()
    y = data.train_labels if labels else None
    options = {"batch_size": batch, "epochs": epochs, "steps_per_epoch": length}
    model.fit(data.train, y, **options, verbose=2)
    if "sample" not in model.offered():
        second = {**options, "epochs": SECOND * epochs} if name == "two_stage_vae" else {}
        model.fit_sampler(data.train, **second)
    return model, time.perf_counter() - start


def compiled(model, rate=None):
    """Compiles a model; its first player learns at `rate`, the others in proportion."""
    from zoo.training.build import set_rates

    model.compile()
    if rate:
        own = {p: float(o.learning_rate) for p, o in model.optimizers.items()}
        set_rates(model, {p: rate * each / next(iter(own.values())) for p, each in own.items()})


def one(name, data, folder, seed, **budget):
    """Measures of one run, from its file where it is done already."""
    from zoo.training.evaluate import evaluate
    from zoo.training.files import write_text
    from zoo.training.reporting.drawings import draw
    from zoo.training.reporting.pictures import grid

    file = folder / f"{name}-{seed}.json"
    if file.is_file():
        return json.loads(file.read_text())
    model, seconds = train(name, data, seed, **budget)
    folder.mkdir(parents=True, exist_ok=True)
    if seed == SEED:
        grid(draw(model, 100, SEED), folder / f"{name}.png", columns=10, scale=2)
    measures = evaluate(model, data, count=2000, seed=seed, metrics=METRICS)
    batch = budget["batch"] or BATCH.get(name, model.batch_size)
    found = {"name": name, "seconds": seconds, "batch": batch, "steps": int(model.steps.numpy())}
    found |= {"seed": seed, "measures": measures}
    write_text(file, json.dumps(found, indent=2))
    return found


def main(argv=None):
    from zoo import catalogue
    from zoo.training import data as datasets

    names = [entry.name for entry in catalogue.ENTRIES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--data", default="mnist", help="name of training.data (default mnist)")
    parser.add_argument("--data-dir", help="where TFDS data lie")
    parser.add_argument("--names", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 on (default 1)")
    parser.add_argument("--limit", type=int, help="training examples to use (default: all)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"default {EPOCHS}")
    parser.add_argument("--steps", type=int, help="how many, instead of epochs; needs --batch")
    parser.add_argument("--batch", type=int, help="rows of a batch (default: the model's own)")
    parser.add_argument("--rate", type=float, help="of a model's first player (default: its own)")
    parser.add_argument("--out", default="runs/quality", type=pathlib.Path)
    parser.add_argument("--again", action="store_true", help="train again what is done")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    options = parser.parse_args(argv)
    if bool(options.steps) != bool(options.batch):
        parser.error("--steps and --batch go together: steps of several sizes are no common budget")
    if options.rate and not options.steps:
        parser.error("--rate goes with --steps and --batch")
    data = datasets.load(options.data, data_dir=options.data_dir, limit=options.limit)
    given = vars(options)
    budget = {name: given[name] for name in ("epochs", "steps", "batch", "rate")}
    folder = options.out / "-".join(map(str, (data.name, len(data.train), *budget.values())))
    section = f"quality {data.name}" + (f" in {options.steps} steps" if options.steps else "")
    if options.write and f"<!-- {section} -->" not in RESULTS.read_text():
        parser.error(f"--write needs the markers of a table {section!r} in {RESULTS.name}")
    kind = section.removeprefix("quality ").replace(" ", "_")
    for name in options.names:
        runs = []
        for seed in range(options.seeds):
            if options.again:
                (folder / f"{name}-{seed}.json").unlink(missing_ok=True)
            runs.append(one(name, data, folder, seed, **budget))
        found = row(runs)
        print(" | ".join(found), flush=True)
        if options.write:
            put_row(RESULTS, section, HEAD, found, names)
            GALLERY.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / f"{name}.png", GALLERY / f"{kind}_{name}.png")


def row(runs):
    """The cells of one model: means over its runs."""
    first = runs[0]
    seconds = statistics.mean(run["seconds"] for run in runs)
    measures = [cell([value(run["measures"], start) for run in runs]) for start in COLUMNS.values()]
    return [first["name"], str(first["batch"]), str(first["steps"]), f"{seconds:.0f}", *measures]


def value(measures, start):
    """The value of the metric whose name begins so, or None."""
    return next((row["value"] for key, row in measures.items() if key.startswith(start)), None)


def cell(values):
    """A mean, and the standard deviation where there are several values."""
    if None in values:
        return "-"
    spread = f" +- {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.4g}{spread}"


if __name__ == "__main__":
    main()
