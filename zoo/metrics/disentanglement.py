"""Whether each factor of variation has a dimension of the code of its own.

All three take `encode`, which maps examples to codes `(count, m)`, and factors as integers.
"""

import numpy as np

from zoo.metrics import checks

PRUNED = 0.05  # standard deviation below which a dimension is not used


def mutual_information_gap(codes, factors, bins=20):
    """MIG (Chen et al., 2018): the mean over factors of [I(best) - I(second best)] / H.

    Args:
        codes: `(count, m)`.
        factors: integers, `(count, K)`.
        bins: of each dimension of the code.

    Returns:
        {"mig", "count"}.
    """
    codes, factors = checks.rows(codes, "codes", least=2), np.asarray(factors)
    if factors.dtype.kind not in "iu" or factors.ndim != 2 or len(factors) != len(codes):
        raise ValueError(
            f"`factors` must be integers ({len(codes)}, factors). "
            f"Received: {factors.dtype} of {factors.shape}."
        )
    binned = [np.digitize(c, np.histogram(c, bins)[1][:-1]) for c in codes.T]
    gaps = []
    for factor in factors.T:
        shared = sorted((mutual_information(column, factor) for column in binned), reverse=True)
        second = shared[1] if len(shared) > 1 else 0.0
        gaps.append((shared[0] - second) / mutual_information(factor, factor))
    return {"mig": float(np.mean(gaps)), "count": len(codes)}


def mutual_information(a, b):
    """I(a; b) of two columns of integers, nats, from their joint histogram."""
    _, a = np.unique(a, return_inverse=True)
    _, b = np.unique(b, return_inverse=True)
    joint = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(joint, (a, b), 1.0)
    joint /= joint.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    kept = joint > 0
    return float(np.sum(joint[kept] * np.log(joint[kept] / apart[kept])))


def factor_score(encode, draw, factors, votes=(10_000, 5_000), batch=64, seed=0):
    """FactorVAE's score (Kim and Mnih, 2018): a majority vote for the least varying dimension.

    Args:
        encode: examples to codes.
        draw: (random, count, fixed) -> examples; `fixed` is (factor, value) or None.
        factors: how many values each factor has, `(K,)`.
        votes: for the table of votes and for its accuracy.
        batch: examples of one vote, which share one factor.
        seed: of everything.

    Returns:
        {"factor_score", "active_dims", "count"}; 1 is one dimension a factor, count that of
        the votes that it is judged by.
    """
    random = np.random.default_rng(seed)
    spread = np.var(np.asarray(encode(draw(random, 5_000, None)), np.float64), axis=0)
    used = np.sqrt(spread) >= PRUNED
    if not used.any():
        return {"factor_score": 0.0, "active_dims": 0, "count": votes[1]}

    def cast(count):
        found = np.zeros((int(used.sum()), len(factors)), int)
        for _ in range(count):
            factor = random.integers(len(factors))
            codes = encode(draw(random, batch, (factor, random.integers(factors[factor]))))
            varies = np.var(np.asarray(codes, np.float64), axis=0)[used] / spread[used]
            found[varies.argmin(), factor] += 1
        return found

    table, test = (cast(count) for count in votes)
    right = test[np.arange(len(test)), table.argmax(axis=1)].sum()
    active = int(used.sum())
    return {"factor_score": float(right / votes[1]), "active_dims": active, "count": votes[1]}


def beta_score(encode, draw, factors, points=(2_000, 1_000), batch=64, seed=0):
    """beta-VAE's score (Higgins et al., 2017): a linear classifier of the shared factor.

    Its input is the mean |E(x1) - E(x2)| over `batch` pairs that share one factor's value.

    Args:
        encode, draw, factors, seed: as in `factor_score`; `draw` gives pairs where `fixed`
            is (factor, values), one value a row.
        points: of training and of test.
    """
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(seed)

    def collected(count):
        x, y = [], random.integers(len(factors), size=count)
        for factor in y:
            values = random.integers(factors[factor], size=batch)
            first, second = (
                np.asarray(encode(draw(random, batch, (factor, values)))) for _ in range(2)
            )
            x.append(np.abs(first - second).mean(axis=0))
        return np.stack(x), y

    (x, y), (held_x, held_y) = (collected(count) for count in points)
    scale = x.std(axis=0) + 1e-8
    law = LogisticRegression(max_iter=2000).fit(x / scale, y)
    return {"beta_score": float(law.score(held_x / scale, held_y)), "count": points[1]}
