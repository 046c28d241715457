"""The model of a config, compiled and tried against its data."""

import contextlib
import dataclasses

from zoo.contract import settings
from zoo.training import data as datasets
from zoo.training import pace, strategy
from zoo.training.checks import require_rate

COMPILED = ("accumulate", "ema")  # of a config, beside those that `pace` chooses


def prepared(config, data, where=None):
    """The compiled model of a config, tried against its data; `where`: its strategy, if made."""
    import keras

    import zoo
    from zoo.input_pipeline import batches

    keras.utils.set_random_seed(config.seed)
    cls = zoo.model_class(config.model)
    given = settings.of_config(cls, config.settings)
    if "labels" in cls.targets:
        given["num_classes"] = classes(cls, data)
    if cls.targets == "pair":
        given["target_shape"] = targets(cls, data)
    if cls.targets == "domain":
        targets(cls, data)
    shape = tuple(int(n) for n in data.data_shape)
    if where is None and config.strategy != "one":
        where = strategy.create(config.strategy)
    with where.scope() if where else contextlib.nullcontext(), precision(config.precision):
        made = zoo.create(config.model, shape, config.latent_dim, seed=config.seed, **given)
        compiled = {name: getattr(config, name) for name in COMPILED}
        made.compile(**compiled, **pace.chosen(config, made, rows(made, data)))
        set_rates(made, config.learning_rate)
    train_set, _ = sides(made, data)
    batches.for_training(made, *train_set, config.batch_size, {})  # refuses here, not in `fit`
    return made


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


def rows(model, data):
    """How many examples an epoch takes; of two domains the larger one counts."""
    (x, y), _ = sides(model, data)
    return max(len(x), len(y)) if model.targets == "domain" else len(x)


def fit(model, data, **options):
    """Trains a model, with what is held out to validate it; the `History`."""
    train, (x, y) = sides(model, data)
    options = {"shuffle": data.order, **options}
    return model.fit(*train, validation_data=x if y is None else (x, y), **options)


def awaits_sampler(model):
    """Whether a model samples only once `fit_sampler` has given its codes a law."""
    return "sample" in model.verbs and "sample" not in model.offered()


def fit_sampler(model, data, verbose):
    """Gives codes their law, with the progress of `fit` where that law is itself trained."""
    import zoo

    trained = isinstance(model.prior, zoo.GenerativeModel)
    model.fit_sampler(data.train, **({"verbose": verbose} if trained else {}))


def resolved(config, model):
    """The config with every default written out."""
    import keras

    own = {name: setting.default for name, setting in settings.of(type(model)).items()}
    rates = {p: keras.ops.convert_to_numpy(o.learning_rate) for p, o in model.optimizers.items()}
    return dataclasses.replace(
        config,
        batch_size=config.batch_size or model.batch_size,
        **{name: model.compile_options[name] for name in pace.CHOSEN},
        learning_rate={player: float(f"{rate:.6g}") for player, rate in rates.items()},
        settings={**own, **settings.of_config(type(model), config.settings)},
    )
