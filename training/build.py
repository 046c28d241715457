"""The model of a config, compiled and tried against its data."""

import contextlib
import dataclasses

from zoo.contract import settings
from zoo.training import data as datasets
from zoo.training import freezing, pace, strategy
from zoo.training.checks import require_rate

COMPILED = ("accumulate", "ema")  # of a config, beside those that `pace` chooses
SHAPES = ("shape", "num_classes", "target_shape")  # of data, that a model is made for


def prepared(config, data, where=None, initial=None):
    """The compiled model of a config, tried against its data.

    Args:
        where: its strategy, if there is one already.
        initial: () -> the model that training begins with, compiled or not, where that is not
            a new one of default networks.
    """
    import zoo
    from zoo.input_pipeline import batches

    shapes = None if initial is not None else shapes_of(zoo.model_class(config.model), data)
    model = created(config, shapes, where, initial, data)
    train_set = (data.dataset, None) if hasattr(data, "dataset") else sides(model, data)[0]
    options = {"steps_per_epoch": config.steps_per_epoch}
    batches.for_training(model, *train_set, config.batch_size, options)  # refused before `fit`
    return model


def shapes_of(cls, data):
    """What a model of a class is made for, of data: `shape`, `num_classes` and `target_shape`
    where it takes them. Refuses data that have not what the class takes."""
    shapes = {"shape": tuple(int(n) for n in data.data_shape)}
    if "labels" in cls.targets:
        shapes["num_classes"] = classes(cls, data)
    if cls.targets in ("pair", "domain"):
        shapes["target_shape"] = targets(cls, data)
    return shapes


def created(config, shapes, where=None, initial=None, data=None):
    """The compiled model of a config for data of these shapes; see `prepared`."""
    import keras

    import zoo

    keras.utils.set_random_seed(config.seed)
    if where is None and config.strategy != "one":
        where = strategy.create(config.strategy)
    with where.scope() if where else contextlib.nullcontext(), precision(config.precision):
        model = new(zoo, config, **shapes) if initial is None else initial()
        freezing.freeze(model, config.freeze)
        if not model.compiled:
            compiled = {name: getattr(config, name) for name in COMPILED}
            count = 0 if data is None else rows(model, data)
            model.compile(**compiled, **pace.chosen(config, model, count))
        set_rates(model, config.learning_rate)
    return model


def new(zoo, config, shape, num_classes=None, target_shape=None):
    """A model of default networks."""
    cls = zoo.model_class(config.model)
    given = settings.of_config(cls, config.settings)
    given |= {} if num_classes is None else {"num_classes": num_classes}
    given |= {"target_shape": target_shape} if cls.targets == "pair" else {}
    return zoo.create(config.model, tuple(shape), config.latent_dim, seed=config.seed, **given)


@contextlib.contextmanager
def precision(policy):
    """Networks that are made inside compute in this policy of Keras."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def classes(cls, data):
    """How many labels the data have, for a class that takes labels."""
    if data.num_classes is None:
        raise ValueError(f"{cls.__name__} needs labels, which the data {data.name!r} have not.")
    if cls.targets == "labels" and min(data.train_labels) < 0:
        raise ValueError(f"{cls.__name__} needs every label: `labels_per_class` must be null.")
    return data.num_classes


def targets(cls, data):
    """The shape of the targets, for a class that translates to them."""
    name, shape = data.name, data.target_shape
    if shape is None:
        raise ValueError(
            f"{cls.__name__} needs images and their targets, which the data {name!r} have not. "
            f"Accepted: {datasets.PAIRED}."
        )
    if cls.targets == "pair" and "train" not in data.paired:
        raise ValueError(
            f"{cls.__name__} needs pairs. Received: {name!r}, two domains without pairs."
        )
    if cls.targets == "domain" and shape != data.data_shape:
        raise ValueError(
            f"{cls.__name__} needs two domains of one shape. Received: {name!r} of "
            f"{data.data_shape} and {shape}."
        )
    return tuple(int(n) for n in shape)


def set_rates(model, rates):
    """Sets learning rates: one for every player, or a dict by player."""
    rates = rates if isinstance(rates, dict) else dict.fromkeys(model.players, rates)
    for player, rate in rates.items():
        if player not in model.players:
            raise ValueError(
                f"`learning_rate` must be for the players {list(model.players)}. "
                f"Received: {player!r}."
            )
        if rate is not None:
            require_rate("learning_rate", rate)
            model.optimizers[player].learning_rate = rate


def sides(model, data):
    """(x, y) of training and of held-out data; y is None for models without labels or targets."""
    if model.targets == "none":
        return (data.train, None), (data.test, None)
    if model.targets in ("pair", "domain"):
        return (data.train, data.train_targets), (data.test, data.test_targets)
    return (data.train, data.train_labels), (data.test, data.test_labels)


def held_out(model, data):
    """(x, y) of held-out examples, of which pictures and signals are made."""
    return sides(model, data)[1]


def rows(model, data):
    """How many examples an epoch takes; of two domains the larger one counts. Of a dataset, 0:
    its length is not known."""
    if hasattr(data, "dataset"):
        return 0
    (x, y), _ = sides(model, data)
    return max(len(x), len(y)) if model.targets == "domain" and y is not None else len(x)


def fit(model, data, **options):
    """Trains a model, with what is held out to validate it; the `History`."""
    if hasattr(data, "dataset"):
        return model.fit(data.dataset, validation_data=data.held_out, **options)
    train, (x, y) = sides(model, data)
    options = {"shuffle": data.order, **options}
    return model.fit(*train, validation_data=x if y is None else (x, y), **options)


def fits_sampler(model):
    """Whether `fit_sampler` is to give the codes of a model their distribution."""
    return "sample" in model.verbs and hasattr(getattr(model, "prior", None), "fit")


def fit_sampler(model, data, verbose, callbacks=()):
    """Gives codes their distribution, with the progress of `fit` where that is itself trained.

    Args:
        callbacks: of the `fit` of a prior that is a model.
    """
    options = {"verbose": verbose, "callbacks": list(callbacks)}
    model.fit_sampler(data.train, **(options if has_second_stage(model) else {}))


def has_second_stage(model):
    """Whether the prior of a model is itself a model, which `fit_sampler` trains."""
    import zoo

    return isinstance(getattr(model, "prior", None), zoo.GenerativeModel)


def resolved(config, model):
    """The config with every default written out."""
    import keras

    own = {name: setting.default for name, setting in settings.of(type(model)).items()}
    rates = {p: keras.ops.convert_to_numpy(o.learning_rate) for p, o in model.optimizers.items()}
    return dataclasses.replace(
        config,
        batch_size=config.batch_size or model.batch_size,
        **pace.compiled_as(model),
        learning_rate={player: float(f"{rate:.6g}") for player, rate in rates.items()},
        settings={**own, **settings.of_config(type(model), config.settings)}
        if config.start is None
        else config.settings,
    )
