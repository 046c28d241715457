"""What is written for TensorFlow Serving is what it reads, and the commands work."""

import pathlib
import re
import shlex
import socket
import subprocess

import pytest
import tensorflow as tf
from exports import run
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from benchmarks import prediction_server
from zoo import export
from zoo.export import serving, warmup

FLAGS = {  # of tensorflow_model_server 2.21, that the commands use
    "--model_config_file",
    "--rest_api_timeout_in_ms",
    "--enable_batching",
    "--enable_per_model_batching_parameters",
    "--batching_parameters_file",
}
WRAPPED = {  # of tensorflow.serving.BatchingParameters, whose message no package brings
    "max_batch_size": (1, "Int64Value"),
    "batch_timeout_micros": (2, "Int64Value"),
    "max_enqueued_batches": (3, "Int64Value"),
    "num_batch_threads": (4, "Int64Value"),
    "thread_pool_name": (5, "StringValue"),
    "enable_large_batch_splitting": (8, "BoolValue"),
    "max_execution_batch_size": (9, "Int64Value"),
}


def batching_parameters(text):
    """The text as the server's message."""
    file = descriptor_pb2.FileDescriptorProto(
        name="batching.proto", package="copy", syntax="proto3",
        dependency=["google/protobuf/wrappers.proto"],
    )  # fmt: skip
    message = file.message_type.add(name="BatchingParameters")
    for name, (number, kind) in WRAPPED.items():
        message.field.add(
            name=name, number=number, type="TYPE_MESSAGE", label="LABEL_OPTIONAL",
            type_name=f".google.protobuf.{kind}",
        )  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    wrappers = descriptor_pb2.FileDescriptorProto()
    known = descriptor_pool.Default().FindFileByName("google/protobuf/wrappers.proto")
    known.CopyToProto(wrappers)
    pool.Add(wrappers)
    pool.Add(file)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("copy.BatchingParameters"))
    return text_format.Parse(text, made())


@pytest.fixture(scope="module")
def written(root, tmp_path_factory):
    """The files of a server of two models, one of them exported for batching."""
    folder, ports = tmp_path_factory.mktemp("server"), [free_port(), free_port()]
    named = {name: root / name for name in ("labelled", "batched")}
    serving.write(named, folder, "127.0.0.1", *ports)
    return folder, named, ports


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def blocks(folder, kind):
    """The blocks of code of one kind in the page of commands."""
    text = (folder / "COMMANDS.md").read_text()
    return re.findall(rf"```{kind}\n(.*?)```", text, re.S)


def test_the_configuration_is_the_servers(written):
    folder, named, _ = written
    found = text_format.Parse((folder / "models.config").read_text(), ModelServerConfig())
    models = found.model_config_list.config
    assert {m.name: m.base_path for m in models} == {name: f"/models/{name}" for name in named}
    assert {m.model_platform for m in models} == {"tensorflow"}


def test_the_batching_parameters_are_the_servers(written):
    folder, named, _ = written
    common = batching_parameters((folder / "batching.config").read_text())
    assert common.num_batch_threads.value >= 1 and common.thread_pool_name.value
    own = batching_parameters((named["batched"] / "1" / "batching_params.pbtxt").read_text())
    assert own.max_execution_batch_size.value == 8 <= own.max_batch_size.value == 1024
    assert own.enable_large_batch_splitting.value and 0 < own.batch_timeout_micros.value < 10**5
    assert not (named["labelled"] / "1" / "batching_params.pbtxt").exists()


