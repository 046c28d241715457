"""MinimaxGame: gradient play on functions whose maps are known."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.gan_dynamics.minimax_game import MinimaxGame
from zoo.losses.minimax import Dirac
from zoo.optimizers.minimax import RULES, Steps, consensus, unrolled

START = np.ones((1, 2), np.float32)


def path(steps, **settings):
    """The places of the game from (1, 1), as `trajectory` gives them."""
    play = tf.function(MinimaxGame(seed=0, **settings).trajectory)
    return play(START, steps + 1).numpy()[0]


def radius(steps=1000, **settings):
    return float(np.linalg.norm(path(steps, **settings)[-1]))


# f = u v.


def test_simultaneous_steps_go_outwards(figure):
    measured = figure(
        "MinimaxGame, uv, simultaneous: norm after 1,000", radius(rule="simultaneous"), "204.74"
    )
    assert measured == pytest.approx(204.74, rel=1e-3)


def test_alternating_steps_stay_on_their_orbit(figure):
    measured = figure(
        "MinimaxGame, uv, alternating: norm after 1,000", radius(rule="alternating"), "1.399"
    )
    assert measured == pytest.approx(1.399, abs=2e-3)
    walk = np.linalg.norm(path(1000, rule="alternating"), axis=1)
    assert walk.max() < 1.6 and walk.min() > 1.2


def test_consensus_comes_in_by_its_eigenvalue(figure):
    steps = path(50, rule="consensus")
    factor = (np.linalg.norm(steps[-1]) / np.linalg.norm(steps[0])) ** (2.0 / 50)
    assert figure("MinimaxGame, uv, consensus: |lambda|^2", factor, "0.82") == pytest.approx(
        0.82, abs=1e-4
    )


@pytest.mark.parametrize("rule, known", [("extra_gradient", np.sqrt(0.99**2 + 0.1**2))])
def test_the_extra_gradient_comes_in_by_its_eigenvalue(rule, known):
    """u <- u - 0.1 (v + 0.1 u): the map is (1 - 0.01) I + 0.1 J."""
    steps = path(50, rule=rule)
    factor = (np.linalg.norm(steps[-1]) / np.linalg.norm(steps[0])) ** (1.0 / 50)
    assert factor == pytest.approx(known, abs=1e-5)


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_unrolled_steps_see_where_the_other_goes(ahead):
    """f(u, v + K eta u) = u v + K eta u^2 has the slope v + 2 K eta u."""
    u, v = tf.constant([[1.0]]), tf.constant([[0.5]])
    du, dv = unrolled(lambda a, b: tf.reduce_sum(a * b, axis=1), u, v, Steps(ahead=ahead))
    assert float(du[0, 0]) == pytest.approx(-0.1 * (0.5 + 2.0 * ahead * 0.1), abs=1e-6)
    assert float(dv[0, 0]) == pytest.approx(0.1, abs=1e-6)


def test_unrolled_play_comes_in():
    assert radius(300, rule="unrolled") < 0.01 * radius(300, rule="alternating")


class Undamped:
    """Mutation: consensus whose length is differentiated for one player alone."""

    @staticmethod
    def displacements(f, u, v, steps):
        du, _ = consensus(f, u, v, steps)
        plain_du, plain_dv = RULES["simultaneous"].displacements(f, u, v, steps)
        return plain_du, plain_dv + 0.0 * du


def test_consensus_without_its_damping_goes_outwards(monkeypatch):
    monkeypatch.setattr(RULES["consensus"].__class__, "together", True, raising=False)
    monkeypatch.setitem(
        RULES,
        "consensus",
        type("Rule", (), {"displacements": Undamped.displacements, "together": True}),
    )
    assert radius(50, rule="consensus") > np.sqrt(2.0)


# f = u^2 - v^2.


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_arrives_at_a_saddle(rule):
    assert radius(200, game="saddle", rule=rule) < 1e-4


@pytest.mark.parametrize("weight, factor", [(1.0, 0.4), (10.0, -3.2)])
def test_consensus_on_a_saddle_moves_by_its_factor(weight, factor):
    """1 - eta (2 + 4 gamma): too much of it diverges."""
    u, v = path(1, game="saddle", rule="consensus", consensus_weight=weight)[-1]
    assert (u, v) == pytest.approx((factor, factor), abs=1e-5)


# Training is the trajectory.


@pytest.mark.parametrize("rule", RULES)
def test_fit_walks_the_trajectory(rule):
    model = MinimaxGame(rule=rule, game=Dirac(), ascent_steps=2, seed=0)
    expected = model.trajectory(START, 6).numpy()[0, -1]
    model.compile()
    model.fit(np.zeros((5, 1), np.float32), batch_size=1, verbose=0)
    np.testing.assert_allclose(model(np.zeros((1, 1), np.float32))[0], expected, atol=1e-6)


def test_ticks_change_nothing():
    ends = []
    for x in (np.zeros((8, 1), np.float32), np.arange(8, dtype=np.float32)[:, None]):
        model = MinimaxGame(seed=0)
        model.compile()
        model.fit(x, batch_size=2, verbose=0)
        ends.append(np.concatenate([model.u.numpy(), model.v.numpy()]))
    np.testing.assert_array_equal(*ends)


def test_it_reports_convergence():
    model = MinimaxGame(rule="consensus", seed=0)
    assert not model.is_converged
    model.compile()
    model.fit(np.zeros((120, 1), np.float32), batch_size=1, verbose=0)
    assert model.is_converged


def test_the_best_reply_of_several_ascents_is_followed():
    """With v at its best after each move of u, u descends on max_v f: on a saddle as before."""
    slow, quick = (path(20, game="saddle", ascent_steps=k)[-1] for k in (1, 10))
    assert slow[0] == pytest.approx(quick[0]) and abs(quick[1]) < abs(slow[1])


def test_rows_are_games_of_their_own():
    model, starts = MinimaxGame(rule="consensus", seed=0), np.float32([[1.0, 1.0], [-0.5, 2.0]])
    both = model.trajectory(starts, 10).numpy()
    alone = [model.trajectory(start[None], 10).numpy()[0] for start in starts]
    np.testing.assert_allclose(both, alone, atol=1e-6)
