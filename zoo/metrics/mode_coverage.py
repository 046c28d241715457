"""How many modes of planted Gaussians a generator covers."""

import numpy as np
import tensorflow as tf

from zoo.metrics import checks
from zoo.metrics.sums import Sums
from zoo.registry import register


def mode_coverage(samples, centres, sigma, share=0.01):
    """Modes that get at least `share` of the good samples; good lie within 3 sigma of one.

    Args:
        samples: `(count, size)`.
        centres: `(modes, size)`.
        sigma: standard deviation of every mode, per dimension.
        share: of the good samples.

    Returns:
        {"modes", "high_quality", "divergence", "count"}; divergence is KL of the modes'
        shares to uniform, nats, ln K where no sample is good.
    """
    metric = ModeCoverage(centres, sigma, share)
    metric.update_state(samples)
    return metric.result()


@register
class ModeCoverage(Sums):
    """`mode_coverage` of samples that come in batches.

    Args:
        centres, sigma, share: as in `mode_coverage`.
        name: of the measure.
    """

    def __init__(self, centres, sigma, share=0.01, name="mode_coverage"):
        super().__init__(name, good=(len(centres),))
        self.centres, self.sigma, self.share = np.asarray(centres, np.float64), sigma, share

    def update_state(self, samples, sample_weight=None):
        """Adds the samples of a batch, `(batch, size)`."""
        checks.refuse_weights(sample_weight, self.name)
        samples = checks.batch(samples, "samples", self.centres.shape[1:])
        samples = tf.cast(samples, tf.float64)
        distances = tf.norm(samples[:, None] - self.centres[None], axis=2)
        nearest = tf.one_hot(tf.argmin(distances, axis=1), len(self.centres), dtype=tf.float64)
        is_good = tf.cast(tf.reduce_min(distances, axis=1) <= 3.0 * self.sigma, tf.float64)
        self.add(samples, good=tf.reduce_sum(nearest * is_good[:, None], axis=0))

    def result(self):
        counts, rows = self.total("good"), self.counted()
        p = counts / max(1, counts.sum())
        log = np.log(np.maximum(p, 1e-300) * len(counts))
        return {
            "modes": int(np.sum((p >= self.share) & (counts > 0))),
            "high_quality": float(counts.sum() / rows),
            "divergence": float(np.sum(p * log)) if counts.sum() else float(np.log(len(counts))),
            "count": rows,
        }

    def get_config(self):
        own = {"centres": self.centres.tolist(), "sigma": self.sigma, "share": self.share}
        return {**super().get_config(), **own}
