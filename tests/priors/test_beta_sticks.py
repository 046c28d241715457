"""The stick-breaking prior: beta-distributed breaks, and a density that integrates to one."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf

from zoo.losses.sticks import log_remainders
from zoo.noise import serving
from zoo.priors.beta_sticks import BetaSticks


def drawn(concentration, pieces=20, count=20_000):
    with serving(0, count):
        return BetaSticks(pieces, concentration).sample(count).numpy()


@pytest.mark.parametrize("concentration", [1.0, 5.0])
def test_breaks_follow_the_beta_distribution(concentration):
    pi = drawn(concentration)
    assert (pi >= 0).all()
    np.testing.assert_allclose(pi.sum(axis=1), 1.0, atol=1e-6)
    left = np.exp(log_remainders(pi))
    for k in (0, 1, 3):
        share = pi[:, k] / left[:, k]
        assert scipy.stats.kstest(share, scipy.stats.beta(1.0, concentration).cdf).pvalue > 1e-3
        other = scipy.stats.beta(1.0, concentration + 1.0)
        assert scipy.stats.kstest(share, other.cdf).pvalue < 1e-6


@pytest.mark.parametrize("concentration", [1.0, 3.0, 5.0, 10.0])
def test_a_larger_concentration_gives_more_pieces_that_count(concentration):
    left = np.exp(log_remainders(drawn(concentration)))
    # -ln of what is left grows by Exp(concentration) a break: a Poisson process, stopped at 19
    breaks = scipy.stats.poisson(concentration * np.log(100.0))
    expected = sum(breaks.sf(k) for k in range(19))
    assert (left[:, 1:] > 0.01).sum(axis=1).mean() == pytest.approx(expected, abs=0.1)


def test_two_pieces_have_the_density_of_a_beta_variable():
    share = np.linspace(0.05, 0.95, 19)
    result = BetaSticks(2, 3.0).log_prob(np.stack([share, 1.0 - share], axis=1))
    np.testing.assert_allclose(result, scipy.stats.beta(1.0, 3.0).logpdf(share), rtol=1e-6)


def test_the_density_of_three_pieces_integrates_to_one():
    prior = BetaSticks(3, 2.5)

    def density(second, first):
        pi = np.array([[first, second, 1.0 - first - second]])
        return float(np.exp(prior.log_prob(pi)[0]))

    total, _ = scipy.integrate.dblquad(
        density, 0.0, 1.0, 0.0, lambda first: 1.0 - first, epsabs=1e-4
    )
    assert total == pytest.approx(1.0, abs=1e-3)


def test_a_distribution_that_is_none_is_refused():
    with pytest.raises(ValueError, match="`latent_dim` must be at least 2 pieces. Received: 1"):
        BetaSticks(1)
    with pytest.raises(ValueError, match="`concentration` must be positive. Received: 0"):
        BetaSticks(3, 0)


def test_pieces_that_are_zero_have_a_finite_density():
    assert np.isfinite(BetaSticks(3).log_prob(tf.constant([[0.0, 1.0, 0.0]])))
