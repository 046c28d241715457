"""Into how many linear pieces a network of ReLUs cuts its inputs (Montufar et al., 2014)."""

import math

import keras
import numpy as np


def linear_regions(network, points):
    """How many pieces of the network's map the points fall into.

    Args:
        network: a `keras.Sequential` of dense layers, those that are hidden with "relu".
        points: `(count, size)`, such as a fine grid of a plane.

    Returns:
        {"regions", "at_most", "count"}; at_most is `most_regions` of the hidden widths.
    """
    x, signs, widths = np.asarray(points, np.float64), [], []
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dense):
            x = x @ layer.kernel.numpy() + layer.bias.numpy()
            if layer.activation is keras.activations.relu:
                signs.append(x > 0)
                widths.append(x.shape[1])
                x = np.maximum(x, 0.0)
    patterns = np.packbits(np.concatenate(signs, axis=1), axis=1)
    found, size = len(np.unique(patterns, axis=0)), np.shape(points)[1]
    return {"regions": found, "at_most": most_regions(size, widths), "count": len(points)}


def most_regions(size, widths):
    """prod_l sum_(j <= size) C(n_l, j): no network of these widths has more pieces."""
    return math.prod(sum(math.comb(n, j) for j in range(size + 1)) for n in widths)


def reachable_regions(size, widths):
    """prod_(l < L) floor(n_l / size)^size sum_(j <= size) C(n_L, j): some weights reach it.

    It bounds the best weights from below: a network that was trained may have fewer pieces.
    """
    return math.prod((n // size) ** size for n in widths[:-1]) * most_regions(size, widths[-1:])
