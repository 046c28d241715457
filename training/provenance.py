"""What a run was made of and where: kept with it, so that nothing of it is needed later.

Imports no TensorFlow before a model is described.
"""

import json
import platform
from typing import Any

import numpy as np

from zoo.saving.stored import read_json
from zoo.training.fault_tolerance.changes import digest_of
from zoo.training.files import write_text

FILE, FORMAT = "provenance.json", 1
SIDES = ("train", "test", "train_labels", "test_labels", "train_targets", "test_targets")


def of(model, data):
    """What is to be known of the data and the machine of a training.

    Args:
        model: that is about to be trained.
        data: `zoo.training.data.Data`.
    """
    names = getattr(data, "class_names", None) or ()
    return {
        "format": FORMAT,
        "data": {
            **shapes_of(model),
            "source": data.source or data.name,
            "range": range_of(model, data.train),
            "examples": [len(data.train), len(data.test)],
            "class_names": [str(name) for name in names],
            "digest": digest_of(*(getattr(data, side, None) for side in SIDES)),
        },
        "device": device(model),
    }


def shapes_of(model):
    """What a model is made for; `zoo.training.build.created` takes it."""
    shapes: dict[str, Any] = {"shape": list(model.data_shape)}
    if "labels" in model.targets:
        shapes["num_classes"] = int(model.num_classes)
    if model.targets in ("pair", "domain"):
        shapes["target_shape"] = list(model.target_shape)
    return shapes


def range_of(model, rows):
    """The lowest and the highest value that the data have, or may have where a model says so."""
    if model.data_range is not None:
        return [float(bound) for bound in model.data_range]
    if not isinstance(rows, np.ndarray):
        return None
    return [float(rows.min()), float(rows.max())]


def device(model):
    """The devices that a model is trained on, in words."""
    import tensorflow as tf

    replicas = model.distribute_strategy.num_replicas_in_sync
    gpus = tf.config.list_physical_devices("GPU")
    if tf.config.list_logical_devices("TPU"):
        kind = "TPU"
    elif gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        kind = f"GPU ({details.get('device_name', 'of unknown name')})"
    else:
        kind = f"CPU ({platform.machine()})"
    return f"{replicas} replicas, {kind}" if replicas > 1 else kind


def joined(before, device):
    """The devices on which a run was trained, one after another."""
    return device if before in (None, device) else f"{before.removesuffix(f', {device}')}, {device}"


def write(folder, content):
    """Writes it into the folder of a run."""
    write_text(folder / FILE, json.dumps(content, indent=2) + "\n")


def read(folder):
    """That of a run; empty where it has none, as runs of 0.1.0."""
    path = folder / FILE
    content = read_json(path) if path.is_file() else {}
    if not isinstance(content.get("data", {}), dict):
        raise ValueError(f"{path} must hold names and values of `data`. Received: another thing.")
    return content
