"""What comes before step 0: the autoencoder alone, and clusters started from its codes."""

import numpy as np
import tensorflow as tf

from zoo.contract.model import GenerativeModel
from zoo.contract.updates import copied
from zoo.vae.evidence_bound import EvidenceBound

MOST = 10_000  # codes that clusters are started from


class Alone(EvidenceBound, GenerativeModel):
    """An autoencoder without its prior: z is the mean of q(z|x).

        loss = -ln p(x|z) - sum_k r_k ln q(c = k|x),  r_k ~ pi_k exp(-KL(q(z|x) | k))

    The second term, which only the head of the clusters feels, is there once there are
    clusters to assign to.

    Args:
        encoder, decoder, posterior, likelihood: those of the model that is prepared.
        prior: its mixture where there are clusters.
        **parts: those of `GenerativeModel`.
    """

    players = {"autoencoder": ("encoder", "decoder", "posterior", "likelihood")}
    terms = {"autoencoder": ("reconstruction", "cluster")}
    frozen = ("prior",)

    def __init__(self, encoder, decoder, posterior, likelihood, *, prior=None, **parts):
        parts |= {"posterior": posterior, "likelihood": likelihood, "prior": prior}
        super().__init__(encoder=encoder, decoder=decoder, **parts)

    def autoencoder_loss(self, x, y, training):
        output = self.encoder(x, training=training)
        decoded = self.decoder(self.posterior.mean(output), training=training)
        terms = {"reconstruction": self.likelihood.nll(x, decoded), "cluster": 0.0}
        if self.prior is not None:
            best = tf.stop_gradient(self.posterior.best_shares(output, self.prior))
            log_q = self.posterior.log_shares(output)
            terms["cluster"] = -tf.reduce_sum(best * log_q, axis=1)
        return terms


def prepared(model, data, steps):
    """Trains the autoencoder of a model alone, then starts its clusters by k-means on its codes.

    Args:
        model: compiled; its own optimizer is used.
        data: the dataset that it is about to be trained on.
        steps: of the autoencoder without clusters, and as many with them where the encoder says
            which cluster.
    """
    _fit(model, data, steps, prior=None)
    codes = []
    for x in data:
        codes.append(np.asarray(model.encode(x)))
        if sum(map(len, codes)) >= MOST:
            break
    model.prior.start(np.concatenate(codes)[:MOST], model.seed)
    if hasattr(model.posterior, "best_shares"):
        _fit(model, data, steps, prior=model.prior)


def _fit(model, data, steps, prior):
    shared = {name: getattr(model, name) for name in Alone.players["autoencoder"]}
    options = {k: v for k, v in model.compile_options.items() if k != "steps_per_execution"}
    with model.distribute_strategy.scope():
        alone = Alone(**shared, prior=prior, seed=model.seed)
    alone.compile(copied(model.optimizers["autoencoder"]), **options)
    alone.fit(data.repeat(), steps_per_epoch=steps, verbose=0)
