"""Image sets of TensorFlow Datasets that are prepared on disk."""

import contextlib
import os
import pathlib
import socket
import threading
from typing import Any

import numpy as np

from zoo.training.checks import nearest
from zoo.training.data.arrays import Part, data_of
from zoo.training.data.dataset import VERSION, DataError
from zoo.training.data.decoding import Pictures, Report, decoded
from zoo.training.data.images import Picture, Unreadable, resized
from zoo.training.data.labels import described
from zoo.training.data.records import Records, parsed

NAMES = (
    "mnist",
    "fashion_mnist",
    "cifar10",
    "olivetti_faces",
    "olivetti_edges2faces",
    "brain_t1_gm",
)
MIRROR = ("storage.googleapis.com", 443)
DESCRIPTION = "dataset_info.json"  # of a prepared set, in its folder
HELD_OUT = ("test", "validation", "valid", "val")  # the first of a set that is there
MOST = 1 << 20  # bytes of a description


class Features(Pictures):
    """Images of one feature of records.

    Args:
        records: `Records`.
        name: of the feature.
        feature: what TFDS says of it.
        size: (height, width), or None.
    """

    def __init__(self, records, name, feature, size):
        import tensorflow as tf

        self.records, self.feature, self.size = records, name, size
        self.channels, self.dtype = feature.shape[-1] or 0, tf.as_dtype(feature.dtype)
        self.functions, self.lock = {}, threading.Lock()
        if self.dtype not in (tf.uint8, tf.uint16):
            raise DataError(f"its feature {name!r} must be of uint8. Received: {feature.dtype}")

    @property
    def identity(self):
        return f"TFDS {self.records.identity} {self.feature} {self.size}"

    def __len__(self):
        return len(self.records)

    def read(self, index):
        import tensorflow as tf

        content = parsed(self.records.content(index))[self.feature].bytes_list.value
        try:
            image = self.decoded(content[0]).numpy()
        except (tf.errors.OpError, IndexError) as error:
            raise Unreadable(" ".join(str(error).split())[:80]) from error
        return Picture(image if self.size is None else at_size(image, self.size))

    def block(self, start, stop, shape):
        import tensorflow as tf

        if self.size is None:  # all of one size: in one call
            contents = [self.records.content(index) for index in range(start, stop)]
            with contextlib.suppress(tf.errors.OpError):
                return self.together(shape)(contents).numpy(), Report()
        return super().block(start, stop, shape)

    def decoded(self, content):
        """The image of the bytes of a file, as TFDS decodes it, in 8 bits."""
        import tensorflow as tf

        options = {"channels": self.channels, "expand_animations": False}
        image = tf.io.decode_image(content, dtype=self.dtype, **options)
        if self.dtype == tf.uint8:
            return image
        return tf.cast((tf.cast(image, tf.int32) * 255 + 32767) // 65535, tf.uint8)

    def together(self, shape):
        """A function of serialized examples that gives their images of a shape."""
        import tensorflow as tf

        with self.lock:
            if shape not in self.functions:
                spec: Any = {self.feature: tf.io.FixedLenFeature((), tf.string)}
                rows = tf.TensorSpec(shape, tf.uint8)

                def images(contents):
                    contents = tf.io.parse_example(contents, spec)[self.feature]
                    return tf.map_fn(self.decoded, contents, fn_output_signature=rows)

                signature = [tf.TensorSpec((None,), tf.string)]
                self.functions[shape] = tf.function(images, signature, autograph=False)
            return self.functions[shape]


def at_size(image, size):
    """A uint8 image `(height, width, channels)` of another size, by the means of boxes."""
    from PIL import Image

    whole = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    return np.asarray(resized(whole, size, "stretch", Image.Resampling.BOX)).reshape(*size, -1)


def load(name, data_dir=None, download=False, size=None, seed=0, version=VERSION):
    """An image set of TFDS; without `download`, and offline, it fails at once.

    Args:
        name: of TFDS, or the path of a folder that holds a prepared set.
        data_dir: where prepared sets lie; TFDS_DATA_DIR or TFDS's own default where None.
        download: let TFDS download what is not prepared.
        size: (height, width) that images are brought to, or None.
        seed: of what is held out, where the set has one split.
        version: of `zoo.training.data.dataset`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not is_prepared(name):
        require_named(name, data_dir, download)
    try:
        return of_builder(builder_of(name, data_dir, download), name, size, seed, version)
    except Exception as error:  # what a hostile description or file raises is anything
        if isinstance(error, DataError) and str(error).startswith("`"):
            raise
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise DataError(
            f"TFDS data {name!r} must be prepared and have a split train with the feature `image`, "
            f"or two images as supervised keys. Received: {reason}"
        ) from error


def is_prepared(path):
    """Whether a path is that of a folder which holds a prepared set."""
    return (pathlib.Path(path).expanduser() / DESCRIPTION).is_file()


def require_named(name, data_dir, download):
    """Refuses a name that TFDS has not, and data that are not there, before anything is asked."""
    import tensorflow_datasets

    listed = tensorflow_datasets.list_builders(with_community_datasets=False)
    folder = pathlib.Path(data_dir or os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets"))
    place = folder.expanduser() / name.split("/")[0].split(":")[0]
    prepared = ".." not in name and place.is_dir()
    if not prepared and name not in (*listed, *NAMES):
        from zoo.training.data.named import KINDS, names

        raise DataError(
            f"`data` must be one of {', '.join(names())}, another TFDS name, a path, or "
            f"{', '.join(f'{kind}:PATH' for kind in KINDS)}. Received: {name!r}."
            f"{nearest(name, [*names(), *listed], cutoff=0.5)}"
        )
    if not prepared and not download:
        raise DataError(
            f"TFDS data {name!r} are not prepared in {str(folder)!r}: give the folder that holds "
            f"them (data_dir, --data-dir), prepare them with `tfds build {name}`, or use "
            "--data digits, which needs nothing."
        )
    if not prepared:
        require_network(name)


def require_network(name):
    """Fails within seconds, with one line, where TFDS would retry for minutes."""
    try:
        socket.create_connection(MIRROR, timeout=5).close()
    except OSError as error:
        raise DataError(
            f"`data` {name!r} cannot be downloaded: no network. Give a folder that holds them "
            "(data_dir, --data-dir), or use --data digits, which needs nothing."
        ) from error


def builder_of(name, data_dir, download):
    """The builder of a prepared set."""
    import tensorflow_datasets as tfds

    if is_prepared(name):
        folder = pathlib.Path(name).expanduser()
        if (folder / DESCRIPTION).stat().st_size > MOST:
            raise DataError(f"its {DESCRIPTION} has more than {MOST:,} bytes")
        return tfds.builder_from_directory(folder)
    builder = tfds.builder(name, data_dir=data_dir)
    if download and not builder.is_prepared():
        builder.download_and_prepare()
    return builder


def of_builder(builder, name, size, seed, version):
    """The `Data` of a prepared set."""
    import tensorflow_datasets as tfds

    info = builder.info
    known, keys = dict(info.features), info.supervised_keys or ()
    pair = "image" not in known and len(keys) == 2
    inputs = list(keys) if pair else ["image"]
    for key in inputs:
        if not isinstance(known.get(key), tfds.features.Image):
            raise DataError(f"its features are {', '.join(known)}")
    label = "label" if is_label(known.get("label")) else None
    splits = ["train", *[split for split in HELD_OUT if split in info.splits][:1]]
    parts = []
    for split in splits:
        records = Records(builder, split, label)
        sides = [rows_of(Features(records, key, known[key], size), split) for key in inputs]
        parts.append(Part(sides[0], records.labels, sides[1] if pair else None))
    names = getattr(known.get("label"), "names", None) if label else None
    licence = info.redistribution_info.license or "see its page"
    source = f"TFDS {info.full_name}; licence: {licence}{described(names or ())}"
    plain = (info.name if is_prepared(name) else name).replace("/", "_").replace(":", "_")
    own = {"name": plain, "source": source, "seed": seed, "version": version}
    return data_of(*parts, class_names=names, **own)


def is_label(feature):
    """Whether a feature is one integer an example."""
    whole = feature is not None and np.issubdtype(feature.np_dtype, np.integer)
    return whole and tuple(getattr(feature, "shape", (None,))) == ()


def rows_of(pictures, split):
    """uint8 rows of all pictures; none may be missing."""
    rows, report = decoded(pictures, pictures.channels or None)
    if report.failures:
        index, why = min(report.failures.items())
        raise DataError(f"record {index} of {split} cannot be read: {why}")
    return rows
