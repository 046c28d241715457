"""Networks of papers have the parameters and the receptive fields that their docstrings state."""

import itertools
import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import compatibility
from zoo.layers.reflection_padding import ReflectionPadding
from zoo.networks import dcgan, resnet
from zoo.networks.conv import deconv
from zoo.networks.patch import patch
from zoo.networks.translator import translator
from zoo.networks.unet import unet

SHAPES = [(8, 8, 1), (9, 13, 2), (28, 28, 1), (32, 32, 3), (64, 64, 3)]


def trainable(network):
    """How many numbers are trained."""
    return sum(math.prod(weight.shape) for weight in network.trainable_variables)


def adjacent(widths):
    """The sum of the products of neighbours."""
    return sum(a * b for a, b in itertools.pairwise(widths))


def dcgan_counts(shape, n, w):
    """Trainable parameters of generator and discriminator, as the docstrings state them."""
    k, c = int(math.log2(min(shape[:2]) / 4)), shape[-1]
    area = math.prod(math.ceil(side / 2**k) for side in shape[:2])
    widths = [w * 2**i for i in range(k)]
    across = 16 * adjacent(widths)
    generator = n * area * widths[-1] + across + 2 * sum(widths) + 16 * w * c + c
    judged = 16 * c * w + w + across + 2 * sum(widths[1:]) + area * widths[-1] + 1
    return generator, judged


def resnet_counts(shape, n, w):
    k, c = int(math.log2(min(shape[:2]) / 4)), shape[-1]
    area = math.prod(math.ceil(side / 2**k) for side in shape[:2])
    generator = (n + 1) * area * w + k * (19 * w**2 + 7 * w) + 2 * w + 9 * w * c + c
    halvings = max(1, math.ceil(math.log2(max(shape[:2]) / 8)))
    first, down = 10 * c * w + 9 * w**2 + 3 * w, (halvings - 1) * (19 * w**2 + 3 * w)
    return generator, first + down + 2 * (18 * w**2 + 2 * w) + w + 1


def unet_count(shape, outputs, channels):
    d, c = min(8, int(math.log2(min(shape[:2])))), shape[-1]
    w = (*channels, *[channels[-1]] * d)[:d]
    down = 16 * c * w[0] + w[0] + 16 * adjacent(w) + 2 * sum(w[1:-1]) + w[-1]
    up = 16 * w[-1] * w[-2] + 32 * adjacent(w[:-1]) + 2 * sum(w[:-1])
    return down + up + 32 * w[0] * outputs + outputs


def patch_count(c, w):
    return 16 * c * w[0] + w[0] + 16 * adjacent(w) + 2 * sum(w[1:]) + 16 * w[-1] + 1


def translator_count(c, w, blocks):
    up = 9 * adjacent(w) + 2 * sum(w[:-1])
    down = 49 * c * w[0] + 2 * w[0] + 9 * adjacent(w) + 2 * sum(w[1:])
    return down + blocks * (18 * w[-1] ** 2 + 4 * w[-1]) + up + 49 * w[0] * c + c


@pytest.mark.parametrize("shape", SHAPES)
def test_parameters_are_those_of_the_closed_forms(shape):
    pairs = {dcgan_counts: (dcgan.generator, dcgan.discriminator)}
    pairs[resnet_counts] = (resnet.generator, resnet.critic)
    for counts, (generator, judge) in pairs.items():
        networks = generator(5, shape, width=4), judge(shape, width=4)
        assert tuple(map(trainable, networks)) == counts(shape, 5, 4)
    assert trainable(unet(shape, 2, (4, 6))) == unet_count(shape, 2, (4, 6))
    count = translator_count(shape[-1], (4, 6), 2)
    assert trainable(translator(shape, (4, 6), blocks=2)) == count
    assert trainable(patch(shape, (4, 6))) == patch_count(shape[-1], (4, 6))


STATED = {  # at the papers' sizes: what the docstring states, and the closed form
    dcgan.generator: dcgan_counts((64, 64, 3), 100, 64)[0],
    dcgan.discriminator: dcgan_counts((64, 64, 3), 100, 64)[1],
    resnet.generator: resnet_counts((32, 32, 3), 128, 256)[0],
    resnet.critic: resnet_counts((32, 32, 3), 128, 128)[1],
    unet: unet_count((256, 256, 3), 3, (64, 128, 256, 512)),
    patch: patch_count(6, (64, 128, 256, 512)),
    translator: translator_count(3, (64, 128, 256), 9),
}


