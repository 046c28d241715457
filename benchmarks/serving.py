"""How an exported model answers: alone beside the function it holds, and many clients at once.

    python -m benchmarks.serving --seconds 120 --write

Latency is paired: each round calls the model's own traced verb, the exported signature,
`zoo.export.load` and the gRPC service in turn, and the ratios to the first are medians over
the rounds. Load is 64 clients, each with a connection of its own, that ask the gRPC service
on the loopback for batches of 1 to 32 seeds, one request after another; they share one
thread, as 64 threads of Python would measure how they take turns. Where the server of
TensorFlow cannot be installed the service is `benchmarks.prediction_server`, in a process of
its own.
"""

import argparse
import asyncio
import collections
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

import zoo
from benchmarks.results import RESULTS, put
from zoo import export
from zoo.export import client

SHAPE, LATENT = (28, 28, 1), 16
NAMES = ("vae", "wgan_gp")
SIZES = (1, 2, 4, 8, 16, 32)
OWN = [("grpc.use_local_subchannel_pool", 1)]  # else all clients share one connection
ROOT = pathlib.Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def served(folder, batch_size):
    """The address of the gRPC service of a folder, in a process of its own."""
    words = [folder, "--grpc-port", "0", "--rest-port", "0", "--batch-size", str(batch_size)]
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.prediction_server", *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"grpc://127.0.0.1:{child.stdout.readline().split()[0]}"
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def ways(model, loaded, remote):
    """Name -> a function of seeds, the raw one first."""
    spec = tf.TensorSpec((None,), tf.int64)
    raw = tf.function(
        lambda seed: model.sample(tf.shape(seed)[0], seed=seed), autograph=False
    ).get_concrete_function(spec)
    signature = loaded.function("sample")
    return {
        "raw": lambda seeds: raw(tf.constant(seeds)).numpy(),
        "signature": lambda seeds: signature(seed=tf.constant(seeds))["image"].numpy(),
        "export.load": lambda seeds: loaded.sample(seed=seeds),
        "gRPC": lambda seeds: remote.sample(seed=seeds),
    }


def paired(each, rows, rounds):
    """Name -> milliseconds of every round, the ways taken in turn."""
    seeds, taken = np.arange(rows), collections.defaultdict(list)
    names = list(each)
    for number in range(rounds + 5):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            start = time.perf_counter()
            each[name](seeds)
            if number >= 5:
                taken[name].append(1e3 * (time.perf_counter() - start))
    return taken


def latency(name, model, loaded, address, rounds):
    """Rows of the table of one call."""
    with client.connect(address, name) as remote:
        each, rows = ways(model, loaded, remote), []
        for count in (1, 16, 64):
            taken = paired(each, count, rounds)
            ratios = {
                key: statistics.median(
                    own / raw for own, raw in zip(taken[key], taken["raw"], strict=True)
                )
                for key in each
            }
            shown = " | ".join(f"{ratios[key]:.2f}" for key in list(each)[1:])
            rows.append(f"| {name} | {count} | {statistics.median(taken['raw']):.2f} | {shown} |")
            print(rows[-1], flush=True)
    return rows


def request(name, size, number):
    """What a client asks: `size` images by seeds of its own."""
    made = predict_pb2.PredictRequest()
    made.model_spec.name, made.model_spec.signature_name = name, "sample"
    made.inputs["seed"].CopyFrom(tf.make_tensor_proto(np.arange(size) + number))
    return made


async def ask(address, name, number, until, taken, errors):
    """One client: requests of mixed sizes until the time is over."""
    requests = [(size, request(name, size, number)) for size in SIZES]
    order = np.random.default_rng(number).integers(len(SIZES), size=1 << 14)
    try:
        async with grpc.aio.insecure_channel(address.removeprefix("grpc://"), OWN) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            for size, asked in (requests[i] for i in order):
                if time.monotonic() > until:
                    return
                start = time.perf_counter()
                found = await stub.Predict(asked, timeout=60.0)
                taken.append(1e3 * (time.perf_counter() - start))
                shape = tuple(dim.size for dim in found.outputs["image"].tensor_shape.dim)
                if shape != (size, *SHAPE):
                    raise ValueError(f"shape {shape} for {size} seeds")
    except Exception as error:
        errors.append(repr(error))


def load(name, address, clients, seconds):
    """The row of the table of many clients."""
    taken, errors, until = [], [], time.monotonic() + seconds

    async def all_at_once():
        each = (ask(address, name, number, until, taken, errors) for number in range(clients))
        await asyncio.gather(*each)

    asyncio.run(all_at_once())
    middle, late = np.percentile(taken, (50, 99))
    row = (
        f"| {name} | {clients} | {len(taken)} | {len(errors)} | {middle:.0f} | {late:.0f} "
        f"| {late / middle:.2f} |"
    )
    print(row, *errors[:3], sep="\n", flush=True)
    return row


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--names", nargs="+", default=NAMES, choices=NAMES)
    parser.add_argument("--rounds", type=int, default=200, help="of paired calls (default 200)")
    parser.add_argument("--clients", type=int, default=64, help="at once (default 64)")
    parser.add_argument("--seconds", type=float, default=120.0, help="of load (default 120)")
    parser.add_argument("--batch-size", type=int, default=64, help="rows the server runs together")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/results.md")
    options = parser.parse_args(argv)
    calls = [
        "| model | rows | raw, ms | signature | export.load | gRPC |",
        "|---|---|---|---|---|---|",
    ]
    loads = ["| model | clients | requests | errors | p50, ms | p99, ms | p99 / p50 |"]
    loads.append("|---|---|---|---|---|---|---|")
    for name in options.names:
        with tempfile.TemporaryDirectory() as around:
            folder = pathlib.Path(around, name)
            model = zoo.create(name, SHAPE, LATENT, seed=0)
            export.save(model, folder, batch_size=options.batch_size)
            with served(folder, options.batch_size) as address:
                loaded = export.load(folder)
                calls += latency(name, model, loaded, address, options.rounds)
                loads.append(load(name, address, options.clients, options.seconds))
    if options.write:
        put(RESULTS, "serving latency", calls)
        put(RESULTS, "serving load", loads)


if __name__ == "__main__":
    main()
