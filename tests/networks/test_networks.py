"""Networks have the shapes they promise for data of any size, and end in float32."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import GenerativeModel
from zoo.networks import default
from zoo.networks.conv import conv, deconv, stages
from zoo.networks.features import with_features, with_head
from zoo.networks.mlp import mlp

SHAPES = [(8, 8, 1), (9, 13, 1), (28, 28, 1), (32, 32, 3), (64, 64, 3)]


@pytest.fixture
def half():
    """The mixed precision of accelerators."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_convolution_gives_a_vector(shape):
    network = conv(shape, 5, channels=(4, 6))
    assert network.output_shape == (None, 5)
    assert network(tf.zeros([2, *shape])).shape == (2, 5)
    assert max(network.layers[-4].output.shape[1:3]) <= 8  # what the dense layer flattens


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("normalized", [False, True])
def test_a_deconvolution_gives_data_of_the_shape_that_was_asked(shape, normalized):
    network = deconv(3, shape, channels=(4, 6), normalized=normalized, final="sigmoid")
    result = network(tf.zeros([2, 3]))
    assert result.shape == (2, *shape)
    assert 0 < result.numpy().min() <= result.numpy().max() < 1


@pytest.mark.parametrize("shape", [(7, 8, 1), (8, 7, 1), (4, 4, 3)])
def test_an_image_below_eight_is_refused(shape):
    for make in (lambda: conv(shape, 5), lambda: deconv(3, shape)):
        with pytest.raises(ValueError, match="at least 8 x 8"):
            make()


def test_the_last_stage_repeats_while_a_side_exceeds_eight():
    assert stages((28, 28, 1), (4, 6)) == (4, 6)
    assert stages((64, 64, 3), (4, 6)) == (4, 6, 6)
    assert stages((65, 8, 3), (4, 6)) == (4, 6, 6, 6)


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(3, 5), ((4,), (2, 3)), ((4, 4, 1), 2), (3, (4, 4, 1))]
)
def test_a_perceptron_goes_between_any_two_shapes(inputs, outputs):
    network = mlp(inputs, outputs, hidden=(6,))
    shape = (inputs,) if isinstance(inputs, int) else inputs
    expected = (outputs,) if isinstance(outputs, int) else outputs
    assert network(tf.zeros([2, *shape])).shape == (2, *expected)


def test_a_perceptron_has_the_layers_that_were_asked():
    network = mlp(3, 2, hidden=(4, 5), activation="leaky_relu", final="sigmoid", name="critic")
    shapes = [tuple(w.shape) for w in network.trainable_variables]
    assert shapes == [(3, 4), (4,), (4, 5), (5,), (5, 2), (2,)] and network.name == "critic"
    result = network(np.full((1, 3), 100.0, "float32")).numpy()
    assert ((result >= 0) & (result <= 1)).all()


def test_a_rescaled_convolution_sees_data_in_minus_one_to_one():
    network = conv((8, 8, 1), 1, channels=(4,), rescale=True)
    observed = network.layers[0](tf.constant([0.0, 1.0]))
    np.testing.assert_array_equal(observed, [-1.0, 1.0])


def every_network(shape):
    sizes = {"hidden": (4,), "channels": (4,)}
    return [
        default.encoder(shape, 3, **sizes),
        default.decoder(3, shape, **sizes),
        default.generator(3, shape, **sizes),
        default.discriminator(shape, **sizes),
        default.critic(3, hidden=(4,)),
    ]


@pytest.mark.parametrize("shape", [(6,), (9, 13, 1)])
def test_every_network_ends_in_float32_whatever_the_policy(half, shape):
    for network in every_network(shape):
        assert network.compute_dtype == "bfloat16" or network.layers[0].compute_dtype == "bfloat16"
        assert network.outputs[0].dtype == "float32"
        assert network(tf.zeros([2, *network.input_shape[1:]])).dtype == tf.float32


@pytest.mark.parametrize("shape", [(6,), (9, 13, 1)])
def test_default_networks_fit_the_data(shape):
    outputs = [network.output_shape[1:] for network in every_network(shape)]
    assert outputs == [(3,), shape, shape, (1,), (1,)]


@pytest.mark.parametrize("shape", [(6,), (9, 13, 1)])
def test_a_head_reads_the_features_of_the_network_it_is_put_on(half, shape):
    network = default.discriminator(shape, hidden=(4,), channels=(4,))
    observed, headed = with_features(network), with_head(network, 5, hidden=(7,))
    data = tf.random.uniform([2, *shape])
    np.testing.assert_array_equal(headed(data)[0], network(data))
    assert [o.shape[1:] for o in headed.outputs] == [(1,), (5,)]
    assert {o.dtype for o in headed.outputs} == {"float32"}
    added = [w for w in headed.trainable_variables if all(w is not v for v in network.variables)]
    width = observed.outputs[1].shape[1]
    assert [tuple(w.shape) for w in added] == [(width, 7), (7,), (7, 5), (5,)]


class Holder(GenerativeModel):
    """A model that holds one network, or a list of them."""


@pytest.mark.parametrize("several", [False, True])
def test_a_network_that_ends_in_half_precision_is_refused_with_the_remedy(half, several):
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match=r"Activation\('linear', dtype='float32'\)"):
        Holder(network=[network] if several else network)


def test_the_remedy_is_accepted(half):
    remedy = keras.layers.Activation("linear", dtype="float32")
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), remedy])
    assert Holder(network=network).network is network


@pytest.mark.parametrize("data_shape", [(6,), (9, 8, 2)])
def test_a_default_discriminator_gives_its_features_beside_its_output(data_shape):
    judge = default.discriminator(data_shape, hidden=(5, 4), channels=(3, 2), features=True)
    logit, observed = judge(tf.random.uniform([2, *data_shape]))
    kernel, bias = judge.trainable_variables[-2:]
    assert logit.shape == (2, 1) and len(observed.shape) == 2
    assert logit.dtype == observed.dtype == tf.float32
    np.testing.assert_allclose(logit, observed @ kernel + bias, atol=1e-5)
