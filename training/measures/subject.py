"""What measures are taken of, and how they are written down."""

import functools
import math

import numpy as np

from training.draws import draw

REPEATS = 5


def entry(value, count, meaning, reference=None, error=None, seed=None, **more):
    """One row of the metrics."""
    numbers = {"value": value, "standard_error": error, "reference": reference}
    plain = {name: None if n is None else float(n) for name, n in numbers.items()}
    return {**plain, "count": count, "seed": seed, "meaning": meaning, **more}


class Subject:
    """A model beside its data, and what several measures need of both.

    Args:
        model: a compiled model of the zoo.
        data: `training.data.Data`.
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

    @functools.cached_property
    def extractor(self):
        """The features that samples are measured by."""
        from training import classifiers

        name = self.extractor_name or classifiers.fitting(self.data.name, self.data.data_shape)
        return classifiers.extractor(name)

    def offers(self, verb):
        """Whether the model has a verb that takes data alone, or what else may be unknown."""
        names = self.model.offered().get(verb)
        return names is not None and not set(names) - {"x", "seed", "count", "labels", "codes"}

    @functools.lru_cache(maxsize=2 * REPEATS)  # noqa: B019, lives as long as one evaluation
    def samples(self, repeat=0):
        """`count` samples."""
        return draw(self.model, self.count, self.seed + repeat)

    def chosen(self, side, repeat=0):
        """`count` examples of "train" or "test"."""
        rows = getattr(self.data, side)
        order = np.random.default_rng(self.seed + repeat).permutation(len(rows))
        return rows[order[: self.count]]

    @functools.lru_cache(maxsize=4 * REPEATS)  # noqa: B019
    def features(self, kind, repeat=0):
        """Features of "samples", or of as many examples of "train" or "test"."""
        rows = self.samples(repeat) if kind == "samples" else self.chosen(kind, repeat)
        return self.extractor.features(rows)

    def mapped(self, function, rows):
        """A verb over rows, in batches, as one array."""
        parts = [rows[i : i + 500] for i in range(0, len(rows), 500)]
        return np.concatenate([np.asarray(function(part)) for part in parts])

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
            np.std([row[name] for row in found], ddof=1) / math.sqrt(REPEATS),
            subject.seed,
            **more,
        )
        for name, meaning in meanings.items()
    }
