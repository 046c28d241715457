"""Models by name: their classes, and models with default networks."""

from __future__ import annotations

import importlib
import math
import typing
from collections.abc import Iterable
from typing import Any

from zoo import catalogue
from zoo.contract import settings as contract
from zoo.saving import budget

if typing.TYPE_CHECKING:
    from zoo.contract.model import GenerativeModel


def model_class(name: str) -> type[GenerativeModel]:
    """The class of a model of the catalogue.

    >>> model_class("WGAN-GP").__name__
    'WGANGP'
    """
    module, _, cls = catalogue.find(name).path.rpartition(".")
    return getattr(importlib.import_module(module), cls)


def create(
    name: str,
    data_shape: Iterable[int],
    latent_dim: int | None = None,
    *,
    most_parameters: int = budget.MOST_PARAMETERS,
    **settings: Any,
) -> GenerativeModel:
    """A model with default networks for data of this shape.

    Args:
        name: of the catalogue, in any spelling ("WGAN-GP", "wgan_gp"); see `list_models`.
        data_shape: of one example: `(height, width, channels)`, sides at least 8, gives
            convolutions; `(size,)` gives perceptrons; `(steps, ...)`, of either, is a sequence.
        latent_dim: size of the code or noise; None only for models without one.
        most_parameters: that it may hold; more are refused before any is allocated.
        **settings: `hidden` and `channels` of the default networks, `num_classes` where
            the model takes labels, `target_shape` where it translates pairs, `seed`, and
            the settings of the class.

    Raises:
        ValueError: for an unknown name, shape or setting.

    >>> model = create("beta_vae", data_shape=(6,), latent_dim=2, hidden=(8,), beta=2.0, seed=0)
    >>> model.encode(model.sample(3, seed=1)).shape
    TensorShape([3, 2])
    >>> create("vea", data_shape=(6,), latent_dim=2)
    Traceback (most recent call last):
    ValueError: `name` must be a model of the zoo. Received: 'vea'. Nearest: vae, cvae, vq_vae.
    """
    cls, shape = model_class(name), tuple(data_shape)
    if len(shape) not in cls.data_ranks or any(not isinstance(s, int) or s < 1 for s in shape):
        shapes = " or ".join(SHAPES[rank] for rank in cls.data_ranks)
        raise ValueError(
            f"`data_shape` must be {shapes}, of positive integers. Received: {data_shape}."
        )
    is_size = isinstance(latent_dim, int) and not isinstance(latent_dim, bool) and latent_dim >= 1
    if cls.has_latent and not is_size:
        raise ValueError(f"`latent_dim` must be a positive integer. Received: {latent_dim!r}.")
    if "labels" in cls.targets and not isinstance(settings.get("num_classes"), int):
        raise ValueError(f"{cls.__name__} takes labels: `num_classes` must say how many kinds.")
    contract.require(cls, settings)
    sizes = [*contract.sizes(cls, settings), latent_dim or 1, math.prod(shape)]
    budget.require(lambda: cls.for_data(shape, latent_dim, **settings), sizes, most_parameters)
    return cls.for_data(shape, latent_dim, **settings)


SHAPES = {
    1: "(size,)",
    2: "(steps, size)",
    3: "(height, width, channels)",
    4: "(steps, height, width, channels)",
}


def list_models(family: str | None = None) -> list[str]:
    """Names of the models, of one family or all.

    >>> "vae" in list_models("vae")
    True
    """
    return [e.name for e in catalogue.ENTRIES if family in (None, e.family)]
