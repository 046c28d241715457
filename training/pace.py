"""Where XLA compiles the step of a run, and how many steps one call runs.

Both follow from the config and the number of examples alone, never from a clock, so that a run,
its resumption and its repetition train in the same way. `config.yaml` keeps what was chosen.
"""

import dataclasses
import math

PIXELS = 28 * 28  # of the examples for which classes state `compiled_from`
FEWEST, MOST = 4, 16  # steps of one call
LONG_EPOCH = 64  # steps; in shorter epochs every step is a call
SHORT_STEP = 1 << 20  # bytes of its examples; a longer one hides what a call costs
CHOSEN = ("jit_compile", "steps_per_execution")


def chosen(config, model, rows):
    """What `compile` is given of `CHOSEN`: what the config says, or what pays where it is None.

    Args:
        model: of the config, not compiled yet.
        rows: number of training examples.
    """
    size = (config.batch_size or model.batch_size) * model.parts
    steps = rows // size
    compiles, together = config.jit_compile, config.steps_per_execution
    if compiles is None:
        compiles = pays(config, model, steps * config.epochs)
    if together is None:
        is_short = size * math.prod(model.data_shape) * 4 <= SHORT_STEP
        is_whole = config.save_every_steps is None and config.strategy == "one"
        together = together_of(steps) if compiles and is_short and is_whole else 1
    return {"jit_compile": compiles, "steps_per_execution": together}


def pays(config, model, steps):
    """Whether so many steps save more time than it takes to compile one. Small examples gain
    less: they need more steps."""
    if model.compiled_from is None or (config.strategy, config.precision) != ("one", "float32"):
        return False
    return steps >= model.compiled_from * max(1.0, PIXELS / math.prod(model.data_shape))


def together_of(steps):
    """How many steps one call runs: of all that are allowed, what leaves the fewest steps of an
    epoch over, for an epoch is whole calls; the largest of several."""
    if steps < LONG_EPOCH:
        return 1
    return min(range(MOST, FEWEST - 1, -1), key=lambda count: steps % count)


def as_begun(config, began):
    """A config that leaves to the run what it does not say: a run goes on as it began, whatever
    a newer version would choose.

    Args:
        began: the config of the run.
    """
    open_fields = [name for name in CHOSEN if getattr(config, name) is None]
    return dataclasses.replace(config, **{name: getattr(began, name) for name in open_fields})


def compiled_as(model):
    """The fields `CHOSEN` of a compiled model, also of one that the caller has compiled."""
    asked = model.compile_options.get("jit_compile")
    return {
        "jit_compile": asked if isinstance(asked, bool) else bool(model.jit_compile),
        "steps_per_execution": model.compile_options.get("steps_per_execution", 1),
    }


def in_words(cls):
    """Where `zoo train` compiles a class, for `zoo info`."""
    if cls.compiled_from is None:
        return "no (XLA was not measured to be faster); `--jit-compile true` compiles it"
    return (
        f"from {cls.compiled_from:,} steps of 28 x 28 pixels on, in float32 on one device; "
        "`--jit-compile false` turns it off"
    )
