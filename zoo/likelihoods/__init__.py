"""Distributions of the data given the decoder's output: nll, mean and sample."""
