"""The Wasserstein distance that a critic measures, whatever Lipschitz constant it has."""

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.losses.lipschitz import interpolates, slope


def wasserstein_estimate(critic, real, fake, seed=0):
    """The critic's difference of means over its mean slope, and over its largest.

    The difference itself is the distance times an unknown constant: the critic of WGAN is as
    steep as its clipped weights let it be, that of WGAN-GP a little steeper than one.

    Args:
        critic: maps points to raw outputs.
        real, fake: as many examples of data and of the model.
        seed: of the points between them at which slopes are taken.

    Returns:
        {"wasserstein", "wasserstein_below", "difference", "mean_slope", "count"}; the second is
        over the largest slope, which is a bound from below where that is the steepest.
    """
    real, fake = (tf.convert_to_tensor(side, tf.float32) for side in (real, fake))
    with noise.serving(seed, len(real)):
        slopes = np.asarray(slope(critic, interpolates(real, fake)))
    gap = float(tf.reduce_mean(critic(real)) - tf.reduce_mean(critic(fake)))
    return {
        "wasserstein": gap / float(slopes.mean()),
        "wasserstein_below": gap / float(slopes.max()),
        "difference": gap,
        "mean_slope": float(slopes.mean()),
        "count": len(real),
    }
