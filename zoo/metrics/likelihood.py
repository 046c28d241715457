"""The marginal likelihood by importance weighting, and what an evidence bound is made of.

The first speaks to any model with an evidence bound (`zoo.vae.evidence_bound`), the second to
a `VariationalModel`: its encoder and posterior, ln p(x|z) and ln p(z).
"""

import math

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.losses.density import gaussian_log_density
from zoo.metrics import checks


def data_of(model, x):
    """Rows that a model takes, two or more."""
    x = checks.rows(x, "x", least=2)
    checks.require_shape(x, "x", model.data_shape, "as the model takes")
    return np.asarray(x, np.float32)


def log_weights(model, x, seed):
    """The model's ln weights at one draw a row, `(batch, parts)`."""
    with noise.serving(seed, tf.shape(x)[0]):
        return model.log_weights(x)


def importance_likelihood(model, x, draws=5000, seed=0, weights=log_weights):
    """ln p(x) ~ logsumexp_s w_s - ln S (Burda et al., 2016): a lower bound in expectation.

    The average of p(x|z) over draws of q(z|x), without the weights p(z)/q(z|x) that
    lectures leave out, is no likelihood. Labelled models weigh every class, models of
    sequences every step: `EvidenceBound.log_evidence` says how these parts make ln p(x).

    Args:
        model: trained on an evidence bound.
        x: `(count, ...)`.
        draws: S, of z for each x; 1 is the ELBO.
        seed: of the draws.
        weights: (model, x, seed) -> ln w, `(count, parts)`.

    Returns:
        {"log_likelihood", "elbo", "effective_draws", "draws", "count"}: nats, means over x;
        elbo is that of the mean of the same ln weights, effective_draws (sum w)^2 / sum w^2;
        "log_likelihood_error" and "elbo_error", their standard errors over x.
    """
    x = data_of(model, x)
    step = tf.function(lambda key: weights(model, x, key), autograph=False)
    log_sum = log_squares = -math.inf
    total = 0.0
    for key in np.random.default_rng(seed).integers(2**31, size=draws):
        log_w = np.asarray(step(tf.constant(key, tf.int64)))
        log_sum = np.logaddexp(log_sum, log_w)
        log_squares = np.logaddexp(log_squares, 2.0 * log_w)
        total += log_w
    log_likelihood = model.log_evidence(tf.constant(log_sum - math.log(draws)))
    return {
        **over_rows(log_likelihood=log_likelihood, elbo=model.log_evidence(total / draws)),
        "effective_draws": float(np.mean(np.exp(2.0 * log_sum - log_squares))),
        "draws": draws,
        "count": len(x),
    }


def over_rows(**values):
    """Means over rows by name, and of each the standard error as NAME_error."""
    means = {name: float(np.mean(each)) for name, each in values.items()}
    errors = {f"{k}_error": float(np.std(v) / math.sqrt(len(v))) for k, v in values.items()}
    return means | errors


def elbo_surgery(model, x, draws=10, seed=0):
    """The evidence bound as E ln p(x|z) - I_q(x; z) - KL(q(z) | p(z)) (Hoffman and Johnson, 2016).

    q(z) is taken for the mean of q(z|x) over the rows of `x`. So the information is at most
    ln count, and what it lacks of I_q(x; z) is in the divergence, which is therefore an upper
    bound of KL(q(z) | p(z)): no distance of the codes from their prior where codes tell more
    than ln count nats of x. `dimension_wise_divergence` bounds it from below.

    Args:
        model: with a diagonal Gaussian posterior.
        x: `(count, ...)`.
        draws: of z for each x.
        seed: of the draws.

    Returns:
        {"reconstruction", "information", "marginal_divergence_bound", "elbo", "count"}, nats,
        and of each the standard error over x, as "information_error".
    """
    x = data_of(model, x)
    mean, log_var = tf.split(model.encoder(x, training=False), 2, axis=-1)
    parts = []
    for draw in range(draws):
        with noise.serving(seed + draw, len(x)):
            z, log_q = model.posterior.sample(tf.concat([mean, log_var], -1))
            log_prior = model.log_prior(z)
        log_p = model.log_likelihood(x, z)
        log_mixture = aggregated_log_density(z, mean, log_var)
        information, gap = log_q - log_mixture, log_mixture - log_prior
        parts.append([log_p, information, gap])
    log_p, information, gap = np.mean(parts, axis=0)
    named = {"reconstruction": log_p, "information": information, "marginal_divergence_bound": gap}
    return {**over_rows(**named, elbo=log_p - information - gap), "count": len(x)}


def dimension_wise_divergence(model, x, draws=10, seed=0):
    """sum_j KL(q(z_j) | p(z_j)), of the exact mixtures q(z_j) = 1/N sum_n q(z_j|x_n).

    Of a prior with independent dimensions it is KL(q(z) | p(z)) less the total correlation of
    q(z) (Chen et al., 2018, Eq. 2), so never above it. A mixture on a line is dense where some
    hundred rows are given, unlike that of whole codes.

    Args:
        model: with a diagonal Gaussian posterior and the prior N(0, sigma^2 I).
        x: `(count, ...)`.
        draws: of z for each x.
        seed: of the draws.

    Returns:
        {"dimension_wise_divergence", "dimension_wise_divergence_error", nats; "code_deviation",
        "code_deviation_error", the mean over dimensions of the standard deviation of draws of
        q(z), over sigma; "count"}.
    """
    x = data_of(model, x)
    mean, log_var = tf.split(model.encoder(x, training=False), 2, axis=-1)
    divergences, deviations, sigma = [], [], model.prior.sigma
    for draw in range(draws):
        with noise.serving(seed + draw, len(x)):
            z = model.posterior.sample(tf.concat([mean, log_var], -1))[0]
        each = 0.0
        for dimension in range(z.shape[1]):
            column = slice(dimension, dimension + 1)
            log_q = aggregated_log_density(z[:, column], mean[:, column], log_var[:, column])
            normal = tf.fill([1], 2.0 * math.log(sigma))
            each += log_q - gaussian_log_density(z[:, column], 0.0, normal)
        divergences.append(each)
        deviations.append(deviation_by_row(np.asarray(z)) / sigma)
    rows = over_rows(
        dimension_wise_divergence=np.mean(divergences, axis=0),
        code_deviation=np.mean(deviations, axis=0),
    )
    return {**rows, "count": len(x)}


def deviation_by_row(z):
    """Numbers whose mean is the mean standard deviation of the columns, and whose standard error
    is that of it: each row's influence added (the delta method)."""
    deviation = np.std(z, axis=0)
    squares = np.square(z - z.mean(axis=0))
    influence = (squares - np.square(deviation)) / (2.0 * np.maximum(deviation, 1e-12))
    return deviation.mean() + influence.mean(axis=1)


def aggregated_log_density(z, mean, log_var, batch_size=256):
    """ln (1/N) sum_n N(z; mean_n, var_n) for each z: `(count,)`."""
    parts = []
    for start in range(0, len(z), batch_size):
        rows = z[start : start + batch_size, None]
        each = tf.square(rows - mean[None]) * tf.exp(-log_var)[None] + log_var[None]
        log = -0.5 * tf.reduce_sum(each + math.log(2.0 * math.pi), axis=-1)
        parts.append(tf.reduce_logsumexp(log, axis=1) - math.log(len(mean)))
    return tf.concat(parts, axis=0)
