"""Steps of an optimizer as functions of tensors: what follows from them can be differentiated."""

import keras
import tensorflow as tf

from zoo.optimizers.scaled import unscaled


def descent(rate):
    """Plain descent, w - rate g, as (step, state): `step(weights, gradients, state)`."""

    def step(weights, gradients, state):
        return [w - rate * g for w, g in zip(weights, gradients, strict=True)], state

    return step, ()


def following(optimizer, variables):
    """What `optimizer` would do next to `variables`, as (step, state); it is left as it is.

    Its clipping and its weight decay are part of a step.

    Args:
        optimizer: `keras.optimizers.Adam` or `AdamW`, or `SGD` without momentum.
        variables: what it was built for.
    """
    optimizer = unscaled(optimizer)  # of a scaled loss
    rate = tf.convert_to_tensor(optimizer.learning_rate)
    (rule, start), decays = _rule(optimizer, variables, rate), _decays(optimizer, variables)

    def step(weights, gradients, state):
        gradients = optimizer._clip_gradients(gradients)
        decayed = [w * (1.0 - rate * d) if d else w for w, d in zip(weights, decays, strict=True)]
        return rule(decayed, gradients, state)

    return step, start


def _decays(optimizer, variables):
    """The weight decay of each variable; 0 where it has none."""
    decay = optimizer.weight_decay or 0.0
    return [decay if decay and optimizer._use_weight_decay(v) else 0.0 for v in variables]


def _rule(optimizer, variables, rate):
    """The step of an optimizer after clipping and decay, and its state."""
    if isinstance(optimizer, keras.optimizers.SGD) and not optimizer.momentum:
        return descent(rate)
    adams = keras.optimizers.Adam, keras.optimizers.AdamW
    if type(optimizer) not in adams or optimizer.amsgrad:
        raise ValueError(
            "Steps can be unrolled of `Adam`, `AdamW` and of `SGD` without momentum. "
            f"Received: {type(optimizer).__name__}. Set `inner_rate` for plain descent."
        )
    own = [optimizer._get_variable_index(variable) for variable in variables]
    first = [tf.convert_to_tensor(optimizer._momentums[i]) for i in own]
    second = [tf.convert_to_tensor(optimizer._velocities[i]) for i in own]
    time = tf.cast(optimizer.iterations.value, tf.float32)
    return _adam(rate, optimizer.beta_1, optimizer.beta_2, optimizer.epsilon), (time, first, second)


def _adam(rate, beta_1, beta_2, epsilon):
    def step(weights, gradients, state):
        time, first, second = state
        time = time + 1.0
        first = [m + (1.0 - beta_1) * (g - m) for m, g in zip(first, gradients, strict=True)]
        pairs = zip(second, gradients, strict=True)
        second = [v + (1.0 - beta_2) * (tf.square(g) - v) for v, g in pairs]
        length = rate * tf.sqrt(1.0 - beta_2**time) / (1.0 - beta_1**time)
        moved = [
            w - length * m / (root(v) + epsilon)
            for w, m, v in zip(weights, first, second, strict=True)
        ]
        return moved, (time, first, second)

    return step


def root(x):
    """The square root, with a gradient of 0 at 0."""
    return tf.sqrt(tf.maximum(x, 1e-30))
