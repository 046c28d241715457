"""A model comes back from its config and its file as if it had never been away."""

import contextlib

from descriptors import BATCH, QUICK, ROWS, every_model, saved, trained, values


@contextlib.contextmanager
def untraced(model):
    """Inside, steps run as they are written: one takes less than it takes to trace it."""
    traced, model.train_function, model.run_eagerly = model.train_function, None, True
    yield
    model.train_function, model.run_eagerly = traced, False


@every_model
def test_configs_make_twins(name):
    model, _ = trained(name)
    config = model.get_config()
    twin = type(model).from_config(config)
    assert twin.get_config() == model.get_config() == config
    kinds = [[(v.shape, v.trainable) for v in each.weights] for each in (twin, model)]
    assert kinds[0] == kinds[1]


@every_model
def test_a_saved_model_continues_as_if_never_stopped(name):
    (_, twin), (model, _) = saved(name), trained(name)
    first, second = values(model), values(twin)
    assert [v.tobytes() for v in first.values()] == [v.tobytes() for v in second.values()]
    data = ROWS[name].data(model, steps=2 if name in QUICK else 1)
    for each in (model, twin):
        with untraced(each) if name not in QUICK else contextlib.nullcontext():
            each.fit(*data, batch_size=BATCH, verbose=0)
    assert model.steps.numpy() == twin.steps.numpy()
    moved, equal = values(model).values(), values(twin).values()
    assert [v.tobytes() for v in moved] == [v.tobytes() for v in equal]
    assert [v.tobytes() for v in moved] != [v.tobytes() for v in first.values()]
