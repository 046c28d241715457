"""What the experiments share: runs that are kept, networks of one size, and their measures."""

import functools
import json
import pathlib

import numpy as np

from benchmarks import results

KEPT = pathlib.Path("runs/experiments")
REDUCED = {"steps": None, "seeds": None}  # of the command, in place of an experiment's own


def kept(name, make):
    """What `make()` finds, or found before: an experiment that was stopped goes on."""
    from zoo.training.files import write_text

    file = KEPT / f"{name}.json"
    if file.is_file():
        return json.loads(file.read_text(encoding="utf-8"))
    found = make()
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(found, indent=2) + "\n")
    shown = {key: value for key, value in found.items() if np.isscalar(value)}
    print(name, json.dumps(shown), flush=True)
    return found


def reduced(what, default):
    """The steps or seeds that the command asks for, or the experiment's own."""
    return REDUCED[what] or default


def mnist(data_dir):
    """MNIST, loaded once."""
    return images("mnist", data_dir)


@functools.cache
def images(name, data_dir):
    """A data set, loaded once."""
    from zoo.training import data

    return data.load(name, data_dir=data_dir)


def average(rows, keys):
    """Key -> (mean, standard deviation or None) over rows of several seeds."""
    columns = {key: [row[key] for row in rows] for key in keys}
    return {
        key: (float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None)
        for key, values in columns.items()
    }


def spread(mean, deviation):
    """A mean and its standard deviation as words."""
    return cell(mean) if deviation is None else f"{cell(mean)} +- {deviation:.2g}"


def codec(data_shape, latent_dim, hidden=(256, 256), codes=1, final="sigmoid", seed=0):
    """Encoder and decoder of dense layers; the encoder gives `codes` numbers a dimension."""
    import keras

    from zoo.networks.mlp import mlp

    keras.utils.set_random_seed(seed)
    encoder = mlp(data_shape, codes * latent_dim, hidden)
    decoder = mlp(latent_dim, data_shape, hidden, final=final)
    return {"encoder": encoder, "decoder": decoder, "latent_dim": latent_dim, "seed": seed}


def matched(data_shape, latent_dim, hidden=(256, 256), **options):
    """The same, and a critic of codes."""
    from zoo.networks.mlp import mlp

    made = codec(data_shape, latent_dim, hidden, **options)
    return {**made, "critic": mlp(latent_dim, 1, hidden)}


def fit(model, x, batch_size, steps, **options):
    """Trains for at least `steps` steps, in whole epochs."""
    epoch = len(x) // (batch_size * model.parts)
    model.fit(x, batch_size=batch_size, epochs=-(-steps // epoch), verbose=0, **options)


def distances(sides, test, extractor=None):
    """The Frechet distance of each side to held-out data, of features or of the values."""
    from zoo.metrics.fid import Moments, frechet_distance
    from zoo.training.measures.classifiers import extractor as named

    features = named(extractor or "pixels").features
    held = Moments.of(features(test))
    return {side: frechet_distance(Moments.of(features(x)), held) for side, x in sides.items()}


def sides_of(model, train, test):
    """Generated and reconstructed examples, and training data: the floor of a distance."""
    from zoo.training.reporting.drawings import draw

    rows = [test[i : i + 500] for i in range(0, len(test), 500)]
    again = np.concatenate([np.asarray(model.reconstruct(x)) for x in rows])
    return {
        "generated": draw(model, len(test)),
        "reconstructed": again,
        "floor": train[: len(test)],
    }


def codes(model, test):
    """Active dimensions of the codes, and how they depend on each other."""
    from zoo.metrics.active_dims import active_dims, active_of
    from zoo.metrics.latent_covariance import normalized_absolute_correlation

    z, mask = np.asarray(model.encode(test)), getattr(model, "mask", None)
    alpha = None if mask is None else mask.alpha.numpy()
    active = active_of(z, alpha)
    found = {"active_dims": active_dims(z, alpha)["active_dims"]}
    if active.sum() > 1:
        nac = normalized_absolute_correlation(z, active)
        found |= {"nac": nac["nac"], "nac_floor": nac["floor"]}
    return found if alpha is None else {**found, "alpha": sorted(alpha.tolist(), reverse=True)}


def cell(value):
    """A number of a table."""
    return "-" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def markdown(head, rows):
    """A table of Markdown, of numbers and words."""
    return results.markdown(head, [[cell(value) for value in row] for row in rows])
