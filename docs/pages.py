"""Pages of the site that are made from the code: one for each model, one for each public name.

A model's page is its entry in the catalogue, its docstring, its recipe, its image, the rows of
docs/results.md that name it, and its presets. A docstring is plain text with formulas and stays so.
"""

import importlib
import inspect
import pathlib
import re
import shutil
import textwrap

SECTIONS = ("Args", "Returns", "Raises", "Reference", "Departures", "Attributes", "Yields")
OPEN = re.compile(rf"^({'|'.join(SECTIONS)}):(?: (.*))?$")
MODULES = ("zoo", "zoo.metrics", "zoo.training", "zoo.training.tuning", "zoo.export")
FAMILIES = {
    "autoencoder": "Autoencoders",
    "matching": "Matched codes",
    "vae": "Variational autoencoders",
    "sequence": "Sequences",
    "vae_prior": "Learned priors",
    "vae_label": "Labels",
    "vae_mixture": "Mixtures",
    "density": "Densities",
    "gan": "Adversarial games",
    "gan_dynamics": "Dynamics of games",
    "gan_label": "Games of classes",
    "hybrid": "Hybrids",
    "translation": "Translation",
}


def write(docs):
    """Writes `models/` and `reference/` below `docs`, anew."""
    from zoo import catalogue

    for name in ("models", "reference"):
        shutil.rmtree(docs / name, ignore_errors=True)
        (docs / name).mkdir()
    results = (docs / "results.md").read_text(encoding="utf-8")
    for entry in catalogue.ENTRIES:
        text = "\n".join(model(entry, docs, results)) + "\n"
        (docs / "models" / f"{entry.name}.md").write_text(text, encoding="utf-8")
    (docs / "models" / "index.md").write_text(models(catalogue.ENTRIES), encoding="utf-8")
    (docs / "models" / "gallery.md").write_text(gallery(catalogue.ENTRIES, docs), encoding="utf-8")
    papers = {entry.class_name for entry in catalogue.ENTRIES}
    names = []
    for module in MODULES:
        for name, found in public(module):
            if name not in papers:
                names.append(f"{module}.{name}")
                lines = described(names[-1], found)
                path = docs / "reference" / f"{names[-1]}.md"
                path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    toctree = ["```{toctree}", ":maxdepth: 1", "", *names, "```"]
    index = "\n".join(["# Reference", "", "Every public name.", "", *toctree, ""])
    (docs / "reference" / "index.md").write_text(index, encoding="utf-8")


def public(module):
    """(name, object) of what a module offers: classes and functions, in its order."""
    home = importlib.import_module(module)
    for name in sorted(getattr(home, "__all__", ())):
        found = getattr(home, name)
        if inspect.isclass(found) or inspect.isfunction(found):
            yield name, found


def models(entries):
    """The page of all models, by family."""
    lines = ["# Models", "", "Each model is one paper and one class.", ""]
    for family in dict.fromkeys(entry.family for entry in entries):
        own = [entry for entry in entries if entry.family == family]
        lines += [
            f"## {FAMILIES[family]}",
            "",
            "| model | year | paper | objective |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| [{e.class_name}]({e.name}.md) | {e.year} | {escaped(f'{e.authors}, {e.title}')} "
            f"| {escaped(e.objective)} |"
            for e in own
        ]
        lines += ["", "```{toctree}", ":hidden:", "", *[e.name for e in own], "```", ""]
    return "\n".join(lines)


def gallery(entries, docs):
    """The page of all images, each linked to its model."""
    lines = ["# Gallery", "", "What each model draws after its recipe.", ""]
    for entry in entries:
        if (docs / "gallery" / f"{entry.name}.png").is_file():
            image = f"![{entry.class_name}](../gallery/{entry.name}.png)"
            lines += [f"## [{entry.class_name}]({entry.name}.md)", "", image, ""]
    return "\n".join(lines)


