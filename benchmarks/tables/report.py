"""The tables of docs/results.md: what was measured beside what is published, and how both rank."""

import statistics

from benchmarks.results import RESULTS, markdown, put
from benchmarks.tables import published
from benchmarks.tables.models import LATENT
from benchmarks.tables.published import DATA


def values(measured, data, row, measure, size=""):
    """One measure of a row, of every seed. `measured` is what `cells.read` gives."""
    return [
        float(cell[measure])
        for key, cell in measured.items()
        if (key[0], key[1], key[3]) == (data, row, size) and cell[measure]
    ]


def mean(measured, data, row, measure, size=""):
    """The mean over seeds, or None."""
    every = values(measured, data, row, measure, size)
    return statistics.mean(every) if every else None


def shown(measured, data, row, measure, size=""):
    """The mean over seeds, and their standard deviation where there are several."""
    every = values(measured, data, row, measure, size)
    if not every:
        return "-"
    spread = f" +- {statistics.stdev(every):.2g}" if len(every) > 1 else ""
    return f"{statistics.mean(every):.3g}{spread}"


def ranks(measured, data, theirs, measure, size=""):
    """Spearman's correlation of what is measured with what is published, in words."""
    from scipy.stats import spearmanr

    pairs = [(mean(measured, data, row, measure, size), value) for row, value in theirs.items()]
    pairs = [pair for pair in pairs if pair[0] is not None]
    if len(pairs) < 3:
        return "-"
    rho = spearmanr(*zip(*pairs, strict=True)).statistic
    return f"{rho:.2f} ({len(pairs)} rows)"


def seeds(measured, data, row, size=""):
    """How many seeds a row has."""
    return str(len(values(measured, data, row, "gen_fid", size)))


def first(measured):
    """Table 1: samples, eight rows."""
    head, lines = ["row"], {row: [row] for row in published.GENERATED["mnist"]}
    last = ["rank correlation"]
    for data, theirs in published.GENERATED.items():
        head += [DATA[data], "published"]
        for row, value in theirs.items():
            lines[row] += [shown(measured, data, row, "gen_fid"), f"{value:g}"]
        last += [ranks(measured, data, theirs, "gen_fid"), ""]
    return markdown(head, [*lines.values(), last])


def second(measured):
    """Table 2: active dimensions and dependence of codes."""
    head = ("data", "m", "model", "active", "NAC", "floor", "published m", "active", "NAC")
    lines = []
    for data, (size, *theirs) in published.DIMENSIONS.items():
        for row, (active, nac) in zip(("WAE-GAN", "MaskAAE"), theirs, strict=True):
            own = [shown(measured, data, row, name) for name in ("active_dims", "nac", "nac_floor")]
            mine = str(LATENT[data])
            lines.append([DATA[data], mine, row, *own, str(size), str(active), f"{nac:g}"])
    return markdown(head, lines)


def third(measured):
    """Table 3: reconstructions and samples, thirteen rows and others."""
    from benchmarks.tables.models import FURTHER

    lines = []
    for data in DATA:
        theirs = published.DISTANCES.get(data, {})
        rows = [*published.DISTANCES["mnist"], *FURTHER]
        head = ("row", "seeds", "rec. FID", "gen. FID", "squared error", "published rec.", "gen.")
        body = []
        for row in rows:
            own = [
                shown(measured, data, row, name) for name in ("rec_fid", "gen_fid", "squared_error")
            ]
            known = [f"{value:g}" for value in theirs.get(row, ())] or ["", ""]
            body.append([row, seeds(measured, data, row), *own, *known])
        lines += ["", f"{DATA[data]}:", "", *markdown(head, body)]
        if theirs:
            rhos = [
                ranks(measured, data, {row: pair[side] for row, pair in theirs.items()}, measure)
                for side, measure in enumerate(("rec_fid", "gen_fid"))
            ]
            lines += ["", f"Rank correlation: reconstructions {rhos[0]}, samples {rhos[1]}."]
    return lines


def fourth(measured):
    """Table 4: precision and recall."""
    head = ("data", "row", "precision", "recall", "published pair")
    lines, last = [], []
    for data, theirs in published.PRECISION_RECALL.items():
        for row, pair in theirs.items():
            own = [shown(measured, data, row, name) for name in ("precision", "recall")]
            lines.append([DATA[data], row, *own, "/".join(f"{value:g}" for value in pair)])
        sums = {row: sum(pair) for row, pair in theirs.items()}
        rhos = [ranks(measured, data, sums, name) for name in ("precision", "recall")]
        words = f"with the sum of the pair: precision {rhos[0]}, recall {rhos[1]}"
        last += ["", f"{DATA[data]}: rank correlation {words}."]
    return [*markdown(head, lines), *last]


def fifth(measured):
    """Table 5: few data, priors of six capacities."""
    from benchmarks.tables.models import LAYERS, SHARE, with_prior

    head = ("data", "model", "seeds", "rec. FID", "gen. FID", "published rec.", "gen.")
    lines, last, size = [], [], f"{SHARE:.0%}"
    for data, theirs in published.CAPACITIES.items():
        rows = [with_prior(*capacity).title for capacity in LAYERS]
        for row, pair in zip(rows, theirs, strict=True):
            own = [shown(measured, data, row, name, size) for name in ("rec_fid", "gen_fid")]
            known = [f"{value:g}" for value in pair]
            lines.append([DATA[data], row, seeds(measured, data, row, size), *own, *known])
        sides = {row: pair[1] for row, pair in zip(rows, theirs, strict=True)}
        last += [
            "",
            f"{DATA[data]}: rank correlation {ranks(measured, data, sides, 'gen_fid', size)}.",
        ]
    return [*markdown(head, lines), *last]


TABLES = {1: first, 2: second, 3: third, 4: fourth, 5: fifth}


def write(number, lines):
    """Puts a table into docs/results.md."""
    put(RESULTS, f"table {number}", lines)
