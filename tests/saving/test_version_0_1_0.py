"""Files, runs and presets that version 0.1.0 wrote load, compute, continue and are served.

`tests/fixtures/0.1.0/make.py` wrote them, with what 0.1.0 computed, on one machine. Others round
otherwise: floats are compared with a tolerance, integers and what is copied bit-exactly.
"""

import csv
import json
import pathlib
import shutil
import tarfile
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from descriptors import BATCH, QUICK, fed
from exports import ROOT, UNTIMED

import zoo
from zoo import export
from zoo.density.index_density import IndexDensity
from zoo.export import check, serve_check
from zoo.training.run import Run, resume

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures" / "0.1.0"
TOLERANCE = 1e-4  # relative to the largest value where that is above 1
STOPPED, EPOCHS, STEPS = 8, 16, 70  # of the run `vae`: epochs before SIGTERM, all, steps of one
MODELS = """autoencoder rae vq_vae wae_mmd wae_gan mask_aae flex_ae vae fixed_variance_vae
learned_variance_vae heteroscedastic_vae beta_vae factor_vae iaf_vae td_vae vamp_prior_vae
hierarchical_prior_vae stick_breaking_vae two_stage_vae cvae m2_vae mog_vae_cluster made maf gan
nsgan wgan_gp sngan began bayesian_gan unrolled_gan consensus_gan infogan vae_gan anogan pix2pix
cyclegan""".split()
every_file = pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in MODELS]
)
every_run = pytest.mark.parametrize("name", ["wgan_gp", "vq_vae"])


@pytest.fixture(scope="module")
def former(tmp_path_factory):
    """The folder of what 0.1.0 wrote: `runs`, `files` and `expected`."""
    folder = tmp_path_factory.mktemp("former")
    for path in FIXTURES.glob("*.tar.xz"):
        with tarfile.open(path) as archive:
            archive.extractall(folder / path.name.partition(".")[0], filter="data")
    return folder


def expected(former, name):
    """What 0.1.0 computed, by name."""
    with np.load(former / "expected" / f"{name}.npz") as arrays:
        return {key: arrays[key] for key in arrays.files}


def require_outputs(model, arrays):
    """Fails where a signature of the model gives other values than 0.1.0 did."""
    signatures, compared = model.signatures(), 0
    for name in dict.fromkeys(key.partition("/")[0] for key in arrays if "/out/" in key):
        stem = f"{name}/in/"
        inputs = {k.removeprefix(stem): v for k, v in arrays.items() if k.startswith(stem)}
        gives = signatures[name].function(**{k: tf.constant(v) for k, v in inputs.items()})
        for key, value in gives.items():
            before = arrays[f"{name}/out/{key}"]
            values = np.asarray(value).ravel()[: len(before)]
            assert check.distance(values, before) <= TOLERANCE, (name, key)
            compared += 1
    assert compared


def trained(model, x, batch_size):
    """The model after some steps, which are not traced: two take less time than a trace."""
    model.run_eagerly = True
    model.fit(*fed(model, x), batch_size=batch_size, verbose=0)
    return model


def projections(model):
    """One number for each variable, the product of its values with fixed numbers."""
    draws = np.random.default_rng(0)
    variables = [v.numpy() for v in model.variables]
    variables += [v.numpy() for o in model.optimizers.values() for v in o.variables]
    return np.array([float(np.sum(v * draws.normal(size=v.shape))) for v in variables])


def test_there_is_a_file_of_every_model_of_0_1_0(former):
    assert {path.stem for path in (former / "files").iterdir()} == set(MODELS)
    assert set(MODELS) <= set(zoo.list_models())


@every_file
def test_a_file_loads_computes_and_continues(former, name):
    path, arrays = former / "files" / f"{name}.keras", expected(former, name)
    model, again = zoo.load(path), keras.saving.load_model(path, safe_mode=True)
    assert type(model) is type(again) is zoo.model_class(name)
    for ours, theirs in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    require_outputs(model, arrays)
    x = np.random.default_rng(5).random((2 * BATCH * model.parts, *model.data_shape), np.float32)
    after = projections(trained(model, x, BATCH))
    assert after.shape == arrays["after"].shape
    np.testing.assert_allclose(after, arrays["after"], rtol=TOLERANCE, atol=TOLERANCE)


