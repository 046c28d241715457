"""What each process of tests/training/test_workers.py runs: one worker, or all in one.

python worker.py KIND OUT EPOCHS [STATE]

With STATE, the folder of `Resume`, a checkpoint is made before every step.
"""

import pathlib
import sys

import numpy as np


def main(kind, out, epochs, state=None):
    from zoo.training import strategy

    where = strategy.create(kind)  # before anything else of TensorFlow
    import keras

    import zoo
    from zoo.training.callbacks import Resume

    out, chief = pathlib.Path(out), strategy.writes(kind)
    last = [Resume(state, every_steps=1)] if state else []
    rows = np.random.default_rng(0).random((96, 6), "float32")
    keras.utils.set_random_seed(0)
    with where.scope():
        model = zoo.create("wgan_gp", (6,), 3, seed=1, hidden=(8,))
    model.moves = {"discriminator": 2}
    optimizer = keras.optimizers.SGD(1e-2, momentum=0.5, global_clipnorm=1.0)
    model.compile(optimizer, ema=0.9, steps_per_execution=2)
    options = {"batch_size": 8, "epochs": epochs, "verbose": 0, "callbacks": last}
    history = model.fit(rows, validation_data=rows[:16], **options)
    logs = {name: values for name, values in history.history.items()}
    scores = model.evaluate(rows, batch_size=8, verbose=0, return_dict=True)
    logs |= {f"test_{k}": v for k, v in scores.items()}
    shown = model.predict(np.ones((16, 3), "float32"), batch_size=8, verbose=0)
    name = "whole" if chief else "other"
    weights = {str(n): value for n, value in enumerate(model.get_weights())}
    np.savez(out / name, shown=shown, sampled=model.sample(4, seed=0), **weights, **logs)
    if chief:
        model.save(out / "model.keras")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
