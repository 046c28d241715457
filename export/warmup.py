"""Requests that TensorFlow Serving answers while it loads a version, before any client's.

They lie in `assets.extra/tf_serving_warmup_requests`, a file of records, each a
`tensorflow.serving.PredictionLog`. Its few fields are written here byte by byte, so that
an export needs no package beside TensorFlow; a server that cannot answer one of them does
not serve the version.
"""

import pathlib

WARMUP = pathlib.Path("assets.extra", "tf_serving_warmup_requests")
PREDICT_LOG, REQUEST = 6, 1  # fields of PredictionLog and PredictLog
SPEC, INPUTS = 1, 2  # of PredictRequest
SIGNATURE = 3  # of ModelSpec; the server fills in the name
KEY, VALUE = 1, 2  # of a map's entry


def write(folder, requests):
    """Writes one record for each (signature, name -> array)."""
    import tensorflow as tf

    (folder / WARMUP).parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / WARMUP)) as records:
        for signature, inputs in requests:
            records.write(_record(signature, inputs))


def read(folder):
    """The requests of a version: a list of (signature, name -> array)."""
    import tensorflow as tf

    if not pathlib.Path(folder, WARMUP).is_file():
        return []
    records = tf.data.TFRecordDataset(str(pathlib.Path(folder, WARMUP)))
    return [_request(record) for record in records.as_numpy_iterator()]


def _record(signature, inputs):
    import tensorflow as tf

    request = _field(SPEC, _field(SIGNATURE, signature.encode()))
    for name, array in inputs.items():
        tensor = tf.make_tensor_proto(array).SerializeToString()
        request += _field(INPUTS, _field(KEY, name.encode()) + _field(VALUE, tensor))
    return _field(PREDICT_LOG, _field(REQUEST, request))


def _request(record):
    import tensorflow as tf
    from tensorflow.core.framework.tensor_pb2 import TensorProto

    request = _fields(_fields(_fields(record)[PREDICT_LOG][0])[REQUEST][0])
    signature = _fields(request[SPEC][0])[SIGNATURE][0].decode()
    inputs = {}
    for entry in map(_fields, request.get(INPUTS, [])):
        tensor = TensorProto.FromString(entry[VALUE][0])
        inputs[entry[KEY][0].decode()] = tf.make_ndarray(tensor)
    return signature, inputs


def _field(number, content):
    """A length-delimited field of a protocol buffer."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number):
    groups = []
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])


def _fields(content):
    """Number -> contents of the length-delimited fields of a message that has no others."""
    found, at = {}, 0
    while at < len(content):
        tag, at = _number(content, at)
        size, at = _number(content, at)
        if tag & 7 != 2 or at + size > len(content):
            raise ValueError(f"A warm-up record must hold whole fields. Received: tag {tag}.")
        found.setdefault(tag >> 3, []).append(content[at : at + size])
        at += size
    return found


def _number(content, at):
    number, shift = 0, 0
    while content[at] > 127:
        number, shift, at = number | (content[at] & 127) << shift, shift + 7, at + 1
    return number | content[at] << shift, at + 1
