"""BigGAN (Brock et al., 2019, arXiv:1809.11096)."""

from typing import Annotated

import keras

from zoo.contract.settings import Count, Number, Weight
from zoo.gan_label.base import LabelledAdversarialModel
from zoo.losses.games import Hinge
from zoo.losses.orthogonality import off_diagonal
from zoo.networks import conditional_resnet
from zoo.networks.conditional_resnet import Style
from zoo.registry import register
from zoo.verbs.labels import completed


@register
class BigGAN(LabelledAdversarialModel):
    """The hinge game of classes at scale: orthogonal filters, averaged weights, truncated noise.

        discriminator = relu(1 - l(x, y)) + relu(1 + l(G(z, y), y))
        generator     = -l(G(z, y), y) + orthogonality_weight sum_W |W'W * (1 - I)|_F^2   (Eq. 3)

    The discriminator moves twice, each on a fresh batch. z is cut into chunks, one for the first
    map and one for each block, whose normalization sees it beside a shared embedding of the
    label. `sample` reads averages of G's weights, which follow from step `average_start` on;
    `truncation` draws z from N(0, I) within that bound: smaller is better and less various
    (Section 3.1).

    Departures: truncation by the inverse of the distribution, where the paper draws again;
    moments of batch normalization are moving averages, not collected anew ("standing
    statistics"). The released code's gradient of the penalty has half this size.

    Args:
        generator: `[noise, labels]` to images.
        discriminator: `[images, labels]` to one raw output.
        latent_dim: size of z ~ N(0, I); 120 in the paper for 128 x 128.
        num_classes: how many labels.
        orthogonality_weight: beta; the shared embedding is left out.
        average_decay, average_start: of the averages; the paper starts them at step 20,000.
        width: channels that the pyramid of default networks multiplies; 96 in the paper.
        attention: side of the maps with attention; 64 in the paper; none for images below
            64 x 64 where null.
        shared_size: of the label's embedding.

    Reference: Brock, Donahue and Simonyan, 2019, "Large scale GAN training for high fidelity
    natural image synthesis", ICLR.
    """

    moves, fresh_batches = {"discriminator": 2}, ("discriminator",)
    terms = {**LabelledAdversarialModel.terms, "generator": ("adversarial", "orthogonality")}
    averaged_players = ("generator",)
    verbs = {
        **LabelledAdversarialModel.verbs,
        "sample": ("count", "labels", "truncation", "seed"),
    }
    game = Hinge()
    data_ranks, batch_size = (3,), 64

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim,
        num_classes,
        *,
        orthogonality_weight: Annotated[float, Weight(search=(1e-6, 1e-2))] = 1e-4,
        average_decay: Annotated[float, Number(above=0.0, below=1.0)] = 0.9999,
        average_start: Annotated[int, Count(at_least=0)] = 1000,
        **parts,
    ):
        parts |= {"average_decay": average_decay, "average_start": average_start}
        parts["orthogonality_weight"] = orthogonality_weight
        super().__init__(generator, discriminator, latent_dim, num_classes, **parts)

    @classmethod
    def default_networks(
        cls,
        data_shape,
        latent_dim,
        *,
        num_classes,
        width: Annotated[int, Count(size=True)] = 16,
        attention: Annotated[int | None, Count()] = None,
        shared_size: Annotated[int, Count(size=True)] = 128,
    ):
        widths, judge_widths, halvings = conditional_resnet.pyramid(data_shape, width)
        shape, style = (data_shape, num_classes), Style(True, "orthogonal", pool=True)
        attention = attention or (64 if data_shape[0] >= 64 else None)
        return {
            "generator": conditional_resnet.generator(
                latent_dim, *shape, widths, style, attention, shared_size
            ),
            "discriminator": conditional_resnet.discriminator(
                *shape, judge_widths, halvings, style, attention
            ),
        }

    def default_optimizer(self, player):
        rate = {"discriminator": 2e-4, "generator": 5e-5}[player]
        return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.999, epsilon=1e-8)

    def generator_loss(self, x, y, training):
        filters = [v.value for v in self.generator.trainable_variables if v.name == "kernel"]
        penalty = self.now(self.orthogonality_weight) * off_diagonal(filters)
        return {**super().generator_loss(x, y, training), "orthogonality": penalty}

    def draw_codes(self, count, truncation=None):
        if truncation is None:
            return super().draw_codes(count)
        return self.noise.truncated_normal([count, self.latent_dim], truncation)

    def sample(self, count, labels=None, truncation=None, seed=None):
        """`count` examples of these labels, by averaged weights; of noise within `truncation`
        (None: of all noise). Labels: one for each or one for all, where -1, or None, is drawn."""
        with self.by_averages(), self.noise.serving(seed, count):
            y = completed(self, labels, self.class_prior.sample(count))
            return self.generator([self.draw_codes(count, truncation), y], training=False)
