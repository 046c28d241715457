"""E13: where gradient play goes on f = u v and f = u^2 - v^2, by five rules of update."""

import numpy as np

from benchmarks.experiments.runs import kept, markdown

GAMES = {"bilinear": "f = uv", "saddle": "f = u^2 - v^2"}
RULES = ("simultaneous", "alternating", "consensus", "unrolled", "extra_gradient")
STEPS, DRAWN, TICKS = 1000, 200, 13


def results(data_dir):
    """One row for each function and rule; data are not needed."""
    return [run(game, rule) for game in GAMES for rule in RULES]


def run(game, rule):
    """One rule on one function; kept."""
    row = {"game": game, "rule": rule}
    return {**row, **kept(f"E13/{game}_{rule}", lambda: one(game, rule))}


def one(game, rule):
    """The path from (1, 1), its norms, and one step from every place of a grid."""
    import tensorflow as tf

    from zoo.gan_dynamics.minimax_game import MinimaxGame

    model = MinimaxGame(game=game, rule=rule, seed=0)
    play = tf.function(model.trajectory)
    path = np.asarray(play(np.ones((1, 2), np.float32), STEPS + 1))[0]
    side = np.linspace(-1.5, 1.5, TICKS, dtype=np.float32)
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    steps = np.asarray(play(places, 2))
    return {
        "norm": float(np.linalg.norm(path[-1])),
        "norm_100": float(np.linalg.norm(path[100])),
        "path": path[: DRAWN + 1].tolist(),
        "places": places.tolist(),
        "arrows": (steps[:, 1] - steps[:, 0]).tolist(),
    }


def draw(rows, path):
    """A panel for each row: the field of steps, and the path of the first steps in it."""
    from zoo.training.reporting import pictures

    panels = {
        f"{GAMES[row['game']]}, {row['rule']}": tuple(
            np.asarray(row[key]) for key in ("places", "arrows", "path")
        )
        for row in rows
    }
    pictures.fields(panels, path)


def table(rows):
    """One line for each rule and function."""
    head = ["f", "rule", "norm after 100 steps", "after 1,000"]
    lines = [
        [GAMES[row["game"]].removeprefix("f = "), row["rule"], row["norm_100"], row["norm"]]
        for row in rows
    ]
    return markdown(head, lines)
