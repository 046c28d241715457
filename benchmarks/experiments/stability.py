"""E11: modes that GANs cover over their steps, and whether Dirac's game comes to rest."""

import numpy as np

from benchmarks.experiments.runs import kept, markdown

PLANTED = {"ring": 8, "grid": 25}  # data -> modes
STEPS, CHECKS, BATCH, SEEDS = 2000, 10, 128, (0, 1, 2)
TRAINED = {  # name -> settings of the class, for points of the plane
    "gan": {},
    "nsgan": {},
    "lsgan": {},
    "fgan": {"divergence": "squared_hellinger", "saturating": False},
    "density_ratio_gan": {},
    "wgan": {"clip": 0.1},
    "wgan_gp": {"penalty_weight": 1.0},
    "sngan": {},
    "ebgan": {"margin": 1.0},
    "began": {},
    "bayesian_gan": {},
    "unrolled_gan": {},
    "consensus_gan": {"consensus_weight": 1.0},
    "nagarajan_gan": {"game": "non_saturating"},
    "roth_gan": {},
    "grad_penalty_gan": {"penalty_weight": 0.1},
    "instance_noise_gan": {"deviation": 0.5, "annealing_steps": STEPS},
}
OWN_OPTIMIZERS = ("bayesian_gan",)  # samplers, not optimizers
DIRAC = {  # name -> settings, at a generator of one point and a discriminator w x
    "gan": {},
    "nsgan": {},
    "lsgan": {},
    "wgan": {"clip": 1.0, "discriminator_moves": 1},
    "wgan_gp": {"discriminator_moves": 1},
    "unrolled_gan": {},
    "consensus_gan": {"consensus_weight": 1.0, "game": "minimax"},
    "nagarajan_gan": {"game": "minimax"},
    "roth_gan": {},
    "grad_penalty_gan": {"penalty_weight": 1.0, "game": "minimax"},
}
DIRAC_STEPS, DIRAC_RATE = 1500, 0.1


def results(data_dir):
    """One row for each model; data are planted. All models meet the first seed first."""
    for seed in SEEDS:
        for name in TRAINED:
            for data in PLANTED:
                cell(name, data, seed)
    return [row(name) for name in TRAINED]


def row(name):
    """What all seeds of a model give; those that `--minutes` left out are missing."""
    cells = {data: [cell(name, data, seed) for seed in SEEDS] for data in PLANTED}
    cells = {data: [each for each in own if each] for data, own in cells.items()}
    dirac = kept(f"E11/dirac_{name}", lambda: on_dirac(name)) if name in DIRAC else None
    return {"name": name, "cells": cells, "dirac": (dirac or {}).get("radius")}


def cell(name, data, seed):
    """One model on one set of points from one seed; kept."""
    return kept(f"E11/{name}_{data}_{seed}", lambda: one(name, data, seed))


def one(name, data, seed):
    """Trains, measuring samples after every tenth of the steps."""
    import keras

    import zoo
    from zoo.metrics.mode_coverage import mode_coverage
    from zoo.training.data import planted

    keras.utils.set_random_seed(seed)
    model = zoo.create(name, (2,), 16, hidden=(64, 64), seed=seed, **TRAINED[name])
    adam = keras.optimizers.Adam(1e-3, beta_1=0.5)
    optimizer = () if name in OWN_OPTIMIZERS else (adam,)
    model.compile(*optimizer, steps_per_execution=STEPS // CHECKS)
    x, truth = getattr(planted, data)(BATCH * model.parts * STEPS // CHECKS, seed=seed)
    history = []

    def measure(epoch, logs):
        coverage = mode_coverage(model.sample(2500, seed=0), truth["centres"], truth["sigma"])
        history.append([coverage["modes"], coverage["high_quality"]])

    note = keras.callbacks.LambdaCallback(on_epoch_end=measure)
    model.fit(x, batch_size=BATCH, epochs=CHECKS, verbose=0, callbacks=[note])
    modes, quality = np.array(history, float).T.tolist()
    return {"modes": modes, "quality": quality, "last": modes[-1]}


def on_dirac(name):
    """Where (w, place) of Dirac's game is, data at 0, after plain steps from (1, 1)."""
    import keras

    import zoo
    from benchmarks.experiments.points import linear, shift

    keras.utils.set_random_seed(0)
    networks = {"generator": shift(1.0), "discriminator": linear(1.0)}
    model = zoo.model_class(name)(**networks, latent_dim=1, seed=0, **DIRAC[name])
    model.compile(keras.optimizers.SGD(DIRAC_RATE), steps_per_execution=50)
    model.fit(np.zeros((DIRAC_STEPS * model.parts, 1), np.float32), batch_size=1, verbose=0)
    numbers = [net.get_weights()[0].item() for net in networks.values()]
    return {"radius": float(np.linalg.norm(numbers))}


def mean_of(cells, key):
    """The mean over seeds of what cells hold at each check."""
    return np.mean([each[key] for each in cells], axis=0).tolist()


def draw(rows, path):
    """Modes over steps in small multiples: a panel a model, a line a set of points."""
    from zoo.training.reporting import pictures

    steps = [STEPS * (k + 1) // CHECKS for k in range(CHECKS)]
    panels = {}
    for each in rows:
        series = {
            f"{data}: share of {PLANTED[data]} modes": np.array(mean_of(own, "modes"))
            / PLANTED[data]
            for data, own in each["cells"].items()
            if own
        }
        series |= {
            f"({data}: good samples)": np.array(mean_of(own, "quality"))
            for data, own in each["cells"].items()
            if own
        }
        if series:
            panels[each["name"]] = {label: (steps, y) for label, y in series.items()}
    pictures.lines(panels, path, "step", "", columns=6)


def table(rows):
    """One line for each model: modes and good samples at the end, mean over seeds."""
    head = ["model", "seeds", "ring: modes of 8", "good", "grid: modes of 25", "good"]
    lines = []
    for each in rows:
        ends = []
        for own in each["cells"].values():
            ends += [mean_of(own, key)[-1] if own else None for key in ("modes", "quality")]
        seeds = min(len(own) for own in each["cells"].values())
        lines.append([each["name"], seeds, *ends, each["dirac"]])
    return markdown([*head, "Dirac: radius"], lines)
