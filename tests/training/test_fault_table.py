"""docs/faults.md names every fault of the suite, and tests that exist."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
NUMBERS = [*range(1, 13), *range(20, 31), *range(40, 47), *range(50, 58)]


def test_every_fault_has_a_row_whose_tests_exist():
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (F\d\d) \|(.*)\|$", text, re.M)
    assert [number for number, _ in rows] == [f"F{number:02}" for number in NUMBERS]
    for number, row in rows:
        cells = row.split(" | ")
        assert len(cells) == 5 and all(map(str.strip, cells)), number
        named = re.findall(r"`(\S+\.py)(?:::(\w+))?`", cells[-1])
        assert named, number
        for path, name in named:
            source = (ROOT / "tests" / path).read_text(encoding="utf-8")
            assert not name or f"def {name}(" in source, (number, path, name)
