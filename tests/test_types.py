"""Exceptions to the check of types are few, and each has its reason."""

import re

from exports import ROOT

MOST = 10
FOLDERS = ("zoo", "training", "export")


def exceptions():
    """Every line that pyright is told to ignore."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py*")]
    texts = [path.read_text() for path in paths if path.suffix in (".py", ".pyi")]
    return [line for text in texts for line in text.splitlines() if "pyright: " in line]


def test_exceptions_are_few_and_have_reasons():
    lines = exceptions()
    assert len(lines) <= MOST
    for line in lines:
        assert re.search(r"# pyright: ignore\[report\w+\]  \w+", line), line


def test_no_file_ignores_all_types():
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    assert not [path for path in paths if re.search(r"^# type: ignore", path.read_text(), re.M)]
