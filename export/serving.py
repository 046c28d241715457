"""What TensorFlow Serving needs beside the exported models, and the commands that use them.

    python -m zoo.export.serving served/vae served/gan --to serving

writes `models.config`, `batching.config` where a model was exported for batching, and
`COMMANDS.md`: a `docker run` line and clients by REST and gRPC that work as they stand.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import sys

from zoo.export.load import NOTE, find

BATCHING = "batching_params.pbtxt"  # in a version folder: the server's name for it
MOST_ROWS = 1024  # of one request; the graphs themselves refuse more
WAIT_MICROSECONDS = 2000  # that a request waits for others
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def write_batching(folder, batch_size):
    """Writes how a server is to run the requests of a version together.

    A larger request is split: several clients share no more than `batch_size` rows.
    """
    fields = {
        "max_batch_size": MOST_ROWS,
        "enable_large_batch_splitting": "true",
        "max_execution_batch_size": min(batch_size, MOST_ROWS),
        "batch_timeout_micros": WAIT_MICROSECONDS,
        "max_enqueued_batches": 1000,
    }
    (folder / BATCHING).write_text(_wrapped(fields))


def write(models, to, host="localhost", grpc_port=8500, rest_port=8501):
    """Writes the files of one server into the folder `to`.

    Args:
        models: folders that `export.save` wrote, or a dict of name -> folder; the name of
            a folder is that of its model.
        to: folder for the files; made where it does not exist.
        host: where clients find the server.
        grpc_port: its port for gRPC.
        rest_port: its port for REST.

    Returns:
        The paths of what was written.

    Raises:
        ValueError: for a name that a server or a shell would misread, or a folder without
            an exported version.
    """
    named = models if isinstance(models, dict) else {pathlib.Path(m).name: m for m in models}
    folders = {name: _checked(name, folder) for name, folder in named.items()}
    if len(folders) < max(1, len(models)):
        raise ValueError(f"`models` must have names of their own. Received: {models!r}.")
    to = pathlib.Path(to).resolve()
    to.mkdir(parents=True, exist_ok=True)
    files = {"models.config": models_config({name: f"/models/{name}" for name in folders})}
    batched = any((find(folder) / BATCHING).is_file() for folder in folders.values())
    if batched:
        threads = {"num_batch_threads": os.cpu_count() or 1, "thread_pool_name": '"batches"'}
        files["batching.config"] = _wrapped(threads)
    address = {"host": host, "grpc": grpc_port, "rest": rest_port}
    files["COMMANDS.md"] = _commands(folders, to, address, batched)
    for name, text in files.items():
        (to / name).write_text(text)
    return [to / name for name in files]


def models_config(paths):
    """The text of a `ModelServerConfig`: name -> folder of versions."""
    lines = [
        f'  config {{ name: "{name}" base_path: "{path}" model_platform: "tensorflow" }}'
        for name, path in paths.items()
    ]
    return "\n".join(["model_config_list {", *lines, "}", ""])


def _checked(name, folder):
    folder = pathlib.Path(folder).resolve()
    if not NAME.fullmatch(name) or re.search(r"[:,\"\\\n]", str(folder)):
        raise ValueError(
            "A model's name must be letters, digits, `_`, `-` and `.`, and its folder without "
            f"colons, commas, quotes and backslashes. Received: {name!r}, {str(folder)!r}."
        )
    if find(folder) == folder:
        raise ValueError(f"`models` must be folders of versions. Received: {str(folder)!r}.")
    return folder


def _wrapped(fields):
    """Fields of wrapper messages as text."""
    return "".join(f"{name} {{ value: {value} }}\n" for name, value in fields.items())


def _commands(folders, to, address, batched):
    """The page of commands."""
    name, folder = next(iter(folders.items()))
    note = json.loads((find(folder) / NOTE).read_text())
    parts = [PAGE.format(models=", ".join(folders), server=_docker(folders, to, address, batched))]
    inputs = note["signatures"].get("sample", {}).get("inputs", {"": {}})
    words = {"name": name, **address}
    if set(inputs) <= set(EXAMPLES):
        given = {key: EXAMPLES[key] for key in sorted(inputs)}
        fed = [FED.format(key=k, value=v, dtype=inputs[k]["dtype"]) for k, v in given.items()]
        arguments = ", ".join(f"{key}={value}" for key, value in given.items())
        words |= {"json": json.dumps(given), "fed": "\n".join(fed), "arguments": arguments}
        parts.append(SAMPLE.format(**words))
    else:
        parts.append(OTHER.format(**words, signature=note["serving_default"]))
    return "\n".join([*parts, *([BATCHED] if batched else [])])


def _docker(folders, to, address, batched):
    flags = ["--model_config_file=/config/models.config", "--rest_api_timeout_in_ms=30000"]
    if batched:
        flags += ["--enable_batching", "--enable_per_model_batching_parameters"]
        flags += ["--batching_parameters_file=/config/batching.config"]
    binds = {**{folder: f"/models/{name}" for name, folder in folders.items()}, to: "/config"}
    lines = [
        "docker run --rm --memory 4g",
        f"-p 127.0.0.1:{address['grpc']}:8500 -p 127.0.0.1:{address['rest']}:8501",
        *(f"-v {shlex.quote(f'{source}:{target}:ro')}" for source, target in binds.items()),
        "tensorflow/serving",
        *flags,
    ]
    return " \\\n  ".join(lines)


PAGE = """\
# Serving {models}

