"""E4: active dimensions and the dependence of codes, MaskAAE beside models without a mask."""

from benchmarks.experiments import masks, sizes
from benchmarks.experiments.runs import codec, codes, fit, kept, markdown, matched, mnist

LATENT, STEPS = 64, 2000  # of the models on MNIST
PLANTED = ((8, 16), (16, 32))  # manifold and size of the code, as published
NAMES = ("autoencoder", "rae", "vae", "wae_mmd", "wae_gan", "flex_ae")


def results(data_dir):
    """One row for each model: on the manifolds from E1, MaskAAE on MNIST from E2."""
    rows = []
    for n, m in PLANTED:
        found = [sizes.run(name, n, m) for name in ("wae_gan", "mask_aae")]
        rows += [{**row, "data": f"manifold, n = {n}"} for row in found]
    found = [run(name, data_dir) for name in NAMES]
    found.append({"model": "mask_aae", **masks.run(LATENT, data_dir)})
    return rows + [{**row, "data": "MNIST"} for row in found]


def run(name, data_dir):
    """What one model finds on MNIST; kept."""
    return {"model": name, "m": LATENT, **kept(f"E4/{name}", lambda: one(name, mnist(data_dir)))}


def one(name, data):
    """Trains a model with its own settings, and measures its codes."""
    import zoo

    cls = zoo.model_class(name)
    if name == "vae":
        parts = codec(data.data_shape, LATENT, codes=2, final="linear")
    else:
        parts = matched(data.data_shape, LATENT)
    if name in ("autoencoder", "rae", "wae_mmd"):
        del parts["critic"]
    model = cls(**parts)
    model.compile(steps_per_execution=20)
    fit(model, data.train, 100, STEPS)
    return codes(model, data.test)


def draw(rows, path):
    """The dependence of each model on MNIST, and its floor."""
    from zoo.training.reporting import pictures

    own = [row for row in rows if row["data"] == "MNIST"]
    names = [f"{row['model']}, {row['active_dims']}" for row in own]
    sides = {"codes": "nac", "(independent)": "nac_floor"}
    panel = {label: (names, [row[key] for row in own]) for label, key in sides.items()}
    title = f"MNIST: active dimensions of {LATENT}, and their NAC"
    pictures.lines({title: panel}, path, "", "NAC")


def table(rows):
    """One line for each model."""
    keys = ("data", "model", "m", "active_dims", "nac", "nac_floor")
    head = ("data", "model", "m", "active", "NAC", "its floor")
    return markdown(head, [[row[key] for key in keys] for row in rows])
