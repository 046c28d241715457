"""A small server of exported models that speaks TensorFlow Serving's gRPC and REST.

It stands in for the real one where that cannot be installed: the service is the generated
`PredictionService`, requests are checked as the server's `RunPredict` does, and with
`batch_size` the requests of several clients run together. It is no server for the world.

    python -m benchmarks.prediction_server served/vae
"""

import argparse
import base64
import concurrent.futures
import contextlib
import http.server
import json
import os
import queue
import re
import threading
import time

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.python.saved_model import loader_impl
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from zoo.export.load import find

Code = grpc.StatusCode
HTTP = {Code.INVALID_ARGUMENT: 400, Code.NOT_FOUND: 404, Code.FAILED_PRECONDITION: 412}
SIZES = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Refused(Exception):
    """A request that is answered by a status that is not OK."""

    def __init__(self, code, words):
        super().__init__(words)
        self.code = code


class Model:
    """The newest version of a folder, run by a few threads in the order of arrival.

    Args:
        folder: what `export.save` was given.
        batch_size: most rows that run together; None runs each request by itself.
        workers: threads; None is one for each processor.
        delay: seconds that every request waits, for tests of deadlines.
    """

    def __init__(self, folder, batch_size=None, workers=None, delay=0.0):
        version = find(folder)
        self.loaded, self.version = tf.saved_model.load(str(version)), int(version.name)
        graph = loader_impl.parse_saved_model(str(version)).meta_graphs[0]
        self.signatures = {n: s for n, s in graph.signature_def.items() if n[:2] != "__"}
        self.batch_size, self.delay, self.waiting = batch_size, delay, queue.SimpleQueue()
        for _ in range(workers or os.cpu_count() or 1):
            threading.Thread(target=self._work, daemon=True).start()

    def predict(self, signature, inputs):
        """name -> array for name -> array, or `Refused`."""
        name = signature or "serving_default"
        if name not in self.signatures:
            raise Refused(Code.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
        known, given = set(self.signatures[name].inputs), set(inputs)
        if known != given:
            raise Refused(
                Code.INVALID_ARGUMENT,
                f"input size does not match signature: Sent extra: {sorted(given - known)}. "
                f"Missing but required: {sorted(known - given)}.",
            )
        if self.batch_size and any(value.ndim == 0 for value in inputs.values()):
            raise Refused(
                Code.INVALID_ARGUMENT,
                "Batching Run() input tensors must have at least one dimension",
            )
        time.sleep(self.delay)
        answer = concurrent.futures.Future()
        self.waiting.put((name, inputs, answer))
        return answer.result()

    def close(self):
        """Ends the threads."""
        self.waiting.put(None)

    def _work(self):
        ahead = None
        while (task := ahead or self.waiting.get()) is not None:
            tasks, ahead = self._together(task)
            self._answer(tasks)
        self.waiting.put(None)

    def _together(self, first):
        """Requests of one signature that fit into one batch, and the next one that did not."""
        tasks, size = [first], _rows(first)
        while self.batch_size and size:
            try:
                task = self.waiting.get_nowait()
            except queue.Empty:
                break
            if task is None or task[0] != first[0] or size + _rows(task) > self.batch_size:
                return tasks, task
            tasks.append(task)
            size += _rows(task)
        return tasks, None

    def _answer(self, tasks):
        name, ends = tasks[0][0], np.cumsum([_rows(task) for task in tasks])
        try:
            inputs = tasks[0][1]
            if len(tasks) > 1:
                inputs = {key: np.concatenate([task[1][key] for task in tasks]) for key in inputs}
            tensors = {key: tf.constant(value) for key, value in inputs.items()}
            found = self.loaded.signatures[name](**tensors)
            found = {key: value.numpy() for key, value in found.items()}
            for (_, _, answer), end, start in zip(tasks, ends, [0, *ends], strict=False):
                part = slice(start, end) if len(tasks) > 1 else slice(None)
                answer.set_result({key: value[part] for key, value in found.items()})
        except tf.errors.OpError as error:
            code = Code.INVALID_ARGUMENT if error.error_code == 3 else Code.INTERNAL
            for _, _, answer in tasks:
                answer.set_exception(Refused(code, error.message))
        except Exception as error:
            for _, _, answer in tasks:
                answer.set_exception(Refused(Code.INTERNAL, repr(error)))


def _rows(task):
    """How many rows a request holds; 0 where one of its inputs is a scalar."""
    sizes = {value.shape[:1] for value in task[1].values()}
    return sizes.pop()[0] if len(sizes) == 1 and () not in sizes else 0


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    """The gRPC service over name -> `Model`."""

    def __init__(self, models):
        self.models = models

    def Predict(self, request, context):
        with _status(context):
            model = _find(self.models, request.model_spec)
            inputs = {name: tf.make_ndarray(t) for name, t in request.inputs.items()}
            found = model.predict(request.model_spec.signature_name, inputs)
            answer = predict_pb2.PredictResponse(model_spec=request.model_spec)
            for name, value in found.items():
                answer.outputs[name].CopyFrom(tf.make_tensor_proto(value))
            return answer

    def GetModelMetadata(self, request, context):
        with _status(context):
            return metadata(_find(self.models, request.model_spec), request.model_spec)


@contextlib.contextmanager
def _status(context):
    try:
        yield
    except Refused as error:
        context.abort(error.code, str(error))


def _find(models, spec):
    version = spec.version.value if spec.HasField("version") else None
    model = models.get(spec.name)
    if model is None or version not in (None, model.version):
        raise Refused(Code.NOT_FOUND, f"Servable not found for request: {spec.name} {version}")
    return model


def metadata(model, spec):
    """What `GetModelMetadata` answers."""
    answer = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=spec)
    found = get_model_metadata_pb2.SignatureDefMap()
    for name, signature in model.signatures.items():
        found.signature_def[name].CopyFrom(signature)
    answer.metadata["signature_def"].Pack(found)
    return answer


