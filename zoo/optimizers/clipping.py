"""Clipping of weights (not of gradients) after a step (Arjovsky et al., 2017, "WGAN")."""

import tensorflow as tf

CLIPPED = ("kernel", "bias")  # scales of normalizations keep their values


def clip_weights(variables, limit):
    """Puts kernels and biases into [-limit, limit]; other variables stay as they are."""
    for variable in variables:
        if variable.name in CLIPPED:
            variable.assign(tf.clip_by_value(variable.value, -limit, limit))
