"""Figures that the tests of behaviour measure; `benchmarks.planted` writes them down."""

import pytest


@pytest.fixture
def figure(record_property):
    """Records what was measured beside what is required, and returns it."""

    def record(what, value, required):
        record_property("figure", (what, float(value), required))
        return value

    return record
