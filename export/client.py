"""Asks a TensorFlow Serving server: `connect`, then one method for each signature.

    with connect("grpc://localhost:8500", "vae") as model:
        images = model.sample(seed=[1, 2, 3])

gRPC needs the extra `serving`; REST ("http://localhost:8501") needs only NumPy. Names,
dtypes and shapes of what is sent are checked first, by the signatures the server tells.
"""

import base64
import functools
import http.client
import json
import time
import urllib.parse
from typing import Any

import numpy as np

from zoo.export.answers import ServingError, near, read, spec

STATUS = {  # of HTTP -> gRPC's name, as the server translates the other way
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    412: "FAILED_PRECONDITION",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
PIECE = 1 << 16  # bytes that are read at once, between two looks at the clock


def connect(
    address: str,
    model: str,
    timeout: float = 30.0,
    version: int | None = None,
    credentials: Any = None,
) -> "Model":
    """A model of a server, ready to be asked.

    Args:
        address: `grpc://host:port`, or `http://host:port` or `https://host:port` for REST.
        model: its name on the server.
        timeout: seconds for each call, from sending to the last byte.
        version: which version; None is the newest that the server has loaded.
        credentials: of `grpc.ssl_channel_credentials`, where the server wants them.

    Returns:
        A `Model`: one method for each signature.

    Raises:
        ValueError: for an address that is none.
        ServingError: if the server cannot be reached in time, or has no such model.
    """
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in ("grpc", "http", "https") or not parts.hostname:
        raise ValueError(
            "`address` must be grpc://host:port, http://host:port or https://host:port. "
            f"Received: {address!r}."
        )
    if not 0.0 < timeout < float("inf"):
        raise ValueError(f"`timeout` must be seconds above 0. Received: {timeout!r}.")
    if parts.scheme == "grpc":
        from zoo.export.grpc_transport import Grpc

        return Model(Grpc(parts, model, version, credentials), timeout)
    return Model(Rest(parts, model, version), timeout)


class Model:
    """A served model: `model.sample(seed=[1, 2, 3])` asks for the signature `sample`.

    Inputs are given by name, as anything NumPy reads; results are arrays, or a dict of
    them by name where a signature has several outputs. `timeout=` changes that of one call.

    Attributes:
        signatures: name -> inputs and outputs -> name -> dtype and shape.
    """

    def __init__(self, transport, timeout):
        self._transport, self.timeout = transport, timeout
        self.signatures = transport.signatures(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.signatures:
            known = [] if name.startswith("_") else list(self.signatures)
            raise AttributeError(f"No signature {name!r}; served: {known}.{near(name, known)}")
        return functools.partial(self, name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self.signatures})

    def __call__(self, signature: str, /, timeout: float | None = None, **inputs: Any) -> Any:
        """Asks for a signature by its name.

        Raises:
            TypeError, ValueError: for inputs that the signature does not take.
            ServingError: if the server refuses, or does not answer in time.
        """
        if signature not in self.signatures:
            known = list(self.signatures)
            raise ValueError(
                f"`signature` must be one of {known}. Received: {signature!r}."
                + near(signature, known)
            )
        sides = self.signatures[signature]
        arrays = read(signature, sides["inputs"], inputs)
        found = self._transport.predict(
            signature, arrays, sides["outputs"], timeout or self.timeout
        )
        return next(iter(found.values())) if len(found) == 1 else found


class Rest:
    """TensorFlow Serving's REST interface."""

    def __init__(self, parts, model, version):
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self._open, self._address = kinds[parts.scheme], (parts.hostname, parts.port)
        named = urllib.parse.quote(model, safe="")
        self._path = f"/v1/models/{named}" + (f"/versions/{int(version)}" if version else "")

    def close(self):
        """Nothing: every call has a connection of its own."""

    def signatures(self, timeout):
        content = self._ask("GET", f"{self._path}/metadata", None, timeout)
        found = content["metadata"]["signature_def"]["signature_def"]
        return {
            name: {side: _specs(sides.get(side, {})) for side in ("inputs", "outputs")}
            for name, sides in sorted(found.items())
            if not name.startswith("__")
        }

    def predict(self, signature, arrays, outputs, timeout):
        inputs = {name: array.tolist() for name, array in arrays.items()}
        body = json.dumps({"signature_name": signature, "inputs": inputs}, allow_nan=False)
        found = self._ask("POST", f"{self._path}:predict", body, timeout)["outputs"]
        found = found if len(outputs) > 1 else dict.fromkeys(outputs, found)
        return {name: _decoded(found[name], outputs[name]["dtype"]) for name in outputs}

    def _ask(self, method: str, path: str, body: str | None, timeout: float) -> Any:
        """The JSON of an answer, read within `timeout` seconds in all."""
        until = time.monotonic() + timeout
        link = self._open(*self._address, timeout=timeout)
        try:
            link.request(method, path, body, {"Content-Type": "application/json"})
            _hold(link, until)
            answer, text = link.getresponse(), b""
            while piece := answer.read1(PIECE):
                text += piece
                _hold(link, until)
        except TimeoutError as error:
            raise ServingError("DEADLINE_EXCEEDED", f"no answer in {timeout} s") from error
        except (OSError, http.client.HTTPException) as error:
            words = f"{':'.join(map(str, self._address))}: {error or type(error).__name__}"
            raise ServingError("UNAVAILABLE", words) from error
        finally:
            link.close()
        return _content(answer.status, text)


def _hold(link, until):
    """Lets a connection wait no longer than until then."""
    left = until - time.monotonic()
    if left <= 0.0:
        raise TimeoutError
    if link.sock is not None:
        link.sock.settimeout(left)


def _content(status: int, text: bytes) -> Any:
    """The JSON of an answer, or the error that it tells of."""
    try:
        content = json.loads(text)
    except ValueError:
        content = {"error": text[:200].decode(errors="replace")}
    if status != 200 or "error" in content:
        code = STATUS.get(status, f"HTTP {status}")
        raise ServingError(code, content.get("error", "no reason given"))
    return content


def _specs(tensors):
    """Name -> dtype and shape, from the JSON of tensor infos."""
    found = {}
    for name, info in sorted(tensors.items()):
        shape = [int(dim["size"]) for dim in info["tensor_shape"].get("dim", [])]
        found[name] = spec(info["dtype"].removeprefix("DT_"), shape)
    return found


def _decoded(value, dtype):
    """The array of a JSON value; binary values come as {"b64": ...}."""
    if dtype != "object":
        return np.array(value, dtype)
    return np.array([base64.b64decode(entry["b64"]) for entry in value], object)
