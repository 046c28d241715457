"""How far forecasts of sequences are from what came."""

import numpy as np


def jump_error(model, x, seen=None, seed=0):
    """Mean squared error of one jump ahead, beside that of the last step seen.

    Args:
        model: with `forecast` and `max_jump`, such as TDVAE.
        x: `(count, steps, ...)`.
        seen: how many steps are known; all but `max_jump` where None.
        seed: of the futures that are drawn.

    Returns:
        {"jump_error", "copy_error"}: arrays, an entry for each jump 1 ... `max_jump`.
    """
    x = np.asarray(x, np.float32)
    seen = x.shape[1] - model.max_jump if seen is None else seen
    jumps = range(1, min(model.max_jump, x.shape[1] - seen) + 1)
    found = {"jump_error": [], "copy_error": []}
    for jump in jumps:
        made = np.asarray(model.forecast(x, 1, seen=seen, jump=jump, seed=seed))[:, 0]
        came, last = x[:, seen - 1 + jump], x[:, seen - 1]
        found["jump_error"].append(np.mean((made - came) ** 2))
        found["copy_error"].append(np.mean((last - came) ** 2))
    return {name: np.array(values) for name, values in found.items()}
