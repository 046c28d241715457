"""What changes the speed or the memory of training changes nothing that is learnt.

Slow: `python -m benchmarks.modes` runs these and writes docs/modes.md.
"""

import numpy as np
import pytest
from descriptors import (
    BATCH,
    COUPLED,
    ROWS,
    STEPS,
    descent,
    every_model,
    gap,
    log_gap,
    plainly_stepped,
    shortened,
    traced,
)
from graphs import require_static

from zoo.training.build import precision

pytestmark = pytest.mark.slow
EXACT = 1e-5  # of weights after two steps
NEAR = {"bfloat16": 0.05, "float16": 0.01}  # of losses: 8 and 11 bits, after eight steps
SCALE = 16.0  # of losses in float16: at the usual start, 2 ** 15, the first steps are skipped


def descending(name, **options):
    """The model of a row, compiled for plain descent."""
    model = shortened(ROWS[name].make())
    model.compile(descent(model, ROWS[name].rate), **options)
    return model


@every_model
def test_so_has_the_step_that_xla_compiles_where_several_are_one_execution(name, proven):
    model = descending(name, jit_compile=True, steps_per_execution=STEPS)
    with traced(model) as seen:
        model.fit(*ROWS[name].data(model), batch_size=BATCH, verbose=0)
    require_static(*seen[-1])
    proven(name, "static graph")


@pytest.mark.parametrize("half", ["bfloat16", "float16"])
@every_model
def test_half_precision_trains_as_single_precision_does(name, half, proven):
    _, logs = plainly_stepped(name)
    with precision(f"mixed_{half}"):
        model = descending(name)
    scaled = [o for o in model.optimizers.values() if hasattr(o, "dynamic_scale")]
    assert bool(scaled) == (half == "float16")
    for optimizer in scaled:
        optimizer.dynamic_scale.assign(SCALE)
    start = [v.numpy() for v in model.moved_weights]
    their_logs = model.fit(*ROWS[name].data(model), batch_size=BATCH, verbose=0).history
    assert gap(start, [v.numpy() for v in model.moved_weights]) > 0
    assert all(np.isfinite(v).all() for v in model.get_weights())
    assert all(optimizer.dynamic_scale.numpy() == SCALE for optimizer in scaled)  # none skipped
    found = log_gap(logs, their_logs)
    assert 0 < found <= ROWS[name].limit(half, NEAR[half])
    proven(name, half, found)


@every_model
def test_slices_of_a_batch_train_as_the_batch_does(name, proven):
    if descent(ROWS[name].make(), 1.0) is None:
        with pytest.raises(ValueError, match="`accumulate` .* must be 1: .* no gradient"):
            descending(name, accumulate=2)
        return
    models = [descending(name, accumulate=count, run_eagerly=True) for count in (1, 2)]
    start = models[0].get_weights()
    for model in models:
        model.fit(*ROWS[name].data(model, steps=2), batch_size=BATCH, verbose=0)
    found = gap(*[model.get_weights() for model in models])
    assert gap(start, models[1].get_weights()) > 0
    assert np.isfinite(found) and (found > EXACT) == (name in COUPLED)
    proven(name, "slices", found)
