"""What `export` writes gives what the model gives, without the zoo and without Keras."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import export
import zoo
from export import check
from export.load import read

ROOT = pathlib.Path(export.__file__).resolve().parents[1]
NAMES = ("vae", "mask_aae", "rae", "wgan_gp")
CODED = {
    "sample": ["seed"],
    "sample_n": ["count", "seed"],
    "encode": ["image"],
    "decode": ["z"],
    "reconstruct": ["image"],
    "interpolate": ["image1", "image2", "steps"],
    "score": ["image"],
}
INPUTS = {
    "vae": {**CODED, "score": ["image", "seed"]},
    "mask_aae": CODED,
    "rae": CODED,
    "wgan_gp": {
        **{name: CODED[name] for name in ("sample", "sample_n", "decode", "score")},
        "interpolate": ["steps", "z1", "z2"],
    },
}
ALONE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
sys.modules.update(zoo=None, keras=None)
import numpy as np
import export, export.check
root, *names = sys.argv[1:]
for name in names:
    served, held = export.load(f"{root}/{name}"), np.load(f"{root}/{name}.npz")
    for signature in served.signatures:
        specs = served.signatures[signature]["inputs"]
        found = served(signature, **{k: held[f"{signature}/{k}"] for k in specs})
        apart = export.check.distance(found, held[f"{signature}/result"])
        if not apart <= 1e-5:
            sys.exit(f"{name} {signature} is {apart} from the model")
    wrong = [row for row in export.check.check(served) if not row["ok"]]
    if wrong:
        sys.exit(f"{name}: {wrong}")
    for _ in range(5):
        try:
            served.sample_n(count=10**8, seed=0)
        except ValueError as error:
            if "must be from 1 to 1024" in str(error):
                continue
        sys.exit(f"{name} does not refuse a large count before it computes")
    served.sample_n(count=2, seed=0)
if sys.modules["keras"] is not None or sys.modules["zoo"] is not None:
    sys.exit("something imported Keras or the zoo")
"""


def tiny(name):
    return zoo.create(name, (8, 8, 1), 3, channels=(4, 8), hidden=(8,), seed=1)


@pytest.fixture(scope="module")
def models():
    made = {name: tiny(name) for name in NAMES}
    made["rae"].fit_sampler(np.random.default_rng(0).random((64, 8, 8, 1), np.float32))
    return made


@pytest.fixture(scope="module")
def root(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    for name, model in models.items():
        export.save(model, folder / name)
    return folder


@pytest.fixture(scope="module")
def served(root):
    return {name: export.load(root / name) for name in NAMES}


def run(*words):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, env=environment
    )


def direct(model, signature, values):
    """What the model's own method gives for the inputs of a signature."""
    names = {"image": "x", "image1": "x1", "image2": "x2"}
    given = {names.get(name, name): tf.constant(value) for name, value in values.items()}
    verb = {"sample_n": "sample", "serving_default": "sample"}.get(signature, signature)
    if verb == "sample":
        given = {"seed": given["seed"], "count": int(values.get("count", check.ROWS))}
        given["seed"] = int(values["seed"]) if signature == "sample_n" else given["seed"]
    if verb == "interpolate":
        given["steps"] = int(given["steps"])
    return np.asarray(getattr(model, verb)(**given))


@pytest.mark.parametrize("name", NAMES)
def test_each_verb_is_a_signature_with_named_inputs(served, name):
    found = {s: list(sides["inputs"]) for s, sides in served[name].signatures.items()}
    assert found.pop("serving_default") == ["seed"]
    assert found == INPUTS[name]


def test_a_process_without_zoo_and_keras_gives_the_models_numbers_and_survives(
    models, served, root
):
    for name, model in models.items():
        held = {}
        for signature, sides in served[name].signatures.items():
            values = check.inputs(sides["inputs"], range(check.ROWS), seed=5)
            held |= {f"{signature}/{key}": value for key, value in values.items()}
            held[f"{signature}/result"] = direct(model, signature, values)
        np.savez(root / f"{name}.npz", **held)
    found = run("-c", ALONE, root, *NAMES)
    assert found.returncode == 0, (found.returncode, found.stderr[-2000:])


def test_the_check_command_runs_every_signature(root, served):
    found = run("-m", "export.check", root / "vae", "--json")
    assert found.returncode == 0, found.stderr[-2000:]
    report = json.loads(found.stdout)
    assert (report["passed"], report["failed"]) == (8, 0)
    assert [row["signature"] for row in report["signatures"]] == list(served["vae"].signatures)


def test_the_check_command_fails_without_an_export(tmp_path):
    found = run("-m", "export.check", tmp_path)
    assert found.returncode == 1 and "no version folder" in found.stderr


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda seed: np.full((len(seed), 2), seed.sum()), "rows 4 to 4 depend on the rest"),
        (lambda seed: np.zeros((len(seed), 2)), "another seed gives the same values"),
        (lambda seed: np.full((len(seed), 2), np.nan), "gives values that are not finite"),
        (lambda seed: np.zeros((7, 2)), "wrong number of rows for a batch of 3"),
        (lambda seed: seed.absent, "AttributeError"),
    ],
)
def test_the_check_says_what_is_wrong(served, answer, words):
    class Wrong:
        signatures = {"sample": served["vae"].signatures["sample"]}

        def __call__(self, signature, seed):
            return answer(seed)

    rows = check.check(Wrong())
    assert not rows[0]["ok"] and words in check.table(rows)


