"""Pure functions of tensors: the mathematics of generative models, written once."""
