"""Precision (are samples real?) and recall (are the data covered?), in three readings."""

import numpy as np

from zoo.metrics import checks

ANGLES, CLUSTERS, RUNS, EPSILON = 1001, 20, 10, 1e-10


BETAS = {"precision": 1.0 / 8.0, "recall": 8.0}


def prd_curve(data, model, angles=ANGLES):
    """Precisions and recalls of two histograms of the same bins (Sajjadi et al., 2018, Eq. 8).

    For lambda = tan(theta): precision = sum min(lambda P, Q), recall = precision / lambda.
    """
    slopes = np.tan(np.linspace(EPSILON, np.pi / 2.0 - EPSILON, angles))
    precision = np.minimum(slopes[:, None] * data[None], model[None]).sum(axis=1)
    return np.clip(precision, 0.0, 1.0), np.clip(precision / slopes, 0.0, 1.0)


def f_beta(precision, recall, beta):
    """The largest F_beta on a curve."""
    whole = (1.0 + beta**2) * precision * recall
    return float(np.max(whole / (beta**2 * precision + recall + EPSILON)))


def prd_of_histograms(data, model):
    """{"precision", "recall"} = (max F_1/8, max F_8) of two histograms.

    The authors' function returns the pair in the other order: F_8, which is recall, first.
    """
    curve = prd_curve(np.asarray(data, float), np.asarray(model, float))
    return {
        "precision": f_beta(curve[0], curve[1], 1.0 / 8.0),
        "recall": f_beta(curve[0], curve[1], 8.0),
    }


def prd(generated, real, clusters=CLUSTERS, runs=RUNS, seed=0):
    """Precision and recall of features, from clusters of both together (Sajjadi et al., 2018).

    Args:
        generated, real: features, as many of either: `(count, size)`.
        clusters: of mini-batch k-means.
        runs: clusterings whose curves are averaged.
        seed: of the clusterings.
    """
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits  # what scikit-learn itself uses

    real = checks.rows(real, "real", least=-(-clusters // 2))
    generated = checks.rows(generated, "generated", like=("real", real))
    if len(generated) != len(real):
        raise ValueError(
            "`generated` and `real` must hold as many rows. "
            f"Received: {len(generated)} and {len(real)}."
        )
    both, curves = np.concatenate([real, generated]), []
    for run in range(runs):
        law = MiniBatchKMeans(clusters, n_init=10, random_state=seed + run)
        with threadpool_limits(
            1
        ):  # batches are small: threads wait for each other, 40 times as long
            found = law.fit(both).labels_
        counts = [np.bincount(side, minlength=clusters) for side in np.split(found, 2)]
        curves.append(prd_curve(counts[0] / len(real), counts[1] / len(real)))
    curve = np.mean(curves, axis=0)
    found = {
        "precision": f_beta(curve[0], curve[1], 1.0 / 8.0),
        "recall": f_beta(curve[0], curve[1], 8.0),
    }
    return {**found, "count": len(real)}


def manifolds(generated, real, neighbours=5):
    """Improved precision and recall, density and coverage, by balls to the k-th neighbour.

    Precision: the share of samples inside a ball of the data; recall: of data inside a ball
    of the samples (Kynkaanniemi et al., 2019, Eq. 3). Density: how many balls of the data a
    sample lies in, over k; coverage: the share of data whose ball holds a sample (Naeem et
    al., 2020, Eq. 3 and 4).

    Args:
        generated, real: features, `(count, size)`.
        neighbours: k; 3 in the first paper, 5 in the second.

    Returns:
        {"improved_precision", "improved_recall", "density", "coverage", "neighbours", "count"}.
    """
    real = checks.rows(real, "real", least=neighbours + 1)
    generated = checks.rows(generated, "generated", neighbours + 1, ("real", real))
    inside = _distances(generated, real) < _radii(real, neighbours)[None]
    covered = _distances(real, generated) < _radii(generated, neighbours)[None]
    return {
        "improved_precision": float(inside.any(axis=1).mean()),
        "improved_recall": float(covered.any(axis=1).mean()),
        "density": float(inside.sum(axis=1).mean() / neighbours),
        "coverage": float(inside.any(axis=0).mean()),
        "neighbours": neighbours,
        "count": min(len(generated), len(real)),
    }


def _radii(rows, neighbours):
    """The distance from each row to its k-th neighbour among the others."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=neighbours).fit(rows).kneighbors()[0][:, -1]


def _distances(rows, others):
    from sklearn.metrics import pairwise_distances

    return pairwise_distances(rows, others)
