"""The examples in docstrings of public modules give what they say."""

import doctest
import importlib

import pytest

PUBLIC = (
    *("zoo", "zoo.creation", "zoo.catalogue", "zoo.noise", "zoo.training.data.named"),
    *("zoo.training.data.arrays", "zoo.training.tuning.objectives", "zoo.training.strategy"),
)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_examples_of_a_module_hold(name):
    tests = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name))
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in tests:
        runner.run(test)
    failed, tried = runner.summarize(verbose=False)
    assert tried > 0 and failed == 0