def test_a_prior_is_found_by_the_name_that_its_class_had(former, tmp_path):
    path = former / "files" / "vq_vae.keras"
    assert '"class_name": "IndexLaw"' in json.dumps(config_of(path))
    model = zoo.load(path)
    assert isinstance(model.prior, IndexDensity) and model.prior.is_fitted
    model.save(tmp_path / "again.keras")
    again = zoo.load(tmp_path / "again.keras")
    np.testing.assert_array_equal(again.sample(3, seed=1), model.sample(3, seed=1))


def config_of(path):
    """The config of a `.keras` file."""
    with zipfile.ZipFile(path) as members:
        return json.loads(members.read("config.json"))


@every_run
def test_a_finished_run_opens_computes_and_continues(former, name, tmp_path):
    run = Run.open(shutil.copytree(former / "runs" / name, tmp_path / name))
    assert run.finished and len(run.history()["loss"]) == run.config.epochs
    require_outputs(run.model(), expected(former, f"run_{name}"))
    model = zoo.load(run.path)
    steps = int(model.steps.numpy())
    size = run.config.batch_size
    trained(model, run.data().train[: 2 * size * model.parts], size)
    assert int(model.steps.numpy()) == steps + 2
    before = (run.path / "history.csv").read_bytes()
    assert resume(run.path, verbose=0).path == run.path  # finished: nothing is trained
    assert (run.path / "history.csv").read_bytes() == before


def rows_of(path):
    """The rows of the history of a run, as text."""
    with (path / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_that_was_stopped_ends_as_if_never_stopped(former, tmp_path):
    path = shutil.copytree(former / "runs" / "vae", tmp_path / "vae")
    before, arrays = rows_of(path), expected(former, "run_vae")
    run = Run.open(path)
    assert not run.finished and len(run.history()["loss"]) == STOPPED
    assert int(run.model("latest").steps.numpy()) == STOPPED * STEPS
    resume(path, verbose=0)
    kept = [{log: row[log] for log in before[0]} for row in rows_of(path)[:STOPPED]]
    assert kept == before  # beside logs that are new
    assert len(run.history()["loss"]) == EPOCHS
    model = run.model()
    assert int(model.steps.numpy()) == EPOCHS * STEPS
    for number, variable in enumerate(model.variables):
        weights = arrays[str(number)]
        np.testing.assert_allclose(variable.numpy(), weights, rtol=1e-3, atol=1e-3)
    require_outputs(model, arrays)


@every_run
@pytest.mark.fault
def test_a_finished_run_is_exported_and_served(former, name, tmp_path):
    folder = export.save(Run.open(former / "runs" / name).model(), tmp_path / "served")
    rows = serve_check.audit(folder, only=UNTIMED)
    assert [row["number"] for row in rows if not row["problems"]] == UNTIMED, rows


@pytest.mark.parametrize("name", zoo.list_presets())
def test_a_preset_gives_what_its_version_for_servers_gave(name):
    folder = max((ROOT / "saved_models" / name).glob("[0-9]*"), key=lambda path: int(path.name))
    told = json.loads((folder / "assets.extra" / "signatures.json").read_text())["signatures"]
    answers = json.loads((folder / "assets.extra" / "expected.json").read_text())
    model, compared = zoo.load_preset(name), 0
    for signature in {"sample", "reconstruct", "score"} & set(answers):
        inputs = check.inputs(told[signature]["inputs"], range(2))
        verb = model.signatures()[signature].function
        gives = verb(**{key: tf.constant(value) for key, value in inputs.items()})
        for key, value in gives.items():
            before, values = np.array(answers[signature][key]["values"]), np.asarray(value)
            assert list(values.shape) == answers[signature][key]["shape"]
            assert check.distance(np.array(check.few(values)), before) <= TOLERANCE, signature
            compared += 1
    assert compared
