"""A class or a code beside the noise of a generative adversarial network."""
