"""Codes that the encoder gives as they are."""

import keras

from zoo.registry import register


@register
class Deterministic(keras.layers.Layer):
    """z = encoder(x): the encoder's output is the code."""

    drawn_entries = 0  # noise that default encoders draw: entries, or channels of an image

    @staticmethod
    def width(latent_dim):
        """How many numbers the encoder gives for a code of this size."""
        return latent_dim

    def mean(self, output):
        """The code, `(batch, latent_dim)`."""
        return output

    def sample(self, output):
        """The code, and None in place of a density."""
        return output, None


@register
class Universal(Deterministic):
    """z = encoder(x, eps): an encoder that draws noise can give codes of any distribution.

    Default encoders draw it with `zoo.layers.with_noise`; the density of codes is unknown.

    Args:
        drawn_entries: size of the noise that they draw.
        **options: those of `keras.layers.Layer`.
    """

    def __init__(self, drawn_entries=4, **options):
        super().__init__(**options)
        self.drawn_entries = drawn_entries

    def get_config(self):
        return {**super().get_config(), "drawn_entries": self.drawn_entries}
