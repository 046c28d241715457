"""Noise is a pure function of its address: golden bits, laws, independence, replicas, XLA."""

import itertools
import time

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo import noise
from zoo.layers.dropout import Dropout

COUNT = 20_000
SURE = 5.0 / np.sqrt(COUNT)  # five standard errors of a correlation of independent draws


def drawn(draw, seed=1, step=2, move=3):
    """A draw from a stream of training, as an array."""
    with noise.training(seed, step, move):
        return np.asarray(draw())


def normal(count=COUNT, columns=2, **address):
    return drawn(lambda: noise.normal([count, columns]), **address)


def correlation(a, b):
    return abs(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])


# The bits are those of Random123 and of version 1.

VECTORS = [  # known answers of Random123 for threefry2x32, 20 rounds
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]

TRAINING = [  # two words of each of three draws
    [[0x3BE096D4, 0x8B3913C4, 0x27809DA5], [0x421A5EFD, 0x934321BE, 0xDCD0C57E]],
    [[0x6AB85831, 0x55A99A74, 0x86D0AB46], [0xBD311960, 0x66042210, 0x49587D70]],
    [[0xBFCF97FA], [0x359E4A33]],
    [[0xD156FDB8], [0x1F75B571]],
    [[0x2AF5B682, 0x34444C72], [0xA048B6A2, 0xA6921A5E]],
    [[0x7945AA26, 0xF5EF444E], [0x9B9AAEBA, 0x54DD03D5]],
]
SEEDS = [-4883217313017222806, 5731837475286458671, 1351350879580556977]
SERVED = [[0.2195345, -1.4296087], [0.4678103, -0.7277809], [-0.10048, -0.6841249]]


@pytest.mark.parametrize(("key", "counter", "expected"), VECTORS)
@pytest.mark.parametrize("kind", [np.uint32, tf.constant], ids=["numpy", "tensorflow"])
def test_threefry_gives_the_known_answers_of_random123(kind, key, counter, expected):
    def words(pair):
        return [np.array([w], np.uint32) if kind is np.uint32 else tf.constant([w], tf.uint32)
                for w in pair]  # fmt: skip

    found = noise.threefry(words(key), words(counter))
    assert tuple(int(word[0]) for word in found) == expected


def test_bits_of_a_training_stream_are_those_of_version_1():
    with noise.training(seed=7, step=11, move=1) as stream:
        first, second = stream.bits((2, 3)), stream.bits((2, 1))
        shared = stream.bits((2, 2), shared=True)
    found = [word.numpy().tolist() for word in (*first, *second, *shared)]
    assert noise.VERSION == 1
    assert found == TRAINING


def test_seeds_of_rows_are_those_of_version_1():
    assert noise.row_seeds(7, 3).numpy().tolist() == SEEDS


def test_a_served_draw_is_that_of_version_1():
    with noise.serving(7, 3):
        found = noise.normal([3, 2]).numpy()
    np.testing.assert_allclose(found, SERVED, atol=1e-6)


# Laws.


def test_uniform_draws_lie_strictly_inside_the_interval():
    edges = noise._unit(tf.constant([0, 0xFFFFFFFF], tf.uint32)).numpy()
    assert 0.0 < edges[0] < 1e-7 and 1.0 - 1e-6 < edges[1] < 1.0
    found = drawn(lambda: noise.uniform([COUNT, 2], -3.0, 5.0))
    assert found.min() > -3.0 and found.max() < 5.0


