"""Deep generative models as `keras.Model`s.

>>> import numpy as np
>>> import zoo
>>> images = np.zeros((64, 8, 8, 1), np.float32)
>>> model = zoo.create("vae", data_shape=(8, 8, 1), latent_dim=4, seed=0)
>>> model.compile()
>>> history = model.fit(images, epochs=1, batch_size=32, verbose=0)
>>> model.sample(16, seed=0).shape
TensorShape([16, 8, 8, 1])

Names are imported when they are used, so that the `zoo` command and a server that only loads
an exported model start without Keras. `zoo/__init__.pyi` lists them.
"""

import importlib
import importlib.metadata
import os
import sys

import lazy_loader
import wrapt

if "tensorflow" not in sys.modules:  # it asks when it is imported, and by itself on some processors
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = importlib.metadata.version("keras-generative-zoo")


@wrapt.when_imported("keras")
def _register_with_keras(_):
    """After `import zoo` alone, `keras.models.load_model` knows the classes of the zoo."""

    def register(_):
        importlib.import_module("zoo.registry").import_all()

    spec = sys.modules["tensorflow"].__spec__
    if getattr(spec, "_initializing", False):  # it imports Keras at its end
        wrapt.register_post_import_hook(register, "tensorflow")
    else:
        register(None)
