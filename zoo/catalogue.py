"""What the zoo holds: names, classes, papers. Strings only, so that reading it is free."""

import dataclasses
import difflib
import pathlib
import tomllib

FILE = pathlib.Path(__file__).with_name("catalogue.toml")


@dataclasses.dataclass(frozen=True)
class Entry:
    """One model of the zoo, as `catalogue.toml` states it."""

    family: str  # the folder
    name: str  # the file, and what `zoo.create` takes
    class_name: str  # the public name, `zoo.<class_name>`
    title: str  # of the paper
    authors: str
    year: int
    objective: str  # in a few words
    aliases: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Module and class."""
        return f"zoo.{self.family}.{self.name}.{self.class_name}"


def read(path: pathlib.Path = FILE) -> tuple[Entry, ...]:
    """The entries of a file, in its order."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Entry(
            family,
            name,
            class_name=fields.pop("class"),
            aliases=tuple(fields.pop("aliases", ())),
            **fields,
        )
        for family, models in found.items()
        for name, fields in models.items()
    )


ENTRIES = read()


def folded(name: str) -> str:
    """A name without case, underscores, hyphens and spaces."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def find(name: str) -> Entry:
    """The entry of a name or alias, in any spelling; unknown names name the nearest.

    >>> find("Beta-VAE").class_name
    'BetaVAE'
    """
    known = {folded(key): entry for entry in ENTRIES for key in (entry.name, *entry.aliases)}
    if folded(name) in known:
        return known[folded(name)]
    near = difflib.get_close_matches(folded(name), known, n=3, cutoff=0.4)
    nearest = ", ".join(dict.fromkeys(known[key].name for key in near)) or "see `zoo list`"
    raise ValueError(f"`name` must be a model of the zoo. Received: {name!r}. Nearest: {nearest}.")


def markdown(entries: tuple[Entry, ...] = ENTRIES) -> list[str]:
    """Entries as the table of the README."""
    rows = ["| name | class | year | paper | objective |", "|---|---|---|---|---|"]
    for e in entries:
        paper = f"{e.authors}, {e.title}"
        rows.append(f"| `{e.name}` | `zoo.{e.class_name}` | {e.year} | {paper} | {e.objective} |")
    return rows