The server has no authentication: it listens to this machine only. Put a proxy that
authenticates and limits requests before it, where others are to reach it.

```sh
{server}
```

A new version that `zoo export` writes is served within a second or two; the old one
answers until then.
"""
BATCHED = """\
Requests to models that were exported with a batch size are run together; the others are
not. Where one request of a batch is refused, so is the batch: clients check theirs first,
as `export.client` does.
"""
EXAMPLES = {"seed": [1, 2, 3], "label": [0, 0, 0]}
FED = 'request.inputs["{key}"].CopyFrom(tf.make_tensor_proto({value}, tf.{dtype}))'
SAMPLE = """\
One image for each seed, over REST:

```sh
curl --fail-with-body --max-time 30 http://{host}:{rest}/v1/models/{name}:predict \\
  -d '{{"signature_name": "sample", "inputs": {json}}}'
```

Over gRPC, with `pip install tensorflow-serving-api`:

```python
import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

channel = grpc.insecure_channel("{host}:{grpc}")
stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
request = predict_pb2.PredictRequest()
request.model_spec.name, request.model_spec.signature_name = "{name}", "sample"
{fed}
(found,) = stub.Predict(request, timeout=30).outputs.values()
print(tf.make_ndarray(found).shape)
```

The same by this package, which checks what it sends:

```python
from zoo.export import client

with client.connect("grpc://{host}:{grpc}", "{name}", timeout=30) as model:
    print(model.sample({arguments}).shape)
with client.connect("http://{host}:{rest}", "{name}", timeout=30) as model:
    print(model.sample({arguments}).shape)
```
"""
OTHER = """\
What is served, and one request of zeros, over REST:

```python
import numpy as np
from zoo.export import client

with client.connect("http://{host}:{rest}", "{name}", timeout=30) as model:
    specs = model.signatures["{signature}"]["inputs"]
    zeros = {{k: np.zeros([n or 1 for n in s["shape"]], s["dtype"]) for k, s in specs.items()}}
    print({{name: list(sides["inputs"]) for name, sides in model.signatures.items()}})
    print(model("{signature}", **zeros).shape)
```
"""


def main(argv=None):
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m zoo.export.serving",
        description="Writes what TensorFlow Serving needs to serve exported models.",
        epilog="example: python -m zoo.export.serving served/vae --to serving",
    )
    parser.add_argument("models", nargs="+", help="folders that `export.save` wrote")
    parser.add_argument("--to", required=True, help="folder for the files")
    parser.add_argument("--host", default="localhost", help="where clients find the server")
    parser.add_argument("--grpc-port", type=int, default=8500)
    parser.add_argument("--rest-port", type=int, default=8501)
    chosen = vars(parser.parse_args(argv))
    try:
        print(*write(chosen.pop("models"), **chosen), sep="\n")
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
