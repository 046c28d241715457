"""Measures of samples: how like the data, how varied, whether copied."""

import numpy as np

from zoo.training.measures.subject import REPEATS, entry, mean_error, repeated, resampled_error


def rows_of(subject, kind, repeat):
    """Flat rows of samples, or of data in their place."""
    return subject.rows(kind, repeat).reshape(subject.count, -1)


def mmd(subject):
    """The kernel distance of the values themselves."""
    from zoo.losses.discrepancy import mmd as distance

    scale = float(np.mean(subject.data.test.var(axis=0))) or 1.0

    def measure(kind, repeat):
        sides = rows_of(subject, kind, repeat), rows_of(subject, "test", repeat)
        return {"mmd": float(distance(*map(np.float32, sides), variance=scale))}

    meaning = "squared kernel distance of samples to test data; reference: training data to test"
    meanings = {"mmd": f"{meaning} data, the floor"}
    return repeated(subject, measure, meanings, others=subject.count)


def two_sample(subject):
    """A classifier of two samples."""
    from zoo.metrics.neighbours import two_sample_accuracy

    def measure(kind, repeat):
        return two_sample_accuracy(rows_of(subject, kind, repeat), rows_of(subject, "test", repeat))

    meaning = "how often the nearest neighbour tells sample from test example; 0.5 ideal, 1 told"
    meanings = {"two_sample_accuracy": f"{meaning} apart"}
    return repeated(subject, measure, meanings, others=subject.count)


def memorisation(subject):
    """Whether samples are copies."""
    from zoo.metrics.neighbours import memorisation as ratio

    found = [
        ratio(subject.samples(k), subject.data.train, subject.chosen("test", k))
        for k in range(REPEATS)
    ]
    values = [row["memorisation_ratio"] for row in found]
    meaning = "median distance sample to training data over that of test data; far below 1: copies"
    given = 1.0, mean_error(values), subject.seed, len(subject.data.train)
    return {"memorisation_ratio": entry(np.mean(values), subject.count, meaning, *given)}


def fid(subject):
    """Frechet distances of samples and of reconstructions to held-out data."""
    from zoo.metrics.fid import Moments, frechet_distance, rank_warning

    name, size = f"fid[{subject.extractor.name}]", len(subject.moments("test").mean)
    named = {"extractor": subject.extractor.name, "others": subject.count}
    if warning := rank_warning(subject.count, size):
        named["warning"] = warning

    def measure(kind, repeat):
        sides = subject.moments(kind, repeat), subject.moments("test", repeat)
        return {name: frechet_distance(*sides)}

    meaning = "Frechet distance of features of samples to test data; reference: training data"
    found = repeated(subject, measure, {name: meaning}, **named)
    if subject.offers("reconstruct"):
        real = subject.features("test")
        again = subject.mapped(subject.model.reconstruct, subject.chosen("test"))
        again = subject.extractor.features(again)

        def distance(chosen):
            return frechet_distance(*(Moments.of(side[chosen]) for side in (again, real)))

        value = distance(slice(None))
        error = resampled_error(distance, subject.count, subject.seed)
        meaning = "Frechet distance of features of reconstructions to the test data they are of"
        row = entry(value, subject.count, meaning, 0.0, error, subject.seed, **named)
        found[f"reconstruction_{name}"] = row
    return found


def kid(subject):
    """The kernel distance of features, over subsets of up to 1000."""
    from zoo.metrics.kid import kernel_distance

    name, errors = f"kid[{subject.extractor.name}]", []
    subsets = {"subsets": 10, "size": min(1000, max(2, subject.count // 2))}

    def measure(kind, repeat):
        sides = subject.features(kind, repeat), subject.features("test", repeat)
        distance = kernel_distance(*sides, **subsets, seed=subject.seed + repeat)
        errors.append(distance["standard_error"])
        return {name: distance["kid"]}

    meaning = "kernel distance of features of samples to test data, without bias"
    named = {"extractor": subject.extractor.name, "others": subject.count, **subsets}
    rows = repeated(subject, measure, {name: meaning}, **named)
    rows[name]["standard_error"] = float(np.mean(errors[:REPEATS]))  # of one draw, rows drawn anew
    return rows


def prd(subject):
    """Precision and recall by clusters (Sajjadi et al.)."""
    from zoo.metrics.precision_recall import prd as curve

    def measure(kind, repeat):
        sides = subject.features(kind, repeat), subject.features("test", repeat)
        found = curve(*sides, seed=subject.seed)
        return {"prd_precision": found["precision"], "prd_recall": found["recall"]}

    meanings = {
        "prd_precision": "F_1/8 of clusters of features: are samples like data? 1 is best",
        "prd_recall": "F_8 of clusters of features: are the data covered? 1 is best",
    }
    named = {"extractor": subject.extractor.name, "others": subject.count}
    return repeated(subject, measure, meanings, **named)


def manifolds(subject):
    """Improved precision and recall, density and coverage."""
    from zoo.metrics.precision_recall import manifolds as balls

    def measure(kind, repeat):
        return balls(subject.features(kind, repeat), subject.features("test", repeat))

    meanings = {
        "improved_precision": "share of samples in a ball of the data; 1 is best",
        "improved_recall": "share of data in a ball of the samples; 1 is best",
        "density": "balls of the data that a sample lies in, over k; about 1 ideal",
        "coverage": "share of data whose ball holds a sample; 1 is best",
    }
    named = {"extractor": subject.extractor.name, "others": subject.count}
    return repeated(subject, measure, meanings, **named)


def sharpness(subject):
    """Blur."""
    from zoo.metrics.sharpness import sharpness as ratio

    if not subject.data.is_image:
        return {}

    def measure(kind, repeat):
        return ratio(subject.rows(kind, repeat), subject.chosen("test", repeat))

    meaning = "median variance of the Laplacian of samples over that of test data; below 1: blurred"
    return repeated(subject, measure, {"sharpness": meaning}, others=subject.count)


def diversity(subject):
    """The classes of samples, as the classifier of the data sees them."""
    from zoo.metrics.diversity import diversity as of_labels

    if not subject.extractor.name.startswith("classifier:"):
        return {}
    from zoo.training.measures.classifiers import load

    judge = load(subject.extractor.name.partition(":")[2])

    def measure(kind, repeat):
        rows = subject.rows(kind, repeat)
        labels = np.argmax(subject.mapped(lambda x: judge(x, training=False), rows), axis=1)
        return of_labels(labels, judge.output_shape[-1])

    meanings = {
        "shannon_entropy": "of the classes of samples, nats; reference: of training data",
        "collision_probability": "chance that two samples are of one class; small is diverse",
    }
    return repeated(subject, measure, meanings, extractor=subject.extractor.name)


def modes(subject):
    """Coverage of planted modes."""
    from zoo.metrics.mode_coverage import mode_coverage

    if "centres" not in (subject.data.info or {}):
        return {}
    planted = {key: subject.data.info[key] for key in ("centres", "sigma")}

    def measure(kind, repeat):
        return mode_coverage(rows_of(subject, kind, repeat), **planted)

    meanings = {
        "modes": f"of {len(planted['centres'])} planted ones that samples reach",
        "high_quality": "share of samples within 3 sigma of a mode",
        "divergence": "of the modes' shares to uniform, nats",
    }
    return repeated(subject, measure, meanings)
