"""E6: the bias and the variance of a learned prior, by its capacity, on few images."""

import numpy as np

from benchmarks.experiments.runs import distances, fit, kept, markdown, matched, mnist, sides_of

CAPACITIES = ((16, 1), (64, 1), (128, 2), (256, 3), (512, 4), (1024, 4))  # units and layers
SHARE, LATENT, STEPS, SEEDS = 0.05, 16, 2000, (0, 1)


def results(data_dir):
    """One row for each seed and capacity of the prior's network."""
    numbers = range(len(CAPACITIES))
    return [run(number, seed, data_dir) for seed in SEEDS for number in numbers]


def run(number, seed, data_dir):
    """What one capacity finds; kept."""
    units, layers = CAPACITIES[number]
    found = kept(f"E6/{units}x{layers}-{seed}", lambda: one(units, layers, seed, mnist(data_dir)))
    return {"model": f"M{number + 1}", "seed": seed, "size": f"{units} x {layers}", **found}


def one(units, layers, seed, data):
    """Trains FlexAE on a twentieth of MNIST, and measures."""
    from zoo.matching.flex_ae import FlexAE
    from zoo.networks.mlp import mlp
    from zoo.priors.generator import PriorGenerator

    train = data.train[: int(SHARE * len(data.train))]
    networks = matched(data.data_shape, LATENT, seed=seed)
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
    """Distances of generated and reconstructed images against the capacity, by seed."""
    from zoo.training.reporting import pictures

    panel = {}
    for seed in SEEDS:
        own = [row for row in rows if row["seed"] == seed]
        sizes = [row["size"] for row in own]
        for side in ("generated", "reconstructed"):
            panel[f"{side}, seed {seed}"] = sizes, [row[side] for row in own]
    panel["(training data)"] = sizes, [row["floor"] for row in own]
    labels = "units x layers of the prior", "FID[classifier:mnist]"
    pictures.lines({f"FlexAE, {SHARE:.0%} of MNIST": panel}, path, *labels, log=True)


def table(rows):
    """One line for each capacity."""
    head = "model | seed | units x layers | rec. FID | gen. FID | training data | distance of codes"
    keys = "model seed size reconstructed generated floor code_distance".split()
    return markdown(head.split(" | "), [[row[key] for key in keys] for row in rows])
