"""Registration of the zoo's classes, so that `.keras` files find them."""

import keras


def register(cls):
    """Makes a class loadable from `.keras` files under the package name `zoo`."""
    return keras.saving.register_keras_serializable("zoo")(cls)
