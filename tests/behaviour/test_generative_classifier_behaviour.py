"""GenerativeClassifier: Bayes' rule on known densities, and the boundary that they have."""

import functools

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import zoo
from zoo.density.generative_classifier import GenerativeClassifier
from zoo.metrics.calibration import calibration
from zoo.training.data import load
from zoo.training.data.planted import blobs

MEANS = np.float64([[0.0, 0.0], [1.5, -0.5]])
COVARIANCES = np.float64([[[1.0, 0.4], [0.4, 0.8]], [[0.6, -0.2], [-0.2, 1.1]]])
SHARES = np.float64([0.8, 0.2])
COUNT = 4000


@functools.cache
def data():
    """Rows of two Gaussians, four times as many of the first."""
    random = np.random.default_rng(0)
    labels = (np.arange(COUNT) % 5 == 4).astype(np.int32)
    roots = np.linalg.cholesky(COVARIANCES)[labels]
    x = MEANS[labels] + np.einsum("nij,nj->ni", roots, random.normal(size=(COUNT, 2)))
    return x.astype(np.float32), labels


def fitted(cls=GenerativeClassifier, **settings):
    """The classifier after one epoch, of five batches."""
    x, labels = data()
    networks = cls.default_networks((2,), num_classes=2, ridge=0.0)
    model = cls(num_classes=2, seed=0, **networks, **settings)
    model.compile()
    model.fit(x, labels, batch_size=COUNT // 5, verbose=0)
    return model


def moments():
    """The share, the mean and the covariance of the rows of each class."""
    x, labels = data()
    return [(np.mean(labels == k), x[labels == k].astype(np.float64)) for k in (0, 1)]


def posterior(x):
    """Bayes' rule in double precision."""
    joint = [
        share * scipy.stats.multivariate_normal(rows.mean(0), np.cov(rows.T, ddof=0)).pdf(x)
        for share, rows in moments()
    ]
    return np.stack(joint, axis=1) / np.sum(joint, axis=0)[:, None]


def largest_error(model):
    x = data()[0][:500]
    return np.abs(model.classify(x).numpy() - posterior(x)).max()


def test_two_gaussians_give_the_posterior_of_bayes(figure):
    error = largest_error(fitted())
    figure("GenerativeClassifier, two Gaussians: largest error of p(y|x)", error, "<= 1e-5")
    assert error <= 1e-5


class Balanced(GenerativeClassifier):
    """Mutation: the shares of the classes are left out."""

    @property
    def log_shares(self):
        return tf.zeros([self.num_classes])


def test_without_the_shares_of_the_classes_it_is_not_the_posterior():
    assert largest_error(fitted(Balanced)) > 0.1


def test_the_score_is_the_logarithm_of_the_marginal_density():
    x = data()[0][:200]
    densities = [
        share * scipy.stats.multivariate_normal(rows.mean(0), np.cov(rows.T, ddof=0)).pdf(x)
        for share, rows in moments()
    ]
    np.testing.assert_allclose(fitted().score(x), np.log(np.sum(densities, 0)), rtol=1e-4)


def test_one_covariance_gives_the_linear_boundary(figure):
    """ln p(1|x) / p(0|x) = w x + b with w = S^-1 (m_1 - m_0) (Bishop, Eq. 4.66)."""
    model, x = fitted(share_covariance=True), data()[0][:500].astype(np.float64)
    (share_0, rows_0), (share_1, rows_1) = moments()
    m_0, m_1 = rows_0.mean(0), rows_1.mean(0)
    within = share_0 * np.cov(rows_0.T, ddof=0) + share_1 * np.cov(rows_1.T, ddof=0)
    w = np.linalg.solve(within, m_1 - m_0)
    b = -0.5 * w @ (m_0 + m_1) + np.log(share_1 / share_0)
    probabilities = model.classify(x.astype(np.float32)).numpy().astype(np.float64)
    error = np.abs(np.log(probabilities[:, 1] / probabilities[:, 0]) - x @ w - b).max()
    figure("GenerativeClassifier, one covariance: error of the log odds", error, "<= 1e-3")
    assert error <= 1e-3


def test_own_covariances_have_no_linear_boundary():
    x = np.float32([[-3.0, 0.0], [0.0, 0.0], [3.0, 0.0]])
    for share_covariance, is_linear in ((True, True), (False, False)):
        p = fitted(share_covariance=share_covariance).classify(x).numpy().astype(np.float64)
        odds = np.log(p[:, 1] / p[:, 0])
        assert (abs(odds[0] + odds[2] - 2.0 * odds[1]) < 1e-2) == is_linear


def test_samples_are_of_the_class_asked_for():
    model = fitted()
    for label, mean in enumerate(MEANS):
        samples = model.sample(4000, label, seed=0).numpy()
        np.testing.assert_allclose(samples.mean(0), mean, atol=0.1)
        np.testing.assert_allclose(np.cov(samples.T), COVARIANCES[label], atol=0.12)
    drawn = np.argmax(model.classify(model.sample(4000, seed=0)), axis=1)
    assert np.mean(drawn) == pytest.approx(
        np.mean(np.argmax(model.classify(data()[0]), 1)), abs=0.03
    )


def test_densities_with_a_code_classify_blobs(figure):
    x, planted = blobs(2000)
    model = zoo.create(
        "generative_classifier", (20,), 2, num_classes=5, density="linear_gaussian_lvm", seed=0
    )
    model.compile()
    model.fit(x, planted["mode"], epochs=5, verbose=0)
    distances = np.linalg.norm(x[:, None] - planted["centres"], axis=2)
    best = np.mean(distances.argmin(axis=1) == planted["mode"])
    accuracy = np.mean(np.argmax(model.classify(x), axis=1) == planted["mode"])
    figure("GenerativeClassifier of LVMs, blobs: accuracy", accuracy, f"{best:.3f} +- 0.05")
    assert accuracy == pytest.approx(best, abs=0.05)


# Digits: densities of four kinds, and logistic regression, with all labels and with few.

DENSITIES = {  # density -> latent_dim, epochs, and settings
    "gaussian": (None, 1, {"share_covariance": True, "ridge": 0.01}),
    "linear_gaussian_lvm": (8, 20, {"smoothing": 0.05}),
    "maf": (None, 40, {"smoothing": 0.1}),
    "cvae": (8, 60, {}),
}


@functools.cache
def digits():
    data = load("digits")
    flat = (rows.reshape(len(rows), -1) for rows in (data.train, data.test))
    return *flat, data.train_labels, data.test_labels


@functools.cache
def measured(density):
    """Accuracy and calibration of a density on held-out digits."""
    latent_dim, epochs, settings = DENSITIES[density]
    train, test, labels, test_labels = digits()
    settings = {"density": density, "num_classes": 10, "seed": 0, **settings}
    model = zoo.create("generative_classifier", (64,), latent_dim, **settings)
    model.compile()
    model.fit(train, labels, batch_size=100, epochs=epochs, verbose=0)
    p = model.classify(test).numpy()
    return {"accuracy": np.mean(p.argmax(1) == test_labels), **calibration(p, test_labels)}


@pytest.mark.slow
@pytest.mark.parametrize(
    "density, least",
    [("gaussian", 0.93), ("linear_gaussian_lvm", 0.95), ("maf", 0.95), ("cvae", 0.9)],
)
def test_densities_classify_digits(density, least, figure):
    result = measured(density)
    name = f"GenerativeClassifier of {density}, digits"
    figure(f"{name}: calibration error", result["calibration_error"], "-")
    assert figure(f"{name}: accuracy", result["accuracy"], f">= {least}") >= least


@pytest.mark.slow
def test_at_few_labels_one_covariance_is_as_good_as_logistic_regression(figure):
    """Ng and Jordan, 2002: the generative classifier needs fewer labels; mean of five draws."""
    from sklearn.linear_model import LogisticRegression

    train, test, labels, test_labels = digits()
    random, pairs = np.random.default_rng(0), []
    for _ in range(5):
        own = [random.choice(np.flatnonzero(labels == k), 5, replace=False) for k in range(10)]
        rows = np.concatenate(own)
        settings = {"share_covariance": True, "ridge": 0.05, "num_classes": 10, "seed": 0}
        model = zoo.create("generative_classifier", (64,), **settings)
        model.compile()
        model.fit(train[rows], labels[rows], batch_size=50, verbose=0)
        logistic = LogisticRegression(max_iter=2000).fit(train[rows], labels[rows])
        predictions = np.argmax(model.classify(test), axis=1), logistic.predict(test)
        pairs.append([np.mean(p == test_labels) for p in predictions])
    ours, theirs = np.mean(pairs, axis=0)
    figure("Logistic regression, digits, 5 labels a class: accuracy", theirs, "-")
    name = "GenerativeClassifier, one covariance, digits, 5 labels a class: accuracy"
    assert figure(name, ours, f">= {theirs:.3f} - 0.01") >= theirs - 0.01
