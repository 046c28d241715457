"""A verb that searches is served as any other: its loop, gradients included, is in the graph."""

import numpy as np

import zoo
from zoo import export


def test_a_search_is_served_as_the_model_runs_it(tmp_path):
    model = zoo.create("anogan", (6,), 3, hidden=(8,), search_steps=40, restarts=3, seed=1)
    export.save(model, tmp_path)  # which tries it in a process without the zoo
    served, x = export.load(tmp_path), np.random.default_rng(0).normal(size=(4, 6))
    given = {"x": x.astype(np.float32), "seed": np.arange(4)}
    for verb in ("encode", "reconstruct", "score"):
        expected = getattr(model, verb)(**given)
        np.testing.assert_allclose(served(verb, **given), expected, atol=1e-5)
    unsearched = zoo.AnoGAN(model.generator, model.discriminator, 3, search_steps=0, seed=1)
    assert (served.score(**given) > unsearched.score(**given).numpy()).all()


def test_a_search_finds_the_same_alone_and_in_any_batch():
    """To the bit: it amplifies the rounding of convolutions, which depends on the batch."""
    model = zoo.create("anogan", (16, 16, 1), 8, channels=(8, 16), search_steps=60, seed=1)
    x, seeds = np.random.default_rng(0).random((11, 16, 16, 1), np.float32), np.arange(11)
    whole = model.encode(x, seeds).numpy()
    for rows in (slice(0, 3), slice(10, 11)):
        np.testing.assert_array_equal(model.encode(x[rows], seeds[rows]), whole[rows])
