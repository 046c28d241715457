"""Losses are finite, and each player moves all of its own weights and nothing else."""

import functools

import numpy as np
import tensorflow as tf
from descriptors import BATCH, ROWS, descent, every_model, key, trained, values


@functools.lru_cache(maxsize=2)
def moved(name):
    """The model of a row, and the variables that each move of a step changed, by movers."""
    model, found = ROWS[name].make(), {}
    model.compile(descent(model, 1.0))
    batch = [tf.constant(side[:BATCH]) for side in ROWS[name].data(model)]
    start = model.get_weights()
    for movers in dict.fromkeys(model.play):
        before = values(model)
        model.move(movers, (*batch, None)[:2], 0)
        after = values(model)
        found[movers] = {k for k in before if before[k].tobytes() != after[k].tobytes()}
        model.set_weights(start)
    return model, found


def owned(model, player):
    """Keys of all that a player may change: weights, state and its optimizer."""
    own = [v for kind in (True, False) for v in model.variables_of(player, kind)]
    optimizer = model.optimizers[player].variables if player in model.optimizers else ()
    return {key(model, v) for v in own} | {f"{player} {v.path}" for v in optimizer}


@every_model
def test_losses_and_weights_are_finite(name):
    model, history = trained(name)
    assert np.isfinite([number for log in history.values() for number in log]).all()
    assert all(np.isfinite(value).all() for value in values(model).values())


@every_model
def test_players_move_only_what_they_own(name):
    model, found = moved(name)
    assert {player for movers in found for player in movers} == set(model.players)
    for movers, changed in found.items():
        assert changed <= set().union(*[owned(model, player) for player in movers])


@every_model
def test_every_weight_of_a_player_has_a_gradient(name):
    model, found = moved(name)
    for movers, changed in found.items():
        for player in movers:
            own = [key(model, v) for v in model.variables_of(player)]
            still = {own[i] for i in ROWS[name].still.get(player, ())}
            assert own and set(own) - changed == still


@every_model
def test_every_weight_has_an_owner(name):
    model, _ = trained(name)
    kinds = [(player, kind) for player in (*model.players, None) for kind in (True, False)]
    known = {id(v) for player, kind in kinds for v in model.variables_of(player, kind)}
    known |= {id(getattr(model, state)) for state in ("steps", *model.state)}
    known |= {id(v) for v in model.averages.kept} if model.averages else set()
    assert [v.path for v in model.variables if id(v) not in known] == []


@every_model
def test_optimizers_count_every_move_of_their_player(name):
    model, _ = trained(name)
    steps, first = model.steps.numpy(), {p: m[0] for m in model.play for p in m}
    found = {player: o.iterations.numpy() for player, o in model.optimizers.items()}
    assert steps > 0
    assert found == {p: steps * model.moves.get(first[p], 1) for p in model.optimizers}
    others = set(model.players) - set(model.optimizers)  # whose update is no gradient
    assert all(model.default_optimizer(player) is None for player in others)
