"""Trains the models of the tables, measures them, and keeps what was measured in `cells.csv`.

The model, its samples and its codes of held-out data are kept in runs/tables.
"""

import csv
import functools
import pathlib
import time

import numpy as np

from benchmarks.tables import models

CELLS, KEPT = pathlib.Path(__file__).with_name("cells.csv"), pathlib.Path("runs/tables")
STEPS, BATCH, COUNT = 12_000, 64, 10_000
FEW = 50_000  # training examples; fewer are repeated within an epoch
KEY = ("data", "row", "seed", "size")  # `size`: share of the training data, where not all of it
MEASURES = ("rec_fid", "gen_fid", "gen_fid_iitd", "precision", "recall", "active_dims", "nac")
MEASURES += ("nac_floor", "squared_error")
COLUMNS = (*KEY, "steps", "seconds", *MEASURES)


def read(steps=STEPS):
    """Key -> cells, of what is measured after so many steps."""
    if not CELLS.is_file():
        return {}
    with open(CELLS, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["steps"] == str(steps)]
    return {tuple(row[name] for name in KEY): row for row in rows}


def add(row):
    """Appends a row."""
    fresh = not CELLS.is_file()
    with open(CELLS, "a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow({name: shown(row.get(name)) for name in COLUMNS})


def shown(value):
    """A number with six digits; nothing where there is none."""
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


@functools.cache
def loaded(name, data_dir, share=1.0):
    """A data set, of whose training examples a share is used."""
    from zoo.training import data

    whole = data.load(name, data_dir=data_dir)
    limit = round(share * len(whole.train))
    return whole if share == 1.0 else data.load(name, data_dir=data_dir, limit=limit)


def run(row, name, seed, data_dir, share=1.0, size="", steps=STEPS):
    """One row on one data set with one seed, where it is not measured yet."""
    key = (name, row.title, str(seed), size)
    if key in read(steps):
        return
    data = loaded(name, data_dir, share)
    model, seconds = train(row, data, seed, steps)
    parts = (*key, f"{steps}_steps")
    folder = KEPT / "-".join(part.replace(" ", "_").replace("/", "_") for part in parts if part)
    result = measured(model, data, folder)
    common = dict(zip(KEY, key, strict=True)) | {"seconds": round(seconds), "steps": steps}
    if row.also:
        from zoo.priors.normal import StandardNormal

        plain = model.decode, StandardNormal(model.latent_dim)
        other = measured(model, data, folder.with_name(folder.name + "-normal"), plain)
        add({**common, **other, "row": row.also})
    add({**common, **result})
    print({**common, **{name: shown(value) for name, value in result.items()}}, flush=True)


def train(row, data, seed, steps=STEPS):
    """The trained model, and the seconds it took."""
    model, start = models.make(row, data, seed, steps), time.perf_counter()
    x = np.tile(data.train, (-(-FEW // len(data.train)), 1, 1, 1))  # many steps in an epoch
    most = len(x) // (BATCH * model.parts)
    length = max(n for n in range(models.TOGETHER, most + 1, models.TOGETHER) if steps % n == 0)
    options = {"batch_size": BATCH, "verbose": 0}
    model.fit(x, epochs=steps // length, steps_per_epoch=length, **options)
    if "sample" not in model.offered():
        second = -(-models.SECOND * steps // (len(data.train) // BATCH))
        more = {**options, "epochs": second} if row.name == "two_stage_vae" else {}
        model.fit_sampler(data.train, **more)
    return model, time.perf_counter() - start


def measured(model, data, folder, plain=None):
    """The measures of a model, or of (decode, prior) in place of its `sample`."""
    from zoo.input_pipeline.batches import mapped
    from zoo.training.reporting.drawings import draw

    test = data.test[:COUNT]
    samples = draw(model, COUNT) if plain is None else drawn(*plain)
    rebuilt, codes = (mapped(verb, test) for verb in (model.reconstruct, model.encode))
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "model.keras")
    levels = np.round(255.0 * np.clip(samples, 0.0, 1.0)).astype(np.uint8)
    np.savez_compressed(folder / "kept.npz", samples=levels, codes=codes)
    error = float(np.mean(np.sum((rebuilt - test) ** 2, axis=(1, 2, 3))))
    mask = None if model.code_mask is None else np.asarray(model.code_mask)
    return (
        {"squared_error": error}
        | of_images(samples, rebuilt, test, data.name)
        | of_codes(codes, mask)
    )


def drawn(decode, prior):
    """Decoded draws of a prior."""
    from zoo import noise
    from zoo.input_pipeline.batches import mapped

    with noise.serving(0, COUNT):
        return mapped(decode, prior.sample(COUNT).numpy())


def of_images(samples, rebuilt, test, name):
    """Frechet distances of samples and reconstructions; precision and recall of samples."""
    from zoo.metrics.fid import Moments, frechet_distance, stretched
    from zoo.metrics.precision_recall import prd
    from zoo.training.measures.classifiers import extractor

    features = extractor(f"classifier:{name}").features
    real, fake = features(test), features(samples)
    held = Moments.of(real)
    sides = {"gen_fid": fake, "rec_fid": features(rebuilt)}
    sides["gen_fid_iitd"] = features(stretched(samples).numpy())
    distances = {key: frechet_distance(Moments.of(side), held) for key, side in sides.items()}
    curve = prd(fake, real)
    return {**distances, "precision": curve["precision"], "recall": curve["recall"]}


def of_codes(codes, mask):
    """Active dimensions and how they depend on each other."""
    from zoo.metrics.active_dims import active_of
    from zoo.metrics.latent_covariance import normalized_absolute_correlation

    active = active_of(codes, mask)
    measures = {"active_dims": int(active.sum())}
    if active.sum() > 1:
        nac = normalized_absolute_correlation(codes, active)
        measures |= {"nac": nac["nac"], "nac_floor": nac["floor"]}
    return measures
