"""E1: the Frechet distance against the size of the code, on manifolds of known dimension."""

from benchmarks.experiments.runs import codes, distances, fit, kept, markdown, matched, sides_of

TRAIN, TEST = 20_000, 10_000
SIZES = {  # manifold -> model -> sizes of the code
    8: {"wae_gan": (2, 4, 6, 8, 12, 16, 24, 32), "mask_aae": (4, 8, 12, 16, 32)},
    16: {"wae_gan": (8, 16, 32), "mask_aae": (16, 24, 32)},
}
HIDDEN = {8: (128, 128), 16: (256, 256)}  # of all networks
STEPS = {"wae_gan": 15_000, "mask_aae": 3000}  # MaskAAE's take eight batches each
RECONSTRUCTION = {8: 1000.0, 16: 4000.0}  # MaskAAE's weight, by the level of the error


def results(data_dir):
    """One row for each manifold, model and size of the code."""
    return [run(name, n, m) for n, own in SIZES.items() for name in own for m in own[name]]


def run(name, n, m):
    """What one model trained on one manifold finds; kept."""
    found = kept(f"E1/{name}-{n}-{m}", lambda: one(name, n, m))
    return {"model": name, "n": n, "m": m, **found}


def one(name, n, m):
    """Trains and measures."""
    from zoo.metrics.precision_recall import manifolds
    from zoo.training.data.planted import manifold

    x, _ = manifold(n, count=TRAIN + TEST)
    train, test = x[:TRAIN], x[TRAIN:]
    model = MODELS[name](n, m)
    fit(model, train, 128, STEPS[name])
    sides = sides_of(model, train, test)
    near = manifolds(sides["generated"][:2000], test[:2000])
    found = distances(sides, test) | {name: near[name] for name in ("density", "coverage")}
    found["squared_error"] = float(((sides["reconstructed"] - test) ** 2).mean())
    return found | codes(model, test)


def wae_gan(n, m):
    """WAE-GAN with its own rates."""
    from zoo.matching.wae_gan import WAEGAN

    model = WAEGAN(**matched(64, m, HIDDEN[n]))
    model.compile(steps_per_execution=52)
    return model


def mask_aae(n, m):
    """MaskAAE at higher rates, in another balance: see docs/experiments.md."""
    from zoo.matching.mask_aae import MaskAAE

    networks = matched(64, m, HIDDEN[n], final="linear")
    settings = {"polarization_weight": decided(m), "reconstruction_weight": RECONSTRUCTION[n]}
    model = MaskAAE(**networks, **settings)
    model.compile(rates(STEPS["mask_aae"]), steps_per_execution=19)
    return model


def decided(m, first=2.0, period=600):
    """MaskAAE's schedule for few steps: c is first / m and doubles every `period` steps."""
    from zoo.losses.schedules import Doubling

    return Doubling(first / m, period, cap=2048.0)


def rates(steps, **others):
    """MaskAAE's optimizers for so many steps; rates fall to a fifth after two thirds of them."""
    from keras.optimizers.schedules import PiecewiseConstantDecay

    from zoo.optimizers.rmsprop_tf1 import RMSpropTF1

    found = {}
    for player, rate in {**RATES, **others}.items():
        moves = 5 if player == "critic" else 1
        falls = PiecewiseConstantDecay([moves * steps * 2 // 3], [rate, rate / 5])
        found[player] = RMSpropTF1(falls)
    return found


RATES = {"autoencoder": 5e-4, "critic": 1e-3, "encoder": 5e-4, "mask": 1.5e-3}
MODELS = {"wae_gan": wae_gan, "mask_aae": mask_aae}
NAMES = {"wae_gan": "WAE-GAN", "mask_aae": "MaskAAE"}


def draw(rows, path):
    """A panel for each manifold: distances of generated and of reconstructed data."""
    from zoo.training.reporting import pictures

    panels = {}
    for n in SIZES:
        panel = panels[f"manifold of dimension {n}"] = {}
        for name in SIZES[n]:
            own = [row for row in rows if (row["n"], row["model"]) == (n, name)]
            sizes = [row["m"] for row in own]
            panel[NAMES[name]] = sizes, [row["generated"] for row in own]
            again = sizes, [row["reconstructed"] for row in own]
            panel[f"({NAMES[name]}, reconstructed)"] = again
        sizes = SIZES[n]["wae_gan"]
        panel["(training data)"] = sizes, [own[0]["floor"]] * len(sizes)
    marks = dict(zip(panels, SIZES, strict=True))
    pictures.lines(panels, path, "m, size of the code", "Frechet distance", marks, log=True)


def table(rows):
    """One line for each run."""
    head = "n | model | m | active | gen. FD | rec. FD | training data | density | coverage | NAC"
    keys = "n model m active_dims generated reconstructed floor density coverage nac".split()
    return markdown(head.split(" | "), [[row.get(key) for key in keys] for row in rows])