@pytest.mark.parametrize("name", NAMES)
def test_sample_n_gives_what_the_model_samples(models, served, name):
    expected = models[name].sample(4, seed=9)
    np.testing.assert_allclose(served[name].sample_n(count=4, seed=9), expected, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_depends_on_its_seed_alone(served, name):
    seeds = [11, 12, 13, -(2**62)]
    whole = served[name].sample(seed=seeds)
    np.testing.assert_allclose(served[name].sample(seed=seeds[3:])[0], whole[3], atol=1e-5)
    np.testing.assert_array_equal(served[name].sample(seed=seeds), whole)
    assert len(np.unique(whole.reshape(4, -1), axis=0)) == 4


@pytest.mark.parametrize("count", [0, -1, 1025])
def test_a_count_out_of_bounds_is_an_error_and_the_next_call_works(served, count):
    with pytest.raises(ValueError, match=f"`count` must be from 1 to 1024. Received: {count}"):
        served["vae"].sample_n(count=count, seed=0)
    assert served["vae"].sample_n(count=2, seed=0).shape == (2, 8, 8, 1)


def test_steps_out_of_bounds_are_an_error(served):
    with pytest.raises(ValueError, match=r"`steps` must be from 2 to 64. Received: 65"):
        served["wgan_gp"].interpolate(z1=np.zeros((1, 3)), z2=np.zeros((1, 3)), steps=65)


def test_a_verb_is_served_once_the_model_offers_it(tmp_path):
    model = tiny("rae")
    first = export.load(export.save(model, tmp_path))
    assert list(first.signatures) == [
        "decode", "encode", "interpolate", "reconstruct", "serving_default"
    ]  # fmt: skip
    assert list(first.signatures["serving_default"]["inputs"]) == ["image"]
    model.fit_sampler(np.random.default_rng(0).random((64, 8, 8, 1), np.float32))
    assert export.save(model, tmp_path).name == "2"
    assert {"sample", "sample_n", "score"} < set(export.load(tmp_path).signatures)
    assert "sample" not in export.load(tmp_path, version=1).signatures


def test_only_weights_that_a_signature_reads_are_stored_and_once(models, root):
    folder = root / "mask_aae" / "1"
    stored = [
        shape
        for name, shape in tf.train.list_variables(str(folder / "variables" / "variables"))
        if not name.startswith("_CHECKPOINTABLE")
    ]
    parts = (models["mask_aae"].encoder, models["mask_aae"].decoder)
    used = sum(v.shape.num_elements() for part in parts for v in (w.value for w in part.variables))
    assert sum(int(np.prod(shape)) for shape in stored) == used + 3  # and the mask


def test_the_note_beside_the_graph_tells_what_is_served(served, root):
    note = json.loads((root / "vae" / "1" / "assets.extra" / "signatures.json").read_text())
    assert note["score_kind"] == served["vae"].score_kind == "elbo"
    assert note["serving_default"] == "sample"
    shown = served["vae"].signatures
    assert note["signatures"] == {name: shown[name] for name in note["signatures"]}
    assert note["signatures"]["encode"]["inputs"] == {
        "image": {"dtype": "float32", "shape": [None, 8, 8, 1]}
    }


def test_loading_says_what_is_wrong_with_the_directory(tmp_path, root):
    with pytest.raises(ValueError, match="no version folder"):
        export.load(tmp_path)
    with pytest.raises(ValueError, match="no such folder"):
        export.load(tmp_path / "absent")
    with pytest.raises(ValueError, match=r"one of \[1\] or None. Received: 4"):
        export.load(root / "vae", version=4)
    with pytest.raises(ValueError, match="must be None where `directory` is a version folder"):
        export.load(root / "vae" / "1", version=2)


def test_an_unknown_signature_names_the_nearest(served):
    with pytest.raises(AttributeError, match="Nearest: 'sample'"):
        served["vae"].sampel(seed=[1])
    with pytest.raises(ValueError, match="Nearest: 'decode'"):
        served["vae"]("decod", z=[[0, 0, 0]])


@pytest.mark.parametrize(
    "error, words, signature, inputs",
    [
        (TypeError, r"must be \['seed'\].*missing: \['seed'\]; unknown: \['sed'\]", "sample",
         {"sed": [1]}),
        (TypeError, r"missing: \['seed'\]\.", "sample", {}),
        (TypeError, "`seed` must be int64. Received: float64", "sample", {"seed": [1.5]}),
        (TypeError, "`count` must be int32. Received: bool", "sample_n",
         {"count": True, "seed": 0}),
        (TypeError, "Received: uint8. Scale pixels", "encode",
         {"image": np.zeros((1, 8, 8, 1), np.uint8)}),
        (ValueError, r"`seed` must have the shape \(batch,\). Received: \(\)", "sample",
         {"seed": 1}),
        (ValueError, r"shape \(batch, 3\). Received: \(1, 2\)", "decode", {"z": [[1.0, 2.0]]}),
        (ValueError, "`z` must be finite. Received: nan", "decode", {"z": [[0.0, np.nan, 1.0]]}),
        (ValueError, "`count` must be within int32", "sample_n", {"count": 2**40, "seed": 0}),
        (ValueError, "same batch. Received: {'image1': 1, 'image2': 2}", "interpolate",
         {"image1": np.zeros((1, 8, 8, 1)), "image2": np.zeros((2, 8, 8, 1)), "steps": 3}),
    ],
)  # fmt: skip
def test_a_wrong_input_is_named(served, error, words, signature, inputs):
    with pytest.raises(error, match=words):
        read(signature, served["vae"].signatures[signature]["inputs"], inputs)


def test_importing_export_imports_no_tensorflow():
    words = "import sys, export; sys.exit(bool({'tensorflow', 'keras', 'zoo'} & set(sys.modules)))"
    assert run("-c", words).returncode == 0
