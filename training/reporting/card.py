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

from zoo.training.copies import without_optimizers
from zoo.training.files import atomic, digest, write_text

FORMAT = 1
FILES = "model.keras", "config.yaml", "picture.png"
LIMITS = (
    "It knows nothing but its training data, and draws what is like them.",
    "Measures are of the extractor named with them; they are no published scores.",
    "It was trained and run on a CPU.",
)


def write(run, model, data, directory, version, metrics, draw):
    """Writes card, model and picture beside the versions of an exported run.

    Args:
        run: the `zoo.training.run.Run` it is of.
        model: what was exported.
        data: what it was trained on.
        directory: folder of the model's versions.
        version: folder of the newest one.
        metrics: name -> entry, as `zoo.training.evaluate` gives; may be empty.
        draw: path -> writes a picture of what the model does there.

    Returns:
        The path of `CARD.md`.
    """
    folder = pathlib.Path(directory)
    bare = without_optimizers(model)
    with atomic(folder / "model.keras") as partial:
        bare.save(partial)
    draw(folder / "picture.png")
    content = contents(run, model, data, version, metrics)
    write_text(folder / "config.yaml", yaml.safe_dump(content["config"], sort_keys=False))
    content["files"] = {name: digest(folder / name) for name in FILES}
    write_text(folder / "card.json", json.dumps(content, indent=2) + "\n")
    write_text(folder / "CARD.md", text(folder.name, content))
    return folder / "CARD.md"


def contents(run, model, data, version, metrics):
    """What a card tells, as data."""
    import zoo

    entry = zoo.catalogue.find(run.config.model)
    return {
        "format": FORMAT,
        "model": entry.name,
        "class": f"zoo.{entry.class_name}",
        "paper": f"{entry.authors}, {entry.year}: {entry.title}",
        "objective": entry.objective,
        "data": data.source,
        "data_shape": list(model.data_shape),
        "config": run.config.as_published(),
        "parameters": sum(math.prod(v.shape) for v in model.trainable_variables),
        "metrics": metrics,
        "version": int(pathlib.Path(version).name),
        "zoo": zoo.__version__,
        "limits": list(LIMITS),
    }


def text(name, content):
    """The card as Markdown."""
    config, quoted = content["config"], shlex.quote(name)
    where = " --data-dir DIR" if content["data"].startswith("TFDS") else ""
    lines = [
        f"# {name}",
        "",
        "![What it draws](picture.png)",
        "",
        f"`{content['class']}` ({content['paper']}): {content['objective']}. "
        f"{content['parameters']:,} parameters.",
        "",
        "## Data",
        "",
        f"{content['data']}. Shape {tuple(content['data_shape'])}, values in [0, 1].",
        "",
        "## How it was made",
        "",
        f"    zoo train --config {quoted}/config.yaml{where} --out runs/{quoted}",
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
        f'    zoo.load_preset("{name}").sample(16, seed=0)',
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
