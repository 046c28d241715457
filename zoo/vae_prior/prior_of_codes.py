"""A prior trained by itself, on the codes of a model that stays as it is."""

from zoo.contract.model import GenerativeModel
from zoo.input_pipeline import batches


class PriorOfCodes(GenerativeModel):
    """loss = -ln p(z), z ~ q(z|x) drawn anew in each step.

    Args:
        prior: with `learned_log_prob(z, log_q)`.
        posterior: that reads what an encoder gives.
        width: how many numbers that is.
        **parts: those of `GenerativeModel`.
    """

    players = {"prior": ("prior",)}
    terms = {"prior": ("nll",)}
    frozen = ("posterior",)

    def __init__(self, prior, posterior, width, **parts):
        super().__init__(prior=prior, posterior=posterior, width=width, **parts)

    @property
    def data_shape(self):
        return (self.width,)

    def prior_loss(self, x, y, training):
        return {"nll": -self.prior.learned_log_prob(*self.posterior.sample(x))}


def fit_prior(model, x, optimizer=None, **options):
    """Trains the prior of a model on codes of x; the History.

    Args:
        model: with an `encoder`, a `posterior` and such a `prior`.
        x: data.
        optimizer: of the prior; Adam(1e-3) where None.
        **options: those of `fit`; 20 epochs where none are given.
    """
    rows = batches.checked_rows(model, x)
    outputs = batches.mapped(lambda batch: model.encoder(batch, training=False), rows)
    with model.distribute_strategy.scope():
        alone = PriorOfCodes(model.prior, model.posterior, outputs.shape[1], seed=model.seed)
    alone.compile(optimizer)
    return alone.fit(outputs, **{"epochs": model.prior_epochs, "verbose": 0, **options})
