"""What generative adversarial networks share."""

import dataclasses
from typing import Annotated, Any

import keras
import tensorflow as tf

from zoo.contract import checks
from zoo.contract.model import GenerativeModel
from zoo.contract.settings import Choice, Count, Number, TermWeight, Widths
from zoo.losses import games
from zoo.losses.features import feature_matching
from zoo.networks import default
from zoo.networks.features import with_features, with_minibatch_discrimination
from zoo.verbs.generators import GeneratorVerbs

GameChoice = Annotated[str, Choice(games.GAME_NAMES, objects=True)]


class AdversarialModel(GeneratorVerbs, GenerativeModel):
    """A generator against a discriminator. Not trained itself: see the papers.

    Args:
        generator: noise `(batch, latent_dim)` to data.
        discriminator: data to one raw output (a logit); where the class sets `features`, or
            features are matched, to `[one raw output, features]`.
        latent_dim: size of the noise z ~ N(0, I).
        real_label: what the discriminator is to say of data, in games of cross-entropies; 0.9
            is one-sided label smoothing (Salimans et al., 2016).
        feature_matching_weight: of |E f(x) - E f(G(z))|^2, f the features, in the generator's loss.
        **parts: those of `GenerativeModel`.
    """

    players = {"discriminator": ("discriminator",), "generator": ("generator",)}
    terms = {"discriminator": ("adversarial",), "generator": ("adversarial",)}
    verbs = {**GeneratorVerbs.verbs, "decode": ("z",), "score": ("x",)}
    score_kind = "logit"
    game = games.NonSaturating()
    generator_batches = 1  # how many batches of samples a move of the generator takes
    features = False  # whether the discriminator gives what its output is read from, too

    smooth = False  # whether losses need second derivatives of the networks

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        *,
        real_label: Annotated[float, Number(above=0.5, at_most=1.0)] = 1.0,
        feature_matching_weight: TermWeight = 0.0,
        **parts,
    ):
        if "game" in parts:
            parts["game"] = games.named(parts["game"])
        parts |= {"real_label": real_label, "feature_matching_weight": feature_matching_weight}
        self.require_networks(generator, discriminator, latent_dim, **parts)
        super().__init__(
            generator=generator, discriminator=discriminator, latent_dim=latent_dim, **parts
        )
        if real_label != 1.0:
            self.game = smoothed(type(self), self.game, real_label)
        self.matches_features = matches_features(type(self), feature_matching_weight)
        if self.matches_features:
            self.terms = {**self.terms, "generator": (*self.terms["generator"], "feature_matching")}

    @classmethod
    def require_networks(cls, generator, discriminator, latent_dim, **parts):
        """Refuses networks that do not fit each other."""
        data_shape = checks.shapes(discriminator.input_shape)[0]
        if cls.features or matches_features(cls, parts["feature_matching_weight"]):
            checks.require_features(cls, discriminator, data_shape)
        else:
            checks.require_map(cls, "discriminator", discriminator, None, (1,))
        checks.require_map(cls, "generator", generator, (latent_dim,), data_shape)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        hidden: Widths = (256, 256),
        channels: Widths = (64, 128),
        minibatch_kernels: Annotated[int, Count(at_least=0, size=True)] = 0,
        feature_matching_weight: TermWeight = 0.0,
    ):
        sizes: dict[str, Any] = {"hidden": hidden, "channels": channels}
        sizes |= {"activation": "elu"} if cls.smooth else {}
        kind: dict[str, Any] = {"normalized": False} if cls.smooth else {}
        features = cls.features or matches_features(cls, feature_matching_weight)
        discriminator = default.discriminator(data_shape, **sizes)
        if minibatch_kernels:
            discriminator = with_minibatch_discrimination(discriminator, minibatch_kernels)
        return {
            "generator": default.generator(latent_dim, data_shape, **sizes, **kind),
            "discriminator": with_features(discriminator) if features else discriminator,
        }

    def default_optimizer(self, player):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    @property
    def output_is_log_ratio(self):
        return self.game.log_ratio

    def judge(self, x, y, training):
        """The discriminator's raw output, `(batch,)`; y: labels, in families that take some."""
        outputs = self.discriminator(x, training=training)
        return (outputs[0] if isinstance(outputs, (list, tuple)) else outputs)[:, 0]

    def discriminator_loss(self, x, y, training):
        fake = self.generate(tf.shape(x)[0], y, training)
        real_output, fake_output = self.judge(x, y, training), self.judge(fake, y, training)
        adversarial = self.game.discriminator(real_output, fake_output)
        return {"adversarial": adversarial, **self.penalty(x, fake, y)}

    def penalty(self, real, fake, y):
        """Further terms of the discriminator."""
        return {}

    def generator_loss(self, x, y, training):
        times = self.generator_batches
        labels = None if y is None else tf.repeat(y, times)
        with self.noise.expanded(times):
            fake = self.generate(times * tf.shape(x)[0], labels, training)
        if not self.matches_features:
            return {"adversarial": self.game.generator(self.judge(fake, labels, training))}
        output, fake_features = self.discriminator(fake, training=training)
        _, real_features = self.discriminator(x, training=training)
        matching = feature_matching(real_features, fake_features)
        return {
            "adversarial": self.game.generator(output[:, 0]),
            "feature_matching": self.now(self.feature_matching_weight) * matching,
        }

    def score(self, x):
        """The discriminator's raw output; higher is judged more real."""
        return self.judge(x, None, training=False)


def smoothed(cls, game, real_label):
    """The game with another label of data; refuses games that have none."""
    if not hasattr(game, "real_label"):
        raise ValueError(
            f"`real_label` of {cls.__name__} must be 1: its game has no label of data. "
            f"Received: {real_label}."
        )
    return dataclasses.replace(game, real_label=real_label)


def matches_features(cls, weight):
    """Whether a weight asks for features to be matched; refuses classes that do not do so."""
    if isinstance(weight, (int, float)) and weight == 0:
        return False
    for name in ("generator_loss", "joint_loss", "require_networks"):
        own, base = (getattr(each, name, None) for each in (cls, AdversarialModel))
        if getattr(own, "__func__", own) is not getattr(base, "__func__", base):
            raise ValueError(
                f"`feature_matching_weight` of {cls.__name__} must be 0: it has another loss of "
                f"the generator. Received: {weight}."
            )
    return True
