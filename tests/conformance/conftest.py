"""Modes of training that conformance tests prove; `benchmarks.modes` writes them down."""

import pytest


@pytest.fixture
def proven(record_property):
    """Records that a model keeps a promise in a mode of training, and by how much."""

    def record(name, mode, gap=None):
        record_property("mode", (name, mode, None if gap is None else float(gap)))

    return record
