"""What a user of Keras expects of a model: its optimizer, seeds, files and strategies."""

import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import GenerativeModel
from zoo.networks.mlp import mlp
from zoo.optimizers.players import PlayersOptimizer
from zoo.registry import register

X = np.random.default_rng(0).random((16, 2), np.float32)
RATES = {"first": 4e-3, "second": 1e-3}


@register
class HabitScore(GenerativeModel):
    """One player with noise."""

    data_shape = (2,)
    players = {"network": ("network",)}
    terms = {"network": ("score",)}

    def network_loss(self, x, y, training):
        noise = self.noise.normal([tf.shape(x)[0], 2])
        return {"score": tf.square(self.network(x + noise)[:, 0])}

    @classmethod
    def default_networks(cls, data_shape, latent_dim):
        return {"network": mlp(data_shape[0], 2, (4,))}


@register
class HabitGame(GenerativeModel):
    """Two players, whose rates are 4 to 1."""

    data_shape = (2,)
    players = {"first": ("first",), "second": ("second",)}
    terms = {"first": ("score",), "second": ("score",)}
    moves = {"first": 3}

    def first_loss(self, x, y, training):
        return {"score": tf.square(self.first(x)[:, 0] - 1.0)}

    def second_loss(self, x, y, training):
        return {"score": tf.square(self.second(x)[:, 0])}

    def default_optimizer(self, player):
        return keras.optimizers.Adam(RATES[player])


class HabitCount(GenerativeModel):
    """One player, which follows no gradient."""

    data_shape = (2,)
    players = {"network": ("network",)}
    terms = {"network": ("score",)}

    def network_loss(self, x, y, training):
        return {"score": tf.square(self.network(x)[:, 0])}

    def default_optimizer(self, player):
        return None

    def update(self, movers, x, y):
        return self.terms_of(movers, x, y, training=True)


def score(**options):
    return HabitScore(network=mlp(2, 1, (4,)), seed=1, **options)


def game():
    return HabitGame(first=mlp(2, 1, (4,)), second=mlp(2, 1, (4,)), seed=1)


def fit(model, **options):
    return model.fit(X, batch_size=4, verbose=0, **options)


def rates(model):
    return {player: float(o.learning_rate) for player, o in model.optimizers.items()}


def same(ours, theirs):
    return all(map(np.array_equal, ours.get_weights(), theirs.get_weights()))


# The optimizer.


def test_the_optimizer_of_one_player_is_the_one_that_was_given():
    model, mine = score(), keras.optimizers.SGD(0.1, momentum=0.9)
    assert model.optimizer is None
    model.compile(mine)
    assert model.optimizer is mine is model.optimizers["network"]
    fit(model)
    assert int(mine.iterations) == 4
    before, mine.learning_rate = model.network.get_weights(), 0.0
    mine.momentum = 0.0
    model.compile(mine)  # traced anew, with the state that it has
    fit(model)
    assert int(mine.iterations) == 8
    assert all(map(np.array_equal, before, model.network.get_weights()))


def test_each_player_has_the_optimizer_that_was_given_for_it():
    model, first = game(), keras.optimizers.SGD(0.1)
    model.compile({"first": first})
    assert model.optimizers["first"] is first
    shared = keras.optimizers.SGD(0.2)
    model.compile({"first": shared, "second": shared})
    assert all(o is not shared for o in model.optimizers.values())
    assert rates(model) == pytest.approx({"first": 0.2, "second": 0.2})


def test_an_optimizer_that_trains_other_weights_is_copied_aloud(caplog):
    first, second, mine = score(), score(), keras.optimizers.SGD(0.1)
    first.compile(mine)
    assert not caplog.records
    second.compile(mine)
    assert "a copy trains, `model.optimizers['network']`" in caplog.text
    assert second.optimizer is not mine and first.optimizer is mine
    assert second.optimizer.get_config() == mine.get_config()


