"""Small classifiers, whose last hidden layer is what samples of a data set are measured by.

    python -m zoo.training.measures.classifiers mnist --data-dir DIR

trains one and writes `saved_models/classifier_<data>/`: `model.weights.h5` and `card.json`
with its accuracy on held-out data. `extractor("classifier:mnist")` then gives its features.
"""

import argparse
import json
import os
import pathlib
import sys

from zoo.saving import presets
from zoo.saving.stored import digest
from zoo.training.files import atomic, write_text

ROOT = presets.ROOT
FEATURES = 64
EPOCHS = {"digits": 40, "mnist": 6, "fashion_mnist": 8, "cifar10": 16}


def network(data_shape, classes):
    """Convolutions of 32 and 64 channels, 64 features, one logit a class; images in [0, 1]."""
    import keras

    layers = [keras.Input(data_shape), keras.layers.Rescaling(2.0, offset=-1.0)]
    for width in (32, 64):
        layers.append(keras.layers.Conv2D(width, 3, padding="same", activation="relu"))
        layers.append(keras.layers.MaxPooling2D(2))
    if data_shape[0] > 28:
        layers.append(keras.layers.Conv2D(128, 3, padding="same", activation="relu"))
        layers.append(keras.layers.MaxPooling2D(2))
    layers += [keras.layers.Flatten(), keras.layers.Dense(FEATURES, activation="relu")]
    return keras.Sequential([*layers, keras.layers.Dense(classes)], name="classifier")


def train(data, epochs=None, seed=0, batch_size=128, verbose=2):
    """A network trained on labelled images, and its accuracy on the held-out ones.

    Training images are shifted by up to a pixel in each direction, at random.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    made = network(data.data_shape, data.num_classes)
    epochs = epochs or EPOCHS.get(data.name, 8)
    steps = epochs * (len(data.train) // batch_size + 1)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    made.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    padded = tf.pad(data.train, [[0, 0], [1, 1], [1, 1], [0, 0]])
    height, width, depth = data.data_shape

    def shifted(image, label):
        return tf.image.random_crop(image, (height, width, depth), seed=seed), label

    rows = tf.data.Dataset.from_tensor_slices((padded, data.train_labels))
    rows = rows.shuffle(len(data.train), seed=seed).map(shifted, num_parallel_calls=2)
    made.fit(rows.batch(batch_size).prefetch(2), epochs=epochs, verbose=verbose)
    accuracy = made.evaluate(data.test, data.test_labels, verbose=0, return_dict=True)["accuracy"]
    return made, float(accuracy)


def write(made, accuracy, data, seed, root=ROOT):
    """Writes a trained network and its card; returns the folder."""

    folder = pathlib.Path(root) / f"classifier_{data.name}"
    bare = network(data.data_shape, data.num_classes)  # without the optimizer
    bare.set_weights(made.get_weights())
    with atomic(folder / "model.weights.h5") as partial:
        bare.save_weights(partial)
    card = {
        "data": data.name,
        "source": data.source,
        "data_shape": list(data.data_shape),
        "classes": data.num_classes,
        "accuracy": round(accuracy, 4),
        "test_examples": len(data.test),
        "seed": seed,
        "parameters": made.count_params(),
        "command": f"python -m zoo.training.measures.classifiers {data.name}",
        "sha256": digest(folder / "model.weights.h5"),
    }
    write_text(folder / "card.json", json.dumps(card, indent=2) + "\n")
    return folder


def load(name, root=ROOT):
    """The trained classifier of a data set.

    Raises:
        ValueError: where there is none, or its file is not the one of its card.
    """
    folder = pathlib.Path(root) / f"classifier_{name}"
    if not (folder / "card.json").is_file():
        known = sorted(
            p.parent.name[11:] for p in pathlib.Path(root).glob("classifier_*/card.json")
        )
        raise ValueError(
            f"`extractor` classifier:NAME must be one of {known}, or trained first: "
            f"python -m zoo.training.measures.classifiers NAME. Received: {name!r}."
        )
    card = json.loads((folder / "card.json").read_text())
    if digest(folder / "model.weights.h5") != card["sha256"]:
        raise ValueError(f"{folder / 'model.weights.h5'} is not the file its card was made of.")
    made = network(tuple(card["data_shape"]), card["classes"])
    made.load_weights(folder / "model.weights.h5")
    return made


def extractor(name, weights="imagenet"):
    """The extractor of a name: "pixels", "inception" or "classifier:DATA"."""
    from zoo.metrics import extractors

    kind, _, data = name.partition(":")
    if kind == "classifier" and data:
        return extractors.classifier(data, load(data))
    if name not in ("pixels", "inception"):
        raise ValueError(
            f"`extractor` must be 'pixels', 'inception' or 'classifier:DATA'. Received: {name!r}."
        )
    return extractors.pixels() if name == "pixels" else extractors.inception(weights)


def fitting(data_name, data_shape):
    """The name of the extractor that suits a data set: its classifier where there is one."""
    card = ROOT / f"classifier_{data_name}" / "card.json"
    if not card.is_file() or json.loads(card.read_text())["data_shape"] != list(data_shape):
        return "pixels"
    return f"classifier:{data_name}"


def main(argv=None):
    """The command; returns its exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(
        prog="python -m zoo.training.measures.classifiers",
        description="Trains the classifier whose features measure samples of a data set.",
        epilog="example: python -m zoo.training.measures.classifiers mnist --data-dir DIR",
    )
    parser.add_argument("data", help="name of a labelled image set of training.data")
    parser.add_argument("--data-dir", help="where TFDS data lie")
    parser.add_argument("--epochs", type=int, help="passes over the data; its usual where absent")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(argv)
    from zoo.training import data as datasets

    try:
        data = datasets.load(given.data, data_dir=given.data_dir)
        if data.num_classes is None or not data.is_image:
            raise ValueError(f"`data` must be labelled images. Received: {given.data!r}.")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    made, accuracy = train(data, given.epochs, given.seed)
    folder = write(made, accuracy, data, given.seed)
    print(f"{folder}: accuracy {accuracy:.4f} on {len(data.test)} held-out images")
    return 0


if __name__ == "__main__":
    sys.exit(main())
