"""Rows of many dimensions as points of the plane that keep who is near to whom."""

import numpy as np

from zoo.metrics import checks


def tsne(rows, perplexity=30, seed=0):
    """t-SNE (van der Maaten and Hinton, 2008) from the first two principal components.

    Args:
        rows: `(count, size)`, of a few thousand rows at most.
        perplexity: how many neighbours count; at most a quarter of the rows.
        seed: of the descent.

    Returns:
        float32 `(count, 2)`.
    """
    return descended(rows, perplexity, seed)[0]


def descended(rows, perplexity=30, seed=0, steps=1000):
    """The points of `tsne`, and KL(P | Q) of neighbours there and here, nats, after `steps`.

    steps: at least 250, in which P is twelve times too large.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    rows = np.asarray(checks.rows(rows, "rows", least=8), np.float32)
    sizes = {"perplexity": min(perplexity, len(rows) // 4), "max_iter": steps}
    law = TSNE(**sizes, init="pca", random_state=seed)
    with threadpool_limits(1):  # threads that wait for each other are slower, and sum otherwise
        points = law.fit_transform(rows)
    return points, float(law.kl_divergence_)


def purity(rows, labels, neighbours=10):
    """The share of each row's nearest neighbours that have its label, mean over rows."""
    from zoo.metrics.neighbours import nearest

    labels = np.asarray(labels)
    checks.rows(rows, "rows", least=neighbours + 1)
    found = nearest(rows, rows, neighbours + 1)[1][:, 1:]
    return float(np.mean(labels[found] == labels[:, None]))
