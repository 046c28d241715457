"""Every image model, the same networks and ten epochs: a grid of samples and its measures.

    python -m benchmarks.quality --data mnist --data-dir DIR [--names vae wgan_gp] [--write]

Each model trains with its default settings on convolutional networks of 32 and 64
channels and a code of 16. A model that is done is not trained again: interrupted, the
command continues with the next; `--again` starts over. `--write` puts the table into
docs/results.md. Pictures go to docs/gallery.
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.results import RESULTS, put

GALLERY = RESULTS.parent / "gallery"
LATENT, CHANNELS, EPOCHS, SEED = 16, (32, 64), 10, 0
MEASURES = ("reconstruction_mse", "mmd", "two_sample_accuracy", "memorisation_ratio")
BATCH = {"flex_ae": 16, "mask_aae": 16}  # one step takes 6 and 8 of them; see docs/results.md


def train(name, data):
    """One model, trained; and how long it took."""
    import keras

    import zoo

    keras.utils.set_random_seed(SEED)
    model = zoo.create(name, data.data_shape, LATENT, seed=SEED, channels=CHANNELS)
    model.compile()
    start = time.perf_counter()
    model.fit(data.train, batch_size=BATCH.get(name), epochs=EPOCHS, verbose=2)
    if "sample" not in model.offered():
        model.fit_sampler(data.train)
    return model, time.perf_counter() - start


def row(name, data, folder):
    """Measures of one model, from its file where it is done already."""
    from training.evaluate import evaluate
    from training.files import write_text
    from training.pictures import grid

    file = folder / f"{name}.json"
    if file.is_file():
        return json.loads(file.read_text())
    model, seconds = train(name, data)
    GALLERY.mkdir(parents=True, exist_ok=True)
    grid(model.sample(100, seed=SEED), GALLERY / f"{data.name}_{name}.png", columns=10, scale=2)
    measures = evaluate(model, data, count=1000, seed=SEED)
    batch = BATCH.get(name, model.batch_size)
    found = {"name": name, "seconds": seconds, "batch": batch, "steps": int(model.steps.numpy())}
    found |= {"measures": measures}
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(found, indent=2))
    return found


def main(argv=None):
    from training import data as datasets
    from training.settings import catalogue

    names = [entry.name for entry in catalogue().ENTRIES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--data", default="mnist", help="name of training.data (default mnist)")
    parser.add_argument("--data-dir", help="where TFDS data lie")
    parser.add_argument("--names", nargs="+", default=names, choices=names)
    parser.add_argument("--out", default="runs/quality", type=pathlib.Path)
    parser.add_argument("--again", action="store_true", help="train again what is done")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    options = parser.parse_args(argv)
    data = datasets.load(options.data, data_dir=options.data_dir)
    folder = options.out / data.name
    rows = []
    for name in options.names:
        if options.again:
            (folder / f"{name}.json").unlink(missing_ok=True)
        rows.append(row(name, data, folder))
        print(line(rows[-1]), flush=True)
    if options.write:
        put(RESULTS, f"quality {data.name}", table(rows))


def table(rows):
    """The rows as Markdown."""
    head = ["model", "batch", "steps", "seconds", *MEASURES]
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *map(line, rows)]


def line(found):
    """One row as Markdown."""
    cells = [found["name"], found["batch"], found["steps"], f"{found['seconds']:.0f}"]
    for key in MEASURES:
        value = found["measures"].get(key)
        cells.append("-" if value is None else f"{value['value']:.4g}")
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