def test_an_optimizer_made_outside_the_scope_is_copied_aloud(two, caplog):
    with two.scope():
        model = score()
    mine = keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(mine)
    assert "was made in another scope: a copy trains" in caplog.text
    assert model.optimizer is not mine
    with two.scope():
        mine = keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(mine)
    assert model.optimizer is mine


def test_several_optimizers_are_read_and_set_as_one():
    model = game()
    model.compile()
    view = model.optimizer
    assert isinstance(view, PlayersOptimizer) and isinstance(view, keras.optimizers.Optimizer)
    assert view is model.optimizer
    assert float(view.learning_rate) == pytest.approx(4e-3)
    view.learning_rate = 1e-2
    assert rates(model) == pytest.approx({"first": 1e-2, "second": 2.5e-3})
    fit(model)
    assert int(view.iterations) == 4  # of training; the first player moved three times as often
    assert len(view.variables) == sum(len(o.variables) for o in model.optimizers.values())
    assert view.get_config()["second_learning_rate"] == pytest.approx(2.5e-3)
    with pytest.raises(NotImplementedError, match="model.optimizers"):
        view.apply_gradients([(tf.zeros(()), model.first.trainable_variables[0])])


def test_setting_the_rate_that_is_read_changes_no_bit():
    model = game()
    model.compile()
    before = rates(model)
    model.optimizer.learning_rate = float(model.optimizer.learning_rate)
    assert rates(model) == before


def test_rates_rise_from_zero_in_the_proportions_of_the_start():
    model = game()
    model.compile()
    model.optimizer.learning_rate = 0.0
    assert rates(model) == {"first": 0.0, "second": 0.0}
    assert float(model.optimizer.learning_rate) == 0.0
    model.optimizer.learning_rate = 8e-3
    assert rates(model) == pytest.approx({"first": 8e-3, "second": 2e-3})
    model.optimizers["first"].learning_rate = 0.0  # frozen: the other player's rate is read
    assert float(model.optimizer.learning_rate) == pytest.approx(2e-3)
    model.optimizer.learning_rate = 1e-3
    assert rates(model) == pytest.approx({"first": 0.0, "second": 1e-3})


def test_a_schedule_is_read_and_not_set():
    model = game()
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 4, 0.5)
    model.compile({"second": keras.optimizers.SGD(schedule)})
    with pytest.raises(TypeError, match=r"\['second'\] is a schedule"):
        model.optimizer.learning_rate = 0.1
    assert rates(model) == pytest.approx({"first": 4e-3, "second": 0.5})
    with pytest.raises(ValueError, match="must be a number"):
        model.optimizer.learning_rate = schedule


def test_a_model_without_gradients_has_no_rate_to_set():
    model = HabitCount(network=mlp(2, 1, (4,)), seed=1)
    model.compile()
    assert float(model.optimizer.learning_rate) == 0.0
    assert model.optimizer.get_config() == {}
    with pytest.raises(TypeError, match="No player of this model follows a gradient"):
        model.optimizer.learning_rate = 0.1


@pytest.mark.parametrize("make", [score, game])
def test_trackers_read_rate_settings_and_steps(make):
    """As WandbMetricsLogger and MlflowCallback do."""
    model = make()
    model.compile()
    fit(model)
    rate = model.optimizer.learning_rate
    assert rate.shape == () and float(rate.numpy().item()) > 0.0
    assert int(model.optimizer.iterations.numpy()) == 4
    names = [f"opt_{name}" for name in model.optimizer.get_config()]
    assert any(name.endswith("learning_rate") for name in names)
    lines = []
    model.summary(print_fn=lambda line, *args, **kwargs: lines.append(line))
    assert "Optimizer params" in "\n".join(lines)


@pytest.mark.parametrize("make", [score, game])
def test_files_hold_each_optimizer_once_and_where_0_1_0_had_it(make, tmp_path):
    import h5py

    model = make()
    model.compile()
    fit(model)
    model.save_weights(tmp_path / "model.weights.h5")
    with h5py.File(tmp_path / "model.weights.h5") as file:
        assert {"optimizer", "_view"}.isdisjoint(file)
        assert len(file["optimizers"]) == len(model.optimizers)


