"""E14: DenoisingGAN on slices of magnetic resonance images, against filters and L1 alone."""

import functools

import numpy as np

from benchmarks.experiments.runs import fit, kept, markdown

KINDS = {"gaussian": "Gaussian", "rician": "Rician"}
STEPS, BATCH, TUNED, SEED = 900, 8, 100, 0  # TUNED: slices on which filters are tuned
NLM = [(h, patch, far) for h in (0.03, 0.05, 0.07, 0.1) for patch in (3, 5) for far in (4, 8)]


def results(data_dir):
    """One row for each noise and method."""
    rows = []
    for kind in KINDS:
        for method, find in {"filters": filtered, "networks": learned}.items():
            make = functools.partial(find, kind, data_dir)
            for name, found in kept(f"E14/{kind} {method}", make).items():
                rows.append({"noise": KINDS[kind], "method": name, **found})
    return rows


@functools.cache
def slices(kind, data_dir):
    """Noisy and clean slices, of training and of test."""
    from zoo.training import data

    return data.load(f"{kind}:brain_t1_gm", data_dir=data_dir)


def psnr(images, clean):
    """10 log10 1 / mean squared error, in dB."""
    return float(-10.0 * np.log10(np.mean((images - clean) ** 2)))


def measured(images, clean):
    """What the table says of denoised images, and the first of them."""
    from zoo.layers.sharpness_map import SharpnessMap

    of = SharpnessMap()
    error = np.mean((of(images).numpy() - of(clean).numpy()) ** 2)
    shown = np.asarray(images[:6, ..., 0], np.float64).round(3).tolist()
    return {"psnr": psnr(images, clean), "sharpness": float(error), "shown": shown}


def filtered(kind, data_dir):
    """The best of each filter on training slices, on test slices."""
    data = slices(kind, data_dir)
    noisy, clean = data.train[::8][:TUNED], data.train_targets[::8][:TUNED]
    found = {"none": measured(data.test, data.test_targets)}
    for name, candidates in filters().items():
        best = max(candidates, key=lambda one: psnr(one(noisy), clean))
        found[name] = measured(best(data.test).astype(np.float32), data.test_targets)
    found["clean"] = measured(data.test_targets, data.test_targets + 0.0)
    found["clean"]["psnr"] = None
    return found


def filters():
    """Name -> functions of images, one for each setting."""
    from scipy import ndimage
    from skimage.restoration import denoise_nl_means

    def non_local(images, h, size, distance):
        options = {"h": h, "sigma": 0.1, "patch_size": size, "patch_distance": distance}
        return np.stack([denoise_nl_means(i[..., 0], **options)[..., None] for i in images])

    widths, sides = (0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2), (2, 3, 4, 5)
    smooth = [lambda x, s=s: ndimage.gaussian_filter(x, (0, s, s, 0)) for s in widths]
    median = [lambda x, s=s: ndimage.median_filter(x, (1, s, s, 1)) for s in sides]
    means = [lambda x, setting=setting: non_local(x, *setting) for setting in NLM]
    return {"Gaussian filter": smooth, "median": median, "non-local means": means}


def learned(kind, data_dir):
    """The same network by L1 alone and in the game, for as many steps."""
    import keras

    from zoo.translation.denoising_gan import DenoisingGAN

    data, found = slices(kind, data_dir), {}
    for name in ("L1 alone", "DenoisingGAN"):
        keras.utils.set_random_seed(SEED)
        model = DenoisingGAN.for_data(data.data_shape, seed=SEED)
        made = keras.optimizers.Adam(1e-3, beta_1=0.5)
        if name == "DenoisingGAN":
            model.compile(made, jit_compile=True, steps_per_execution=50)
            fit(model, data.train, BATCH, STEPS, y=data.train_targets)
        else:
            model.generator.compile(made, "mae", jit_compile=True, steps_per_execution=50)
            epochs = -(-STEPS // (len(data.train) // BATCH))
            options = {"batch_size": BATCH, "epochs": epochs, "verbose": 0}
            model.generator.fit(data.train, data.train_targets, **options)
        found[name] = measured(model.translate(data.test, seed=0).numpy(), data.test_targets)
    return found


def draw(rows, path):
    """Slices as they are and denoised, one row for each method."""
    from zoo.training.reporting import pictures

    order = ("none", "non-local means", "L1 alone", "DenoisingGAN", "clean")
    chosen = [r for kind in KINDS.values() for r in rows if r["noise"] == kind]
    chosen = sorted(
        (r for r in chosen if r["method"] in order),
        key=lambda r: (r["noise"], order.index(r["method"])),
    )
    images = np.array([row["shown"] for row in chosen])[..., None]
    pictures.rows(images, path, columns=6, scale=2)


def table(rows):
    """One line for each noise and method."""
    head = ("noise", "method", "PSNR, dB", "error of sharpness")
    keys = ("noise", "method", "psnr", "sharpness")
    return markdown(head, [[row[k] for k in keys] for row in rows if row["method"] != "clean"])
