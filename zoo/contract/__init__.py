"""The contract of every model: players, losses, steps, settings, logs and configs."""
