"""Data sets by name, as float32 arrays that every model takes.

    >>> digits = load("digits")  # real, 8 x 8, part of scikit-learn
    >>> digits.train.shape, digits.num_classes
    ((1437, 8, 8, 1), 10)

Images are (N, height, width, channels) in [0, 1]; labels are int32. Nothing here imports
TensorFlow before a TFDS name is loaded.
"""

import dataclasses
import os
import pathlib
import socket
import warnings
from typing import Any

import numpy as np

from zoo.training.checks import nearest
from zoo.training.data import corrupted, planted
from zoo.training.data.arrays import Data, DataError, from_arrays, some_labels, split, with_targets

PLANTED = {
    "manifold8": lambda count, seed: planted.manifold(8, count=count, seed=seed),
    "manifold16": lambda count, seed: planted.manifold(16, count=count, seed=seed),
    "manifold8_modes": lambda count, seed: planted.manifold(8, modes=True, count=count, seed=seed),
    **{name: getattr(planted, name) for name in ("ring", "grid", "moons", "blobs", "sprites")},
    "linear_gaussian": lambda count, seed: planted.linear_gaussian(count=count, seed=seed),
    "rotation": lambda count, seed: planted.rotation(count // 5, seed),
    "shapes": lambda count, seed: planted.shapes(count // 5, seed),
}
TFDS = ("mnist", "fashion_mnist", "cifar10", "olivetti_faces", "olivetti_edges2faces")
PAIRED = "shapes, olivetti_edges2faces, or an .npz with `x` and `target`"  # what gives targets
MIRROR = ("storage.googleapis.com", 443)
MOST_PIXELS = 50_000_000  # of one image of a folder
MOST_PLACES = 500_000_000  # pixels of all images of a folder
COUNT = 25_000  # rows of a planted set, a fifth held out


def names() -> list[str]:
    """Names that `load` knows; any other TFDS name is tried as well."""
    return [*EMBEDDED, *PLANTED, *TFDS]


def load(
    name: str,
    *,
    data_dir: str | pathlib.Path | None = None,
    size: int | tuple[int, int] | None = None,
    limit: int | None = None,
    labels_per_class: int | None = None,
    seed: int = 0,
    download: bool = False,
) -> Data:
    """A data set by name.

    Args:
        name: one of `names()`, another image set of TFDS, "folder:PATH" (PNG and JPEG,
            class folders optional), "npz:PATH" (arrays `x` and optional `y` of labels or
            `target` of images) or "npy:PATH".
        data_dir: where TFDS data lie; TFDS_DATA_DIR or its own default where None.
        size: (height, width), or one number, that images of TFDS or a folder are brought to.
        limit: keep at most so many training examples.
        labels_per_class: of the training labels, how many of each class are kept; the
            others become -1, unknown. All are kept where None.
        seed: of planted draws, of splits and of the labels that are kept.
        download: let TFDS download what is not prepared.

    Raises:
        DataError: with what to do, before anything is waited for.
    """
    kind, _, path = name.partition(":")
    if path and kind in corrupted.CORRUPTIONS:
        clean = load(path, data_dir=data_dir, size=size, limit=limit, seed=seed, download=download)
        return corrupted.corrupted(clean, kind, seed)
    if name in EMBEDDED:
        data = EMBEDDED[name](seed)
    elif name in PLANTED:
        data = planted_set(name, seed)
    elif path and kind == "folder":
        data = folder(path, size, seed)
    elif path and kind in ("npz", "npy"):
        data = file(path, seed)
    else:
        data = tfds(name, data_dir, download, size)
    kept = {
        name: None if getattr(data, name) is None else getattr(data, name)[:limit]
        for name in ("train", "train_labels", "train_targets")
    }
    if labels_per_class is not None:
        kept["train_labels"] = some_labels(kept["train_labels"], labels_per_class, seed)
    return dataclasses.replace(data, **kept)


def digits():
    """The 1,797 real handwritten digits that scikit-learn embeds, 8 x 8, a fifth held out."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    found = load_digits()
    x = (found.images / 16.0).astype(np.float32)[..., None]
    parts = train_test_split(
        x, found.target.astype(np.int32), test_size=0.2, random_state=0, stratify=found.target
    )
    source = "1,797 digits of the UCI set of optical digits (CC BY 4.0), by scikit-learn"
    return Data("digits", *parts, num_classes=10, source=source)


def digits_inverted():
    """Two domains: half of the digits, and the negatives of the other half; test data in pairs."""
    data = digits()
    sides = {"train_targets": 1.0 - data.train[1::2], "test_targets": 1.0 - data.test}
    own = {"train": data.train[::2], "train_labels": np.asarray(data.train_labels)[::2], **sides}
    return dataclasses.replace(data, name="digits_inverted", paired=("test",), **own)


def digits_moving(seed, steps=16, times=4):
    """Sequences in which a digit moves a pixel a step to the left or the right, leaves the image
    and comes back on the other side: after 8 steps. Each training digit `times` times."""
    data, rng = digits(), np.random.default_rng(seed)
    found = {"train": data.train.repeat(times, axis=0), "test": data.test}
    for side, x in found.items():
        way, first = rng.choice([-1, 1], size=len(x)), rng.integers(x.shape[2], size=len(x))
        moved = first[:, None] + way[:, None] * np.arange(steps)
        columns = (np.arange(x.shape[2]) - moved[..., None]) % x.shape[2]
        rows = np.arange(len(x))[:, None, None]
        found[side] = x.swapaxes(1, 2)[rows, columns].swapaxes(2, 3)  # a column where it was
    found["train_labels"] = np.asarray(data.train_labels).repeat(times)
    return dataclasses.replace(data, name="digits_moving", **found)


EMBEDDED = {  # of no file and no network; by seed
    "digits": lambda seed: digits(),
    "digits_inverted": lambda seed: digits_inverted(),
    "digits_moving": digits_moving,
}


def planted_set(name, seed):
    """A planted set of `PLANTED`, a fifth held out."""
    x, info = PLANTED[name](COUNT, seed)
    kept = len(x) * 4 // 5
    data = Data(name, x[:kept], x[kept:], source=f"planted, seed {seed}", info=info)
    if "target" in info:
        y = info["target"]
        return with_targets(data, y[:kept], y[kept:])
    if "mode" not in info:
        return data
    mode = info["mode"].astype(np.int32)
    labels = {"train_labels": mode[:kept], "test_labels": mode[kept:]}
    return dataclasses.replace(data, num_classes=int(mode.max()) + 1, **labels)


def tfds(name, data_dir=None, download=False, size=None):
    """An image set of TFDS; without `download`, and offline, it fails at once."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow_datasets

    listed = tensorflow_datasets.list_builders(with_community_datasets=False)
    folder_ = pathlib.Path(data_dir or os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets"))
    place = folder_.expanduser() / name.split("/")[0].split(":")[0]
    prepared = ".." not in name and place.is_dir()
    if not prepared and name not in (*listed, *TFDS):
        raise DataError(
            f"`data` must be one of {', '.join(names())}, another TFDS name, or folder:, npz: or "
            f"npy: and a path. Received: {name!r}.{nearest(name, [*names(), *listed], cutoff=0.5)}"
        )
    if not prepared and not download:
        raise DataError(
            f"TFDS data {name!r} are not prepared in {str(folder_)!r}: give the folder that holds "
            f"them (data_dir, --data-dir), prepare them with `tfds build {name}`, or use "
            "--data digits, which needs nothing."
        )
    if not prepared:
        require_network(name)
    try:
        splits, info = tensorflow_datasets.load(
            name, data_dir=data_dir, download=download, batch_size=-1, with_info=True
        )
        parts = [splits[key] for key in ("train", "test")]
        pair = "image" not in parts[0] and len(info.supervised_keys or ()) == 2
        key, target = info.supervised_keys if pair else ("image", None)
        images = [resized(tensorflow_datasets.as_numpy(part[key]), size) for part in parts]
    except (KeyError, AssertionError, tensorflow_datasets.core.DatasetNotFoundError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DataError(
            f"TFDS data {name!r} must have splits train and test with the feature `image`, or "
            f"two images as supervised keys. Received: {reason}"
        ) from error
    labels = [tensorflow_datasets.as_numpy(p["label"]) if "label" in p else None for p in parts]
    data = from_arrays(*images, *labels, name=name.replace("/", "_").replace(":", "_"))
    if pair:
        targets = [tensorflow_datasets.as_numpy(part[target]) for part in parts]
        train, test = (resized(images, size) for images in targets)
        data = with_targets(data, train, test)
    licence = info.redistribution_info.license or "see its page"
    return dataclasses.replace(data, source=f"TFDS {info.full_name}; licence: {licence}")


def resized(images, size):
    """uint8 images `(N, height, width, channels)` of another size; as they are where None."""
    if size is None:
        return images
    from PIL import Image

    height, width = (size, size) if np.ndim(size) == 0 else size
    squeezed = images[..., 0] if images.shape[-1] == 1 else images
    made = [
        Image.fromarray(image).resize((width, height), Image.Resampling.BOX) for image in squeezed
    ]
    return np.stack([np.asarray(image) for image in made]).reshape(len(images), height, width, -1)


def require_network(name):
    """Fails within seconds, with one line, where TFDS would retry for minutes."""
    try:
        socket.create_connection(MIRROR, timeout=5).close()
    except OSError as error:
        raise DataError(
            f"TFDS data {name!r} cannot be downloaded: no network. Give a folder that holds them "
            "(data_dir, --data-dir), or use --data digits, which needs nothing."
        ) from error


def folder(path, size: Any = None, seed=0):
    """The PNG and JPEG images of a folder; folders inside it are classes. A tenth held out."""
    root = pathlib.Path(path)
    if not root.is_dir():
        raise DataError(f"`data` folder:PATH must name a folder. Received: {str(root)!r}.")
    files = sorted(f for f in root.rglob("*") if f.suffix.lower() in (".png", ".jpg", ".jpeg"))
    images, kept = [], []
    for one in files:
        image = read_image(one)
        if image is None:
            continue
        size = image.size[::-1] if size is None else (size, size) if np.ndim(size) == 0 else size
        require_room(len(files), size)
        images.append(image.resize((size[1], size[0])) if image.size[::-1] != size else image)
        kept.append(one)
    if len(images) < 2:
        raise DataError(
            f"`data` folder:PATH must hold at least two readable PNG or JPEG images. Received: "
            f"{len(images)} of {len(files)} files in {str(root)!r}."
        )
    if len(files) > len(images):
        count = len(files) - len(images)
        warnings.warn(f"{count} of {len(files)} images could not be read: skipped.", stacklevel=2)
    mode = "L" if all(image.mode in ("L", "1") for image in images) else "RGB"
    x = np.stack([np.asarray(image.convert(mode), np.uint8) for image in images])
    x = x[..., None] if x.ndim == 3 else x
    classes = sorted({one.parent for one in kept})
    labels = np.array([classes.index(one.parent) for one in kept]) if len(classes) > 1 else None
    return split(x, labels, root.name, seed, f"{len(x)} images of a folder")


def require_room(count, size):
    """Refuses images of a size at which so many would fill the memory."""
    if count * size[0] * size[1] > MOST_PLACES:
        raise DataError(
            f"`size` must be one at which {count} images have at most {MOST_PLACES:,} pixels "
            f"together. Received: {size[0]} x {size[1]}."
        )


def read_image(path):
    """A PIL image, or None where the file is broken or would be too large in memory."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(path)
        with opened as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            image.load()
            return image.copy()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def file(path, seed=0):
    """The arrays `x` and optional `y` or `target` of an .npz, or the one of an .npy. A tenth of
    each is held out; targets as many as examples are pairs."""
    try:
        found = np.load(path, allow_pickle=False)
        found = found if hasattr(found, "files") else {"x": found}
        x, y, target = found["x"], found.get("y"), found.get("target")
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"`data` must name an .npy array or an .npz with `x` and optional `y` or `target`. "
            f"Received: {str(path)!r}: {' '.join(str(error).split())}"
        ) from error
    name = pathlib.Path(path).stem
    data = split(x, y, name, seed, "arrays of a file")
    if target is None:
        return data
    other = split(target, None, name, seed, "")  # rows as many are split alike
    return with_targets(data, other.train, other.test, paired=len(x) == len(target))
