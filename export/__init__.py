"""Models as versioned SavedModels that run without the zoo and without Keras.

folder = export.save(model, "served/vae")  # served/vae/1, then 2, ...
served = export.load("served/vae")
served.sample(seed=[1, 2, 3])

`python -m export.serve_check served/vae` tries what clients can do, `python -m
export.serving served/vae --to conf` writes what TensorFlow Serving needs, and
`export.client` asks such a server.
"""

from export.load import load  # at once: a module of that name would hide the function

__all__ = ["load", "save"]


def __getattr__(name):
    if name == "save":
        from export.saved_model import save

        return save
    raise AttributeError(f"module 'export' has no attribute {name!r}; it has: {__all__}.")


def __dir__():
    return sorted({*globals(), *__all__})
