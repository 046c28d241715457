"""Default networks of a class, and models made of them."""

from collections.abc import Iterable
from typing import Any, Self

from zoo.contract import checks, seeds, settings
from zoo.contract.tables import Tables


class Defaults(Tables):
    """How a class makes a model for data of a shape, mixed into the contract."""

    @classmethod
    def default_networks(
        cls, data_shape: tuple[int, ...], latent_dim: int | None
    ) -> dict[str, Any]:
        """Networks, likelihoods and the like for data of this shape: arguments of the constructor.

        Further arguments, keywords with a default, are settings of `zoo.create`.
        """
        raise NotImplementedError(f"{cls.__name__} has no default networks.")

    @classmethod
    def for_data(
        cls, data_shape: Iterable[int], latent_dim: int | None = None, **given: Any
    ) -> Self:
        """A model with default networks for data of this shape. With a `seed` its weights follow
        from that alone, whatever was made before.

        Args:
            data_shape: of one example.
            latent_dim: size of the code or noise, where the class has one.
            **given: settings and objects that `default_networks` or the constructor takes.
        """
        seed = given.get("seed")
        with seeds.deciding_weights(None if seed is None else checks.seed(seed)):
            return cls(**cls.default_arguments(data_shape, latent_dim, **given))

    @classmethod
    def default_arguments(
        cls, data_shape: Iterable[int], latent_dim: int | None = None, **given: Any
    ) -> dict[str, Any]:
        """The arguments of the constructor that `for_data` gives it: new default networks and
        settings. Their weights follow from `keras.utils.set_random_seed`, not from `seed`."""
        settings.refuse_unknown(cls, given)
        given = settings.require(cls, given)
        sizes = settings.arguments(cls, "default_networks") & set(given)
        own = settings.arguments(cls, "__init__") | set(given) - sizes
        networks = cls.default_networks(
            tuple(data_shape), latent_dim, **{name: given[name] for name in sizes}
        )
        parts = {name: value for name, value in given.items() if name in own}
        latent = {"latent_dim": latent_dim} if cls.has_latent else {}
        return {**parts, **latent, **networks}
