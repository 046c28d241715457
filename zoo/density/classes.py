"""Densities of classes: one model for each, of one player, or a single one that takes labels."""

import math

import tensorflow as tf

from zoo import noise
from zoo.density.gaussian_density import GaussianDensity
from zoo.registry import model_class
from zoo.replicas import ordered_sum

DENSITIES = ("gaussian", "diagonal_gaussian", "linear_gaussian_lvm", "maf", "vae", "cvae")


def default_densities(name, data_shape, latent_dim, num_classes, ridge):
    """One density for each class, or one that takes labels.

    Args:
        name: one of `DENSITIES`; those that take vectors get data flattened.
        data_shape, latent_dim, num_classes: those of `zoo.create`.
        ridge: of Gaussians.
    """
    flat = (math.prod(data_shape),)
    if name.endswith("gaussian"):
        columns = flat[0] if name == "gaussian" else 1
        return [GaussianDensity(*flat, columns, ridge=ridge, seed=0) for _ in range(num_classes)]
    cls = model_class(name)
    shape = data_shape if len(data_shape) in cls.data_ranks else flat
    code = latent_dim if cls.has_latent else None
    if cls.targets == "labels":
        return [cls.for_data(shape, code, num_classes=num_classes, seed=0)]
    return [cls.for_data(shape, code, seed=0) for _ in range(num_classes)]


def losses_of_label(densities, x, y, training):
    """-ln p(x|y) of each row for its label, `(batch,)`, and what is penalised beside it, `()`."""
    if len(densities) == 1:
        return losses(densities[0], x, y, training)
    each = [losses(density, x, None, training) for density in densities]
    rows = tf.stack([nll for nll, _ in each], axis=1)
    return tf.gather(rows, y, axis=1, batch_dims=1), ordered_sum([rest for _, rest in each])


def losses_of_classes(densities, x, num_classes):
    """-ln p(x|c) of each row for every class c, `(batch, num_classes)`."""
    if len(densities) > 1:
        return tf.stack([losses(density, x, None, False)[0] for density in densities], axis=1)
    labels = tf.tile(tf.range(num_classes), tf.shape(x)[:1])
    with noise.expanded(num_classes):
        nll, _ = losses(densities[0], tf.repeat(x, num_classes, axis=0), labels, False)
    return tf.reshape(nll, [-1, num_classes])


def losses(model, x, y, training):
    """What a model of one player loses on each row, `(batch,)`, and beside it, `()`."""
    (player,) = model.players
    terms = model.terms_of((player,), x, y, training)[player]
    own = [terms[name] for name in model.summed(player)]
    rows, rest = ([t for t in own if (t.shape.rank == 1) == is_row] for is_row in (True, False))
    return ordered_sum(rows), ordered_sum([tf.zeros(()), *rest])


def samples(densities, y, seeds):
    """An example of each label in y, by its own seed."""
    count = tf.shape(y)[0]
    if len(densities) == 1:
        return densities[0].sample(count, labels=y, seed=seeds)
    each = [density.sample(count, seed=seeds) for density in densities]
    return tf.gather(tf.stack(each, axis=1), y, axis=1, batch_dims=1)
