"""E10: accuracy on MNIST against the number of labels."""

import itertools

import numpy as np

from benchmarks.experiments import runs

LATENT, STEPS, BATCH, HIDDEN = 50, 5000, 100, (256, 256)
LABELS = (100, 300, 1000, 60_000)
SEEDS = {100: 5}  # how many; 3 elsewhere
SEMI_SUPERVISED = ("m2_vae", "siddharth_ssvae", "semi_supervised_aae")
SUPERVISED = ("cvae", "mog_vae_classifier")  # see labelled images only
CLASSIFIER = "classifier"  # of the same network, alone, on the labelled images


def results(data_dir):
    """One row for each model, number of labels and seed."""
    steps, rows = runs.reduced("steps", STEPS), []
    for name, count in itertools.product((CLASSIFIER, *SEMI_SUPERVISED, *SUPERVISED), LABELS):
        for seed in range(min(runs.reduced("seeds", 5), SEEDS.get(count, 3))):
            key = f"E10/{name}_{count}_{steps}_{seed}"
            found = runs.kept(key, lambda of=(name, count, seed): one(data_dir, *of, steps))
            rows.append({"model": name, "labels": count, "seed": seed, **found})
    return rows


def one(data_dir, name, count, seed, steps):
    """Trains one model with `count` labels, a tenth of each digit, and classifies held-out rows."""
    from zoo.training.data.labels import some_labels

    data = runs.images("mnist", data_dir)
    x, test = (side.reshape(len(side), -1) for side in (data.train, data.test))
    y = data.train_labels
    if count < len(y):
        y = some_labels(y, count // data.num_classes, seed)
    if name not in SEMI_SUPERVISED:  # labelled rows, repeated until they fill an epoch
        chosen = np.resize(np.flatnonzero(y >= 0), len(x))
        x, y = x[chosen], y[chosen]
    rows = np.random.default_rng(seed).permutation(len(x))[: steps * BATCH]
    options = {"batch_size": BATCH, "epochs": -(-steps * BATCH // len(rows)), "verbose": 0}
    shares = classified(name, x[rows], y[rows], test, seed, options)
    return {"accuracy": float(np.mean(shares.argmax(axis=1) == data.test_labels))}


def classified(name, x, y, test, seed, options):
    """p(y|x) or logits of the test rows, by the model or by the classifier alone.

    options: those of `fit`.
    """
    import keras

    from zoo.creation import create
    from zoo.input_pipeline.batches import mapped
    from zoo.networks.mlp import mlp

    keras.utils.set_random_seed(seed)
    if name == CLASSIFIER:
        model = mlp(x.shape[1], 10, HIDDEN)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(1e-3), loss, steps_per_execution=20)
        model.fit(x, y, **options)
        return model.predict(test, batch_size=500, verbose=0)
    adversarial = name == "semi_supervised_aae"
    own = {} if adversarial else {"likelihood": "bernoulli"}
    model = create(name, x.shape[1:], LATENT, num_classes=10, hidden=HIDDEN, seed=seed, **own)
    optimizer = None if adversarial else keras.optimizers.Adam(1e-3)
    model.compile(optimizer, steps_per_execution=20)
    model.fit(x, y, **options)
    return mapped(model.classify, test)


def draw(rows, path):
    """A line for each model: mean accuracy over the number of labels."""
    from zoo.training.reporting import pictures

    means, series = by_model(rows), {}
    for name, cells in means.items():
        label = f"({name})" if name == CLASSIFIER else name
        counts = [count for count in LABELS if count in cells]
        series[label] = [str(count) for count in counts], [cells[count][0] for count in counts]
    pictures.lines({"MNIST": series}, path, "labels", "accuracy")


def by_model(rows):
    """Model -> number of labels -> mean and standard deviation of the accuracy."""
    means = {}
    for name, count in dict.fromkeys((row["model"], row["labels"]) for row in rows):
        same = [row for row in rows if (row["model"], row["labels"]) == (name, count)]
        means.setdefault(name, {})[count] = runs.average(same, ("accuracy",))["accuracy"]
    return means


def table(rows):
    """One line for each model."""
    means = by_model(rows)
    head = ["model", "sees", *(f"{count:,} labels" for count in LABELS)]
    lines = []
    for name, cells in means.items():
        sees = "all images" if name in SEMI_SUPERVISED else "labelled images"
        words = [runs.spread(*cells[count]) if count in cells else "-" for count in LABELS]
        lines.append([name, sees, *words])
    return runs.markdown(head, lines)