def test_uniform_draws_are_uniform():
    found = drawn(lambda: noise.uniform([COUNT, 2])).ravel()
    assert scipy.stats.kstest(found, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("columns", [2, 3])
def test_normal_draws_are_standard_normal(columns):
    found = normal(columns=columns).ravel()
    assert np.isfinite(found).all()
    assert scipy.stats.kstest(found, "norm").pvalue > 1e-3
    moments = [np.mean(found**k) for k in range(1, 5)]
    spread = np.sqrt([1, 2, 15, 96]) / np.sqrt(found.size)  # standard errors of the moments
    np.testing.assert_array_less(np.abs(np.subtract(moments, [0, 1, 0, 3])), 4.5 * spread)


def test_normal_draws_are_finite_at_the_edges_of_the_bits():
    class Edge(noise.Stream):
        def bits(self, shape, shared=False):
            words = tf.constant([[0, 0xFFFFFFFF]], tf.uint32)
            return words, words

    with noise.opened(Edge(None, None)):
        assert np.isfinite(noise.normal([1, 4])).all()


def test_a_permutation_is_one_and_every_order_is_as_likely():
    @tf.function
    def order(step):
        with noise.training(1, step, 3):
            return noise.permutation(3)

    orders = [tuple(order(step).numpy().tolist()) for step in tf.range(600)]
    counts = [orders.count(order) for order in itertools.permutations(range(3))]
    assert sum(counts) == 600
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


# Independence.


@pytest.mark.parametrize("other", [{"seed": 2}, {"step": 3}, {"move": 4}, {"seed": 1 << 40}])
def test_another_seed_step_or_move_gives_independent_draws(other):
    assert correlation(normal(), normal(**other)) < SURE


def test_draws_of_one_stream_are_independent():
    first, second = drawn(lambda: tf.stack([noise.normal([COUNT, 2]) for _ in range(2)]))
    assert correlation(first, second) < SURE


def test_rows_and_columns_are_independent():
    found = normal(columns=4)
    assert max(correlation(found[:, i], found[:, j]) for i in range(4) for j in range(i)) < SURE
    assert correlation(found[:-1], found[1:]) < SURE


def test_shared_draws_are_independent_of_others_and_among_themselves():
    def draw():
        kinds = (True, False, True)
        return tf.stack([noise.normal([COUNT, 2], shared=shared) for shared in kinds])

    first, second, third = drawn(draw)
    assert max(correlation(first, second), correlation(first, third)) < SURE
    assert correlation(first[:-1], first[1:]) < SURE


def test_large_shared_draws_do_not_overlap_or_are_refused():
    def draw():
        rows, columns = 1 << 11, 1 << 10  # more entries than one draw has counters
        first, second = (noise._current().bits((rows, columns), shared=True)[0] for _ in range(2))
        return tf.stack([first, second])

    try:
        first, second = drawn(draw)
    except ValueError:
        return
    half = first.shape[0] // 2
    assert (first[half:] != second[:half]).any()


def test_a_long_row_goes_on_in_the_draws_that_follow():
    with noise.training(1, 2, 3) as stream:
        long, after = stream.bits((1, (1 << 20) + 2))[0], stream.bits((1, 2))[0]
        assert stream.draws == 3
    with noise.training(1, 2, 3) as stream:
        first, second, third = (stream.bits((1, 2))[0] for _ in range(3))
    np.testing.assert_array_equal(long[:, :2], first)
    np.testing.assert_array_equal(long[:, -2:], second)
    np.testing.assert_array_equal(after, third)


def test_more_draws_than_a_stream_has_are_refused():
    with noise.training(1, 2, 3) as stream:
        stream.draws = (1 << 12) - 1
        stream.bits((1, 2))
        with pytest.raises(ValueError, match="Received: draw 4096 of shape"):
            stream.bits((1, 2))
        stream.draws = (1 << 12) - 1
        with pytest.raises(ValueError, match="of which longer rows take several"):
            stream.bits((1, (1 << 20) + 1))


# Rows.


def test_a_row_does_not_depend_on_how_many_there_are():
    many, few = (drawn(lambda n=n: noise.uniform([n, 2])) for n in (64, 7))
    np.testing.assert_array_equal(many[:7], few)
    np.testing.assert_allclose(normal(count=64)[:7], normal(count=7), atol=1e-6)


def test_a_served_row_depends_on_its_own_seed_alone():
    def served(seeds):
        with noise.serving(np.array(seeds, np.int64), len(seeds)):
            return np.asarray(tf.concat([noise.normal([len(seeds), 3]) for _ in range(2)], axis=1))

    every = served([5, -8, 1 << 62, 5])
    np.testing.assert_allclose(every[1:2], served([-8]), atol=1e-6)
    np.testing.assert_allclose(every[2:], served([1 << 62, 5]), atol=1e-6)
    np.testing.assert_array_equal(every[0], every[3])
    assert (every[0] != every[1]).all()


def test_rows_that_stand_for_one_row_are_drawn_from_it_alone():
    def served(seeds, times=3):
        with noise.serving(np.array(seeds, np.int64), len(seeds)), noise.expanded(times):
            return noise.normal([times * len(seeds), 2]).numpy()

    every = served([5, -8, 5])
    np.testing.assert_array_equal(every[:3], every[6:])
    np.testing.assert_allclose(every[3:6], served([-8]), atol=1e-6)
    assert len(np.unique(every[:6].round(5))) == 12
    with noise.serving(5, 2), noise.expanded(3):
        rows = noise.uniform([6, 4]).numpy()
    with noise.serving(5, 2):
        np.testing.assert_array_equal(rows.reshape(2, 12), noise.uniform([2, 12]))


def test_an_expansion_ends_with_its_block_and_leaves_shared_draws_alone():
    with noise.training(0, 0, 0) as stream:
        with noise.expanded(2), noise.expanded(3):
            assert stream.times == 6
            inner = noise.uniform([12, 1], shared=True).numpy()
        assert stream.times == 1
    np.testing.assert_array_equal(
        inner, drawn(lambda: noise.uniform([12, 1], shared=True), 0, 0, 0)
    )


def test_choices_have_the_probabilities_that_were_asked():
    weights = np.array([0.5, 0.1, 0.4], np.float32)
    found = drawn(lambda: noise.choice(weights, COUNT))
    assert found.dtype == np.int32
    np.testing.assert_allclose(np.bincount(found) / COUNT, weights, atol=0.02)
    assert (drawn(lambda: noise.choice(np.ones(1, np.float32), 5)) == 0).all()


def test_one_served_seed_gives_the_draws_of_the_seeds_that_follow_from_it():
    with noise.serving(9, 4):
        one = noise.normal([4, 2])
    with noise.serving(noise.row_seeds(9, 4), 4):
        np.testing.assert_array_equal(one, noise.normal([4, 2]))
    assert len(set(noise.row_seeds(9, 1000).numpy())) == 1000


def test_without_a_seed_served_draws_differ_from_call_to_call():
    found = []
    for _ in range(2):
        with noise.serving(None, 2):
            found.append(noise.normal([2, 2]).numpy())
    assert (found[0] != found[1]).all()


def test_a_draw_without_a_stream_is_refused_in_words():
    with pytest.raises(RuntimeError, match="No noise stream is open: draw inside a loss"):
        noise.normal([2, 2])


def test_a_stream_closes_when_its_block_fails():
    with pytest.raises(ZeroDivisionError), noise.training(0, 0, 0):
        raise ZeroDivisionError
    assert noise._open.stream is None


def test_an_inner_stream_gives_back_the_outer_one():
    with noise.training(0, 0, 0) as outer:
        with noise.serving(3, 1):
            noise.normal([1, 1])
        assert noise._current() is outer and outer.draws == 0


# Compilation and replicas.


def test_compiled_draws_are_those_that_are_not_compiled():
    def draw(step):
        with noise.training(1, step, 0):
            order = tf.cast(noise.permutation(50), tf.float32)
            return noise.normal([50, 3]), noise.uniform([50, 3]), order

    step = tf.constant(4, tf.int64)
    plain, graph, compiled = (
        function(step)
        for function in (draw, tf.function(draw), tf.function(draw, jit_compile=True))
    )
    for a, b, c in zip(plain, graph, compiled, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
        np.testing.assert_allclose(a, c, atol=1e-6)


def compiled_parts(draw):
    """How many functions of the graph of a draw XLA must compile, and what the draw gives."""
    step = tf.function(draw, autograph=False).get_concrete_function()
    functions = step.graph.as_graph_def().library.function
    return sum(f.attr["_XlaMustCompile"].b for f in functions), step().numpy()


def test_large_draws_are_compiled_in_training_alone_with_the_same_bits():
    count, columns = 300, 301  # more than 2 ** 16 entries

    def training(columns=columns):
        with noise.training(1, 2, 3) as stream:
            return stream.bits((count, columns))[0]

    def served():
        with noise.serving(7, count) as stream:
            return stream.bits((count, columns))[0]

    rows, columns_ = np.arange(count, dtype=np.uint32), np.arange(columns, dtype=np.uint32)
    key = np.uint32([noise.mixed(1, 3)]), np.uint32([2])
    expected, _ = noise.threefry(key, (rows[:, None], columns_[None]))
    compiled, bits = compiled_parts(training)
    np.testing.assert_array_equal(bits, expected)
    assert compiled == 1
    compiled, bits = compiled_parts(lambda: training(200))
    np.testing.assert_array_equal(bits, expected[:, :200])
    assert compiled == 0
    assert compiled_parts(served)[0] == 0


@pytest.mark.slow
def test_millions_of_uniforms_take_at_most_three_times_as_long_as_those_of_tensorflow():
    shape = (2048, 2048)

    @tf.function(autograph=False)
    def ours(step):
        with noise.training(1, step, 3):
            return noise.uniform(shape)

    @tf.function(autograph=False)
    def theirs(step):
        return tf.random.stateless_uniform(shape, tf.stack([step, step]))

    def seconds(draw):
        draw(tf.constant(0, tf.int64))
        began = time.process_time()
        for step in tf.range(1, 11, dtype=tf.int64):
            draw(step)
        return time.process_time() - began

    assert min(seconds(ours) for _ in "123") <= 3.0 * min(seconds(theirs) for _ in "123")


def on_replicas(two, function):
    """What each replica returns."""
    return [v.numpy() for v in two.experimental_local_results(two.run(tf.function(function)))]


def test_rows_count_over_replicas(two):
    def draw():
        with noise.training(1, 2, 3):
            return noise.normal([4, 2])

    halves = on_replicas(two, draw)
    np.testing.assert_allclose(np.concatenate(halves), normal(count=8), atol=1e-6)


def test_shared_draws_are_equal_on_replicas(two):
    def draw():
        with noise.training(1, 2, 3):
            order = tf.cast(noise.permutation(4), tf.float32)
            return tf.concat([noise.normal([4, 1], shared=True)[:, 0], order], axis=0)

    first, second = on_replicas(two, draw)
    np.testing.assert_array_equal(first, second)


# The layer that draws.


def dropped(layer, x, training=True):
    return drawn(lambda: layer(x, training=training))


def test_dropout_sets_a_share_to_zero_and_scales_the_others():
    found = dropped(Dropout(0.25), tf.ones([COUNT, 2]))
    assert set(np.unique(found)) == {np.float32(0.0), np.float32(1 / 0.75)}
    assert abs(np.mean(found == 0) - 0.25) < 4 * np.sqrt(0.25 * 0.75 / found.size)


def test_dropout_is_keyed_by_the_stream():
    x = tf.ones([64, 4])
    np.testing.assert_array_equal(dropped(Dropout(0.5), x), dropped(Dropout(0.5), x))
    assert (dropped(Dropout(0.5), x) != drawn(lambda: Dropout(0.5)(x, training=True), step=5)).any()


def test_dropout_is_the_identity_in_inference_unless_always():
    x = tf.ones([64, 4])
    np.testing.assert_array_equal(Dropout(0.5)(x, training=False), x)
    assert (dropped(Dropout(0.5, always=True), x, training=False) == 0).any()


def test_dropout_on_two_replicas_is_that_of_one_process(two):
    layer, x = Dropout(0.5), tf.ones([4, 6])

    def drop():
        with noise.training(1, 2, 3):
            return layer(x, training=True)

    first, second = on_replicas(two, drop)
    expected = dropped(layer, tf.ones([8, 6]))
    np.testing.assert_array_equal(np.concatenate([first, second]), expected)
    assert (first != second).any()


def test_dropout_refuses_a_rate_of_one():
    with pytest.raises(ValueError, match=r"`rate` must be in \[0, 1\)"):
        Dropout(1.0)
