"""The tables of a class, which say how its players move, and what every model has."""

from typing import Any

import keras

Names = tuple[str, ...]
Move = str | Names  # one player, or several that move together


class Tables:
    """Defaults of the tables; a family or a paper states what is its own."""

    # Player -> the attributes it moves: networks, lists of networks, layers.
    players: dict[str, Names] = {}
    rounds: tuple[Move, ...] = ()  # order of play; () is one player after another
    moves: dict[str, int] = {}  # player -> gradient steps in one step; of a round, its first's
    fresh_batches: Names = ()  # players that draw a new batch for each move
    shared_batches: Names = ()  # of these, players all of whose moves in one step share it
    terms: dict[str, Names] = {}  # player -> names summed into its loss
    watched: dict[str, Names] = {}  # player -> names logged but not summed
    state: dict[str, float] = {}  # scalar -> initial value; saved; `after_move` sets it
    partial: Names = ()  # players whose loss reaches only some of the weights they move
    frozen: Names = ()  # attributes nobody moves
    averaged_players: Names = ()  # players of whose weights verbs use averages
    average_decay: float = 0.999
    average_start: int = 0  # averages equal weights before this step
    targets: str = "none"  # "labels", "some_labels", "pair" or "domain"
    verbs: dict[str, Names] = {}  # verb -> names of its arguments
    unknown_labels: Names = ()  # verbs that take -1 for a class to be drawn or inferred
    monitor: tuple[str, str] = ("val_loss", "min")
    # Steps from which a step that XLA compiles pays for its compilation, on two cores and 28 x 28
    # pixels (`benchmarks.compilation`); None: it does not, or was not measured.
    compiled_from: int | None = None
    batch_size: int = 128  # of one move, where `fit` is not told another
    num_classes: int | None = None
    prior_epochs: int = 20  # that `fit_sampler` trains a prior which is a model
    data_ranks: tuple[int, ...] = (3, 1)  # what `zoo.create` asks for
    has_latent: bool = True
    formerly: dict[str, Any] = {}  # setting -> its value where a file of 0.1.0 does not name it

    # What the constructor and `compile` set.

    name: str
    seed: int
    steps: keras.Variable
    part_names: Names
    compiled: bool
    compile_options: dict[str, Any]
    optimizers: dict[str, keras.optimizers.Optimizer]