def model(entry, docs, results):
    """The lines of a model's page."""
    import zoo
    from zoo.saving import presets

    cls = zoo.model_class(entry.name)
    lines = [f"# {entry.class_name}", "", escaped(f"{entry.authors}, {entry.year}: {entry.title}.")]
    image = docs / "gallery" / f"{entry.name}.png"
    if image.is_file():
        lines += ["", f"![{entry.class_name}](../gallery/{image.name})"]
    lines += ["", *signature(f"zoo.{entry.class_name}", cls), "", *docstring(inspect.getdoc(cls))]
    verbs = ", ".join(f"`{verb}({', '.join(args)})`" for verb, args in cls.verbs.items())
    lines += ["", "## What it does", "", f"Verbs: {verbs}.", ""]
    lines += [f"Players: {', '.join(f'`{player}`' for player in cls.players)}."]
    recipe = docs.parent / "training" / "recipes" / f"{entry.name}.yaml"
    if recipe.is_file():
        text = recipe.read_text(encoding="utf-8").rstrip()
        lines += ["", "## Recipe", "", "The image above is made by it:", "", fence(text, "yaml")]
    rows = [line for line in results.splitlines() if names_it(line, entry)]
    if rows:
        lines += ["", "## Measured", "", "From [the results](../results.md):", ""]
        lines += [f"- {escaped(' · '.join(cells(row)))}" for row in rows]
    if found := presets.of_model(entry.name):
        lines += ["", "## Presets", "", ", ".join(f"`{name}`" for name in found) + "."]
    return lines


def names_it(line, entry):
    """Whether a row of a table is of a model."""
    if not line.startswith("|"):
        return False
    first = cells(line)[0].split(":")[0].split(" ")[0].strip("`")
    return first in (entry.name, entry.class_name)


def cells(row):
    """The cells of a row that say something."""
    return [cell.strip() for cell in row.strip("|").split("|") if cell.strip() not in ("", "-")]


def described(name, found):
    """The lines of the page of one public name."""
    lines = [f"# {name}", "", *signature(name, found), "", *docstring(inspect.getdoc(found))]
    if inspect.isclass(found):
        for method, function in vars(found).items():
            own = inspect.isfunction(function) and not method.startswith("_")
            if own and inspect.getdoc(function):
                lines += ["", f"## {method}", "", *signature(method, function), ""]
                lines += docstring(inspect.getdoc(function))
    return lines


def signature(name, found):
    """How a class or function is called, as a block of code."""
    try:
        parameters = [str(p) for p in inspect.signature(found).parameters.values()]
    except ValueError:
        parameters = ["..."]
    plain = [re.sub(r"typing\.|Annotated\[(\w+)[^=]*\](?= =|$)", r"\1", p) for p in parameters]
    return [fence("\n".join([f"{name}(", *(f"    {p}," for p in plain), ")"]), "python")]


def docstring(text):
    """Lines of Markdown for a docstring: paragraphs, formulas and examples as they are, and
    arguments as a list."""
    lines, section, block = [], None, []

    def close():
        if block:
            shown = textwrap.dedent("\n".join(block)).strip("\n").rstrip()
            kind = "pycon" if shown.startswith(">>>") else "text"
            lines.extend(items(block) if section else [fence(shown, kind), ""])
            block.clear()

    for line in (text or "Not described.").splitlines():
        opened = OPEN.match(line)
        if opened and not opened[2]:
            close()
            section = opened[1]
            lines.extend(["", f"**{section}**", ""])
        elif line.startswith((" ", ">>>")) or (block and not line.strip()):
            block.append(line)
        else:
            close()
            section = None
            lines.append(escaped(line))
    close()
    return lines


def items(block):
    """Arguments and what is said of them, as a list."""
    found = []
    for line in block:
        if re.match(r"^    \S", line):
            found.append(line.strip())
        elif line.strip() and found:
            found[-1] += " " + line.strip()
    return [f"- {escaped(item)}" for item in found] + [""]


def escaped(text):
    """Text whose signs are no Markdown, but for code between backticks."""
    parts = re.split(r"(``?[^`]+``?)", text)
    return "".join(
        p if p.startswith("`") else re.sub(r"([\\*_<>\[\]$|#~])", r"\\\1", p) for p in parts
    )


def fence(text, language):
    """A block of code."""
    return f"```{language}\n{text}\n```"


if __name__ == "__main__":
    write(pathlib.Path(__file__).parent)
