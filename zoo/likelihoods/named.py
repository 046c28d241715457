"""Likelihoods by name, for commands and configs."""

from zoo.likelihoods.bernoulli import Bernoulli
from zoo.likelihoods.gaussian import Gaussian
from zoo.likelihoods.laplace import Laplace


def likelihood(name, bounded):
    """The likelihood of a name, or the object itself; `bounded`: the data lie in [0, 1].

    None is Bernoulli where they do, else a Gaussian of variance 1.
    """
    name = ("bernoulli" if bounded else "gaussian") if name is None else name
    known = {
        "bernoulli": Bernoulli,
        "gaussian": lambda: Gaussian(bounded=bounded),
        "laplace": lambda: Laplace(bounded=bounded),
    }
    if not isinstance(name, str):
        return name
    if name not in known:
        raise ValueError(f"`likelihood` must be one of {sorted(known)}. Received: {name!r}.")
    return known[name]()
