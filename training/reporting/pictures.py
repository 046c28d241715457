"""PNG files: grids of images, pairs, points, curves. No display and no TensorFlow."""

import math

import numpy as np

from zoo.training.files import atomic

GAP = 1  # pixels between the tiles of a grid
SHADE = 128  # of the gaps
SHOWN = 2000  # points of one cloud


def grid(images, path, columns=None, scale=4):
    """Writes images as one PNG of rows and columns, each pixel `scale` pixels wide.

    Args:
        images: `(count, height, width, channels)`, floats in [0, 1]; see `shown`.
        path: of the PNG.
        columns: how many in a row; about a square where None.
        scale: whole number of pixels for one pixel.
    """
    from PIL import Image

    images = np.asarray(images)
    if images.ndim != 4 or not images.size:
        raise ValueError(
            "`images` must have shape (count, height, width, channels), count at least 1. "
            f"Received: {images.shape}."
        )
    images = shown(images)
    columns = columns or math.ceil(math.sqrt(len(images)))
    pixels = np.rint(np.clip(np.nan_to_num(images), 0.0, 1.0) * 255.0).astype(np.uint8)
    tiles = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    height, width, channels = tiles.shape[1:]
    rows = math.ceil(len(tiles) / columns)
    size = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels)
    sheet = np.full(size, SHADE, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + GAP), column * (width + GAP)
        sheet[top : top + height, left : left + width] = tile
    with atomic(path) as partial:
        Image.fromarray(sheet[..., 0] if channels == 1 else sheet).save(partial, format="PNG")


def shown(images):
    """Images in 1 or 3 channels: of 4 over the shade of the gaps, of others the first 1 or 3."""
    channels = images.shape[-1]
    if channels == 4:
        return images[..., :3] * images[..., 3:] + SHADE / 255.0 * (1.0 - images[..., 3:])
    return images[..., : 3 if channels >= 3 else 1]


def pairs(real, again, path, columns=8, scale=4):
    """Writes alternating rows: images, and below each its reconstruction."""
    rows([real, again], path, columns, scale)


def rows(sides, path, columns=8, scale=4):
    """Writes arrays of as many images in alternating rows, image i of each below the other.

    Arrays of one channel are shown in grey beside those of three.
    """
    sides = [shown(np.asarray(images)) for images in sides]
    depth = max(images.shape[-1] for images in sides)
    sides = [a.repeat(depth, axis=-1) if a.shape[-1] < depth else a for a in sides]
    columns = min(columns, len(sides[0]))
    kept = len(sides[0]) - len(sides[0]) % columns
    shape = (-1, columns, *sides[0].shape[1:])
    stacked = np.stack([images[:kept].reshape(shape) for images in sides], axis=1)
    grid(stacked.reshape(-1, *sides[0].shape[1:]), path, columns, scale)


def scatter(real, generated, path):
    """Writes points of data, where there are some, and of the model in one plane: as they are in
    2-D, else on the first two principal components of the data."""
    clouds = {"data": real, "model": generated}
    clouds = {label: np.asarray(a[:SHOWN]) for label, a in clouds.items() if a is not None}
    labels, reference = ("x1", "x2"), next(iter(clouds.values()))
    if reference.shape[1] != 2:
        centre = reference.mean(axis=0)
        axes = np.linalg.svd(reference - centre, full_matrices=False)[2][:2]
        clouds = {label: (points - centre) @ axes.T for label, points in clouds.items()}
        labels = ("first component", "second component")
    figure, axes = _figure(5, 5)
    for label, points in clouds.items():
        second = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
        axes.scatter(points[:, 0], second, s=6, alpha=0.5, linewidths=0, label=label)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.legend()
    _save(figure, path)


def paths(real, made, seen, path):
    """Writes sequences of vectors as lines over the steps, and those of the model dashed, a panel
    each; a vertical line lies where a forecast begins. Shows up to two entries of each step.

    Args:
        real, made: `(count, steps, size)`.
        seen: how many steps lie before the forecast.
        path: of the PNG.
    """
    columns = min(2, len(real))
    rows = math.ceil(len(real) / columns)
    figure, panels = _figure(5 * columns, 2 * rows, rows, columns)
    steps = range(1, real.shape[1] + 1)
    for panel, x, y in zip(np.atleast_1d(panels).ravel(), real, made, strict=False):
        for entry in range(min(2, x.shape[1])):
            color = f"C{entry}"
            panel.plot(steps, x[:, entry], color=color, label=f"data, x{entry + 1}")
            panel.plot(steps, y[:, entry], "--", color=color, label=f"model, x{entry + 1}")
        panel.axvline(seen + 0.5, color="grey", linewidth=1)
    np.atleast_1d(panels).ravel()[0].legend(fontsize=7)
    _save(figure, path)


def heat(matrix, path):
    """Writes a symmetric matrix as colours, white at 0."""
    matrix = np.asarray(matrix)
    figure, axes = _figure(5, 4.2)
    most = max(float(np.abs(matrix).max()), 1e-12)
    shown = axes.imshow(matrix, cmap="RdGy", vmin=-most, vmax=most)
    figure.colorbar(shown, ax=axes)
    axes.set_xlabel("dimension of the code")
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True)
    _save(figure, path)


def clusters(points, labels, path):
    """Writes points of a plane, one colour a label; of one colour where `labels` is None."""
    points = np.asarray(points)
    figure, axes = _figure(6, 6)
    second = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
    if labels is None:
        axes.scatter(points[:, 0], second, s=6, linewidths=0)
    else:
        for label in np.unique(labels):
            own = labels == label
            axes.scatter(points[own, 0], second[own], s=8, linewidths=0, label=str(label))
        axes.legend(markerscale=2, fontsize=8)
    _save(figure, path)


