"""A run as one HTML file: what it draws, every number with its meaning, how it was made.

The file needs no network and no other file: pictures lie inside it.
"""

import base64
import dataclasses
import pathlib
import tempfile

import numpy as np

from zoo.training.files import write_text
from zoo.training.reporting import pictures

PAGE = pathlib.Path(__file__).with_name("report.html")
POINTS = 1000  # of the t-SNE plot
LATENTS = 128  # most dimensions of a covariance that is drawn


@dataclasses.dataclass
class Figure:
    """One picture of the report."""

    title: str
    note: str
    png: str  # base64
    kind: str = "pixels"  # or "plot"


def write(path, title, paper, figures, metrics, config):
    """Writes the page; returns its path.

    Args:
        path: of the HTML file.
        title, paper: its heading and the line below.
        figures: list of `Figure`.
        metrics: name -> entry, as `zoo.training.evaluate` gives.
        config: of the run, as text.
    """
    import jinja2

    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    text = page.from_string(PAGE.read_text(encoding="utf-8")).render(
        title=title,
        paper=paper,
        figures=figures,
        rows=[{"name": name, **shown(row)} for name, row in metrics.items()],
        config=config,
    )
    write_text(path, text)
    return path


def shown(row):
    """An entry as the words of a table."""
    numbers = [row[key] for key in ("value", "standard_error", "reference")]
    value, error, reference = ("" if n is None else f"{n:.4g}" for n in numbers)
    words = {"value": value, "error": error, "reference": reference}
    return {**words, "count": row["count"], "meaning": row["meaning"]}


def figures(subject, history=None):
    """Pictures of everything a model offers.

    Args:
        subject: `zoo.training.measures.Subject`.
        history: log -> values, one an epoch; no curves where None.
    """
    made = [
        samples(subject),
        traversals(subject),
        reconstructions(subject),
        anomalies(subject),
        translations(subject),
        forecasts(subject),
        neighbours(subject),
        interpolations(subject),
        covariance(subject),
        embedding(subject),
        curves(history),
    ]
    return [figure for figure in made if figure is not None]


