"""The posterior of a code and its cluster: what it is made of, and where it is best."""

import numpy as np
import scipy.special
import tensorflow as tf

from zoo.noise import serving
from zoo.posteriors.clustered import ClusteredGaussian
from zoo.posteriors.gaussian import DiagonalGaussian
from zoo.priors.mixture import MixturePrior

CLUSTERS, LATENT = 4, 3


def planted(count=6):
    """An encoder's output, and a mixture."""
    random = np.random.default_rng(0)
    prior = MixturePrior(LATENT, CLUSTERS)
    prior.set_weights([random.normal(size=w.shape) for w in prior.get_weights()])
    output = random.normal(size=(count, 2 * LATENT + CLUSTERS)).astype(np.float32)
    return tf.constant(output), prior


def test_the_code_is_that_of_a_diagonal_gaussian():
    output, posterior = planted()[0], ClusteredGaussian(CLUSTERS)
    assert posterior.width(LATENT) == output.shape[1]
    code = output[:, : 2 * LATENT]
    np.testing.assert_array_equal(posterior.mean(output), DiagonalGaussian().mean(code))
    with serving(0, 6):
        ours = posterior.sample(output)
    with serving(0, 6):
        theirs = DiagonalGaussian().sample(code)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)
    shares = scipy.special.softmax(output[:, 2 * LATENT :], axis=1)
    np.testing.assert_allclose(np.exp(posterior.log_shares(output)), shares, rtol=1e-5)


def test_the_divergence_is_the_mean_over_clusters_and_what_they_say():
    (output, prior), posterior = planted(), ClusteredGaussian(CLUSTERS)
    q = np.exp(posterior.log_shares(output))
    gaps = prior.divergences(*tf.split(output[:, : 2 * LATENT], 2, axis=1)).numpy()
    code, cluster = posterior.divergences(output, prior)
    np.testing.assert_allclose(code, np.sum(q * gaps, axis=1), rtol=1e-5)
    pi = scipy.special.softmax(prior.logits.numpy())
    np.testing.assert_allclose(cluster, np.sum(q * np.log(q / pi), axis=1), rtol=1e-4)
    whole = posterior.divergence(output, None, None, prior)
    np.testing.assert_allclose(whole, code + cluster, rtol=1e-5)


def test_the_best_shares_give_minus_the_log_sum_and_no_others_give_less():
    (output, prior), posterior = planted(), ClusteredGaussian(CLUSTERS)
    gaps = prior.divergences(*tf.split(output[:, : 2 * LATENT], 2, axis=1)).numpy()
    log_pi = scipy.special.log_softmax(prior.logits.numpy())
    least = -scipy.special.logsumexp(log_pi - gaps, axis=1)
    logits = tf.math.log(posterior.best_shares(output, prior))
    best = tf.concat([output[:, : 2 * LATENT], logits], axis=1)
    np.testing.assert_allclose(posterior.divergence(best, None, None, prior), least, rtol=1e-4)
    for seed in range(10):
        other = logits + np.random.default_rng(seed).normal(0, 0.5, logits.shape)
        moved = tf.concat([output[:, : 2 * LATENT], tf.cast(other, tf.float32)], axis=1)
        assert (posterior.divergence(moved, None, None, prior).numpy() > least).all()


def test_it_comes_back_from_its_config():
    again = ClusteredGaussian.from_config(ClusteredGaussian(CLUSTERS).get_config())
    assert again.width(LATENT) == 2 * LATENT + CLUSTERS
