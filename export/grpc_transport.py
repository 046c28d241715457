"""TensorFlow Serving's gRPC interface; needs the extra `serving`."""

try:
    import grpc
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        predict_pb2,
        prediction_service_pb2_grpc,
    )
except ImportError as error:
    raise ImportError(
        "gRPC needs the extra `serving`: pip install 'keras-generative-zoo[serving]'. "
        "REST (http://host:8501) needs nothing more."
    ) from error
import tensorflow as tf

from zoo.export.answers import ServingError, spec

SIZES = [  # of messages: the graphs bound what is asked, so nothing is cut here
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]


class Grpc:
    """One channel to a server."""

    def __init__(self, parts, model, version, credentials):
        target = f"{parts.hostname}:{parts.port or 8500}"
        self._channel = (
            grpc.secure_channel(target, credentials, SIZES)
            if credentials
            else grpc.insecure_channel(target, SIZES)
        )
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._model, self._version = model, version

    def close(self):
        self._channel.close()

    def signatures(self, timeout):
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            metadata_field=["signature_def"], model_spec=self._spec("")
        )
        answer = self._ask(self._stub.GetModelMetadata, request, timeout)
        found = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(found)
        return {
            name: {side: _specs(getattr(found.signature_def[name], side)) for side in SIDES}
            for name in sorted(found.signature_def)
            if not name.startswith("__")
        }

    def predict(self, signature, arrays, outputs, timeout):
        request = predict_pb2.PredictRequest(model_spec=self._spec(signature))
        for name, array in arrays.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        found = self._ask(self._stub.Predict, request, timeout).outputs
        return {name: tf.make_ndarray(found[name]) for name in outputs}

    def _spec(self, signature):
        from tensorflow_serving.apis.model_pb2 import ModelSpec

        made = ModelSpec(name=self._model, signature_name=signature)
        if self._version:
            made.version.value = int(self._version)
        return made

    def _ask(self, method, request, timeout):
        try:
            return method(request, timeout=timeout)
        except grpc.RpcError as error:
            raise ServingError(error.code().name, error.details()) from error


SIDES = ("inputs", "outputs")


def _specs(tensors):
    found = {}
    for name in sorted(tensors):
        info = tensors[name]
        sizes = [dim.size for dim in info.tensor_shape.dim]
        found[name] = spec(tf.dtypes.as_dtype(info.dtype).name.upper(), sizes)
    return found