def test_an_optimizer_that_chooses_by_variables_is_refused():
    chooser = keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1))
    )
    with pytest.raises(ValueError, match="a dict by player. Received: MultiOptimizer"):
        game().compile(chooser)
    with pytest.raises(AttributeError, match=r"compile\(optimizer=...\)"):
        score().optimizer = keras.optimizers.SGD(0.1)


# Seeds.


def test_the_seed_decides_the_weights_whatever_was_made_before():
    first = HabitScore.for_data((2,), seed=5)
    keras.utils.set_random_seed(3)
    state = random.getstate()
    second, other = HabitScore.for_data((2,), seed=5), HabitScore.for_data((2,), seed=6)
    assert same(first, second) and not same(first, other)
    assert random.getstate() == state


def test_the_weights_of_a_seed_are_those_of_the_seed_of_keras():
    """So that runs of 0.1.0, which set both, keep theirs."""
    keras.utils.set_random_seed(5)
    ours = HabitScore(**HabitScore.default_arguments((2,)), seed=5)
    assert same(ours, HabitScore.for_data((2,), seed=5))


def trained_from(seed):
    keras.utils.set_random_seed(seed)
    model = HabitScore.for_data((2,))
    model.compile()
    fit(model)
    return model


def test_the_seed_of_keras_decides_a_run_without_a_seed():
    first, second, other = trained_from(7), trained_from(7), trained_from(8)
    assert first.seed == second.seed != other.seed
    assert same(first, second) and not same(first, other)


def test_the_seed_of_keras_decides_samples_without_a_seed():
    model = zoo.create("linear_gaussian_lvm", (3,), 2, seed=0)
    samples = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        samples.append([model.sample(4).numpy() for _ in range(2)])
    assert np.array_equal(samples[0], samples[1])
    assert not np.array_equal(samples[0], samples[2])
    assert not np.array_equal(*samples[0])


def test_a_bad_seed_is_refused_before_networks_are_made():
    with pytest.raises(ValueError, match="`seed` must be an integer from 0"):
        HabitScore.for_data((2,), seed="7")


# Files.


@pytest.mark.parametrize("name", ["x.h5", "x.hdf5", "folder", "x.weights.h5"])
def test_other_files_than_keras_are_refused_with_what_to_use(name, tmp_path):
    with pytest.raises(ValueError, match=r"must end in .keras.*save_weights\(.*zoo.export.save"):
        score().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_export_of_keras_names_ours(tmp_path):
    with pytest.raises(NotImplementedError, match=r"zoo.export.save\(model, "):
        score().export(tmp_path / "model")


def test_keras_alone_says_how_to_load_a_file(tmp_path):
    path = tmp_path / "model.keras"
    zoo.create("linear_gaussian_lvm", (3,), 2, seed=0).save(path)
    code = f"import keras; keras.models.load_model({str(path)!r})"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert "`import zoo` first" in last.partition("Full object config: ")[2][:200]
    assert isinstance(keras.models.load_model(path), zoo.LinearGaussianLVM)  # and so it does


# Scopes of strategies.


def test_networks_made_in_another_scope_than_the_model_are_refused(two):
    outside = mlp(2, 1, (4,))
    with two.scope(), pytest.raises(ValueError, match="`network` of HabitScore must be made in"):
        HabitScore(network=outside)
    with two.scope():
        inside = mlp(2, 1, (4,))
        HabitScore(network=inside)
    with pytest.raises(ValueError, match="`network` of HabitScore must be made in the scope"):
        HabitScore(network=inside)


def test_a_model_made_outside_the_scope_is_refused_when_it_is_compiled_and_trained_in_it(two):
    model = score()
    with two.scope(), pytest.raises(ValueError, match="HabitScore must be made in the scope"):
        model.compile()
    model.compile()
    with two.scope(), pytest.raises(ValueError, match="made in no strategy's scope"):
        fit(model)
