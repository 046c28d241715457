"""What each table of a class does to a step, on games small enough for a closed form."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import GenerativeModel

RATE = 0.1
ROWS = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
SEEN = []  # (players, first column) of each move of `Watcher`


def dense(inputs, outputs, *layers, **options):
    last = keras.layers.Dense(outputs, **options)
    return keras.Sequential([keras.Input((inputs,)), *layers, last])


def stepped(model, x=ROWS, rate=RATE):
    """The model after one step of gradient descent; what it logged."""
    model.compile(keras.optimizers.SGD(rate))
    return {name: float(value) for name, value in model.train_step(tf.constant(x)).items()}


class Duel(GenerativeModel):
    """f = u v: the first player lowers f, the second raises it."""

    players = {"first": ("u",), "second": ("v",)}
    terms = {"first": ("value",), "second": ("value",)}
    data_shape = (2,)

    def __init__(self, u=1.0, v=2.0, **parts):
        super().__init__(**parts)
        self.u = self.add_weight(name="u", shape=(), initializer=keras.initializers.Constant(u))
        self.v = self.add_weight(name="v", shape=(), initializer=keras.initializers.Constant(v))

    def first_loss(self, x, y, training):
        return {"value": self.u.value * self.v.value}

    def second_loss(self, x, y, training):
        return {"value": -self.u.value * self.v.value}


def point(model):
    return [float(model.u.numpy()), float(model.v.numpy())]


def variant(base=Duel, **tables):
    return type("Variant", (base,), tables)


def test_players_move_one_after_another_in_the_order_of_the_table():
    model = Duel()
    stepped(model)
    u = 1.0 - RATE * 2.0
    np.testing.assert_allclose(point(model), [u, 2.0 + RATE * u], rtol=1e-6)


def test_rounds_give_the_order():
    model = variant(rounds=("second", "first"))()
    stepped(model)
    v = 2.0 + RATE * 1.0
    np.testing.assert_allclose(point(model), [1.0 - RATE * v, v], rtol=1e-6)


def test_players_of_one_round_move_from_the_same_point():
    model = variant(rounds=(("first", "second"),))()
    stepped(model)
    np.testing.assert_allclose(point(model), [1.0 - RATE * 2.0, 2.0 + RATE * 1.0], rtol=1e-6)


def test_simultaneous_descent_of_the_bilinear_game_leaves_the_circle():
    model = variant(rounds=(("first", "second"),))()
    model.compile(keras.optimizers.SGD(RATE))
    for _ in range(3):
        model.train_step(tf.constant(ROWS))
    expected = (1.0 + RATE**2) ** 3 * (1.0 + 4.0)
    np.testing.assert_allclose(np.sum(np.square(point(model))), expected, rtol=1e-5)


def test_moves_are_gradient_steps_of_one_player():
    model = variant(moves={"first": 3})()
    stepped(model)
    u = 1.0 - 3 * RATE * 2.0
    np.testing.assert_allclose(point(model), [u, 2.0 + RATE * u], rtol=1e-6)
    assert [int(o.iterations.numpy()) for o in model.optimizers.values()] == [3, 1]
    assert int(model.steps.numpy()) == 1


def test_a_round_moves_as_often_as_its_first_player():
    model = variant(rounds=(("first", "second"),), moves={"first": 2, "second": 5})()
    stepped(model)
    assert [int(o.iterations.numpy()) for o in model.optimizers.values()] == [2, 2]


# Fresh batches.


class Watcher(Duel):
    """Writes down what each move is shown."""

    players = {"first": ("u",), "second": ("v",), "third": ("w",)}
    terms = dict.fromkeys(players, ("value",))

    def __init__(self, **parts):
        super().__init__(**parts)
        self.w = self.add_weight(name="w", shape=(), initializer="ones")

    def third_loss(self, x, y, training):
        return {"value": self.w.value**2}

    def update(self, movers, x, y):
        SEEN.append((*movers, x.numpy()[:, 0].tolist()))
        return super().update(movers, x, y)


def shown(**tables):
    """What the moves of one step see of the rows 0 ... 11."""
    SEEN.clear()
    stepped(variant(Watcher, **tables)(), np.arange(12.0, dtype="float32")[:, None] * [[1.0, 1.0]])
    return list(SEEN)


def test_without_fresh_batches_every_move_sees_the_whole_batch():
    rows = list(range(12))
    assert shown() == [("first", rows), ("second", rows), ("third", rows)]


def test_a_fresh_batch_is_every_kth_row_and_others_see_the_latest():
    found = shown(moves={"second": 2}, fresh_batches=("second",))
    even, odd = list(range(0, 12, 2)), list(range(1, 12, 2))
    assert found == [("first", even), ("second", even), ("second", odd), ("third", odd)]


def test_every_listed_player_draws_a_batch_for_each_move():
    tables = {"moves": {"second": 2}, "fresh_batches": ("first", "second", "third")}
    found = shown(**tables)
    assert variant(Watcher, **tables)().parts == 4
    assert [rows for _, rows in found] == [list(range(k, 12, 4)) for k in range(4)]


def test_moves_of_a_player_may_share_a_fresh_batch():
    tables = {"moves": {"second": 3}, "fresh_batches": ("first", "second")}
    assert variant(Watcher, **tables, shared_batches=("second",))().parts == 2
    batches = shown(**tables, shared_batches=("second",))
    even, odd = list(range(0, 12, 2)), list(range(1, 12, 2))
    assert batches == [("first", even), *[("second", odd)] * 3, ("third", odd)]


def test_players_of_one_round_share_a_fresh_batch():
    found = shown(rounds=(("first", "second"), "third"), fresh_batches=("second", "third"))
    assert found == [
        ("first", "second", list(range(0, 12, 2))),
        ("third", list(range(1, 12, 2))),
    ]


# One forward pass for several players.


class Joint(Duel):
    """Both losses are u^2 v^2 + |network(x)|^2, from one forward pass."""

    rounds = (("first", "second"),)
    passes = 0

    def __init__(self, network=None, **parts):
        super().__init__(network=network or dense(2, 1), **parts)

    frozen = ("network",)

    def joint_loss(self, x, y, training):
        type(self).passes += 1
        value = self.network(x)[:, 0] ** 2 + (self.u.value * self.v.value) ** 2
        return {"first": {"value": value}, "second": {"value": value}}


def test_a_joint_loss_is_one_forward_pass():
    Joint.passes = 0
    stepped(Joint())
    assert Joint.passes == 1


def test_a_joint_loss_moves_each_player_by_its_own_loss_only():
    model = Joint(u=0.5, v=1.0)
    network = model.network.get_weights()[0]
    stepped(model)  # each player's gradient once, although both losses hold both weights
    expected = [0.5 - RATE * 2 * 0.5, 1.0 - RATE * 2 * 0.25]
    np.testing.assert_allclose(point(model), expected, rtol=1e-6)
    assert (model.network.get_weights()[0] == network).all()


def test_a_joint_loss_is_not_asked_when_its_players_move_alone():
    model = variant(Joint, rounds=())()
    Joint.passes = type(model).passes = 0
    stepped(model)
    assert type(model).passes == 0


# State.


@keras.saving.register_keras_serializable("tests")
class Balance(GenerativeModel):
    """A scalar that follows the mean error, as the one of BEGAN does."""

    players = {"learner": ("network",)}
    terms = {"learner": ("error",)}
    watched = {"learner": ("norm",)}
    state = {"balance": 0.5}
    data_shape = (2,)

    def learner_loss(self, x, y, training):
        error = self.network(x, training=training)[:, 0] ** 2
        return {"error": self.balance.value * error, "norm": tf.reduce_sum(x**2, axis=1)}

    def after_move(self, movers, batch, terms):
        return {"balance": self.balance + terms[movers[0]]["error"] ** 2}


def balance(**parts):
    return Balance(network=dense(2, 1), seed=0, **parts)


def test_after_move_sets_the_state_from_the_means_of_the_terms():
    model = balance()
    logs = stepped(model)
    np.testing.assert_allclose(model.balance.numpy(), 0.5 + logs["error"] ** 2, rtol=1e-6)


def test_the_state_follows_means_of_the_global_batch(apart):
    assert apart(balance, np.repeat(ROWS, 2, axis=0), shuffle=False) < 1e-6


def test_the_state_is_saved(tmp_path):
    model = balance()
    stepped(model)
    model.save(tmp_path / "model.keras")
    found = keras.saving.load_model(tmp_path / "model.keras")
    assert found.balance.numpy() == model.balance.numpy() != 0.5
    assert json.dumps(found.get_config()) == json.dumps(model.get_config())


def test_what_is_watched_is_logged_and_not_summed():
    logs = stepped(balance())
    np.testing.assert_allclose(logs["norm"], np.mean(np.sum(ROWS**2, axis=1)), rtol=1e-6)
    assert logs["loss"] == logs["error"]


class Prepared(Balance):
    """Counts calls of `prepare`."""

    def prepare(self, data):
        self.calls = getattr(self, "calls", 0) + 1
        self.at = int(self.steps.numpy())


def test_prepare_is_called_once_before_the_first_step():
    model = Prepared(network=dense(2, 1), seed=0)
    model.compile()
    for _ in range(2):
        model.fit(ROWS, batch_size=12, verbose=0)
    assert (model.calls, model.at, int(model.steps.numpy())) == (1, 0, 2)


def test_prepare_is_not_called_after_a_resume(tmp_path):
    model = Prepared(network=dense(2, 1), seed=0)
    stepped(model)
    model.save(tmp_path / "model.keras")
    names = {"Prepared": Prepared}
    found = keras.saving.load_model(tmp_path / "model.keras", custom_objects=names)
    found.fit(ROWS, batch_size=12, verbose=0)
    assert not hasattr(found, "calls")


# Schedules.


@keras.saving.register_keras_serializable("tests")
class Weighted(Balance):
    state = {}

    def __init__(self, network, *, pull_weight=1.0, **parts):
        super().__init__(network=network, pull_weight=pull_weight, **parts)

    def learner_loss(self, x, y, training):
        error = self.now(self.pull_weight) * tf.ones_like(x[:, 0])
        kept = 0.0 * self.network(x)[:, 0]
        return {"error": error + kept, "norm": error}

    def after_move(self, movers, batch, terms):
        return {}


def test_a_setting_may_be_a_schedule_of_the_step():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1, 2], [1.0, 5.0, 7.0])
    model = Weighted(dense(2, 1), pull_weight=schedule)
    model.compile()
    history = model.fit(ROWS, batch_size=12, epochs=4, verbose=0).history
    assert history["error"] == [1.0, 1.0, 5.0, 7.0]


def test_a_schedule_is_part_of_the_config():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [1.0, 5.0])
    config = Weighted(dense(2, 1), pull_weight=schedule, seed=1).get_config()
    again = Weighted.from_config(config)
    assert float(again.pull_weight(7)) == 5.0
    assert again.get_config() == config


def test_a_number_stays_a_number():
    assert Weighted(dense(2, 1), pull_weight=3.0).now(3.0) == 3.0


# What players are made of.


@keras.saving.register_keras_serializable("tests")
class Ensemble(Balance):
    """A list of networks is one player; a network nobody moves is frozen."""

    players = {"learner": ("members",)}
    frozen = ("judge",)
    state, watched = {}, {}

    def learner_loss(self, x, y, training):
        shown = self.judge(x, training=training)
        return {"error": tf.add_n([m(shown)[:, 0] ** 2 for m in self.members])}

    def after_move(self, movers, batch, terms):
        return {}


def ensemble():
    judge = dense(2, 2, keras.layers.BatchNormalization())
    return Ensemble(members=[dense(2, 1), dense(2, 1)], judge=judge, seed=0)


def test_a_list_of_networks_is_one_player_and_each_moves_by_its_own_gradient():
    model = ensemble()
    member = model.members[1]
    kernel, shown = member.get_weights()[0], model.judge(ROWS, training=True).numpy()
    stepped(model)
    gradient = 2.0 * shown.T @ (shown @ kernel) / len(ROWS)
    np.testing.assert_allclose(member.get_weights()[0], kernel - RATE * gradient, atol=1e-6)


def test_a_frozen_network_is_left_untouched_with_its_state():
    model = ensemble()
    before = model.judge.get_weights()
    stepped(model)
    for a, b in zip(before, model.judge.get_weights(), strict=True):
        assert (a == b).all()


def test_a_list_of_networks_is_saved(tmp_path):
    model = ensemble()
    stepped(model)
    model.save(tmp_path / "model.keras")
    found = keras.saving.load_model(tmp_path / "model.keras")
    for a, b in zip(model.get_weights(), found.get_weights(), strict=True):
        assert (a == b).all()


class ClosedForm(GenerativeModel):
    """A mean that is set to its optimum, as in expectation-maximisation."""

    players = {"density": ("center",)}
    terms = {"density": ("error",)}
    data_shape = (2,)

    def __init__(self, **parts):
        super().__init__(**parts)
        self.center = self.add_weight(name="center", shape=(2,), initializer="zeros")

    def density_loss(self, x, y, training):
        return {"error": tf.reduce_sum((x - self.center.value) ** 2, axis=1)}

    def default_optimizer(self, player):
        return None

    def update(self, movers, x, y):
        terms = self.terms_of(movers, x, y, training=True)
        self.center.assign(self.batch_mean(x))
        return terms


def test_a_move_may_be_a_closed_form_update():
    model = ClosedForm(seed=0)
    model.compile()
    assert model.optimizers == {}
    logs = {name: float(value) for name, value in model.train_step(tf.constant(ROWS)).items()}
    np.testing.assert_allclose(model.center.numpy(), ROWS.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], np.mean(np.sum(ROWS**2, axis=1)), rtol=1e-6)


def test_an_optimizer_for_what_follows_no_gradient_is_refused():
    words = "`optimizer` of ClosedForm must be None for 'density'.* Received: SGD"
    for given in (keras.optimizers.SGD(), {"density": keras.optimizers.SGD()}):
        with pytest.raises(ValueError, match=words):
            ClosedForm(seed=0).compile(given)
    with pytest.raises(ValueError, match="`accumulate` of ClosedForm must be 1: .* Received: 2"):
        ClosedForm(seed=0).compile(accumulate=2)


def test_a_closed_form_update_is_right_on_two_replicas(apart):
    assert apart(lambda: ClosedForm(seed=0), ROWS[:8]) < 1e-6


# Verbs.


class Speaker(Balance):
    """Verbs with arguments of its own."""

    verbs = {"sample": ("count", "seed"), "encode": ("x",), "interpolate": ("z1", "z2", "steps")}
    latent_dim = 3

    def sample(self, count, seed=None):
        with self.noise.serving(seed, count):
            return self.noise.normal([count, 2])

    def encode(self, x):
        return self.network(x)

    def interpolate(self, z1, z2, steps):
        return tf.linspace(z1, z2, steps, axis=1)


def test_signatures_follow_from_the_table_of_verbs():
    found = Speaker(network=dense(2, 3)).signatures()
    specs = {
        verb: {k: (s.dtype.name, tuple(s.shape)) for k, s in signature.specs.items()}
        for verb, signature in found.items()
    }
    assert specs == {
        "sample": {"seed": ("int64", (None,))},
        "sample_n": {"count": ("int32", ()), "seed": ("int64", ())},
        "encode": {"x": ("float32", (None, 2))},
        "interpolate": {
            "z1": ("float32", (None, 3)),
            "z2": ("float32", (None, 3)),
            "steps": ("int32", ()),
        },
    }


def test_served_samples_are_those_of_the_model_and_of_each_seed():
    model = Speaker(network=dense(2, 3))
    signatures = model.signatures()
    many = signatures["sample_n"][0](count=tf.constant(5), seed=tf.constant(7, tf.int64))["x"]
    np.testing.assert_array_equal(many, model.sample(5, seed=7))
    seeds = model.noise.row_seeds(7, 5)
    some = signatures["sample"][0](seed=seeds[3:4])["x"]
    np.testing.assert_allclose(some, many[3:4], atol=1e-6)


@pytest.mark.parametrize("count", [0, 1025])
def test_a_served_count_has_a_limit(count):
    function = Speaker(network=dense(2, 3)).signatures()["sample_n"][0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="`count` must be from 1 to 1024"):
        function(count=tf.constant(count), seed=tf.constant(7, tf.int64))


# What is stored, and what is refused.


def test_a_drawn_seed_is_stored_in_the_config():
    model = balance()
    drawn = Balance(network=model.network)
    other = Balance(network=model.network)
    assert isinstance(drawn.seed, int) and drawn.seed != other.seed
    assert Balance.from_config(drawn.get_config()).seed == drawn.seed


def test_a_config_of_another_noise_is_refused():
    config = {**balance().get_config(), "noise_version": 2}
    with pytest.raises(ValueError, match="`noise_version` must be 1"):
        Balance.from_config(config)


@pytest.mark.parametrize("found", [{}, {"error": 1.0}, {"error": 1.0, "norm": 1.0, "more": 1.0}])
def test_a_loss_with_other_terms_than_declared_is_refused(found):
    model = variant(Balance, learner_loss=lambda self, x, y, training: found)
    with pytest.raises(ValueError, match=r"must return the terms \['error', 'norm'\]"):
        stepped(model(network=dense(2, 1)))


def test_a_loss_that_does_not_reach_a_weight_is_refused():
    model = variant(Duel, first_loss=lambda self, x, y, training: {"value": self.v.value})
    with pytest.raises(ValueError, match="'first' gives no gradient"):
        stepped(model())


def test_an_unknown_player_of_an_optimizer_is_refused():
    with pytest.raises(ValueError, match="must be for the players"):
        Duel().compile({"third": "sgd"})


def test_an_option_of_keras_that_the_contract_replaces_is_refused():
    with pytest.raises(ValueError, match="losses and metrics are the model's own"):
        Duel().compile(loss="mse")


def test_every_player_has_its_own_copy_of_one_optimizer():
    model = Duel()
    given = keras.optimizers.SGD(0.3)
    model.compile(given)
    found = list(model.optimizers.values())
    assert found[0] is not found[1] and given not in found
    assert [float(o.learning_rate) for o in found] == pytest.approx([0.3, 0.3])
