"""E9: the class radius and its bounds, before and after a penalty on distances of codes."""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.experiments.runs import codec, distances, fit, kept, markdown, mnist, sides_of
from zoo.losses.reconstruction import sum_of_rest
from zoo.vae.vae import VAE

LATENT, STEPS, BATCH = 20, 5000, 128
POINTS = 1000  # of the radius
PENALTY, CLIP = 30.0, 0.3
SHOWN = 12  # samples of each in the picture


class LatentDistance(VAE):
    """A VAE that keeps codes nearer to each other than the data are.

        loss = -ELBO + lambda / 2 mean omega(a, b),  omega = |f(a) - f(b)|^2 / |a - b|^2

    with f = E[z|x] and (a, b) from the two halves of the batch; the encoder's weights stay
    within +-0.3.
    """

    terms = {"autoencoder": (*VAE.terms["autoencoder"], "distance")}

    def autoencoder_loss(self, x, y, training):
        means = self.posterior.mean(self.encoder(x, training=training))
        terms = super().autoencoder_loss(x, y, training)
        return {**terms, "distance": 0.5 * PENALTY * tf.reduce_mean(omega(x, means))}


def omega(x, codes):
    """The squared distance of codes over that of the data, for pairs of both halves."""
    half = tf.shape(x)[0] // 2
    codes, data = (sum_of_rest((rows[:half] - rows[half:]) ** 2) for rows in (codes, x))
    return codes / (data + 1e-8)


MODELS = {"VAE": VAE, "with the penalty": LatentDistance}


def results(data_dir):
    """One row before, one after."""
    rows = []
    for title, cls in MODELS.items():
        found = kept(f"E9/{cls.__name__}", lambda cls=cls: one(cls, mnist(data_dir)))
        rows.append({"title": title, **found})
    return rows


def one(cls, data):
    """Trains one model and measures it."""
    model = cls(**codec(data.data_shape, LATENT, codes=2, final="linear"))
    if cls is LatentDistance:
        for weight in model.encoder.trainable_variables:
            weight.constraint = clipped
    model.compile(steps_per_execution=20)
    fit(model, data.train, BATCH, STEPS)
    sides = sides_of(model, data.train, data.test)
    found = distances(sides, data.test, "classifier:mnist")
    x = tf.constant(data.test[:2000])
    found["omega"] = float(tf.reduce_mean(omega(x, model.encode(x))))
    return found | gaps(model, data) | geometry(model, sides["generated"][:SHOWN])


def clipped(weight):
    """Weights within +-0.3, after each step."""
    return keras.ops.clip(weight, -CLIP, CLIP)


def gaps(model, data):
    """The share of the prior's draws that lie where no data are encoded."""
    from zoo.metrics.holes import holes

    drawn = np.random.default_rng(0).normal(size=(2000, LATENT)).astype(np.float32)
    train, test = (np.asarray(model.encode(rows[:5000])) for rows in (data.train, data.test))
    found = holes(drawn, train, test)
    return {name: found[name] for name in ("coverage", "density")}


def geometry(model, shown):
    """The class radius under MNIST's classifier, its two bounds, and how even the classes are."""
    from zoo.metrics.class_radius import class_radius, log_bound
    from zoo.training.measures.classifiers import load

    classifier = load("mnist")
    logits = tf.function(lambda z: classifier(model.decode(z)), autograph=False)
    points = np.random.default_rng(1).normal(size=(POINTS, LATENT))
    found = class_radius(logits, points, neighbours=2, halvings=12, steps=15)
    found |= {"log_bound": log_bound(found["masses"]), "largest": max(found["masses"])}
    return {**found, "samples": shown.tolist()}


def draw(rows, path):
    """Samples before and after, in alternating rows."""
    from zoo.training.reporting import pictures

    pictures.rows([np.array(row["samples"]) for row in rows], path, columns=SHOWN, scale=3)


def table(rows):
    """One line for each measure."""
    lines = [[words, *(row[key] for row in rows)] for key, words in MEANING.items()]
    return markdown(["measure", *(row["title"] for row in rows)], lines)


MEANING = {
    "class_radius": "class radius E r, an upper estimate",
    "standard_error": "its standard error",
    "sum_bound": "the sum bound",
    "log_bound": "the log bound",
    "collision_probability": "two draws of one class, the square of the masses",
    "largest": "largest mass of a class",
    "coverage": "holes: prior far from codes",
    "density": "holes: prior where codes are rare",
    "omega": "omega: distances of codes over those of images",
    "reconstructed": "rec. FID[classifier:mnist]",
    "generated": "gen. FID[classifier:mnist]",
}