class Handler(http.server.BaseHTTPRequestHandler):
    """The REST interface over `models`, which a subclass sets."""

    models = {}

    def do_GET(self):
        self._reply(lambda model, spec: _json(metadata(model, spec)), "/metadata")

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._reply(lambda model, spec: {"outputs": _asked(model, body)}, ":predict")

    def _reply(self, answer, ending):
        path = re.fullmatch(rf"/v1/models/([^/:]+)(?:/versions/(\d+))?{ending}", self.path)
        try:
            if not path:
                raise Refused(Code.NOT_FOUND, f"Malformed request: {self.command} {self.path}")
            spec = predict_pb2.PredictRequest().model_spec
            spec.name = path[1]
            if path[2]:
                spec.version.value = int(path[2])
            status, content = 200, answer(_find(self.models, spec), spec)
        except Refused as error:
            status, content = HTTP.get(error.code, 500), {"error": str(error)}
        text = json.dumps(content).encode()
        with contextlib.suppress(ConnectionError):  # the client has given up
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    def log_message(self, *words):
        """Nothing."""


def _json(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def _asked(model, body):
    name = body.get("signature_name") or "serving_default"
    infos = model.signatures[name].inputs if name in model.signatures else {}
    inputs = {}
    for key, value in body["inputs"].items():
        dtype = tf.dtypes.as_dtype(infos[key].dtype).as_numpy_dtype if key in infos else None
        inputs[key] = np.array(value, dtype)
    found = {key: _plain(value) for key, value in model.predict(name, inputs).items()}
    return found if len(found) > 1 else next(iter(found.values()))


def _plain(value):
    if value.dtype != object:
        return value.tolist()
    return [{"b64": base64.b64encode(entry).decode()} for entry in value]


@contextlib.contextmanager
def running(models, grpc_port=0, rest_port=0, threads=80):
    """Serves name -> `Model` on the loopback; gives the ports of gRPC and REST."""
    pool = concurrent.futures.ThreadPoolExecutor(threads)
    server = grpc.server(pool, options=SIZES)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(models), server)
    grpc_port = server.add_insecure_port(f"127.0.0.1:{grpc_port}")
    handler = type("Handler", (Handler,), {"models": models})
    rest = http.server.ThreadingHTTPServer(("127.0.0.1", rest_port), handler)
    rest.daemon_threads = True
    server.start()
    threading.Thread(target=rest.serve_forever, daemon=True).start()
    try:
        yield grpc_port, rest.server_address[1]
    finally:
        server.stop(0).wait()
        rest.shutdown()
        rest.server_close()
        for model in models.values():
            model.close()


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.prediction_server", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("models", nargs="+", help="folders that `export.save` wrote")
    parser.add_argument("--grpc-port", type=int, default=8500)
    parser.add_argument("--rest-port", type=int, default=8501)
    parser.add_argument("--batch-size", type=int, help="most rows that run together")
    chosen = parser.parse_args(argv)
    models = {
        os.path.basename(os.path.abspath(m)): Model(m, chosen.batch_size) for m in chosen.models
    }
    with running(models, chosen.grpc_port, chosen.rest_port) as ports:
        print(*ports, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