def test_the_docker_line_mounts_what_the_flags_name(written):
    folder, _, ports = written
    words = shlex.split(blocks(folder, "sh")[0].replace("\\\n", " "))
    assert words[:2] == ["docker", "run"] and "tensorflow/serving" in words
    values = [words[i + 1] for i, word in enumerate(words) if word in ("-v", "-p")]
    mounts = dict(value.removesuffix(":ro").rsplit(":", 1) for value in values if "/" in value)
    inside = {target: pathlib.Path(source) for source, target in mounts.items()}
    published = [value.split(":") for value in values if "/" not in value]
    assert published == [["127.0.0.1", str(ports[0]), "8500"], ["127.0.0.1", str(ports[1]), "8501"]]
    flags = dict(
        word.partition("=")[::2] for word in words if word.startswith("--") and "_" in word
    )
    assert set(flags) == FLAGS
    for flag in ("--model_config_file", "--batching_parameters_file"):
        config = pathlib.PurePosixPath(flags[flag])
        assert (inside[str(config.parent)] / config.name).is_file()
    read = text_format.Parse((folder / "models.config").read_text(), ModelServerConfig())
    for model in read.model_config_list.config:
        assert (inside[model.base_path] / "1" / "saved_model.pb").is_file()


def test_the_clients_of_the_page_work_as_they_stand(written):
    folder, named, ports = written
    models = {"labelled": prediction_server.Model(named["labelled"])}
    with prediction_server.running(models, *ports):
        (curl,) = blocks(folder, "sh")[1:]
        done = subprocess.run(["bash", "-c", curl], capture_output=True, text=True)
        assert done.returncode == 0 and '"outputs": [[[[' in done.stdout, done
        stubs, client = blocks(folder, "python")
        found = run("-c", f"{stubs}\n{client}")
    assert found.stdout.splitlines() == ["(3, 8, 8, 1)"] * 3, found.stderr[-2000:]


def test_a_model_that_draws_no_samples_has_a_client_too(tmp_path, unchecked, capsys):
    export.save(Codec(), tmp_path / "codec")
    ports = [free_port(), free_port()]
    serving.write([tmp_path / "codec"], tmp_path / "config", "127.0.0.1", *ports)
    models = {"codec": prediction_server.Model(tmp_path / "codec")}
    with prediction_server.running(models, *ports):
        (lines,) = blocks(tmp_path / "config", "python")
        exec(lines, {})
    said = capsys.readouterr().out.splitlines()
    assert said == ["{'decode': ['z'], 'serving_default': ['z']}", "(1, 3)"]


class Codec:
    """A model that only decodes."""

    def signatures(self):
        spec = tf.TensorSpec((None, 3), tf.float32, "z")
        return {"decode": (lambda z: {"x": z + 1.0}, {"z": spec})}


def test_a_batching_server_answers_every_warm_up_request_of_a_version_made_for_it(root):
    batching = prediction_server.Model(root / "batched", batch_size=8)
    for signature, inputs in warmup.read(root / "batched" / "1"):
        assert batching.predict(signature, inputs)
    batching.close()
    plain = prediction_server.Model(root / "vae", batch_size=8)
    with pytest.raises(prediction_server.Refused, match="must have at least one dimension"):
        for signature, inputs in warmup.read(root / "vae" / "1"):
            plain.predict(signature, inputs)
    plain.close()


@pytest.mark.parametrize(
    "given, words",
    [
        ({"a b": "vae"}, "must be letters, digits"),
        ({"vae": "vae/1"}, "must be folders of versions"),
        ({"vae": "none"}, "no such folder"),
        (["vae", "./vae"], "names of their own"),
        ([], "names of their own"),
    ],
)
def test_what_cannot_be_served_is_refused(given, words, root, tmp_path, monkeypatch):
    monkeypatch.chdir(root)
    with pytest.raises(ValueError, match=words):
        serving.write(given, tmp_path / "config")
    assert not (tmp_path / "config").exists()


def test_without_a_batched_model_nothing_is_batched(root, tmp_path, capsys):
    assert serving.main([str(root / "vae"), "--to", str(tmp_path / "config")]) == 0
    names = [pathlib.Path(line).name for line in capsys.readouterr().out.splitlines()]
    assert names == ["models.config", "COMMANDS.md"]
    assert "batching" not in (tmp_path / "config" / "COMMANDS.md").read_text()
