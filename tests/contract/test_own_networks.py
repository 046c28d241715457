"""Networks of one's own: subclassed ones work once built, and what does not fit is said by name."""

import logging

import keras
import numpy as np
import pytest
from descriptors import ROWS, every_shape

import zoo
from zoo.networks import dcgan
from zoo.networks.mlp import mlp

X = np.random.default_rng(0).random((32, 8, 8, 1), np.float32)


@keras.saving.register_keras_serializable("tests")
class Encoder(keras.Model):
    """A subclassed encoder of images to `outputs` numbers."""

    def __init__(self, outputs=8, **options):
        super().__init__(**options)
        self.outputs_, self.flat = outputs, keras.layers.Flatten()
        self.dense = keras.layers.Dense(outputs)

    def call(self, x, training=False):
        return self.dense(self.flat(x))

    def get_config(self):
        return {**super().get_config(), "outputs": self.outputs_}


class OfTwo(keras.Model):
    """A network of two arguments, which no functional model can call with one."""

    def call(self, x, again):
        return x + again


def decoder(final="linear"):
    return mlp(4, (8, 8, 1), (16,), final=final)


def test_a_subclassed_network_trains_serves_and_is_saved_once_it_was_built(tmp_path):
    encoder = Encoder()
    encoder(X[:2])
    model = zoo.VAE(encoder, decoder(), latent_dim=4, seed=0)
    model.compile()
    before = encoder.dense.kernel.numpy()
    model.fit(X, batch_size=16, verbose=0)
    assert np.abs(encoder.dense.kernel.numpy() - before).max() > 0  # its own weights are trained
    assert model.data_shape == (8, 8, 1) and model.encode(X[:3]).shape == (3, 4)
    model.save(tmp_path / "vae.keras")
    again = keras.saving.load_model(tmp_path / "vae.keras")
    np.testing.assert_array_equal(again.encode(X[:3]), model.encode(X[:3]))


def test_subclassed_networks_in_a_list_and_by_keyword_work_too():
    judges = [Encoder(1), Encoder(1)]
    for judge in judges:
        judge(X[:2])
    generators = [mlp(4, (8, 8, 1), (16,), final="sigmoid")]
    model = zoo.BayesianGAN(generators=generators, discriminators=judges, latent_dim=4, seed=0)
    assert model.score(X[:3]).shape == (3,)


@pytest.mark.parametrize(
    "network, words",
    [
        (Encoder(), "must be built: call it on a batch of data first"),
        (keras.Sequential([keras.layers.Dense(8)]), "must be built"),
        (
            keras.Sequential([keras.Input((None, None, 1)), keras.layers.GlobalAveragePooling2D()]),
            r"must take and give fixed sizes.*Received: \(None, None, 1\)",
        ),
    ],
)
def test_what_has_no_known_size_is_refused_by_the_name_of_the_argument(network, words):
    with pytest.raises(ValueError, match=f"`encoder` of VAE {words}"):
        zoo.VAE(network, decoder(), latent_dim=4)
    with pytest.raises(ValueError, match=f"`encoder` of VAE {words}"):
        zoo.VAE(encoder=network, decoder=decoder(), latent_dim=4)


def test_a_network_that_cannot_be_called_on_what_it_was_built_on_is_refused():
    network = OfTwo()
    network(X[:2], X[:2])
    with pytest.raises(ValueError, match="`encoder` of VAE must take what it was built on"):
        zoo.VAE(network, decoder(), latent_dim=4)


# Ends.


def warnings(caplog, make):
    caplog.clear()
    with caplog.at_level(logging.WARNING, "zoo.contract.own_networks"):
        make()
    return [record.getMessage() for record in caplog.records]


def normalized():
    layers = [keras.layers.Dense(8), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), *layers])


def judge(final):
    return mlp((8, 8, 1), 1, (8,), final=final)


UNFIT = {
    "sigmoid on the logits of a decoder": (
        lambda: zoo.VAE(mlp((8, 8, 1), 8), decoder("sigmoid"), 4),
        "`decoder` of VAE ends in sigmoid, and Bernoulli applies its own",
    ),
    "sigmoid on a logit": (
        lambda: zoo.NSGAN(decoder("sigmoid"), judge("sigmoid"), 4),
        "`discriminator` of NSGAN ends in sigmoid, and its raw output (a logit) is expected",
    ),
    "a last layer of its own": (
        lambda: zoo.NSGAN(
            decoder("sigmoid"), keras.Sequential([judge("linear"), keras.layers.ReLU()]), 4
        ),
        "`discriminator` of NSGAN ends in relu",
    ),
    "tanh on data in [0, 1]": (
        lambda: zoo.NSGAN(decoder("tanh"), judge("linear"), 4),
        "`generator` of NSGAN ends in tanh, from -1 to 1, and the data lie in [0, 1]",
    ),
    "tanh before a reshape": (
        lambda: zoo.Autoencoder(
            mlp((8, 8, 1), 4),
            keras.Sequential(
                [
                    keras.Input((4,)),
                    keras.layers.Dense(64, activation="tanh"),
                    keras.layers.Reshape((8, 8, 1)),
                ]
            ),
            4,
        ),
        "`decoder` of Autoencoder ends in tanh",
    ),
    "batch normalization in a critic": (
        lambda: zoo.WGANGP(decoder("sigmoid"), normalized(), 4),
        "`discriminator` of WGANGP has batch normalization",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_an_end_that_does_not_fit_is_warned_of_by_name(case, caplog):
    make, words = UNFIT[case]
    found = warnings(caplog, make)
    assert len(found) == 1 and found[0].startswith(words)


def test_ends_that_fit_are_not_warned_of(caplog):
    def make():
        zoo.NSGAN(decoder("sigmoid"), judge("linear"), 4)
        zoo.NSGAN(dcgan.generator(4, (8, 8, 1), 2), judge("linear"), 4)  # tanh, brought to [0, 1]
        zoo.NSGAN(mlp(4, 6, (8,), final="tanh"), mlp(6, 1, (8,)), 4)  # vectors of any range
        zoo.Autoencoder(mlp((8, 8, 1), 4), decoder("sigmoid"), 4)
        zoo.NSGAN(decoder("sigmoid"), normalized(), 4)

    assert warnings(caplog, make) == []


@every_shape
def test_default_networks_end_as_their_model_needs(name, shape, caplog):
    assert warnings(caplog, lambda: ROWS[name].make(shape)) == []
