"""Pieces of networks of ReLUs, and how near to a function a wide layer comes."""

import numpy as np

from zoo.metrics.linear_regions import linear_regions, most_regions, reachable_regions
from zoo.networks.mlp import mlp


def plane(width, side=401):
    """A fine grid of a square."""
    ticks = np.linspace(-width, width, side)
    return np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)


def test_six_lines_cut_the_plane_into_twenty_two_pieces():
    network = mlp(2, 1, (6,))
    angles = np.pi * (np.arange(6) + 0.1) / 6
    kernel = np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    network.layers[0].set_weights([kernel, np.ones(6)])  # tangents: no three meet
    found = linear_regions(network, plane(8.0))
    assert found == {"regions": 22, "at_most": 22, "count": 401**2}


def test_two_layers_have_no_more_pieces_than_they_can():
    found = linear_regions(mlp(2, 1, (6, 6)), plane(3.0, 151))
    assert 1 < found["regions"] <= found["at_most"] == 484
    assert reachable_regions(2, [6, 6]) == 9 * 22 and most_regions(2, [6]) == 22


def bumps(count):
    """The largest error of sin(2 pi x) by a layer of `count` steep steps."""
    network, edges = mlp(1, 1, (count,), "sigmoid"), np.linspace(0.0, 1.0, count + 1)
    steep = 20.0 * count
    levels = np.sin(2.0 * np.pi * (edges[:-1] + edges[1:]) / 2.0)
    heights = np.diff(levels, prepend=0.0)
    network.set_weights(
        [np.full((1, count), steep), -steep * edges[:-1], heights[:, None], np.zeros(1)]
    )
    x = np.linspace(0.05, 0.95, 500, dtype=np.float32)[:, None]
    return np.abs(network(x).numpy() - np.sin(2.0 * np.pi * x)).max()


def test_a_wider_layer_comes_nearer_to_a_function():
    errors = [bumps(count) for count in (8, 32, 128)]
    assert errors[0] > 2.0 * errors[1] > 4.0 * errors[2] and errors[2] < 0.05
