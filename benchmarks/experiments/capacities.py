"""E6: the bias and the variance of a learned prior, by its capacity, on few images."""

import numpy as np

from benchmarks.experiments.runs import distances, fit, kept, markdown, matched, mnist, sides_of

CAPACITIES = ((16, 1), (64, 1), (128, 2), (256, 3), (512, 4), (1024, 4))  # units and layers
SHARE, LATENT, STEPS = 0.05, 16, 2000


def results(data_dir):
    """One row for each capacity of the prior's network."""
    return [run(number, data_dir) for number in range(len(CAPACITIES))]


def run(number, data_dir):
    """What one capacity finds; kept."""
    units, layers = CAPACITIES[number]
    found = kept(f"E6/{units}x{layers}", lambda: one(units, layers, mnist(data_dir)))
    return {"model": f"M{number + 1}", "size": f"{units} x {layers}", **found}


def one(units, layers, data):
    """Trains FlexAE on a twentieth of MNIST, and measures."""
    from zoo.matching.flex_ae import FlexAE
    from zoo.networks.mlp import mlp
    from zoo.priors.generator import PriorGenerator

    train = data.train[: int(SHARE * len(data.train))]
    networks = matched(data.data_shape, LATENT)
    prior = PriorGenerator(mlp(LATENT, LATENT, (units,) * layers))
    model = FlexAE(**networks, prior=prior)
    model.compile(rates(), steps_per_execution=7)
    fit(model, train, 64, STEPS)
    found = distances(sides_of(model, train, data.test), data.test, "classifier:mnist")
    return {**found, **copied(model, train, data.test)}


def rates():
    """FlexAE's optimizers at five times its rates: 2,000 steps in place of 130,000."""
    from keras.optimizers import Adam

    adversarial = {"critic": 5e-4, "prior": 1e-3, "encoder": 5e-5}
    found = {player: Adam(rate, 0.0, 0.9) for player, rate in adversarial.items()}
    return {"autoencoder": Adam(1e-3), **found}


def copied(model, train, test, count=2000):
    """How near generated codes are to training codes: below 1 is nearer than held-out codes."""
    from zoo.metrics.neighbours import memorisation
    from zoo.noise import serving

    with serving(0, count):
        drawn = np.asarray(model.draw_codes(count))
    known, held = np.asarray(model.encode(train)), np.asarray(model.encode(test[:count]))
    return {"code_distance": memorisation(drawn, known, held)["memorisation_ratio"]}


def draw(rows, path):
    """Distances of generated and reconstructed images against the capacity."""
    from training import pictures

    sizes = [row["size"] for row in rows]
    sides = {"generated": "generated", "reconstructed": "reconstructed", "floor": "(training data)"}
    panel = {label: (sizes, [row[side] for row in rows]) for side, label in sides.items()}
    title = f"FlexAE, {SHARE:.0%} of MNIST"
    labels = "units x layers of the prior", "FID[classifier:mnist]"
    pictures.lines({title: panel}, path, *labels, log=True)


def table(rows):
    """One line for each capacity."""
    head = "model | units x layers | rec. FID | gen. FID | training data | distance of codes"
    keys = "model size reconstructed generated floor code_distance".split()
    return markdown(head.split(" | "), [[row[key] for key in keys] for row in rows])
