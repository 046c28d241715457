"""Clusters that end, and outliers beyond them: planted ones are found."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import roc_auc_score

from zoo.networks.mlp import mlp
from zoo.priors.truncated_mixture import TruncatedMixture
from zoo.training.data.planted import blobs
from zoo.training.evaluate import matched_accuracy
from zoo.vae_mixture.truncated_mog_vae import TruncatedMoGVAE

CLUSTERS, LATENT, SIZE = 5, 4, 20


@functools.cache
def rows(seed):
    """Blobs of which a tenth are uniform in a box; which rows, and the blob of the others."""
    x, planted = blobs(5_000, seed=seed, radius=5.0)
    random = np.random.default_rng(seed)
    strange = random.random(len(x)) < 0.1
    x = x.copy()
    x[strange] = random.uniform(-10.0, 10.0, (strange.sum(), SIZE)).astype(np.float32)
    return x, strange, planted["mode"]


class Closed(TruncatedMixture):
    """Mutation: there are no outliers."""

    def log_outlier_density(self, z):
        return 1e-6 * super().log_outlier_density(z) - 1e3


class Endless(TruncatedMixture):
    """Mutation: the density of outliers is the same everywhere, however far."""

    def log_outlier_density(self, z):
        edge = -0.5 * (self.limit + self.latent_dim * np.log(2.0 * np.pi)) - np.log(self.inside)
        return tf.fill([tf.shape(z)[0]], tf.cast(edge, tf.float32))


@functools.cache
def trained(seed, prior=TruncatedMixture, epochs=10):
    x, _, _ = rows(seed)
    keras.utils.set_random_seed(seed)
    networks = mlp(SIZE, 2 * LATENT, (64,)), mlp(LATENT, SIZE, (64,))
    options = {"num_clusters": CLUSTERS, "pretrain_steps": 300, "seed": seed}
    model = TruncatedMoGVAE(*networks, LATENT, prior=prior(LATENT, CLUSTERS), **options)
    model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=39)
    model.fit(x, batch_size=128, epochs=epochs, verbose=0)
    return model


def found(seed, prior=TruncatedMixture):
    """The AUC of q(0|x), and how many of the others are in the cluster of their blob."""
    x, strange, modes = rows(seed)
    model = trained(seed, prior)
    clusters = np.argmax(model.classify(x), axis=1)[~strange]
    return roc_auc_score(strange, -model.score(x)), matched_accuracy(clusters, modes[~strange])


def test_planted_outliers_and_clusters_are_found(figure):
    auc, share = found(0)
    figure("TruncatedMoGVAE: AUC of planted outliers", auc, "at least 0.9")
    figure("TruncatedMoGVAE: blobs in a cluster of their own", share, "at least 0.95")
    assert auc >= 0.9 and share >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_they_are_found_from_other_seeds(seed, figure):
    auc, share = found(seed)
    figure(f"TruncatedMoGVAE: AUC of planted outliers, seed {seed}", auc, "at least 0.9")
    figure(f"TruncatedMoGVAE: blobs found, seed {seed}", share, "at least 0.95")
    assert auc >= 0.9 and share >= 0.95


@pytest.mark.slow
def test_without_the_outliers_component_none_is_found(figure):
    auc, _ = found(0, Closed)
    assert figure("TruncatedMoGVAE without outliers: AUC", auc, "below 0.9") < 0.9


@pytest.mark.slow
def test_where_their_density_never_ends_all_data_become_outliers(figure):
    shares = [
        np.exp(trained(0, prior, 30).prior.log_all_shares.numpy()[0])
        for prior in (TruncatedMixture, Endless)
    ]
    figure("TruncatedMoGVAE: share of outliers after 30 epochs", shares[0], "below 0.3")
    figure("TruncatedMoGVAE, u_0 constant everywhere: share of outliers", shares[1], "above 0.3")
    assert shares[0] < 0.3 < shares[1]
