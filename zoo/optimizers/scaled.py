"""Optimizers whose loss is scaled, for networks of half precision."""


def unscaled(optimizer):
    """The optimizer itself, or the one inside a `LossScaleOptimizer`."""
    return getattr(optimizer, "inner_optimizer", optimizer)
