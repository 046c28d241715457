"""Measures of codes, and of densities where a model has one."""

import math

import numpy as np

from zoo.training.measures.subject import REPEATS, entry, mean_error, resampled_error


def codes(subject):
    """Active dimensions and dependence of codes."""
    from zoo.metrics.active_dims import active_dims, active_of
    from zoo.metrics.latent_covariance import distance_to_identity, normalized_absolute_correlation

    if not subject.has_codes:
        return {}
    mask = subject.model.code_mask
    alpha = None if mask is None else np.asarray(mask)
    active = active_of(subject.codes, alpha)
    dims, count = active_dims(subject.codes, alpha), len(subject.codes)

    def row(measure, meaning, reference=None):
        error = resampled_error(lambda rows: measure(subject.codes[rows]), count, subject.seed)
        return entry(measure(subject.codes), count, meaning, reference, error, subject.seed)

    found = {"active_dims": row(lambda z: active_of(z, alpha).sum(), f"by {dims['kind']}")}
    if active.sum() > 1:
        floor = normalized_absolute_correlation(subject.codes, active)["floor"]
        meaning = "mean |correlation| of active dimensions; reference: of independent ones"
        found["nac"] = row(
            lambda z: normalized_absolute_correlation(z, active)["nac"], meaning, floor
        )
        found["covariance_distance"] = row(
            lambda z: distance_to_identity(z, active)["distance"],
            "|C - I| / m of active dimensions",
            0.0,
        )
    return found


def holes(subject):
    """Where the prior draws and no data are encoded."""
    from zoo import noise
    from zoo.metrics.holes import holes as scores

    model = subject.model
    if not (subject.has_codes and subject.offers("sample") and hasattr(model, "draw_codes")):
        return {}
    if model.offered().get("decode") != ("z",):  # what is encoded is never decoded, as in BEGAN
        return {}
    train = subject.mapped(subject.model.encode, subject.chosen("train"))

    def drawn(repeat):
        with noise.serving(subject.seed + repeat, subject.count):
            return np.asarray(subject.model.draw_codes(subject.count))

    if drawn(0).shape != train.shape:  # what is encoded is not what is drawn, as in InfoGAN
        return {}

    def back(z):
        return subject.mapped(subject.model.encode, subject.mapped(subject.model.decode, z))

    held = subject.codes[: subject.count]
    found = [scores(drawn(repeat), train, held, back) for repeat in range(REPEATS)]
    meanings = {
        "coverage": "share of prior draws farther from codes than 99 % of held-out codes are",
        "density": "share of prior draws less likely than 99 % of held-out codes are",
        "round_trip": "mean |E(D(z)) - z| of prior draws",
    }
    return {
        f"hole_{name}": entry(
            np.mean([row[name] for row in found]),
            subject.count,
            meaning,
            error=mean_error([row[name] for row in found]),
            seed=subject.seed,
            others=len(held),
        )
        for name, meaning in meanings.items()
    }


def disentanglement(subject):
    """Whether each planted factor has a dimension of its own, for data that have factors."""
    from zoo.metrics.disentanglement import beta_score, factor_score, mutual_information_gap

    if "factors" not in (subject.data.info or {}) or not subject.has_codes:
        return {}
    sizes, examples = subject.data.info["sizes"], subject.data.info["examples"]
    table = subject.mapped(subject.model.encode, examples).reshape(len(examples), -1)

    def draw(random, count, fixed):
        factors = random.integers(sizes, size=(count, len(sizes)))
        if fixed is not None:
            factors[:, fixed[0]] = fixed[1]
        return np.ravel_multi_index(factors.T, sizes)

    each = np.indices(sizes).reshape(len(sizes), -1).T
    found = mutual_information_gap(table, each)
    rows = {"mig": entry(found["mig"], found["count"], FACTORS["mig"])}
    for score in (beta_score, factor_score):
        found = score(table.__getitem__, draw, sizes, seed=subject.seed)
        name, count = score.__name__, found["count"]
        error = math.sqrt(found[name] * (1.0 - found[name]) / count)  # of a share of votes
        rows[name] = entry(found[name], count, FACTORS[name], error=error, seed=subject.seed)
    return rows


FACTORS = {
    "mig": "information on a factor that one dimension alone has, over all of it; 1 is best",
    "beta_score": "how often a line tells which factor pairs of codes share; 1 is best",
    "factor_score": "how often the least varying dimension tells the fixed factor; 1 is best",
}


def likelihood(subject):
    """The marginal likelihood and what the bound is made of, for evidence bounds."""
    from zoo.metrics.likelihood import importance_likelihood

    model = subject.model
    if not model.has_evidence_bound:
        return {}
    x = subject.data.test[: min(subject.count, 500)]
    found = importance_likelihood(model, x, draws=500, seed=subject.seed)
    words = f"nats, 500 draws a row; effective draws {found['effective_draws']:.1f}"
    rows = {
        "log_likelihood": entry(
            found["log_likelihood"],
            len(x),
            f"ln p(x) by importance weights, {words}",
            error=found["log_likelihood_error"],
            seed=subject.seed,
        ),
        "elbo": entry(
            found["elbo"],
            len(x),
            "the bound by the same draws",
            error=found["elbo_error"],
            seed=subject.seed,
        ),
    }
    return {**rows, **divergences(model, x, subject.seed)}


def divergences(model, x, seed):
    """How far codes, all together, are from their prior, for Gaussian posteriors."""
    from zoo.metrics.likelihood import dimension_wise_divergence, elbo_surgery
    from zoo.posteriors.gaussian import DiagonalGaussian
    from zoo.priors.normal import StandardNormal

    known = hasattr(model, "log_likelihood") and model.has_prior_density
    if not (isinstance(model.posterior, DiagonalGaussian) and known):
        return {}
    parts, rows = elbo_surgery(model, x, seed=seed), {}
    if isinstance(model.prior, StandardNormal):
        parts |= dimension_wise_divergence(model, x, seed=seed)
    for name, meaning in MEANINGS.items():
        if name in parts:
            error = parts.get(f"{name}_error")
            rows[name] = entry(parts[name], len(x), meaning, error=error, seed=seed)
    return rows


MEANINGS = {
    "information": "I_q(x; z), nats; at most ln count",
    "marginal_divergence_bound": "upper bound of KL(q(z) | p(z)), nats; far above it where codes "
    "tell more of x than ln count nats",
    "dimension_wise_divergence": "sum over dimensions of KL(q(z_j) | p(z_j)), nats; at most "
    "KL(q(z) | p(z))",
    "code_deviation": "mean standard deviation of a dimension of q(z), over that of the prior",
}
