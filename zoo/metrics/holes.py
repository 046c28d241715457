"""Where the prior puts codes that no data have: three readings of a latent hole."""

import numpy as np

from zoo.metrics import checks


def holes(prior_codes, train_codes, test_codes, round_trip=None):
    """Fractions of prior draws that lie where codes of data do not.

    Args:
        prior_codes: draws of the prior, `(count, m)`.
        train_codes, test_codes: codes of training and of held-out data.
        round_trip: maps codes to codes, z to E(D(z)); its error is measured where given.

    Returns:
        "coverage": farther from every training code than 99 % of the held-out codes are;
        "density": below the first percentile of the held-out codes' log-density, under a
        kernel estimate of the training codes;
        "round_trip": mean |E(D(z)) - z|;
        "count".
    """
    from sklearn.neighbors import NearestNeighbors

    train_codes = checks.rows(train_codes, "train_codes", least=2)
    prior_codes, test_codes = (
        checks.rows(codes, name, like=("train_codes", train_codes))
        for codes, name in ((prior_codes, "prior_codes"), (test_codes, "test_codes"))
    )
    trees = NearestNeighbors(n_neighbors=1).fit(train_codes)
    far, held = (trees.kneighbors(codes)[0][:, 0] for codes in (prior_codes, test_codes))
    limit = np.quantile(held, 0.99)
    log_prior, log_held = (_log_density(train_codes, c) for c in (prior_codes, test_codes))
    found = {
        "coverage": float(np.mean(far > limit)),
        "density": float(np.mean(log_prior < np.quantile(log_held, 0.01))),
    }
    if round_trip is not None:
        gap = np.asarray(round_trip(prior_codes)) - prior_codes
        found["round_trip"] = float(np.mean(np.linalg.norm(gap, axis=1)))
    return {**found, "count": len(prior_codes)}


def _log_density(codes, points):
    """ln of a Gaussian kernel estimate whose width follows Scott's rule."""
    from sklearn.neighbors import KernelDensity

    count, size = codes.shape
    width = float(np.mean(np.std(codes, axis=0))) * count ** (-1.0 / (size + 4))
    return KernelDensity(bandwidth=max(width, 1e-6)).fit(codes).score_samples(points)