@pytest.mark.parametrize("make", STATED, ids=lambda make: f"{make.__module__}.{make.__name__}")
def test_docstrings_state_the_parameters_of_the_papers_sizes(make):
    stated = re.search(r"which\s+is ([\d,]+)", make.__doc__)[1]
    assert int(stated.replace(",", "")) == STATED[make]


def test_a_default_network_has_the_parameters_that_are_stated():
    assert trainable(patch((256, 256, 6))) == STATED[patch]
    assert trainable(resnet.critic((32, 32, 3))) == STATED[resnet.critic]


@pytest.mark.parametrize("shape", SHAPES)
def test_images_keep_their_shape_and_lie_between_zero_and_one(shape):
    noise, image = tf.random.normal([2, 5]), tf.random.uniform([2, *shape])
    for network in (dcgan.generator(5, shape, width=4), resnet.generator(5, shape, width=4)):
        check(network(noise), shape)
    check(translator(shape, (4, 6), blocks=1)(image), shape)
    check(unet(shape, 2, (4, 6), dropout=0.0)(image), (*shape[:2], 2))


def check(images, shape):
    assert images.shape == (2, *shape) and images.dtype == tf.float32
    assert 0 <= images.numpy().min() <= images.numpy().max() <= 1


@pytest.mark.parametrize("judge", [dcgan.discriminator, resnet.critic])
def test_judges_give_their_features_beside_their_output(judge):
    network = judge((9, 13, 2), width=4, features=True)
    logit, observed = network(tf.random.uniform([2, 9, 13, 2]))
    assert logit.shape == (2, 1) and len(observed.shape) == 2
    kernel, bias = network.trainable_variables[-2:]
    np.testing.assert_allclose(logit, observed @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize("make", [dcgan.discriminator, resnet.critic, dcgan.stages])
def test_an_image_below_eight_is_refused(make):
    with pytest.raises(ValueError, match="at least 8 x 8"):
        make((7, 8, 1))


def test_every_layer_with_a_kernel_can_be_wrapped():
    wrapped = []
    resnet.critic((32, 32, 3), width=4, wrap=lambda layer: wrapped.append(layer) or layer)
    kernels = [layer for layer in resnet.critic((32, 32, 3), 4).layers if layer.trainable_weights]
    assert len(wrapped) == len(kernels) == 2 * 4 + 2 + 1


# A receptive field is what has a gradient when nothing is normalized or rectified.


def opened(network):
    """The network with positive weights, so that no gradient is cut off or cancelled."""
    keras.utils.set_random_seed(0)
    for weight in network.trainable_variables:
        weight.assign(tf.random.uniform(weight.shape, 0.01, 0.02))
    return network


def side(gradient):
    """The longest run of rows or columns that a gradient `(1, height, width, c)` touches."""
    touched = np.abs(gradient.numpy()[0]).sum(axis=-1) > 0
    rows, columns = (np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0))
    return max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1


def field(network, shape, pixels=None):
    """How many pixels a side the middle outputs of a network that maps images to maps see."""
    image = tf.fill([1, *shape], 0.6)
    middle = network.output_shape[1] // 2
    result = []
    for row in range(middle, middle + (pixels or 1)):
        with tf.GradientTape() as tape:
            tape.watch(image)
            observed = tf.reduce_sum(network(image)[0, row, row])
        result.append(side(tape.gradient(observed, image)))
    return max(result)


def before(network, kind):
    """The network up to the last layer of a kind."""
    last = [layer for layer in network.layers if isinstance(layer, kind)][-1]
    return keras.Model(network.inputs, last.input)


@pytest.mark.parametrize("stages, stated", [(1, 7), (2, 16), (3, 34), (4, 70)])
def test_patches_are_as_wide_as_stated(stages, stated):
    assert stated == 9 * 2 ** (stages - 1) - 2
    network = opened(patch((128, 128, 1), (2,) * stages, normalized=False))
    assert field(network, (128, 128, 1)) == stated


@pytest.mark.parametrize("halvings", [1, 2])
@pytest.mark.parametrize("blocks", [1, 3])
def test_a_translator_sees_as_many_pixels_as_stated(halvings, blocks):
    network = opened(translator((96, 96, 1), (2,) * (halvings + 1), blocks, normalized=False))
    p = {1: 5, 2: 4}[halvings]
    assert field(network, (96, 96, 1), pixels=4) == (p + 4 * blocks + 1) * 2**halvings + 5


