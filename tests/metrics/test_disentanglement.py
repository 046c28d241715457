"""Scores of disentanglement on codes whose factors are known."""

import numpy as np
import pytest

from zoo.metrics.disentanglement import (
    beta_score,
    factor_score,
    mutual_information,
    mutual_information_gap,
)

VALUES = (4, 5, 3)  # of each factor


def drawn(random, count, fixed):
    """Factors themselves, one held at a value where `fixed` says so."""
    factors = np.stack([random.integers(k, size=count) for k in VALUES], axis=1)
    if fixed is not None:
        factors[:, fixed[0]] = fixed[1]
    return factors


def scaled(factors):
    return factors / np.array(VALUES)


def turned(factors):
    """The first two factors, 45 degrees turned, and the third."""
    x = scaled(factors) - 0.5
    pair = np.stack([x[:, 0] + x[:, 1], x[:, 0] - x[:, 1]], axis=1) / np.sqrt(2.0)
    return np.concatenate([pair, x[:, 2:]], axis=1)


def test_information_of_known_tables():
    a = np.repeat([0, 1, 2, 3], 25)
    assert mutual_information(a, a) == pytest.approx(np.log(4))
    assert mutual_information(a, np.tile([7, 9], 50)) == pytest.approx(0.0, abs=2e-3)
    assert mutual_information(a, a // 2) == pytest.approx(np.log(2))


def test_one_dimension_a_factor_has_the_whole_gap():
    factors = drawn(np.random.default_rng(0), 5_000, None)
    assert mutual_information_gap(scaled(factors), factors)["mig"] == pytest.approx(1.0, abs=0.01)
    assert mutual_information_gap(scaled(factors), factors)["count"] == 5_000


def test_a_turned_code_has_no_gap():
    random = np.random.default_rng(0)
    uniform = random.uniform(-0.5, 0.5, size=(20_000, 2))
    factors = np.digitize(uniform, np.linspace(-0.5, 0.5, 6)[1:-1])
    code = np.stack([uniform.sum(1), uniform[:, 0] - uniform[:, 1]], axis=1)
    assert mutual_information_gap(code, factors)["mig"] < 0.05


def test_votes_find_the_dimension_of_each_factor():
    found = factor_score(scaled, drawn, VALUES, votes=(300, 150))
    assert found == {"factor_score": 1.0, "active_dims": 3, "count": 150}

    def padded(factors):
        return np.concatenate([scaled(factors), np.full((len(factors), 2), 0.01)], axis=1)

    assert factor_score(padded, drawn, VALUES, votes=(300, 150))["active_dims"] == 3

    def mixed(factors):
        return np.repeat(scaled(factors).sum(axis=1, keepdims=True), 2, axis=1)

    assert factor_score(mixed, drawn, VALUES, votes=(300, 150))["factor_score"] < 0.6


def test_dimensions_are_pruned_by_their_standard_deviation():
    random = np.random.default_rng(0)

    def widened(factors):
        return np.concatenate([scaled(factors), random.normal(size=(len(factors), 2)) * width], 1)

    width = np.array([0.1, 0.04])
    assert factor_score(widened, drawn, VALUES, votes=(20, 10))["active_dims"] == 4


def test_a_constant_code_scores_nothing():
    found = factor_score(lambda x: np.zeros((len(x), 2)), drawn, VALUES, votes=(10, 10))
    assert (found["factor_score"], found["active_dims"]) == (0.0, 0)


def test_pairs_tell_the_factor_they_share():
    assert beta_score(scaled, drawn, VALUES, points=(400, 200))["beta_score"] > 0.98

    def blind(factors):
        return np.zeros((len(factors), 3))

    assert beta_score(blind, drawn, VALUES, points=(200, 200))["beta_score"] < 0.55
    assert beta_score(turned, drawn, VALUES, points=(400, 200))["count"] == 200
