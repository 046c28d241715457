"""Quiet logs, quick XLA, two CPU devices, and the one strategy that all tests share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # compiles faster

import keras
import pytest
import tensorflow as tf

devices = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], devices)
tf.config.threading.set_intra_op_parallelism_threads(1)  # what is computed here is tiny
FIRST = ("training", "export", "behaviour")  # the longest, so that none is left for the end


@pytest.fixture(scope="session")
def two():
    """Two replicas on the CPU; a second strategy of its kind would stall collectives."""
    together = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=together)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Weights that no seed of a test decides are the same alone, in any order and process."""
    keras.utils.set_random_seed(0)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """All that is asked of one model comes together, in one process: it is trained there once."""
    first = {}
    for number, item in enumerate(items):
        group = _group(item)
        first.setdefault(group, (item.path.parent.name not in FIRST, number))
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: first[_group(item)])


def _group(item):
    """The model that a test of conformance is about; the file of any other test."""
    name = item.callspec.params.get("name") if hasattr(item, "callspec") else None
    return name if name and item.path.parent.name == "conformance" else str(item.path)
