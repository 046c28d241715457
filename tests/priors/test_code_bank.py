"""Codes that are kept: how many, which, and draws of them."""

import numpy as np

from zoo.noise import categorical, serving
from zoo.priors.code_bank import CodeBank

ROWS = np.arange(30, dtype=np.float32).reshape(10, 3)


def drawn(bank, count=500):
    with serving(0, count):
        return bank.sample(count).numpy()


def test_an_empty_bank_says_so():
    assert not CodeBank(3, 20).is_filled


def test_it_draws_what_it_keeps():
    bank = CodeBank(3, 20)
    bank.fill(ROWS)
    assert bank.is_filled
    np.testing.assert_array_equal(np.unique(drawn(bank), axis=0), ROWS)


def test_it_keeps_as_many_as_there_is_room_for_by_seed():
    found = []
    for seed in (0, 0, 1):
        bank = CodeBank(3, 4)
        bank.fill(ROWS, seed)
        found.append(np.unique(drawn(bank), axis=0))
    assert len(found[0]) == 4 and np.isin(found[0][:, 0], ROWS[:, 0]).all()
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_categories_are_drawn_with_their_probabilities():
    logits = np.log([[0.2, 0.5, 0.3]]).astype(np.float32) + np.zeros((20_000, 1), np.float32)
    with serving(0, len(logits)):
        found = np.bincount(categorical(logits).numpy()) / len(logits)
    np.testing.assert_allclose(found, [0.2, 0.5, 0.3], atol=0.02)
