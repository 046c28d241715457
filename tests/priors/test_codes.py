"""Structured codes: their distribution, entropy and predictions, and one code at a time."""

import numpy as np
import pytest
import scipy.special
import scipy.stats

from zoo.noise import serving
from zoo.priors.codes import Codes

PRIOR = Codes((3, 2), 2)


def drawn(count=20_000, inputs=None, prior=PRIOR):
    with serving(0, count):
        return prior.sample(count, inputs).numpy()


def test_codes_have_one_entry_of_each_category_and_numbers_between_minus_one_and_one():
    codes = drawn()
    assert PRIOR.size == codes.shape[1] == 7
    for block, kinds in ((codes[:, :3], 3), (codes[:, 3:5], 2)):
        assert set(np.unique(block)) == {0.0, 1.0} and (block.sum(axis=1) == 1).all()
        np.testing.assert_allclose(block.mean(axis=0), 1 / kinds, atol=0.02)
    for numbers in codes[:, 5:].T:
        assert scipy.stats.kstest(numbers, "uniform", (-1.0, 2.0)).pvalue > 1e-3
    assert np.abs(np.corrcoef(codes[:, [0, 3, 5, 6]].T) - np.eye(4)).max() < 0.04


def test_the_entropy_is_that_of_the_distribution():
    expected = np.log(3) + np.log(2) + 2 * scipy.stats.uniform(-1, 2).entropy()
    assert PRIOR.entropy == pytest.approx(expected)
    assert Codes((10,), 0).entropy == pytest.approx(2.302585)


def test_a_guess_is_judged_by_its_density_of_the_code():
    codes, output = drawn(5), np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    first, second = (scipy.special.log_softmax(output[:, s], axis=1) for s in (FIRST, SECOND))
    expected = (codes[:, FIRST] * first).sum(axis=1) + (codes[:, SECOND] * second).sum(axis=1)
    expected += scipy.stats.norm(output[:, 5:], 1.0).logpdf(codes[:, 5:]).sum(axis=1)
    np.testing.assert_allclose(PRIOR.log_guess(codes, output), expected, rtol=1e-5)
    decoded = PRIOR.mean(output).numpy()
    np.testing.assert_allclose(decoded[:, FIRST], np.exp(first), rtol=1e-5)
    np.testing.assert_array_equal(decoded[:, 5:], output[:, 5:])


FIRST, SECOND = slice(0, 3), slice(3, 5)


def test_a_sure_guess_of_categories_reaches_the_entropy_and_no_guess_exceeds_it():
    distribution = Codes((4,), 0)
    codes = drawn(2000, prior=distribution)
    assert float(
        np.mean(distribution.log_guess(codes, 50.0 * codes))
    ) + distribution.entropy == pytest.approx(np.log(4), abs=1e-5)
    for seed in range(20):
        output = np.random.default_rng(seed).normal(0, 3, (2000, 4)).astype(np.float32)
        assert np.mean(distribution.log_guess(codes, output)) + distribution.entropy <= np.log(4)


def test_a_number_adds_less_than_its_entropy_whatever_is_guessed():
    """Its guess has variance 1: ln 2 - 1/2 ln 2 pi at most, where the code itself is told."""
    numbers = Codes((4,), 2)
    codes = drawn(2000, prior=numbers)
    sure = np.concatenate([50.0 * codes[:, :4], codes[:, 4:]], axis=1)
    bound = float(np.mean(numbers.log_guess(codes, sure))) + numbers.entropy
    most = np.log(4) + 2 * (np.log(2) - 0.5 * np.log(2 * np.pi))
    assert bound == pytest.approx(most, abs=1e-4) and most < numbers.entropy - 1.8


def test_codes_without_a_category_are_drawn_and_others_are_kept():
    inputs = np.zeros((4, 7), np.float32)
    inputs[1, [2, 3, 6]], inputs[3, 0] = (1.0, 1.0, 0.5), 1.0
    result, fresh = drawn(4, inputs), drawn(4)
    np.testing.assert_array_equal(result[[1, 3]], inputs[[1, 3]])
    np.testing.assert_array_equal(result[[0, 2]], fresh[[0, 2]])
    np.testing.assert_array_equal(drawn(4, inputs[1]), np.repeat(inputs[1:2], 4, axis=0))


@pytest.mark.parametrize("number, place, values", [
    (0, FIRST, np.eye(3)), (1, SECOND, np.eye(2)), (3, slice(6, 7), [[-1.0], [0.0], [1.0]]),
])  # fmt: skip
def test_one_code_takes_each_of_its_values_and_the_others_stay(number, place, values):
    codes = drawn(5)
    actual = PRIOR.swept(codes, number, 3).numpy()
    for k, value in enumerate(values):
        expected = codes.copy()
        expected[:, place] = value
        np.testing.assert_array_equal(actual[:, k], expected)
    assert actual.shape[1] == len(values)


def test_what_is_no_code_is_refused():
    for number in (-1, 4):
        with pytest.raises(ValueError, match=f"from 0 to 3. Received: {number}"):
            PRIOR.swept(drawn(2), number, 3)
    for categories, continuous in (((), 2), ((0,), 1), ((3,), -1)):
        with pytest.raises(ValueError, match="must be positive, at least one"):
            Codes(categories, continuous)
    assert Codes.from_config(PRIOR.get_config()).splits == PRIOR.splits
