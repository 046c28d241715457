"""What tells that a model collapses, measured after every epoch. Imports Keras."""

import logging

import keras
import numpy as np

from zoo.training.reporting.drawings import draw, translated

_log = logging.getLogger(__name__)
COUNT = 128  # held-out examples, and samples
LIMITS = {  # signal -> the value at or below which a model has collapsed, and in what way
    "signal_active_dims": (0, "no dimension of the code depends on the data"),
    "signal_kl_max": (0.01, "no unit of the code differs from its prior"),
    "signal_perplexity": (1.01, "one vector of the codebook serves all data"),
    "signal_diversity": (0.01, "what it makes is all alike"),
}


class Signals(keras.callbacks.Callback):
    """Logs signs of a collapse on a few held-out examples, and warns of one in one line.

    What a model has no use for is left out:

    - `signal_active_dims`: dimensions of the code in use (`zoo.metrics.active_dims`).
    - `signal_kl_mean`, `signal_kl_max`: KL(q(z_j|x) | N(0, 1)) in nats, mean over the data, of
      the units of a Gaussian code: their mean and the largest.
    - `signal_perplexity`: of the codebook, exp(entropy) of its vectors' use.
    - `signal_diversity`: the variance of samples, or translations, over that of data.
    - `signal_critic_accuracy`: how often a critic of data, or of codes, tells one that is real
      from one that is made; 0.5 cannot, 1 always can.

    Every model is collapsed at first; so it warns where one collapses that was not, and at the
    end. Put it first among the callbacks: those after it see its logs.

    Args:
        x, y: held-out examples, as `fit` takes them; the first 128 are used.
        seed: of samples, the same after every epoch.
    """

    def __init__(self, x, y=None, seed=0):
        super().__init__()
        self.data = [None if side is None else side[:COUNT] for side in (x, y)]
        self.seed, self.alive = seed, set()  # signals that were above their limit

    def get_state(self):
        return sorted(self.alive)

    def set_state(self, found):
        self.alive = set(found)

    def on_epoch_end(self, epoch, logs=None):
        found = signals(self.model, *self.data, seed=self.seed)
        (logs if logs is not None else {}).update(found)
        for name in LIMITS.keys() & found.keys():
            limit, words = LIMITS[name]
            was, lives = name in self.alive, found[name] > limit
            (self.alive.add if lives else self.alive.discard)(name)
            if not lives and (was or epoch + 1 == self.params["epochs"]):
                how = "has collapsed" if was else "has collapsed, or hardly begun"
                told = f"{how}: {words} ({name} {found[name]:.3g})"
                _log.warning("Epoch %d: the model %s.", epoch + 1, told)


def signals(model, x, y=None, seed=0):
    """Signal -> value, a float, of a model as it is now; see `Signals`."""
    from zoo.metrics.critic_accuracy import critic_accuracy
    from zoo.verbs.arguments import unchecked

    with unchecked(), np.errstate(all="ignore"):  # what is not finite is found elsewhere, by name
        codes, sides = codes_of(model, x), made_beside(model, x, y, seed)
        found = {**of_codes(model, codes), **of_units(model, x)}
        if sides is not None:
            real, made = (np.var(np.asarray(side), axis=0).sum() for side in sides)
            found["diversity"] = made / real
        opinions = of_critic(model, x, y, sides, codes, seed)
        if opinions is not None:
            fine = all(np.isfinite(side).all() for side in opinions)
            accuracy = critic_accuracy(*opinions)["critic_accuracy"] if fine else np.nan
            found["critic_accuracy"] = accuracy
        return {f"signal_{name}": float(value) for name, value in found.items()}


def codes_of(model, x):
    """The codes of x, flat rows, where a model has some that it does not search for."""
    names = model.offered().get("encode", ("seed",))
    if "x" not in names or "seed" in names:
        return None
    found = np.asarray(model.encode(x))
    return found.reshape(len(found), -1)


def of_codes(model, codes):
    """How much of the code is used: vectors of a codebook, or dimensions."""
    from zoo.metrics.active_dims import active_of
    from zoo.metrics.diversity import renyi_entropy

    if codes is None:
        return {}
    if codes.dtype.kind == "i":
        share = np.bincount(codes.ravel()) / codes.size
        return {"perplexity": np.exp(renyi_entropy(share, 1))}
    if not model.codes_have_scale:
        return {}  # small ones may be all in use
    mask = None if model.code_mask is None else np.asarray(model.code_mask)
    return {"active_dims": active_of(codes, mask).sum()}


def of_units(model, x):
    """The divergence of each unit of a code from its prior, where it has a closed form."""
    divergences = model.unit_divergences(x)
    if divergences is None:
        return {}
    units = np.asarray(divergences).mean(axis=0)
    return {"kl_mean": units.mean(), "kl_max": units.max()}


def made_beside(model, x, y, seed):
    """Data, and as many examples that a model makes in their place; None where it makes none."""
    if model.targets == "pair":
        return y, translated(model, x, seed)
    if model.targets == "domain":
        return x, translated(model, y, seed, verb="translate_yx")
    if "sample" in model.offered() and model.has_latent:  # others fill in entry after entry
        return x, draw(model, len(x), seed)
    return None


def of_critic(model, x, y, sides, codes, seed):
    """What a critic says of what is real and of what is made, or None where there is none."""
    if sides is not None and any(player.startswith("discriminator") for player in model.players):
        real, made = sides
        if model.targets == "pair":
            return model.score(x, real), model.score(x, made)
        if model.score_is_labelled:  # `draw` gives every class in turn
            return model.score(real, y), model.score(made, np.arange(len(made)) % model.num_classes)
        scores = set(model.verbs["score"]) == {"x"}  # else of a code that is drawn or searched for
        judge = model.score if scores else lambda rows: model.discriminator(rows, training=False)[0]
        return judge(real), judge(made)
    opposed = None if codes is None else model.opposed_codes(codes, seed)
    if opposed is None:
        return None
    return model.critic(codes, training=False), model.critic(opposed, training=False)
