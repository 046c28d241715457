"""SHA-256 of what every model computes: the proof that a change of the code changed no result.

    python -m benchmarks.fingerprints before.json
    python -m benchmarks.fingerprints after.json --against before.json

For each model and each kind of data it takes: the initial weights, the weights after ten
steps of default training on fixed data, and the output of each verb. Compare files of one
machine and one set of versions only. Models that the earlier file does not have are named.
"""

import argparse
import hashlib
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf

import zoo

SHAPES = {4: (5, 8, 8, 1), 3: (8, 8, 1), 2: (5, 4), 1: (6,)}
LATENT, CLASSES, BATCH, STEPS = 4, 3, 4, 10
BRIEF = {"pretrain_steps": 3, "search_steps": 5, "prior_epochs": 1, "components": 50}


def digest(arrays):
    """One hash of arrays, whatever their order."""
    each = (hashlib.sha256(f"{a.dtype}{a.shape}".encode() + a.tobytes()) for a in arrays)
    return hashlib.sha256("".join(sorted(h.hexdigest() for h in each)).encode()).hexdigest()


def made(name, shape):
    """A model with default networks, always with the same weights: those of the seed of Keras, as
    version 0.1.0 drew them; the seed of the model decides the noise alone."""
    keras.utils.set_random_seed(0)
    cls = zoo.model_class(name)
    brief = {key: value for key, value in BRIEF.items() if accepts(name, key)}
    labels = {"num_classes": CLASSES} if "labels" in cls.targets else {}
    model = cls(**cls.default_arguments(shape, LATENT, seed=1, **brief, **labels))
    model.compile(jit_compile=False)
    return model


def accepts(name, setting):
    """Whether a model has a setting."""
    from zoo.contract.settings import of

    return setting in of(zoo.model_class(name))


def fed(model, rows):
    """Fixed x, and the y that the model takes beside it."""
    random = np.random.default_rng(0)
    x = random.random((rows, *model.data_shape), np.float32)
    if model.targets == "none":
        return (x,)
    if "labels" in model.targets:
        lowest = -1 if model.targets == "some_labels" else 0
        return x, random.integers(lowest, CLASSES, rows).astype(np.int32)
    return x, random.random((rows, *model.target_shape), np.float32)


def code_of(model):
    """Shape and dtype of one code; any, where a model has none."""
    from zoo.verbs.signatures import code_spec

    shape, dtype = code_spec(model)
    return shape or (1,), dtype.as_numpy_dtype


def called(model, verb, names):
    """What a verb gives for fixed arguments."""
    random = np.random.default_rng(2)
    code, dtype = code_of(model)
    x = random.random((5, *model.data_shape), np.float32)
    z = np.abs(random.normal(size=(5, *code))).astype(dtype)
    given = {"x": x, "x1": x, "x2": x[::-1], "z": z, "z1": z, "z2": z[::-1], "count": 5}
    given |= {"steps": 3, "seed": 7, "labels": np.arange(5) % CLASSES}
    given["y"] = random.random((5, *model.target_shape), np.float32)
    if "codes" in names:
        given["codes"] = np.eye(5, model.codes_dim, dtype=np.float32)
    return np.asarray(getattr(model, verb)(**{name: given[name] for name in names}))


def fingerprint(name, shape):
    """Hash of each stage of one model."""
    model = made(name, shape)
    found = {"initial weights": digest(v.numpy() for v in model.variables)}
    data = fed(model, BATCH * model.parts * STEPS)
    model.fit(*data, batch_size=BATCH, epochs=1, verbose=0)
    found["weights"] = digest(v.numpy() for v in model.variables)
    optimizers = [v.numpy() for o in model.optimizers.values() for v in o.variables]
    found["optimizers"] = digest(optimizers)
    if hasattr(getattr(model, "prior", None), "fit"):
        x = np.random.default_rng(1).random((128, *model.data_shape), np.float32)
        model.fit_sampler(x)
        found["after fit_sampler"] = digest(v.numpy() for v in model.variables)
    for verb, names in model.offered().items():
        found[verb] = digest([called(model, verb, names)])
    return found


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fingerprints", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("out", type=pathlib.Path, help="file to write, JSON")
    parser.add_argument("--against", type=pathlib.Path, help="an earlier file to compare with")
    parser.add_argument("--models", nargs="+", help="names (default: all)")
    options = parser.parse_args(argv)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    found = {}
    for name in options.models or zoo.list_models():
        for rank in zoo.model_class(name).data_ranks:
            key = f"{name} {'x'.join(map(str, SHAPES[rank]))}"
            found[key] = fingerprint(name, SHAPES[rank])
            print(key, found[key]["weights"][:12], flush=True)
            keras.backend.clear_session()
        options.out.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if options.against is None else compared(found, options.against)


def compared(found, path):
    """1 where a hash differs from an earlier file, else 0; prints what differs."""
    earlier = json.loads(path.read_text())
    new = [key for key in found if key not in earlier]
    different = [
        f"{key}: {stage}"
        for key in found
        if key in earlier
        for stage in earlier[key]
        if found[key].get(stage) != earlier[key][stage]
    ]
    hashes = sum(len(earlier[key]) for key in found if key in earlier)
    print(f"{hashes} hashes compared, {len(different)} differ; not in {path}: {new or 'none'}")
    print("\n".join(different))
    return int(bool(different))


if __name__ == "__main__":
    raise SystemExit(main())