def drawn(title, note, kind, draw, *args, **options):
    """A `Figure` of what `draw(*args, path)` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "figure.png")
        draw(*args, path, **options)
        return Figure(title, note, base64.b64encode(path.read_bytes()).decode(), kind)


def samples(subject):
    """Samples, by class where the model takes labels."""
    if not subject.offers("sample"):
        return None
    rows, note = subject.samples(), f"Seed {subject.seed}, not selected."
    if subject.data.is_image:
        columns = subject.model.num_classes or 16
        note += columns_note(subject)
        return drawn("Samples", note, "pixels", pictures.grid, rows[: 8 * columns], columns=columns)
    return drawn("Samples", note, "plot", pictures.scatter, subject.data.test, rows)


def columns_note(subject):
    """Names of the classes that the columns of samples are, where they have some."""
    names, by_class = subject.data.class_names, "labels" in subject.model.offered()["sample"]
    return f" Columns: {', '.join(names[:20])}." if names and by_class else ""


def traversals(subject):
    """Samples of which one code takes each of its values."""
    from zoo.training.reporting.drawings import show_codes

    model = subject.model
    if "codes" not in model.offered().get("sample", ()) or not subject.data.is_image:
        return None
    note = "A column for each value of the first code; in each row all else stays."
    return drawn("Codes and samples", note, "pixels", lambda path: show_codes(model, path))


def reconstructions(subject):
    """Held-out examples and what the model makes of them."""
    if not subject.offers("reconstruct") or subject.data.is_sequence:
        return None
    real = subject.data.test[:32]
    again = np.asarray(subject.model.reconstruct(real))
    note = "Held-out examples, and below each its reconstruction."
    if subject.data.is_image:
        return drawn("Reconstructions", note, "pixels", pictures.pairs, real, again, columns=16)
    return drawn("Reconstructions", note, "plot", pictures.scatter, real, again)


def anomalies(subject):
    """What a model that scores anomalies takes for normal."""
    from zoo.training.reporting.drawings import show_anomalies

    model, data = subject.model, subject.data
    if model.score_kind != "neg_anomaly" or not data.is_image:
        return None
    note = "Rows: held-out examples, the nearest that is generated, the difference of both; "
    note += "then the same with the middle of each example turned to its negative."
    return drawn("Anomalies", note, "pixels", lambda path: show_anomalies(model, path, data.test))


def translations(subject):
    """Held-out examples and what they are translated to."""
    from zoo.training.reporting.drawings import show_translations

    model, data = subject.model, subject.data
    if model.targets not in ("pair", "domain") or "sample" in model.verbs:
        return None
    note = "Rows: held-out examples, their translations, their targets."
    if model.targets == "domain":
        note = "Rows: examples of X, made of them Y and again X; of Y, made of them X and again Y."
    kind = "pixels" if data.is_image else "plot"
    return drawn("Translations", note, kind, lambda path: show_translations(model, path, data, 20))


def forecasts(subject):
    """Held-out sequences and what follows their first halves."""
    from zoo.training.reporting.drawings import show_forecasts

    if not subject.offers("forecast"):
        return None
    note = "Held-out sequences, and below each, or dashed, the first half again and a forecast."
    rows = subject.data.test
    kind = "pixels" if len(rows.shape) == 5 else "plot"
    return drawn("Forecasts", note, kind, lambda path: show_forecasts(subject.model, path, rows))


def neighbours(subject, rows=8, count=4):
    """Samples beside the nearest training examples: does the model copy?"""
    from zoo.metrics.neighbours import nearest

    if not subject.offers("sample") or not subject.data.is_image:
        return None
    made = subject.samples()[:rows]
    found = nearest(made, subject.data.train, count)[1]
    sheet = [np.concatenate([made[i : i + 1], subject.data.train[found[i]]]) for i in range(rows)]
    note = "First column: samples. Beside each its nearest training examples, by pixels."
    tiles = np.concatenate(sheet)
    return drawn("Nearest neighbours", note, "pixels", pictures.grid, tiles, columns=count + 1)


def interpolations(subject, rows=8, steps=10):
    """What lies between two examples, or two draws of noise."""
    names = subject.model.offered().get("interpolate")
    if names is None or not subject.data.is_image:
        return None
    first, second = subject.chosen("test")[:rows], subject.chosen("test", 1)[:rows]
    if "z1" in names:
        from zoo.verbs.signatures import code_spec

        shape, random = code_spec(subject.model)[0], np.random.default_rng(subject.seed)
        first, second = random.normal(size=(2, rows, *shape)).astype(np.float32)
    given = dict(zip(names, (first, second, steps), strict=True))
    between = np.asarray(subject.model.interpolate(**given))
    tiles = between.reshape(-1, *subject.data.data_shape)
    note = "Each row decodes a straight line between two codes."
    return drawn("Interpolations", note, "pixels", pictures.grid, tiles, columns=steps)


def covariance(subject):
    """The covariance of codes."""
    from zoo.metrics.latent_covariance import covariance as of

    if not subject.has_codes:
        return None
    note = "Covariance of the codes of held-out examples; the identity is a black diagonal."
    matrix = of(subject.codes)[:LATENTS, :LATENTS]
    return drawn("Covariance of codes", note, "plot", pictures.heat, matrix)


def embedding(subject):
    """t-SNE of codes, by class where labels are known."""
    from zoo.metrics.embedding import tsne

    if not subject.has_codes or len(subject.codes) < 50:
        return None
    codes, labels = subject.codes[:POINTS], subject.data.test_labels
    points = tsne(codes, seed=subject.seed) if codes.shape[1] > 2 else codes
    note = "Codes of held-out examples in the plane (t-SNE above two dimensions), by label."
    labels = None if labels is None else labels[: len(points)]
    return drawn("Codes", note, "plot", pictures.clusters, points, labels)


def curves(history):
    """The logs over the epochs."""
    if not history:
        return None
    return drawn("Training", "Every log over the epochs.", "plot", pictures.curves, history)
