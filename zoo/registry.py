"""Registration of the zoo's classes, so that `.keras` files find them."""

import importlib
import pathlib

import keras

from zoo import catalogue

PARTS = ("layers", "likelihoods", "metrics", "networks", "optimizers", "posteriors", "priors")


def register(cls):
    """Makes a class loadable from `.keras` files under the package name `zoo`."""
    return keras.saving.register_keras_serializable("zoo")(cls)


def register_former_name(cls, name):
    """Makes files loadable that know a class by the name it had when they were written.

    Keras also finds weights by the name of a class, so what is loaded is of a class of that name.
    """
    former = type(name, (cls,), {"__doc__": cls.__doc__, "__module__": cls.__module__})
    keras.saving.register_keras_serializable("zoo", name)(former)


def model_class(name):
    """The class of a model of the catalogue."""
    module, _, cls = catalogue.find(name).path.rpartition(".")
    return getattr(importlib.import_module(module), cls)


def import_all():
    """Imports every module that registers a class."""
    for entry in catalogue.ENTRIES:
        importlib.import_module(entry.path.rpartition(".")[0])
    for part in PARTS:
        for path in sorted(pathlib.Path(__file__).with_name(part).glob("*.py")):
            importlib.import_module(f"zoo.{part}.{path.stem}".removesuffix(".__init__"))
