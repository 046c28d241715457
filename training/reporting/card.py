"""The card of an exported model: what it is, what it was made of and how good it is.

Beside the versions of a model it writes `CARD.md`, the same as data in `card.json`, the
model itself as `model.keras` (without optimizers), the `config.yaml` that trains it again
and a picture of what it draws.
"""

import json
import math
import pathlib
import shlex

import yaml

from zoo.saving import presets
from zoo.saving.stored import digest
from zoo.training import provenance
from zoo.training.config import GIVEN
from zoo.training.copies import without_optimizers
from zoo.training.files import atomic, write_text

FORMAT = 1
FILES = "model.keras", "config.yaml", "picture.png"
LIMITS = (
    "It knows nothing but its training data, and draws what is like them.",
    "Measures are of the extractor named with them; they are no published scores.",
)


def write(run, model, data, directory, version, metrics, draw):
    """Writes card, model and picture beside the versions of an exported run.

    Args:
        run: the `zoo.training.run.Run` it is of.
        model: what was exported.
        data: what it was trained on; None where it is not at hand.
        directory: folder of the model's versions.
        version: folder of the newest one.
        metrics: name -> entry, as `zoo.training.evaluate` gives; may be empty.
        draw: path -> writes a picture of what the model does there, if it can.

    Returns:
        The path of `CARD.md`.
    """
    folder = pathlib.Path(directory)
    bare = without_optimizers(model)
    with atomic(folder / "model.keras") as partial:
        bare.save(partial)
    (folder / "picture.png").unlink(missing_ok=True)
    draw(folder / "picture.png")
    content = contents(run, model, data, version, metrics)
    content |= {"load": loading(folder.resolve()), "call": call_of(model)}
    write_text(folder / "config.yaml", yaml.safe_dump(content["config"], sort_keys=False))
    content["files"] = {n: digest(folder / n) for n in FILES if (folder / n).is_file()}
    write_text(folder / "card.json", json.dumps(content, indent=2) + "\n")
    write_text(folder / "CARD.md", text(folder.name, content))
    return folder / "CARD.md"


def contents(run, model, data, version, metrics):
    """What a card tells, as data."""
    import zoo

    entry, about = run.entry, run.provenance()
    known = about.get("data") or ({} if data is None else provenance.of(model, data)["data"])
    device = about.get("device")
    trained = (
        "It is not known on what it was trained." if device is None else f"Trained on {device}."
    )
    return {
        "format": FORMAT,
        "model": entry.name,
        "class": f"zoo.{entry.class_name}" if entry.family else entry.class_name,
        "paper": f"{entry.authors}, {entry.year}: {entry.title}",
        "objective": entry.objective,
        "data": known.get("source") or run.config.as_published()["data"],
        "data_shape": list(model.data_shape),
        "data_range": known.get("range"),
        "class_names": known.get("class_names") or [],
        "device": device,
        "config": run.config.as_published(),
        "changes": run.changes,
        "parameters": sum(math.prod(v.shape) for v in model.trainable_variables),
        "metrics": metrics,
        "version": int(pathlib.Path(version).name),
        "zoo": zoo.__version__,
        "limits": [*LIMITS, trained],
    }


def text(name, content):
    """The card as Markdown."""
    config, quoted = content["config"], shlex.quote(name)
    is_given = config["data"].startswith(f"{GIVEN}:") or config.get("from") == GIVEN
    where = " --data-dir DIR" if content["data"].startswith("TFDS") else ""
    lines = [
        f"# {name}",
        "",
        *(["![What it draws](picture.png)", ""] if "picture.png" in content["files"] else []),
        f"`{content['class']}` ({content['paper']}): {content['objective']}. "
        f"{content['parameters']:,} parameters.",
        "",
        "## Data",
        "",
        f"{content['data']}. Shape {tuple(content['data_shape'])}, {values(content)}.",
        "",
        "## How it was made",
        "",
        "    # trained in Python, with data or a model that have no name"
        if is_given
        else f"    zoo train --config {quoted}/config.yaml{where} --out runs/{quoted}",
        f"    zoo evaluate runs/{quoted}",
        f"    zoo export runs/{quoted} --to {quoted}",
        "",
        f"Seed {config['seed']}, {config['epochs']} epochs, batch {config['batch_size']}, "
        f"latent size {config['latent_dim']}.",
        "",
        "## Measures",
        "",
        *measures(content["metrics"]),
        "",
        "## Use",
        "",
        "    import zoo",
        f"    model = {content['load']}",
        *([f"    model.{call}"] if (call := content.get("call")) else []),
        "",
        f"Version {content['version']} is a SavedModel for TensorFlow Serving; `zoo.export.load` "
        "and `python -m zoo.export.serving` use it without Keras.",
        "",
        "## Limits",
        "",
        *[f"- {limit}" for limit in content["limits"]],
        "",
        "## Files",
        "",
        *[f"- `{file}`: SHA-256 `{found}`" for file, found in content["files"].items()],
        f"- `{content['version']}/assets.extra/manifest.json`: of every file of the version",
        "",
    ]
    return "\n".join(lines)


def values(content):
    """The range of the data, in words."""
    if content.get("data_range") is None:
        return "values of any size"
    low, high = content["data_range"]
    return f"values from {low:.4g} to {high:.4g}"


def loading(folder):
    """A line that loads the model of a card: a preset by its name, another by its path, as seen
    from beside its folder."""
    is_preset = folder.resolve().parent == presets.root().resolve()
    return f'zoo.load{"_preset" * is_preset}("{folder.name}")'


def call_of(model):
    """A call of the verb that says most of a model, as it is written."""
    offered = model.offered()
    if {"count", "seed"} <= set(offered.get("sample", ())):
        return "sample(16, seed=0)"
    verb = next(
        (verb for verb in ("translate", "translate_xy", "reconstruct") if verb in offered), ""
    )
    return f"{verb}(x)" * bool(verb)


def measures(metrics):
    """The metrics as a Markdown table."""
    if not metrics:
        return ["Not measured; `zoo evaluate` does."]
    rows = ["| measure | value | +- | reference | count |", "|---|---|---|---|---|"]
    for name, row in metrics.items():
        numbers = [row[key] for key in ("value", "standard_error", "reference")]
        cells = ["" if number is None else f"{number:.4g}" for number in numbers]
        rows.append(f"| {name} | {' | '.join(cells)} | {row['count']} |")
    return [*rows, "", "Reference: training data in the samples' place, where one is given."]
