"""Likelihoods by name, for commands and configs."""

from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian


def likelihood(name, bounded):
    """The likelihood of a name, or the object itself; `bounded`: the data lie in [0, 1].

    None is Bernoulli where they do, else a Gaussian of variance 1.
    """
    name = ("bernoulli" if bounded else "gaussian") if name is None else name
    laws = {"bernoulli": Bernoulli, "gaussian": lambda: Gaussian(bounded=bounded)}
    if not isinstance(name, str):
        return name
    if name not in laws:
        raise ValueError(f"`likelihood` must be one of {sorted(laws)}. Received: {name!r}.")
    return laws[name]()
