"""A version appears whole or not at all, as the next integer of its folder."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from exports import tiny

from zoo import export
from zoo.export import apart, saved_model, staging, warmup


@pytest.fixture(scope="module")
def model():
    return tiny("wgan_gp")


class Plain:
    """A model of TensorFlow alone: quick to export."""

    def __init__(self, value=2.0):
        self.weight = tf.Variable([[value]])

    def signatures(self):
        spec = tf.TensorSpec((None, 1), tf.float32, "z")
        return {"decode": (lambda z: {"x": z @ self.weight}, {"z": spec})}


def test_versions_follow_the_largest_integer(tmp_path, unchecked):
    (tmp_path / "latest").mkdir()
    saved = [export.save(Plain(), tmp_path).name for _ in range(3)]
    assert saved == ["1", "2", "3"]
    (tmp_path / "2").rename(tmp_path / "0017")
    written = tmp_path / ".staging-x"
    written.mkdir()
    assert staging.publish(written, tmp_path).name == "18"


def test_a_version_taken_meanwhile_is_left_alone(tmp_path, monkeypatch):
    written, seen = tmp_path / ".staging-x", iter([[], [(1, None)]])
    for folder in (written, tmp_path / "1"):
        folder.mkdir()
        (folder / folder.name.strip(".")).touch()
    monkeypatch.setattr(staging, "versions", lambda directory: next(seen))
    assert staging.publish(written, tmp_path) == tmp_path / "2"
    assert (tmp_path / "1" / "1").exists() and (tmp_path / "2" / "staging-x").exists()


def test_a_weight_that_is_not_finite_is_refused(tmp_path):
    model = tiny("wgan_gp")
    kernel = model.generator.trainable_variables[0]
    values = kernel.numpy()
    values.flat[0] = np.nan
    kernel.assign(values)
    with pytest.raises(ValueError, match=f"must be finite. Received: 1 of .* {kernel.path!r}"):
        export.save(model, tmp_path / "new")
    assert not list(tmp_path.glob("**/*"))


POINTS = {
    "_write": saved_model,
    "_answered": saved_model,
    "_check": saved_model,
    "publish": staging,
    "sync": staging,
}


@pytest.mark.parametrize("point", POINTS)
def test_a_failure_publishes_nothing_and_leaves_nothing(tmp_path, monkeypatch, unchecked, point):
    actual = getattr(POINTS[point], point)

    def fail(*arguments):
        if point != "publish":
            actual(*arguments)
        raise OSError("the cable is out")

    monkeypatch.setattr(POINTS[point], point, fail)
    with pytest.raises(OSError, match="the cable is out"):
        export.save(Plain(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_beforehand_and_while_writing(tmp_path, monkeypatch, unchecked):
    disk = shutil.disk_usage(tmp_path)._replace(free=1000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: disk)
        with pytest.raises(OSError, match=r"must have 400005 bytes free. Received: .* 1000 bytes"):
            export.save(Plain(), tmp_path)

    def fail(*arguments):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device; 1")

    monkeypatch.setattr(saved_model, "_write", fail)
    with pytest.raises(OSError, match="bytes free; nothing was published"):
        export.save(Plain(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_artefact_that_differs_from_the_model_is_refused(tmp_path, alone):
    class Moving(Plain):
        def signatures(self):
            ((function, specs),) = super().signatures().values()

            def moving(z):  # traced it is another function than called
                return {"x": function(z)["x"] + (0.0 if tf.executing_eagerly() else 0.1)}

            return {"decode": (moving, specs)}

    with pytest.raises(ValueError, match="`x` of 'decode' must be within 1e-05 of what the model"):
        export.save(Moving(), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "verb, spec, share",
    [
        ("sample", tf.TensorSpec((None,), tf.int64, "seed"), 2e-5),
        ("decode", tf.TensorSpec((None,), tf.float32, "z"), 1e-3),
    ],
)
def test_rows_that_depend_on_the_batch_are_refused(verb, spec, share, tmp_path, alone):
    class Wrong:
        def signatures(self):
            def whole(**given):
                row = tf.cast(given[spec.name], tf.float32)
                return {"x": row + share * tf.reduce_sum(row)}

            return {verb: (whole, {spec.name: spec})}

    with pytest.raises(ValueError, match=f"{verb} rows 0 to 2 depend on the rest of the batch"):
        export.save(Wrong(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_dead_processes_left_is_removed(tmp_path, unchecked):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = socket.gethostname()
    names = {
        "dead": f".staging-{ended.pid}-a-{host}",
        "earlier": f".staging-{os.getpid()}-b-{host}",  # of a process with our number
        "alive": f".staging-1-c-{host}",
        "elsewhere": f".staging-{ended.pid}-d-not{host}",
        "old": f".staging-{ended.pid}-e-not{host}",
        "odd": ".staging-odd",
    }
    for name in names.values():
        (tmp_path / name / "variables").mkdir(parents=True)
    day = time.time() - 2 * staging.OLDEST
    for path in (tmp_path / names["old"] / "variables", tmp_path / names["old"]):
        os.utime(path, (day, day))
    export.save(Plain(), tmp_path)
    kept = {names[name] for name in ("alive", "elsewhere", "odd")}
    assert {path.name for path in tmp_path.iterdir()} == {*kept, "1"}


def test_two_exports_of_one_process_do_not_remove_each_other(tmp_path):
    with staging.staged(tmp_path) as first:
        first.mkdir()
        with staging.staged(tmp_path) as second:
            second.mkdir()
            assert first.is_dir() and staging.publish(second, tmp_path).name == "1"
        assert staging.publish(first, tmp_path).name == "2"


def test_a_model_without_verbs_is_refused(tmp_path):
    class Silent:
        def signatures(self):
            return {}

    with pytest.raises(ValueError, match=r"must offer a verb to export. Received: Silent"):
        export.save(Silent(), tmp_path)
    with pytest.raises(TypeError, match=r"must have `signatures\(\)`. Received: str"):
        export.save("vae", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_checking_process_ends_with_its_parent(tmp_path):
    code = "import sys, time; from export import apart; apart.bar(); time.sleep(600)"
    there, here = os.pipe()
    environment = {**os.environ, apart.WATCHED: "1"}
    child = subprocess.Popen([sys.executable, "-c", code], stdin=there, env=environment)
    os.close(there)
    os.close(here)
    assert child.wait(60) == 1


def test_warm_up_requests_are_the_servers_records(root, served):
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    folder = root / "labelled" / "1"
    data = tf.data.TFRecordDataset(str(folder / warmup.WARMUP)).as_numpy_iterator()
    logs = [PredictionLog.FromString(record) for record in data]
    requests = [log.predict_log.request for log in logs]
    assert all(log.WhichOneof("log_type") == "predict_log" for log in logs)
    names = {request.model_spec.signature_name for request in requests}
    assert names == set(served["labelled"].signatures)
    for request, (name, inputs) in zip(requests, warmup.read(folder), strict=True):
        assert request.model_spec.signature_name == name
        assert set(inputs) == set(request.inputs)
        for key, value in inputs.items():
            np.testing.assert_array_equal(tf.make_ndarray(request.inputs[key]), value)


def test_records_written_by_the_servers_own_messages_are_read(tmp_path):
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    log, image = PredictionLog(), np.random.default_rng(0).random((300, 2), np.float32)
    request = log.predict_log.request
    request.model_spec.signature_name = "encode"
    request.inputs["image"].CopyFrom(tf.make_tensor_proto(image))
    (tmp_path / warmup.WARMUP).parent.mkdir()
    with tf.io.TFRecordWriter(str(tmp_path / warmup.WARMUP)) as records:
        records.write(log.SerializeToString(deterministic=True))
    ((name, inputs),) = warmup.read(tmp_path)
    assert name == "encode"
    np.testing.assert_array_equal(inputs["image"], image)
    assert warmup._record(name, {"image": image}) == log.SerializeToString(deterministic=True)


def test_a_version_is_small(root, models):
    for name in models:
        folder = root / name / "1"
        content = json.loads((folder / "assets.extra" / "manifest.json").read_text())
        size = sum(
            path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file()
        )
        assert size <= 1.3 * content["weight_bytes"] + 400_000, name
