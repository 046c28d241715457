"""The contract every model of the zoo keeps.

A generative model is networks, players and losses. In one training step each player
moves in order; a move lowers that player's loss with that player's optimizer.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from zoo import noise, replicas
from zoo.contract import (
    capabilities,
    checks,
    configs,
    defaults,
    hooks,
    logs,
    own_networks,
    preset_methods,
    scopes,
    seeds,
    updates,
)
from zoo.input_pipeline import batches, resuming
from zoo.input_pipeline.assertions import named_errors
from zoo.verbs import arguments, signatures

TEST = 0x7E57  # the tag of the noise that evaluation draws


class GenerativeModel(
    capabilities.Capabilities,
    configs.Configured,
    defaults.Defaults,
    updates.Updates,
    hooks.Hooks,
    preset_methods.PresetMethods,
    keras.Model,
):
    """A generative model trained by one or more players.

    A class states tables (`zoo.contract.tables`) and writes, for every player, one method
    `<player>_loss(x, y, training)` that returns a dict from term to a tensor of shape
    `(batch,)` or `()`; or one `joint_loss(x, y, training)` that returns such a dict for
    every player of a round that shares a forward pass. Terms carry their weights: they
    add up to the player's loss. A term of shape `()` is computed from gathered values.

    Args:
        seed: integer from which all noise follows, and the weights of default networks; None
            draws one, which `keras.utils.set_random_seed` decides, and keeps it.
        name: name of the model.
        dtype: dtype or policy of the model; its networks bring their own.
        **parts: networks (layers, or lists of them) and settings. Each becomes an
            attribute of that name and an entry of the config.
    """

    noise: ModuleType = noise
    gather = staticmethod(replicas.gather)
    own_rows = staticmethod(replicas.own_rows)
    batch_mean = staticmethod(replicas.batch_mean)
    replica_mean = staticmethod(replicas.all_reduce_mean)
    all_reduce_sum = staticmethod(replicas.all_reduce_sum)
    among = staticmethod(replicas.among)
    weighted_mean = staticmethod(replicas.weighted_mean)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("train_step", "test_step", "move", "for_data"):
            if name in vars(cls):
                raise TypeError(f"{cls.__name__} must not define `{name}`: it is the contract's.")
        moved = [name for names in cls.players.values() for name in names]
        checks.refuse_reserved(cls, {*cls.players, *moved, *cls.state})
        checks.refuse_log_names(cls)
        own_networks.with_known_shapes(cls)
        arguments.check_arguments(cls)

    def __init__(
        self,
        *,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **parts: Any,
    ) -> None:
        keras.Model.__init__(self, name=name, dtype=dtype)
        parts = checks.parts(type(self), parts)
        self.seed_is_drawn = seed is None
        self.seed = seeds.drawn() if seed is None else checks.seed(seed)
        self.part_names = tuple(parts)
        for key, value in parts.items():
            setattr(self, key, value)
        self.steps = self.add_weight(name="steps", shape=(), dtype="int64", trainable=False)
        for key, value in self.state.items():
            start = {"initializer": keras.initializers.Constant(value), "trainable": False}
            setattr(self, key, self.add_weight(name=key, shape=(), **start))
        self._keep_averages()
        scopes.require_one(self)
        own_networks.warn_of_ends(self)
        self.built = True

    # What a class may write besides its losses.

    def after_move(
        self, movers: Sequence[str], batch: Any, terms: dict[str, dict[str, tf.Tensor]]
    ) -> dict[str, tf.Tensor] | None:
        """Follows a move and is no gradient; `terms[player][name]` are means over the global
        batch, for this step so far. Returns new values of `state`."""

    def prepare(self, data: tf.data.Dataset[Any]) -> None:
        """Sets weights that need data; called by `fit` once, before step 0."""

    def default_optimizer(self, player: str) -> Any:
        """The optimizer of the paper."""
        return keras.optimizers.Adam(1e-3)

    # What a class reads.

    def now(self, value: Any) -> Any:
        """A number, or a `LearningRateSchedule` at this step."""
        schedule = isinstance(value, keras.optimizers.schedules.LearningRateSchedule)
        return value(self.steps) if schedule else value

    def compile(
        self,
        optimizer: Any = None,
        accumulate: int = 1,
        ema: float | None = None,
        **options: Any,
    ) -> None:
        """Readies the model for `fit`; without arguments it trains as its paper does.

        Args:
            optimizer: None (the paper's), one for every player, or a dict by player.
            accumulate: slices of each move's batch, computed in turn in the memory of one; for
                losses that are no means of rows see docs/modes.md.
            ema: decay, such as 0.999, of averages of the weights (see `averaged`), or None.
            **options: `jit_compile`, `steps_per_execution`, `run_eagerly` of Keras.
        """
        by_player = checks.optimizers_by_player(self, optimizer, options)
        checks.refuse_compiled(self, accumulate, ema, options.get("steps_per_execution", 1))
        self.compile_options = {"accumulate": accumulate, "ema": ema, **options}
        if replicas.several_workers(self.distribute_strategy):
            options = {**options, "steps_per_execution": 1}  # Keras cannot loop over collectives
        super().compile(optimizer=None, auto_scale_loss=False, **options)
        with self.distribute_strategy.scope():
            self._ready(by_player, accumulate, ema)
            self.means = logs.Means(logs.names(self))

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        **options: Any,
    ) -> keras.callbacks.History:
        """Trains on arrays, on an object that gives an example (x, or x and y) for an index, or
        on a `tf.data.Dataset`; `batch_size` is the batch of one move.

        Rows are shuffled by (seed, epoch), and an epoch is as many whole steps as they fill;
        `shuffle` may name how (`zoo.input_pipeline.shuffles`). Training begins at
        `initial_epoch` and `initial_step`, or where a callback says (see
        `zoo.input_pipeline.resuming`). The other arguments are those of `keras.Model.fit`.
        """

        checks.refuse_options(self, epochs, options)

        def fit(options: dict[str, Any], again: bool) -> keras.callbacks.History:
            data, options, place = batches.for_training(self, x, y, batch_size, options)
            if not again and int(self.steps.numpy()) == 0:
                self.prepare(data)
            self._place, self._initial_epoch = place, None
            with named_errors(options.get("steps_per_epoch")):
                return keras.Model.fit(self, data, epochs=epochs, shuffle=False, **options)

        return resuming.begun(self, options, fit, (x, y))

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        return_dict: bool = False,
        **options: Any,
    ) -> Any:
        """The mean of every term over held-out data, with the model in inference mode."""
        if not options.get("_use_cached_eval_dataset"):  # `fit` has made its dataset already
            steps = "steps", options.get("steps")
            x, y = batches.for_evaluation(self, x, y, batch_size, steps=steps), None
        options = {**batches.unweighted(options), "return_dict": True}
        with named_errors():
            means = super().evaluate(x, y, **options)
        return means if return_dict else [means[name] for name in self.means.names]

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        parts = batches.cut(*batches.unpack(data), self.parts)
        fresh, batch = iter(parts), parts[0]
        terms: dict[str, list[dict[str, tf.Tensor]]] = {}
        for number, (movers, draws) in enumerate(zip(self.play, self.draws_batch, strict=True)):
            if draws:
                batch = next(fresh)
            for player, of_move in self.move(movers, batch, number).items():
                terms.setdefault(player, []).append(of_move)
            self._follow(movers, batch, terms)
        if self.averages is not None:
            self.averages.follow(self.averaged_weights, self.steps.value)
        with tf.control_dependencies([batch[0]]):  # where a dataset ends, no step is counted
            self.steps.assign_add(1)
        return logs.record(self, terms, batch[0])

    def move(self, movers: Sequence[str], batch: Any, number: int) -> dict[str, Any]:
        """One update of each of `movers`, all at once; player -> terms. What they do not own,
        such as batch averages of another player, is afterwards as it was."""
        stream = noise.training(self.seed, self.steps.value, number)
        with self.others_kept(movers), stream:
            return self.update(movers, *batch)

    def terms_of(
        self, movers: Sequence[str], x: tf.Tensor, y: tf.Tensor | None, training: bool
    ) -> dict[str, dict[str, tf.Tensor]]:
        """Player -> term -> tensor, regularization of the player's networks included."""
        regular = {p: list(filter(checks.regularized, self.parts_of(p))) for p in movers}
        for part in (part for parts in regular.values() for part in parts):
            part._clear_losses()
        if len(movers) > 1 and hasattr(self, "joint_loss"):
            terms = self.joint_loss(x, y, training)
        else:
            terms = {p: getattr(self, f"{p}_loss")(x, y, training) for p in movers}
        for player in movers:
            checks.require_terms(self, player, terms[player])
            checks.refuse_added_losses(self, player)
            if regular[player]:
                penalties = [loss for part in regular[player] for loss in part.losses]
                terms[player] = {**terms[player], "regularization": tf.add_n(penalties)}
        return {player: terms[player] for player in movers}

    def _follow(self, movers: Sequence[str], batch: Any, terms: Any) -> None:
        if type(self).after_move is GenerativeModel.after_move:
            return
        latest = {p: {k: logs.mean(m[-1:], k) for k in m[-1]} for p, m in terms.items()}
        for name, value in (
            self.after_move(movers, batch, replicas.all_reduce_mean(latest)) or {}
        ).items():
            getattr(self, name).assign(value)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        x, y = batches.unpack(data)
        seen = self.means.count * replicas.count()  # rows: a key that resets by itself
        terms: dict[str, list[dict[str, tf.Tensor]]] = {}
        for number, movers in enumerate(dict.fromkeys(self.play)):
            with noise.training(self.seed, seen, TEST + number):
                of_move = self.terms_of(movers, x, y, training=False)
            terms |= {player: [of_move[player]] for player in movers}
        return logs.record(self, terms, x)

    def fit_sampler(self, x: np.ndarray, **options: Any) -> Self:
        """Fits the prior to the codes of `x`, for models that train without one."""
        if not hasattr(getattr(self, "prior", None), "fit"):
            raise ValueError(f"{type(self).__name__} needs no `fit_sampler`: its prior is given.")
        codes = batches.mapped(self.encode, batches.checked_rows(self, x))
        if not isinstance(self.prior, GenerativeModel):
            self.prior.fit(codes, seed=self.seed, **options)
            return self
        if not self.prior.compiled:
            self.prior.compile()
        options = {"epochs": self.prior_epochs, "verbose": 0, **options}
        self.prior.fit(codes.astype(np.float32), **options)
        return self

    def offered(self) -> dict[str, tuple[str, ...]]:
        """The verbs that can be used now."""
        return self.verbs

    def signatures(self) -> dict[str, signatures.Signature]:
        """Name -> `zoo.verbs.Signature`, of every verb: what export writes."""
        return signatures.signatures(self)
