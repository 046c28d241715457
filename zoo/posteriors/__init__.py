"""Distributions of the code given the encoder's output."""
