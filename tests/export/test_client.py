"""The clients, against the generated service of TensorFlow Serving and its REST interface."""

import http.server
import sys
import threading
import time

import numpy as np
import pytest
from exports import run

from benchmarks import prediction_server
from zoo.export import check, client


@pytest.fixture(scope="module")
def ports(root):
    models = {
        "vae": prediction_server.Model(root / "vae"),
        "batched": prediction_server.Model(root / "batched", batch_size=64),
        "labelled": prediction_server.Model(root / "labelled"),
        "slow": prediction_server.Model(root / "wgan_gp", delay=2.0),
    }
    with prediction_server.running(models) as found:
        yield dict(zip(("grpc", "http"), found, strict=True))


@pytest.fixture(params=["grpc", "http"])
def connect(request, ports):
    """Connects by one of the two protocols."""
    address = f"{request.param}://127.0.0.1:{ports[request.param]}"
    return lambda model, **options: client.connect(address, model, **options)


@pytest.mark.parametrize("name", ["vae", "labelled"])
def test_every_signature_gives_what_it_gives_without_a_server(connect, served, name):
    with connect(name) as model:
        assert set(model.signatures) == set(served[name].signatures)
        for signature, sides in served[name].signatures.items():
            given = check.inputs(sides["inputs"], range(3))
            found, expected = model(signature, **given), served[name](signature, **given)
            assert found.dtype == expected.dtype and found.shape == expected.shape, signature
            assert check.distance(found, expected) <= 1e-5, signature


@pytest.mark.parametrize(
    "error, words, signature, inputs",
    [
        (TypeError, r"missing: \['seed'\]; unknown: \['sed'\].*Nearest: 'seed'", "sample",
         {"sed": [1]}),
        (TypeError, "`seed` must be int64. Received: float64", "sample", {"seed": [1.5]}),
        (ValueError, r"shape \(batch, 3\). Received: \(1, 2\)", "decode", {"z": [[1.0, 2.0]]}),
        (ValueError, "must be finite. Received: nan", "decode", {"z": [[0.0, np.nan, 1.0]]}),
        (ValueError, "Nearest: 'sample'", "sampel", {"seed": [1]}),
        (client.ServingError, "INVALID_ARGUMENT: `count` must be from 1 to 1024. Received: 0",
         "sample_n", {"count": 0, "seed": 1}),
        (client.ServingError, "INVALID_ARGUMENT: `z` must be from -1e.06 to 1e.06. Received: 1e.30",
         "decode", {"z": [[1e30, 0, 0]]}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(connect, error, words, signature, inputs):
    with connect("vae") as model:
        with pytest.raises(error, match=words):
            model(signature, **inputs)
        assert model.sample(seed=[1]).shape == (1, 8, 8, 1)


def test_a_label_that_is_none_is_refused_by_the_server(connect):
    with connect("labelled") as model, pytest.raises(client.ServingError) as caught:
        model.sample(seed=[1, 2], label=[0, 3])
    assert caught.value.code == "INVALID_ARGUMENT"
    assert "`label` must be from -1 to 2. Received: 3." in str(caught.value)


def test_an_unknown_model_or_version_is_told(connect):
    with pytest.raises(client.ServingError, match="NOT_FOUND"):
        connect("none")
    with pytest.raises(client.ServingError, match="NOT_FOUND"):
        connect("vae", version=7)
    with connect("vae", version=1) as model:
        assert model.sample(seed=[1]).shape == (1, 8, 8, 1)


def test_a_deadline_is_kept(connect):
    with connect("slow", timeout=20.0) as model:
        start = time.monotonic()
        with pytest.raises(client.ServingError, match="DEADLINE_EXCEEDED"):
            model.sample(seed=[1], timeout=0.2)
        assert time.monotonic() - start < 1.5
        assert model.sample(seed=[1]).shape == (1, 8, 8, 1)


@pytest.mark.parametrize("kind", ["grpc", "http"])
def test_a_server_that_is_not_there_is_told(kind):
    with pytest.raises(client.ServingError, match="UNAVAILABLE|DEADLINE_EXCEEDED"):
        client.connect(f"{kind}://127.0.0.1:9", "vae", timeout=2.0)


def test_an_answer_that_drips_is_cut_off_in_time():
    class Dripping(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b" ")
                time.sleep(0.1)

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        start = time.monotonic()
        with pytest.raises(client.ServingError, match="DEADLINE_EXCEEDED"):
            client.connect(f"http://127.0.0.1:{server.server_address[1]}", "vae", timeout=0.5)
        assert time.monotonic() - start < 3.0
        server.shutdown()


@pytest.mark.parametrize("address", ["localhost:8500", "ftp://host", "grpc://"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ValueError, match="`address` must be grpc://host:port"):
        client.connect(address, "vae")


def test_a_timeout_must_be_positive():
    with pytest.raises(ValueError, match="`timeout` must be seconds above 0. Received: 0"):
        client.connect("http://localhost", "vae", timeout=0)


def test_requests_of_many_clients_run_together_and_each_gets_its_own(ports, served):
    def ask(number, wrong):
        seeds = np.arange(number % 5 + 1) + 100 * number
        with client.connect(f"grpc://127.0.0.1:{ports['grpc']}", "batched") as model:
            for _ in range(3):
                found = model.sample(seed=seeds)
                wrong.append(check.distance(found, served["vae"].sample(seed=seeds)))

    wrong = []
    threads = [threading.Thread(target=ask, args=(number, wrong)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == 48 and max(wrong) <= 1e-5


def test_rest_needs_no_tensorflow_and_grpc_says_what_it_needs(ports):
    code = f"""
import sys
sys.modules.update(tensorflow=None, grpc=None, keras=None)
from zoo.export import client
model = client.connect("http://127.0.0.1:{ports["http"]}", "vae")
print(model.sample(seed=[1, 2]).shape)
try:
    client.connect("grpc://127.0.0.1:1", "vae")
except ImportError as error:
    print(error)
"""
    found = run("-c", code)
    assert found.stdout.splitlines() == [
        "(2, 8, 8, 1)",
        "gRPC needs the extra `serving`: pip install 'keras-generative-zoo[serving]'. "
        "REST (http://host:8501) needs nothing more.",
    ], found.stderr[-2000:]
    assert "tensorflow" in sys.modules
