"""A deterministic code driven to a prior while training."""