def clouds(panels, labels, path):
    """Writes a panel of points of the plane for each title, one colour a label.

    Args:
        panels: title -> `(count, 2)`.
        labels: `(count,)`.
        path: of the PNG.
    """
    figure, axes = _figure(3.2 * len(panels), 3.4, 1, len(panels))
    for (title, points), panel in zip(panels.items(), np.atleast_1d(axes), strict=True):
        for label in np.unique(labels):
            own = labels == label
            panel.scatter(points[own, 0], points[own, 1], s=3, linewidths=0, label=str(label))
        panel.set_title(title, fontsize=9)
        panel.set_xticks([])
        panel.set_yticks([])
    _save(figure, path)


def lines(panels, path, x_label, y_label, marks=None, log=False):
    """Writes a panel of lines for each title.

    Args:
        panels: title -> label -> (x, y); a label that begins with "_" is not named, and one
            that begins with "(" is dashed.
        path: of the PNG.
        x_label, y_label: of the axes.
        marks: title -> x of a vertical line.
        log: whether y is logarithmic.
    """
    figure, axes = _figure(4.6 * len(panels), 3.6, 1, len(panels))
    for (title, series), panel in zip(panels.items(), np.atleast_1d(axes), strict=True):
        for label, (x, y) in series.items():
            many = len(series) > 10
            style = "-" if many else "--" if label.startswith("(") else "o-"
            panel.plot(x, y, style, label=label, linewidth=0.8 if many else 1.5, markersize=4)
            if isinstance(x[0], str):
                panel.tick_params("x", labelrotation=30, labelsize=8)
        if marks and title in marks:
            panel.axvline(marks[title], color="grey", linewidth=1)
        panel.set_title(title, fontsize=10)
        panel.set_xlabel(x_label)
        panel.set_ylabel(y_label)
        panel.set_yscale("log" if log else "linear")
        if panel.get_legend_handles_labels()[0]:
            panel.legend(fontsize=8)
    _save(figure, path)


def fields(panels, path, labels=("u", "v"), most=1.6, columns=5):
    """Writes a panel of arrows in the plane for each title, and a path among them.

    Args:
        panels: title -> (places `(count, 2)`, displacements `(count, 2)`, path `(steps, 2)`).
        path: of the PNG.
        labels: of the axes.
        most: of both coordinates.
        columns: how many panels in a row.
    """
    flat, figure = _panels(len(panels), min(columns, len(panels)), 3.2, 3.3)
    for (title, (places, arrows, walk)), panel in zip(panels.items(), flat, strict=True):
        panel.quiver(*places.T, *arrows.T, color="grey", angles="xy", width=0.004)
        panel.plot(walk[:, 0], walk[:, 1], "-", color="C0", linewidth=1.0)
        panel.plot(*walk[0], "o", color="C0", markersize=5)
        panel.plot(*walk[-1], "s", color="C3", markersize=5)
        panel.set_title(title, fontsize=9)
        panel.set_xlabel(labels[0])
        panel.set_ylabel(labels[1])
        panel.set_xlim(-most, most)
        panel.set_ylim(-most, most)
        panel.set_aspect("equal")
    _save(figure, path)


def against(points, objective, default, path):
    """Writes a panel for each name: `points[name]`, `(count, 2)`, value against objective.

    A line marks `default`, what the defaults give; wide ranges of values are logarithmic.
    """
    figure, panels = _figure(4 * len(points), 3.2, 1, len(points))
    for (name, pairs), panel in zip(points.items(), np.atleast_1d(panels).ravel(), strict=True):
        panel.scatter(pairs[:, 0], pairs[:, 1], s=18)
        panel.axhline(default, color="grey", linestyle="--", label="default")
        if pairs[:, 0].min() > 0 and pairs[:, 0].max() > 10 * pairs[:, 0].min():
            panel.set_xscale("log")
        panel.set_xlabel(name)
        panel.set_ylabel(objective)
    panel.legend(fontsize=8)
    _save(figure, path)


def curves(history, path):
    """Writes one line for each log over the epochs; a log and its `val_` share a panel.

    Args:
        history: log -> values, one an epoch, NaN where there is none.
        path: of the PNG.
    """
    names = [name for name in history if not name.startswith("val_")]
    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure, panels = _figure(4 * columns, 3 * rows, rows, columns)
    panels = np.atleast_1d(panels).ravel()
    for panel in panels[len(names) :]:
        panel.set_visible(False)
    for name, panel in zip(names, panels, strict=False):
        for key, label in ((name, "training"), (f"val_{name}", "held out")):
            if key in history:
                known = [(n, v) for n, v in enumerate(history[key], 1) if math.isfinite(v)]
                dots = "." if len(known) == 1 else ""
                panel.plot(*zip(*known, strict=True), dots or "-", label=label)
        panel.set_title(name, fontsize=9)
        panel.set_xlabel("epoch", fontsize=8)
    panels[0].legend(fontsize=8)
    _save(figure, path)


def _figure(width, height, rows=1, columns=1):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns)


def _panels(count, columns, width, height):
    """So many panels of a size in inches, rows of `columns`, and their figure."""
    rows = math.ceil(count / columns)
    figure, axes = _figure(width * columns, height * rows, rows, columns)
    panels = np.atleast_1d(axes).ravel()
    for panel in panels[count:]:
        panel.set_visible(False)
    return panels[:count], figure


def _save(figure, path):
    with atomic(path) as partial:
        figure.savefig(partial, format="png", dpi=100)
