"""What measures are taken of, and how they are written down."""

import functools
import math
from typing import Any

import numpy as np

from zoo.training.measures import moments
from zoo.training.reporting.drawings import draw, drawn

REPEATS = 5
RESAMPLES = 20
HELD = 2**26  # values of samples and of features that are held at once: 256 MB of either
FEATURES = 2048  # of Inception, the most


def entry(value, count, meaning, reference=None, error=None, seed=None, others=None, **more):
    """One row of the metrics.

    Args:
        value: of the metric.
        count: of examples that it is of.
        meaning: in words.
        reference: the value of data, or of what is trivial.
        error: its standard error; None where it is unknown.
        seed: of what was drawn or chosen.
        others: count of the examples that they are compared with, where they are.
    """
    numbers = {"value": value, "standard_error": error, "reference": reference}
    plain = {name: None if n is None else float(n) for name, n in numbers.items()}
    counts = {"count": count, "compared_count": others}
    return {**plain, **counts, "seed": seed, "meaning": meaning, **more}


def mean_error(values):
    """The standard error of the mean of independent values, or of each column of them."""
    return np.std(values, axis=0, ddof=1) / math.sqrt(len(values))


def resampled_error(measure, count, seed=0):
    """The standard error of a function of rows, by drawing rows anew (Efron, 1979).

    Args:
        measure: numbers of rows -> number or array of numbers.
        count: of rows.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    found = [measure(random.integers(count, size=count)) for _ in range(RESAMPLES)]
    return np.std(found, axis=0, ddof=1)


def kept(method):
    """Lets a subject remember what a method gave, unless it is too large to hold all of it."""

    @functools.wraps(method)
    def ask(self, *args):
        key = (method.__name__, *args)
        if self.is_large:
            return method(self, *args)
        if key not in self.memory:
            self.memory[key] = method(self, *args)
        return self.memory[key]

    return ask


class Subject:
    """A model beside its data, and what several measures need of both.

    Args:
        model: a compiled model of the zoo.
        data: `zoo.training.data.Data`.
        count: of samples; at most as many as both splits hold.
        seed: of samples and of choices of examples.
        extractor: name of the features ("pixels", "inception", "classifier:DATA"); what suits
            the data where None.
    """

    def __init__(self, model, data, count=1000, seed=0, extractor=None):
        if type(count) is not int or count < 2:
            raise ValueError(f"`count` must be an integer of at least 2. Received: {count!r}.")
        self.model, self.data, self.seed = model, data, seed
        self.count = min(count, len(data.train), len(data.test))
        self.extractor_name = extractor
        self.memory = {}

    @property
    def is_large(self):
        """Whether samples and features are made anew by each measure instead of being held."""
        return REPEATS * self.count * max(math.prod(self.data.data_shape), FEATURES) > HELD

    @functools.cached_property
    def extractor(self):
        """The features that samples are measured by."""
        from zoo.training.measures import classifiers

        name = self.extractor_name or classifiers.fitting(self.data.name, self.data.data_shape)
        return classifiers.extractor(name)

    def offers(self, verb):
        """Whether the model has a verb that takes data alone, or what else may be unknown."""
        names = self.model.offered().get(verb)
        return names is not None and not set(names) - {"x", "seed", "count", "labels", "codes"}

    @kept
    def samples(self, repeat=0):
        """`count` samples."""
        return draw(self.model, self.count, self.seed + repeat)

    def chosen(self, side, repeat=0):
        """`count` examples of "train" or "test"."""
        rows = getattr(self.data, side)
        order = np.random.default_rng(self.seed + repeat).permutation(len(rows))
        return rows[order[: self.count]]

    def rows(self, kind, repeat=0):
        """`count` "samples", or as many examples of "train" or "test"."""
        return self.samples(repeat) if kind == "samples" else self.chosen(kind, repeat)

    @kept
    def features(self, kind, repeat=0):
        """Features of `rows`."""
        return self.extractor.features(self.rows(kind, repeat))

    def moments(self, kind, repeat=0):
        """`Moments` of `features`; of many samples, batch by batch, none of which is held."""
        from zoo.metrics.fid import Moments, MomentSums

        def features():
            return self.features(kind, repeat)

        if kind != "samples":
            return moments.moments(self.extractor, self.chosen(kind, repeat), features)
        if not self.is_large:
            return Moments.of(features())
        sums: Any = None
        for batch in drawn(self.model, self.count, self.seed + repeat):
            found = self.extractor.features(batch)
            sums = MomentSums(found.shape[1], found.mean(axis=0)) if sums is None else sums
            sums.update_state(found)
        return sums.moments()

    def mapped(self, function, rows):
        """A verb over rows, in batches, as one array."""
        from zoo.input_pipeline.batches import mapped

        return mapped(function, rows)

    @functools.cached_property
    def codes(self):
        """Codes of up to 10,000 held-out examples, as flat rows."""
        found = self.mapped(self.model.encode, self.data.test[:10_000])
        return found.reshape(len(found), -1)

    @property
    def has_codes(self):
        """Whether examples have real numbers as codes, and codes that are not searched for."""
        given = self.model.offered().get("encode", ("seed",))
        return "seed" not in given and self.offers("encode") and self.codes.dtype.kind == "f"


def repeated(subject, measure, meanings, **more):
    """Entries of a measure of (rows in the place of samples, held-out rows), over seeds.

    Args:
        measure: (kind, repeat) -> dict; kind is "samples", or "train" for the reference.
        meanings: metric -> what it means; other keys of the measure are left out.
    """
    found = [measure("samples", repeat) for repeat in range(REPEATS)]
    best = [measure("train", repeat) for repeat in range(REPEATS)]
    return {
        name: entry(
            np.mean([row[name] for row in found]),
            subject.count,
            meaning,
            np.mean([row[name] for row in best]),
            mean_error([row[name] for row in found]),
            subject.seed,
            **more,
        )
        for name, meaning in meanings.items()
    }
