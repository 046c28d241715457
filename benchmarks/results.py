"""The page of results, and how benchmarks write their tables into it.

python -m benchmarks.results writes the table of the models into README.md
"""

import pathlib

RESULTS = pathlib.Path(__file__).parents[1] / "docs" / "results.md"


def put(path, section, rows):
    """Replaces the lines between the markers of a section of a Markdown file."""
    opening, closing = f"<!-- {section} -->", f"<!-- end {section} -->"
    before, found, rest = path.read_text().partition(opening)
    _, ended, after = rest.partition(closing)
    if not found or not ended:
        raise ValueError(f"{path} must hold the markers {opening} and {closing}.")
    path.write_text("\n".join([before + opening, *rows, closing + after]))


def rows_of(path, section):
    """First cell -> cells, of each row of the table that a section of a Markdown file holds."""
    _, _, rest = path.read_text().partition(f"<!-- {section} -->")
    lines = rest.partition(f"<!-- end {section} -->")[0].splitlines()
    rows = [line.split("|")[1:-1] for line in lines if line.startswith("|")][2:]
    return {row[0].strip(): [cell.strip() for cell in row] for row in rows}


def put_row(path, section, head, row, order, summary=None):
    """Puts one row, of cells that are words, into the table of a section.

    Args:
        head: the cells of its head.
        order: first cells, in the order of the table.
        summary: what all rows say together, a function of them; None says nothing.
    """
    rows = {**rows_of(path, section), row[0]: row}
    rows = [rows[name] for name in order if name in rows]
    put(path, section, [*markdown(head, rows), *(["", summary(rows)] if summary else [])])


def markdown(head, rows):
    """A table of Markdown, of cells that are words."""
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return [lines[0], "|---" * len(head) + "|", *lines[1:]]


if __name__ == "__main__":
    from zoo import catalogue

    put(RESULTS.parents[1] / "README.md", "models", catalogue.markdown())
