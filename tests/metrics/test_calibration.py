"""Calibration of probabilities of classes against cases that are known."""

import numpy as np
import pytest

from zoo.metrics.calibration import calibration


def test_probabilities_that_hold_have_no_error():
    p = np.tile([[0.75, 0.25]], (8, 1))
    measured = calibration(p, [0, 0, 0, 1] * 2)
    assert measured["calibration_error"] == pytest.approx(0.0, abs=1e-12)
    assert measured["label_nll"] == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    assert measured["brier"] == pytest.approx(2.0 * 0.75 * 0.25)
    assert measured["count"] == 8


def test_confidence_beyond_accuracy_is_the_error():
    """Half the rows at 0.9 and right by half, the others at 0.6 and always right."""
    p = np.array([[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 4)
    measured = calibration(p, [0, 1, 0, 1, 0, 0, 0, 0])
    assert measured["calibration_error"] == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)


def test_a_sure_and_right_answer_lies_in_the_last_bin():
    measured = calibration(np.eye(3), np.arange(3))
    assert measured["calibration_error"] == measured["brier"] == measured["label_nll"] == 0.0
