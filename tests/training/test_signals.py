"""Signs of a collapse are logged, and a model that collapses is named; a healthy one is not."""

import csv

import keras
import numpy as np
import pytest
from descriptors import ROWS, every_model

import zoo
from zoo.metrics.critic_accuracy import critic_accuracy
from zoo.training.callbacks import HistoryFile, Signals
from zoo.training.collapse import LIMITS, signals

X, EPOCHS = np.random.default_rng(0).random((64, 6), np.float32), 5
SETTINGS = {"vq_vae": {"num_codes": 5, "prior_hidden": (8,)}}


def made(name):
    """A model of vectors."""
    keras.utils.set_random_seed(0)
    return zoo.create(name, (6,), 3, hidden=(8,), seed=1, **SETTINGS.get(name, {}))


def last(network):
    """The last dense layer of a network."""
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][-1]


def wake(network, width=3.0):
    """Makes what a network gives follow what it is given; with a width of 0, never."""
    kernel = last(network).kernel
    kernel.assign(np.random.default_rng(1).normal(0.0, width, kernel.shape))


def plant(model, width):
    """Makes a model healthy, or collapsed where the width is 0: encoder and generator."""
    for name in ("encoder", "decoder", "generator"):
        if hasattr(model, name):
            wake(getattr(model, name), width)
    if hasattr(model, "codebook"):  # around the encodings
        model.codebook.vectors.assign(np.random.default_rng(2).normal(0.0, 3.0, (5, 3)))


@pytest.fixture
def watched():
    """Of a model, what follows an epoch with `Signals`: its logs."""

    def watch(model):
        callback = Signals(X)
        callback.set_model(model)
        callback.set_params({"epochs": EPOCHS})

        def epoch(number):
            logs = {}
            callback.on_epoch_end(number, logs)
            return logs

        return epoch

    return watch


CASES = {
    "vae": ("signal_active_dims", "signal_kl_max", "signal_diversity"),
    "wae_gan": ("signal_active_dims", "signal_diversity"),
    "nsgan": ("signal_diversity",),
    "vq_vae": ("signal_perplexity",),
}


@pytest.mark.parametrize("name", CASES)
def test_a_collapse_is_named_once_and_health_is_not(name, watched, caplog):
    model = made(name)
    epoch = watched(model)
    plant(model, 3.0)
    healthy = epoch(0)
    assert caplog.text == "" and set(CASES[name]) == set(LIMITS) & set(healthy)
    plant(model, 0.0)
    collapsed = epoch(1)
    for signal in CASES[name]:
        assert collapsed[signal] <= LIMITS[signal][0] < healthy[signal]
        line = f"Epoch 2: the model has collapsed: {LIMITS[signal][1]} ({signal} "
        assert [record.getMessage()[: len(line)] for record in caplog.records].count(line) == 1
    assert len(caplog.records) == len(CASES[name])
    epoch(2)
    assert len(caplog.records) == len(CASES[name])
    plant(model, 3.0)
    epoch(EPOCHS - 1)
    assert len(caplog.records) == len(CASES[name])


def test_what_is_collapsed_at_the_end_is_named_though_it_was_never_healthy(watched, caplog):
    model = made("nsgan")
    epoch = watched(model)
    plant(model, 0.0)
    epoch(0)
    assert caplog.text == ""
    epoch(EPOCHS - 1)
    assert "Epoch 5: the model has collapsed, or hardly begun: what it makes is" in caplog.text


def test_a_divergence_of_units_adds_up_to_that_of_the_code():
    model = made("vae")
    plant(model, 1.0)
    model.compile()
    whole = model.evaluate(X, batch_size=64, verbose=0, return_dict=True)["divergence"]
    assert 3 * signals(model, X)["signal_kl_mean"] == pytest.approx(whole, rel=1e-5)


def test_the_perplexity_is_that_of_the_codebook():
    model = made("vq_vae")
    plant(model, 3.0)
    expected = float(model.codebook.perplexity(model.encode(X)))
    assert 1.5 < expected < 4.9
    assert signals(model, X)["signal_perplexity"] == pytest.approx(expected, rel=1e-5)


def test_the_accuracy_of_a_critic_is_that_of_its_order():
    ahead, behind = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, -1.0, -2.0])
    assert critic_accuracy(ahead, behind) == {"critic_accuracy": 1.0, "count": 4}
    assert critic_accuracy(behind, ahead)["critic_accuracy"] == 1.0
    assert critic_accuracy(ahead, ahead)["critic_accuracy"] == 0.5
    assert critic_accuracy([1.0, 3.0], [0.0, 2.0])["critic_accuracy"] == 0.75


@pytest.mark.parametrize("name, critic", [("nsgan", "discriminator"), ("wae_gan", "critic")])
def test_a_critic_is_as_good_as_its_outputs_differ(name, critic):
    model = made(name)
    plant(model, 0.0)
    for network in (getattr(model, "generator", None), model.parts_of(critic)[0]):
        if network is not None:
            last(network).bias.assign(0.0 * last(network).bias + 50.0)  # far from all data
    if name == "wae_gan":
        last(model.encoder).bias.assign([50.0, 50.0, 50.0])
    assert signals(model, X)["signal_critic_accuracy"] == 1.0
    wake(model.parts_of(critic)[0], 0.0)
    assert signals(model, X)["signal_critic_accuracy"] == 0.5


def test_signals_stand_in_the_history(tmp_path):
    model = made("vae")
    model.compile()
    callbacks = [Signals(X), HistoryFile(tmp_path / "history.csv")]
    history = model.fit(X, epochs=2, batch_size=32, verbose=0, callbacks=callbacks).history
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for signal, value in signals(model, X).items():
        assert history[signal][-1] == float(rows[-1][signal]) == value


@pytest.mark.slow
@every_model
def test_every_model_has_its_signals(name):
    model = ROWS[name].make()
    x, *y = (side[:24] for side in ROWS[name].data(model))
    found = signals(model, x, *y)
    assert all(np.isfinite(value) for value in found.values())
    assert bool(found) == (name not in WITHOUT)
    assert ("signal_critic_accuracy" in found) == any(
        player.startswith("discriminator") or player == "critic" for player in model.players
    )


WITHOUT = ("autoencoder", "rae", "made", "maf")  # codes of any size, samples entry after entry
