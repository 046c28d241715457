"""Checkpoints, exact resumption, divergence, signals, locks and workers."""
