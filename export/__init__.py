"""Models as versioned SavedModels that run without the zoo and without Keras.

folder = export.save(model, "served/vae")  # served/vae/1, then 2, ...
served = export.load("served/vae")
served.sample(seed=[1, 2, 3])

`python -m zoo.export.serve_check served/vae` tries what clients can do, `python -m
zoo.export.serving served/vae --to conf` writes what TensorFlow Serving needs, and
`zoo.export.client` asks such a server.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
