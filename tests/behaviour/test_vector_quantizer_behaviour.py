"""Codebooks: planted prototypes get codes of their own, and gradients go where they should."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.autoencoder.vq_vae import VQVAE
from zoo.layers.vector_quantizer import VectorQuantizer, straight_through
from zoo.losses.reconstruction import squared_error
from zoo.networks import maps
from zoo.training.data.planted import gaussians

KINDS, DIM = 64, 32


@functools.cache
def prototypes():
    """Rows near one of 64 points of 32 dimensions, and which."""
    centres = np.random.default_rng(0).normal(size=(KINDS, DIM))
    x, planted = gaussians(centres, 0.1, 20_000, seed=1)
    return x, planted["mode"]


class Stopped(VQVAE):
    """Mutation: the reconstruction gives the encoder no gradient."""

    def autoencoder_loss(self, x, y, training):
        terms = super().autoencoder_loss(x, y, training)
        e, _ = self.codebook(self.encoder(x, training=training))
        output = self.decoder(tf.stop_gradient(e), training=training)
        return {**terms, "reconstruction": self.error(x, output)}


def build(cls=VQVAE, decay=0.99, counts=1.0, num_codes=512, size=64):
    keras.utils.set_random_seed(0)
    codebook = VectorQuantizer(num_codes, size, decay)
    if decay is not None:
        codebook.counts.assign(counts * np.ones(num_codes))
    networks = maps.codec((DIM,), size, 1, (128,), places=1)
    return cls(**networks, latent_dim=size, codebook=codebook, seed=0)


@functools.cache
def fitted(cls=VQVAE, **settings):
    model = build(cls, **settings)
    model.compile(keras.optimizers.Adam(1e-3), steps_per_execution=39)
    model.fit(prototypes()[0], batch_size=512, epochs=20, verbose=0)
    return model


def perplexity(model):
    return float(model.codebook.perplexity(model.encode(prototypes()[0])))


def faithful(model):
    """The share of prototypes of which 95 % of the rows have one code."""
    x, kind = prototypes()
    codes = model.encode(x).numpy()[:, 0]
    most = [np.bincount(codes[kind == k]).max() / np.sum(kind == k) for k in range(KINDS)]
    return np.mean(np.array(most) >= 0.95)


@pytest.mark.parametrize("decay", [0.99, None])
def test_prototypes_get_codes_and_keep_them(decay, figure):
    model, how = fitted(decay=decay), "averages" if decay else "gradients"
    assert figure(f"VQVAE by {how}: perplexity", perplexity(model), "above 10, of 64") > 10
    share = figure(f"VQVAE by {how}: prototypes with one code", faithful(model), "at least 0.95")
    assert share >= 0.95


def test_averages_that_start_from_nothing_collapse(figure):
    model = fitted(counts=0.0)
    assert not figure("VQVAE, N starts at 0: perplexity", perplexity(model), "at most 10") > 10


def unexplained(model):
    """The squared error of reconstructions over that of the mean."""
    x, _ = prototypes()
    return np.mean((x - model.reconstruct(x)) ** 2) / np.mean((x - x.mean(axis=0)) ** 2)


def test_the_encoder_learns_from_the_decoder_through_the_codes(figure):
    small = {"num_codes": 64, "size": 8}
    whole, cut = unexplained(fitted(**small)), unexplained(fitted(Stopped, **small))
    figure("VQVAE, vectors of 8: share of the variance lost", whole, "below 0.2")
    figure("VQVAE, no straight-through: share lost", cut, "above 0.2")
    assert whole < 0.2 < cut


def test_gradients_of_the_terms_go_where_the_paper_sends_them():
    model, x = build(decay=None), tf.constant(prototypes()[0][:8])
    with tf.GradientTape(persistent=True) as tape:
        z = model.encoder(x)
        e, _ = model.codebook(z)
        observed = straight_through(z, e)
        error = model.error(x, model.decoder(observed))
        pull = squared_error(tf.stop_gradient(z), e)
        commitment = squared_error(z, tf.stop_gradient(e))
    np.testing.assert_array_equal(tape.gradient(error, z), tape.gradient(error, observed))
    np.testing.assert_allclose(tape.gradient(commitment, z), 2.0 * (z - e), rtol=1e-5)
    vectors = model.codebook.vectors.value
    assert tape.gradient(error, vectors) is None and tape.gradient(commitment, vectors) is None
    assert tape.gradient(pull, z) is None and tape.gradient(pull, vectors) is not None


# The distribution of the maps.


def test_sampling_before_the_fit_says_what_to_call():
    model = build()
    with pytest.raises(ValueError, match=r"call `model.fit_sampler\(x\)`"):
        model.sample(4, seed=0)
    assert "sample" not in model.offered()
    model.fit_sampler(prototypes()[0][:256], epochs=1)
    assert model.sample(4, seed=0).shape == (4, DIM) and "sample" in model.offered()


def test_a_fitted_distribution_raises_the_bound_and_draws_prototypes(figure):
    model, (x, _) = fitted(), prototypes()
    before = np.mean(model.score(x[:5000]))
    twin = build()
    twin.set_weights(model.get_weights())
    twin.prior.compile(keras.optimizers.Adam(1e-2), steps_per_execution=156)
    twin.fit_sampler(x, epochs=10, batch_size=128)
    gain = np.mean(twin.score(x[:5000])) - before
    allowed = np.log(512) - np.log(perplexity(model))  # what the entropy of the codes leaves
    figure(
        "VQVAE: nats the fitted distribution gains, over the possible", gain / allowed, "above 0.9"
    )
    assert 0.9 < gain / allowed < 1.05
    drawn, decoded = np.asarray(twin.sample(500, seed=0)), np.asarray(twin.reconstruct(x[:2000]))
    nearest = np.linalg.norm(drawn[:, None] - decoded[None], axis=-1).min(axis=1)
    assert np.mean(nearest < 1e-3) > 0.95  # samples decode codes that data have