def test_the_translators_of_the_paper_see_what_the_docstring_states():
    assert [(4 + 4 * blocks + 1) * 4 + 5 for blocks in (9, 6)] == [169, 121]
    assert "169 for 9 blocks, 121 for 6" in translator.__doc__


def transposed(network):
    """What every transposed convolution of a network is given, of a fixed image."""
    layers = [each for each in network.layers if isinstance(each, keras.layers.Conv2DTranspose)]
    inputs = keras.Model(network.inputs[0], [layer.input for layer in layers])
    return inputs(np.random.default_rng(0).random((1, 16, 16, 1), np.float32))


def test_every_transposed_convolution_of_a_unet_is_given_what_relu_lets_through():
    for each in transposed(unet((16, 16, 1), 1, (2, 3), dropout=0.0)):
        assert each.numpy().min() == 0.0 < each.numpy().max()
    with compatibility.defaults(1):  # mutation: the joined maps of 0.1.0 had leaky entries
        former = transposed(unet((16, 16, 1), 1, (2, 3), dropout=0.0))
    assert min(each.numpy().min() for each in former) < 0.0


@pytest.mark.parametrize("make", [dcgan.generator, resnet.generator, deconv])
def test_generators_normalize_batches_with_the_constants_of_dcgan(make):
    options = {"normalized": True} if make is deconv else {"width": 2}
    norms = [
        layer
        for layer in make(5, (16, 16, 1), **options).layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert norms and {(layer.epsilon, layer.momentum) for layer in norms} == {(1e-5, 0.9)}


def test_every_pixel_of_a_unet_depends_on_the_whole_image():
    network = opened(unet((32, 32, 1), 1, (2,), dropout=0.0, normalized=False))
    assert field(network, (32, 32, 1)) == 32
    assert 3 * 2**5 - 2 >= 2 * 32  # what the innermost entries see
    shallow = before(network, keras.layers.Conv2D)  # what the last stage down is given: 2 x 2
    assert field(shallow, (32, 32, 1)) == 31  # 3 2^4 - 2 = 46 wide from row 1 on, cut at 32


def test_entries_of_the_last_map_of_dcgan_see_as_many_pixels_as_stated():
    judge = opened(dcgan.discriminator((128, 128, 1), width=1, normalized=False))  # five stages
    assert field(before(judge, keras.layers.Flatten), (128, 128, 1)) == 3 * 2**5 - 2
    assert 3 * 2**4 - 2 == 46


def test_entries_of_the_last_map_of_the_critic_see_as_many_pixels_as_stated():
    judge = opened(resnet.critic((64, 64, 1), width=2))
    last = before(judge, keras.layers.GlobalAveragePooling2D)
    assert field(last, (64, 64, 1)) == 64 < 13 * 2**3 - 4
    judge = opened(resnet.critic((16, 16, 1), width=2))  # one halving: 22 of 16 pixels, cut
    observed = field(before(judge, keras.layers.GlobalAveragePooling2D), (16, 16, 1))
    assert observed == 16


def reach(network, latent_dim):
    """How many pixels a side change with one entry of the first map."""
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Reshape))
    rest = keras.Model(first.output, network.outputs[0])
    entry = np.zeros((1, *first.output.shape[1:]), np.float32)
    middle = entry.shape[1] // 2
    quiet = rest(entry).numpy()
    entry[:, middle, middle] = 1e20  # its edges must still be seen beside the output's 1/2
    return side(tf.constant(np.abs(rest(entry).numpy() - quiet) > 1e-7, tf.float32))


@pytest.mark.parametrize(
    "make, stated", [(dcgan.generator, "3 2^k - 2"), (resnet.generator, "5 2^k - 2")]
)
def test_entries_of_the_first_map_reach_as_many_pixels_as_stated(make, stated):
    assert stated in make.__doc__
    network = opened(make(2, (28, 28, 1), width=2))  # a map of 7 x 7, two stages
    scale, minus = int(stated[0]), int(stated[-1])
    assert reach(network, 2) == scale * 2**2 - minus


def test_padding_by_reflection_repeats_no_edge():
    layer = ReflectionPadding(2)
    rows = layer(tf.reshape(tf.range(3.0), [1, 3, 1, 1]) + tf.zeros([1, 3, 3, 1]))[0, :, 2, 0]
    np.testing.assert_array_equal(rows, [2, 1, 0, 1, 2, 1, 0])
    assert layer.compute_output_spec(keras.KerasTensor((None, 3, 3, 1))).shape == (None, 7, 7, 1)
    assert ReflectionPadding.from_config(layer.get_config()).margin == 2
