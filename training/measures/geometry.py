"""Measures of the map from noise to data: how far classes are, how much it stretches, and how
far its law is from that of the data."""

import contextlib

import numpy as np

from zoo.training.measures.subject import REPEATS, entry, mean_error

POINTS = 500  # of a search for the nearest other class, at most
SEARCH = {"neighbours": 2, "halvings": 12, "steps": 15}
SLOPES = 100  # codes at which slopes are found, at most


def class_radius(subject):
    """How far noise is from another class, as the classifier of the data sees them."""
    import tensorflow as tf

    from zoo.metrics.class_radius import class_radius as radius
    from zoo.metrics.class_radius import log_bound, sum_bound
    from zoo.training.measures.classifiers import load

    known = subject.model.noise_map()
    kind, _, name = subject.extractor.name.partition(":")
    if known is None or kind != "classifier":
        return {}
    made, size, sigma = known
    judge = load(name)
    logits = tf.function(lambda u: judge(made(u), training=False), autograph=False)
    random, count = np.random.default_rng(subject.seed), min(subject.count, POINTS)
    points = random.normal(scale=sigma, size=(count, size))
    found = radius(logits, points, **SEARCH)
    masses = found["masses"]
    if max(masses) == 1.0:  # no other class to be far from
        return {}
    more = {"seed": subject.seed, "extractor": subject.extractor.name}
    bound = sum_bound(masses, sigma)
    meaning = "mean distance of noise to that of another class, from above; reference: its bound"
    error = found["standard_error"]
    rows = {"class_radius": entry(found["class_radius"], count, meaning, bound, error, **more)}
    if max(masses) <= 0.8:
        meaning = "the looser bound of the class radius, of |p|^2 alone"
        rows["class_radius_log_bound"] = entry(sigma * log_bound(masses), count, meaning, **more)
    return rows


def lipschitz(subject):
    """How much a decoder or generator stretches: from above, at codes, and between them."""
    from zoo import noise
    from zoo.metrics import lipschitz as slopes

    model = subject.model
    network = getattr(model, "generator", getattr(model, "decoder", None))
    if network is None or not (subject.offers("sample") and hasattr(model, "draw_codes")):
        return {}
    count = min(subject.count, SLOPES) // 2 * 2
    with noise.serving(subject.seed, count):
        points = model.draw_codes(count)
    if network.input_shape != (None, *points.shape[1:]):  # what is drawn is not what is decoded
        return {}

    def shown(z):
        return network(z, training=False)

    lower = slopes.lower(shown, points[: count // 2], points[count // 2 :])["lipschitz_lower"]
    steepest = float(np.max(slopes.local(shown, points, iterations=50)))
    found = {"lipschitz_local": steepest, "lipschitz_lower": lower}
    with contextlib.suppress(ValueError):  # of a layer of which no bound is known
        found |= slopes.upper(network)
    return {
        name: entry(found[name], count, meaning, seed=subject.seed)
        for name, meaning in STRETCH.items()
        if name in found
    }


STRETCH = {
    "lipschitz_lower": "largest |g(a) - g(b)| / |a - b| between codes of the prior",
    "lipschitz_local": "largest singular value of the slopes of g at codes of the prior",
    "lipschitz_upper": "product of the largest gains of the layers of g: no slope is above it",
}


def jsd(subject):
    """What the model's own discriminator tells of the distance of samples to data."""
    from zoo.metrics.jensen_shannon import from_discriminator

    model = subject.model
    if (
        not model.output_is_log_ratio
        or model.offered()["score"] != ("x",)
        or not subject.offers("sample")
    ):
        return {}

    values = []
    for repeat in range(REPEATS):
        sides = subject.chosen("test", repeat), subject.samples(repeat)
        logits = (subject.mapped(model.score, side) for side in sides)
        values.append(from_discriminator(*logits)["jensen_shannon"])
    meaning = "nats: what the discriminator proves of the Jensen-Shannon divergence of samples to "
    meaning += "test data, at most ln 2; below 0 where it is wrong; reference: it cannot tell"
    given = {"error": mean_error(values), "seed": subject.seed, "others": subject.count}
    return {"jsd": entry(np.mean(values), subject.count, meaning, 0.0, **given)}
