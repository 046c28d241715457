"""What `export` writes gives what the model gives, without the zoo and without Keras."""

import json

import numpy as np
import pytest
import tensorflow as tf
from exports import NAMES, run, tiny

from zoo import export
from zoo.export import check, manifest
from zoo.export.load import read

CODED = {
    "sample": ["seed"],
    "sample_n": ["count", "seed"],
    "encode": ["image"],
    "decode": ["z"],
    "reconstruct": ["image"],
    "sample_png": ["seed"],
    "reconstruct_png": ["image"],
    "interpolate": ["image1", "image2", "steps"],
    "score": ["image"],
}
INPUTS = {
    "vae": {**CODED, "score": ["image", "seed"]},
    "mask_aae": CODED,
    "rae": CODED,
    "wgan_gp": {
        **{name: CODED[name] for name in ("sample", "sample_n", "sample_png", "decode", "score")},
        "interpolate": ["steps", "z1", "z2"],
    },
}
ALONE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
from zoo.export import apart
apart.bar()
import numpy as np
from zoo import export
from zoo.export import check
root, *names = sys.argv[1:]
for name in names:
    served, held = export.load(f"{root}/{name}"), np.load(f"{root}/{name}.npz")
    for signature in (s for s in served.signatures if not s.endswith("_png")):
        specs = served.signatures[signature]["inputs"]
        found = served(signature, **{k: held[f"{signature}/{k}"] for k in specs})
        gap = check.distance(found, held[f"{signature}/result"])
        if not gap <= 1e-5:
            sys.exit(f"{name} {signature} is {gap} from the model")
    wrong = [row for row in check.check(served) if not row["ok"]]
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
if any(sys.modules[name] is not None for name in apart.barred()):
    sys.exit("something imported Keras or the zoo")
"""


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
        if name not in NAMES:
            continue
        for signature, sides in served[name].signatures.items():
            if signature.endswith("_png"):
                continue
            values = check.inputs(sides["inputs"], range(check.ROWS), seed=5)
            held |= {f"{signature}/{key}": value for key, value in values.items()}
            held[f"{signature}/result"] = direct(model, signature, values)
        np.savez(root / f"{name}.npz", **held)
    found = run("-c", ALONE, root, *NAMES)
    assert found.returncode == 0, (found.returncode, found.stderr[-2000:])


def test_the_check_command_runs_every_signature(root, served):
    found = run("-m", "zoo.export.check", root / "vae", "--json")
    assert found.returncode == 0, found.stderr[-2000:]
    report = json.loads(found.stdout)
    assert (report["passed"], report["failed"], report["problems"]) == (10, 0, [])
    assert [row["signature"] for row in report["signatures"]] == list(served["vae"].signatures)


def test_the_check_command_fails_without_an_export(tmp_path):
    found = run("-m", "zoo.export.check", tmp_path)
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
    assert not rows[0]["ok"] and "NO" in check.table(rows)
    assert words in "; ".join(rows[0]["problems"])


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


def test_a_verb_is_served_once_the_model_offers_it(tmp_path, unchecked):
    model = tiny("rae")
    first = export.load(export.save(model, tmp_path))
    assert list(first.signatures) == [
        "decode", "encode", "interpolate", "reconstruct", "reconstruct_png", "serving_default"
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
    encode = note["signatures"]["encode"]
    image = {"doc": "images of numbers from 0 to 1", "from": 0.0, "to": 1.0}
    assert encode["inputs"] == {"image": {"dtype": "float32", "shape": [None, 8, 8, 1], **image}}
    for name, sides in note["signatures"].items():
        tensors = [*sides["inputs"].values(), *sides["outputs"].values()]
        assert sides["doc"].endswith(".") and all(t["doc"] for t in tensors), name


def test_the_manifest_finds_every_changed_file(models, tmp_path, unchecked):
    folder = export.save(models["wgan_gp"], tmp_path, metadata={"run": "one"})
    content = manifest.read(folder)
    assert content["model"] == "WGANGP" and content["metadata"] == {"run": "one"}
    assert manifest.problems(folder) == []
    data = folder / "variables" / "variables.data-00000-of-00001"
    kept = data.read_bytes()
    data.write_bytes(kept[:99] + bytes([kept[99] ^ 1]) + kept[100:])
    with pytest.raises(ValueError, match="variables.data-00000-of-00001 has changed"):
        export.load(tmp_path)
    data.write_bytes(kept)
    (folder / "odd").touch()
    (folder / "assets.extra" / "expected.json").unlink()
    assert manifest.problems(folder) == [
        "assets.extra/expected.json is missing", "odd is not in the manifest"
    ]  # fmt: skip


def test_averages_of_the_weights_are_served_where_the_model_keeps_them(tmp_path, unchecked):
    model = tiny("vae")
    model.compile(ema=0.9)
    model.fit(np.random.default_rng(0).random((32, 8, 8, 1), np.float32), batch_size=8, verbose=0)
    z = np.ones((1, 3), np.float32)
    own = np.asarray(model.decode(z))
    with model.averaged():
        averaged = np.asarray(model.decode(z))
    folder = export.save(model, tmp_path)
    assert manifest.read(folder)["averages"] == 0.9 and np.abs(own - averaged).max() > 1e-4
    np.testing.assert_allclose(export.load(tmp_path).decode(z=z), averaged, atol=1e-6)
    np.testing.assert_array_equal(model.decode(z), own)


def test_images_come_as_png_files(served):
    for name in ("sample", "reconstruct"):
        inputs = check.inputs(served["vae"].signatures[name]["inputs"], range(3))
        files = served["vae"](f"{name}_png", **inputs)
        shown = [check.pixels(file) for file in files]
        assert files.dtype == object and files[0][:4] == b"\x89PNG"
        np.testing.assert_allclose(shown, served["vae"](name, **inputs), atol=0.51 / 255)


def test_labels_are_checked_in_the_graph_and_may_be_unknown(served):
    sample = served["labelled"].sample
    known = np.stack([sample(seed=np.arange(20), label=np.full(20, k)) for k in (0, 1, 2)])
    drawn = sample(seed=np.arange(20), label=np.full(20, -1))
    apart = np.abs(drawn - known).max(axis=(2, 3, 4))  # of each class, each seed
    assert set(apart.argmin(axis=0)) == {0, 1, 2} and apart.min(axis=0).max() < 1e-5
    assert np.sort(apart, axis=0)[1].min() > 1e-4
    for label in (-2, 3):
        with pytest.raises(ValueError, match=f"`label` must be from -1 to 2. Received: {label}"):
            sample(seed=[7], label=[label])
    with pytest.raises(ValueError, match="`label` must be from -1 to 2. Received: 3"):
        served["labelled"].sample_n(count=2, seed=7, label=3)
    both = served["labelled"].sample_n(count=2, seed=7, label=1)
    assert both.shape == (2, 8, 8, 1)


def test_a_server_that_batches_is_given_no_scalars(models, tmp_path, unchecked):
    folder = export.save(models["vae"], tmp_path, batch_size=16)
    found = export.load(tmp_path).signatures
    assert {"sample", "sample_png", "encode", "decode"} < set(found)
    assert not {"sample_n", "interpolate"} & set(found)
    assert all(spec["shape"] for s in found.values() for spec in s["inputs"].values())
    assert (
        "max_execution_batch_size { value: 16 }" in (folder / "batching_params.pbtxt").read_text()
    )
    with pytest.raises(ValueError, match="`batch_size` must be a positive integer. Received: 0"):
        export.save(models["vae"], tmp_path, batch_size=0)


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
    words = "import sys, zoo.export; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert run("-c", words).returncode == 0
