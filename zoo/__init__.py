"""Deep generative models as `keras.Model`s.

model = zoo.create("vae", data_shape=(28, 28, 1), latent_dim=16)
model.compile()
model.fit(images, epochs=10)
model.sample(64, seed=0)

Names are imported when they are used, so that the `zoo` command and a server that only loads
an exported model start without Keras. `zoo/__init__.pyi` lists them.
"""

import importlib
import importlib.metadata
import sys

import lazy_loader
import wrapt

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
