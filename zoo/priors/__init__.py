"""Distributions of codes: sample, log_prob where it exists, fit where it is fitted afterwards."""
