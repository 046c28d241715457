"""Models by name: their classes, and models with default networks."""

from __future__ import annotations

import fnmatch
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
    from zoo import registry  # which imports Keras

    return registry.model_class(name)


def create(
    name: str,
    data_shape: Iterable[int] | None = None,
    latent_dim: int | None = None,
    *,
    pretrained: bool = False,
    most_parameters: int = budget.MOST_PARAMETERS,
    **settings: Any,
) -> GenerativeModel:
    """A model with default networks for data of this shape.

    Args:
        name: of the catalogue, in any spelling ("WGAN-GP", "wgan_gp"); see `list_models`.
        data_shape: of one example: `(height, width, channels)`, sides at least 8, gives
            convolutions; `(size,)` gives perceptrons; `(steps, ...)`, of either, is a sequence.
        latent_dim: size of the code or noise; None only for models without one.
        pretrained: take the preset of that model, of these sizes where they are given, in place of
            new networks; it has its own settings.
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
    if pretrained:
        return trained(catalogue.find(name).name, data_shape, latent_dim, settings)
    if data_shape is None:
        raise ValueError("`data_shape` must be given where `pretrained` is False.")
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


def trained(name, data_shape, latent_dim, settings):
    """The one preset of a model and of these sizes."""
    from zoo.saving import presets

    if settings:
        raise ValueError(
            f"`pretrained` models have their own settings. Received: {', '.join(settings)}."
        )
    found = presets.of_model(name, data_shape, latent_dim)
    if len(found) != 1:
        every = presets.of_model(name)
        which = " or ".join(every) or "none; see `list_models(pretrained=True)`"
        raise ValueError(
            f"`pretrained` must leave one preset of {name}, by `data_shape` and `latent_dim`. "
            f"Received: {data_shape}, {latent_dim}. There is {which}; `from_preset` takes its name."
        )
    return presets.load_preset(found[0])


SHAPES = {
    1: "(size,)",
    2: "(steps, size)",
    3: "(height, width, channels)",
    4: "(steps, height, width, channels)",
}


def list_models(family: str | None = None, *, pretrained: bool = False) -> list[str]:
    """Names of the models, of one family or all.

    Args:
        family: of the catalogue, or a pattern of names with `*` or `?`.
        pretrained: only those of which a preset is there.

    >>> "vae" in list_models("vae")
    True
    >>> list_models("wgan*")[-1]
    'wgan_gp'
    """
    entries = catalogue.ENTRIES
    families = sorted({entry.family for entry in entries})
    if family is not None and any(sign in family for sign in "*?["):
        found = [e.name for e in entries if fnmatch.fnmatchcase(e.name, family)]
    elif family in (None, *families):
        found = [e.name for e in entries if family in (None, e.family)]
    else:
        raise ValueError(
            f"`family` must be one of {', '.join(families)}, or a pattern such as '*gan*'. "
            f"Received: {family!r}."
        )
    if pretrained:
        from zoo.saving import presets

        there = {card["model"] for card in presets.cards().values()}
        found = [name for name in found if name in there]
    return found
