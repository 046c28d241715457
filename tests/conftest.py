"""Quiet logs, quick XLA, two CPU devices, and the one strategy that all tests share."""

import os
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as `import zoo` does
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # compiles faster

import keras
import pytest
import tensorflow as tf
from xdist.scheduler import LoadScopeScheduling

from zoo.catalogue import ENTRIES

devices = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], devices)
tf.config.threading.set_intra_op_parallelism_threads(1)  # what is computed here is tiny
CACHE = tempfile.TemporaryDirectory()  # goes with the process
os.environ["ZOO_CACHE"] = CACHE.name
MODELS = {entry.name for entry in ENTRIES}
FIRST = ("training", "export", "behaviour")  # the longest, so that none is left for the end


@pytest.fixture(scope="session")
def two():
    """Two replicas on the CPU; a second strategy of its kind would stall collectives."""
    together = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=together)


@pytest.fixture(scope="session")
def trainer():
    """The process whose trainings are killed."""
    from trainer import Trainer

    process = Trainer()
    yield process
    process.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Weights that no seed of a test decides are the same alone, in any order and process."""
    keras.utils.set_random_seed(0)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """All that is asked of one model comes together, in one process: it is trained there once."""
    first = {}
    for number, item in enumerate(items):
        late = item.path.parent.name not in FIRST
        first.setdefault(group(item.nodeid), (late, number))
    items.sort(key=lambda item: first[group(item.nodeid)])


class Groups(LoadScopeScheduling):
    """Gives a process whole groups of tests: marks of pytest-xdist are lost in pytest 9.2."""

    def _split_scope(self, nodeid):
        return group(nodeid)


def pytest_xdist_make_scheduler(config, log):
    """How `-n 2` shares the tests out."""
    return Groups(config, log)


def group(nodeid):
    """The model that a test of conformance is about; the file of any other test."""
    path, _, test = nodeid.partition("::")
    models = MODELS.intersection(test.partition("[")[2].rstrip("]").split("-"))
    return models.pop() if models and "/conformance/" in path else path
