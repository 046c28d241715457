"""What a served model must withstand, each a function that says what went wrong.

A probe takes a `Served` and gives the problems it found and the figures it measured.
"""

import json
import os
import queue
import tempfile
import threading
import time

import numpy as np
import tensorflow as tf

from zoo.export import apart, check, manifest, warmup
from zoo.export.calls import answer, asked, goes_on, must_refuse, outcome
from zoo.export.load import EXPECTED, NOTE
from zoo.export.load import load as load_model

COUNTS = (0, -1, 1025, 10**6, 2**31 - 1)  # none of which is served
PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}  # operations that call Python
FILES = {"ReadFile", "WriteFile", "MatchingFiles", "LoadLibrary"}  # or touch the disk
SLACK, OVERHEAD = 1.3, 400_000  # bytes of a version: SLACK x weights + OVERHEAD
CLIENTS = 64
REPEATS = 20


def counts(served):
    """Numbers of examples, steps and rows out of bounds are refused, and cost no memory."""
    problems, before = [], 0
    for _ in range(REPEATS):
        for name, given, *words in _too_many(served):
            problems += must_refuse(served, name, given, *words)
        if not before:
            problems += goes_on(served)
            before = resident()  # once every signature has run
    growth = resident() / before - 1.0
    if growth >= 0.05:
        problems.append(f"memory grew by {growth:.1%}")
    return sorted(set(problems)), f"memory {growth:+.1%}"


def _too_many(served):
    for name, sides in served.signatures.items():
        scalars = [key for key in ("count", "steps") if key in sides["inputs"]]
        for key in scalars:
            for value in COUNTS:
                yield name, asked(served, name, **{key: np.int32(value)}), f"`{key}`"
        rows = [key for key, spec in sides["inputs"].items() if spec["shape"][:1] == [None]]
        for size in (0, 1025) if rows else ():
            given = asked(served, name)
            for key in rows:
                given[key] = np.repeat(given[key][:1], size, axis=0)
            yield name, given, *(f"`{key}`" for key in rows)


def inputs(served):
    """Wrong types, shapes, numbers and names are refused by name, or give finite values."""
    problems, tried = [], 0
    for name, sides in served.signatures.items():
        for key, spec in sides["inputs"].items():
            for value, words in _wrong(asked(served, name)[key], key, spec):
                problems += must_refuse(served, name, asked(served, name, **{key: value}), words)
                tried += 1
            for value in _large(asked(served, name)[key]):
                found, said = outcome(served, name, asked(served, name, **{key: value}))
                named = any(f"`{n}`" in said for n in (key, *sides["outputs"]))
                if found == "fails" or (found == "refuses" and not named):
                    problems.append(f"{name} {found} for `{key}` of {value.flat[0]}: {said[:200]}")
                tried += 1
        fewer = dict(list(asked(served, name).items())[1:])
        for given in (fewer, {**asked(served, name), "extra": np.zeros(3, np.float32)}):
            problems += must_refuse(served, name, given, "")
            tried += 1
    return problems + goes_on(served), f"{tried} requests"


def _wrong(good, key, spec):
    """Values that no input may have, and what the refusal must name."""
    other = np.float64 if good.dtype.kind == "f" else np.float32
    yield good.astype(other), ""  # the server itself reports the type, by number
    yield good[None], key
    if good.ndim > 1:
        yield np.concatenate([good, good], axis=-1), key
        yield good[0], key
    if good.dtype.kind == "f":
        yield np.full_like(good, np.nan), f"`{key}`"
        yield np.full_like(good, np.inf), f"`{key}`"


def _large(good):
    if good.dtype.kind == "f":
        for value in (1e30, -1e30, 1e6, -1e6):
            yield np.full_like(good, value)


def labels(served):
    """Labels that are none are refused by the graph."""
    problems, tried = [], 0
    for name, sides in served.signatures.items():
        spec = sides["inputs"].get("label")
        for value in (spec["from"] - 1, spec["to"] + 1, 2**31 - 1) if spec else ():
            wrong = np.full_like(asked(served, name)["label"], value)
            problems += must_refuse(served, name, asked(served, name, label=wrong), "`label`")
            tried += 1
    return problems + goes_on(served), f"{tried} requests" if tried else "takes no labels"


def names(served):
    """Names, types and shapes are those that the version tells."""
    told = json.loads((served.folder / NOTE).read_text())["signatures"]
    problems = []
    for name, sides in served.signatures.items():
        if name != "serving_default" and told.get(name) != sides:
            problems.append(f"{name} is {sides}, told: {told.get(name)}")
    problems += [f"{name} is told but not served" for name in set(told) - set(served.signatures)]
    return problems, f"{len(told)} signatures"


def seeds(served):
    """Samples follow from their seeds: in any batch, in another process; others differ."""
    problems = [
        f"{row['signature']} {problem}"
        for row in check.check(served)
        for problem in row["problems"]
    ]
    found = {}
    for name, sides in served.signatures.items():
        if "seed" in sides["inputs"]:
            given = asked(served, name, range(4))
            found[name] = given, answer(served, name, given)
    with tempfile.TemporaryDirectory() as around:
        path = os.path.join(around, "asked.npz")
        check.keep(path, found, dict.fromkeys(found, check.TOLERANCE))
        done = apart.run("zoo.export.check", str(served.folder), "--json", "--against", path)
    if done.returncode:
        problems.append(f"another process differs: {(done.stdout + done.stderr)[-500:]}")
    return problems, f"{len(found)} signatures twice"


def load(served, seconds=10.0):
    """Many clients at once get their answers in time, and the first one too."""
    name = "sample" if "sample" in served.signatures else "serving_default"
    started = [_warm(served, name) for _ in range(3)]
    taken, errors = crowd(served, name, seconds)
    middle, late = np.percentile(taken or [1.0], (50, 99))
    first = float(np.median([first / later for later, first in started]))
    tails = {"p99 / p50": (late / middle, 5.0), "first / later": (first, 2.0)}
    problems = [f"{errors} errors"] if errors else []
    problems += [f"{k} is {v:.2f}, at most {most}" for k, (v, most) in tails.items() if v > most]
    figures = ", ".join(f"{name} {value:.2f}" for name, (value, _) in tails.items())
    return problems, f"{len(taken)} calls, {figures}"


def crowd(served, name, seconds):
    """Seconds of each call of many clients that ask at once, and how many met an error.

    A client is a request that waits; once it is answered, the next of that client waits. A
    thread for each would measure how Python's threads take turns.
    """
    sizes = np.random.default_rng(0).choice([1, 2, 4, 6], size=(CLIENTS, 64))
    given = {size: asked(served, name, range(size)) for size in np.unique(sizes)}
    waiting, taken, errors, until = queue.SimpleQueue(), [], [], time.monotonic() + seconds
    for client in range(CLIENTS):
        waiting.put((client, 0, time.perf_counter()))

    def work():
        while time.monotonic() < until:
            client, number, start = waiting.get()
            try:
                answer(served, name, given[sizes[client, number % 64]])
            except Exception as error:
                errors.append(error)
            end = time.perf_counter()
            taken.append(end - start)
            waiting.put((client, number + 1, end))

    workers = [threading.Thread(target=work) for _ in range(os.cpu_count() or 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return taken, len(errors)


def _warm(served, name):
    """Seconds of a later call and of the first after the warm-up requests, of a new load."""
    fresh, taken = load_model(served.folder), []
    for signature, given in warmup.read(served.folder):
        answer(fresh, signature, given)
    for _ in range(50):
        start = time.perf_counter()
        answer(fresh, name, asked(served, name, range(1)))
        taken.append(time.perf_counter() - start)
    return float(np.median(taken[1:])), taken[0]


def numbers(served):
    """Outputs are those that the model gave in Python when it was exported."""
    expected = json.loads((served.folder / EXPECTED).read_text())
    given, worst, problems = dict(warmup.read(served.folder)), 0.0, []
    for name, outputs in expected.items():
        found = answer(served, name, given[name])
        for key, told in outputs.items():
            same = list(found[key].shape) == told["shape"]
            values = np.array(check.few(found[key]))
            apart_by = check.distance(values, np.array(told["values"])) if same else np.inf
            worst = max(worst, apart_by)
            if not apart_by <= 1e-4:
                problems.append(f"`{key}` of {name} is {apart_by:.1e} from the model's")
    for name in (n for n in served.signatures if n.endswith("_png")):
        (files,) = answer(served, name, given[name]).values()
        (images,) = answer(served, name.removesuffix("_png"), given[name]).values()
        if not check.distance(np.stack([*map(check.pixels, files)]), images) <= 0.51 / 255:
            problems.append(f"{name} gives other images than {name.removesuffix('_png')}")
    return problems, f"largest difference {worst:.1e}"


def artefact(served):
    """No Python, no custom operation, the weights once, no more bytes than needed."""
    from tensorflow.python.framework import op_def_registry
    from tensorflow.python.saved_model import loader_impl

    graph = loader_impl.parse_saved_model(str(served.folder)).meta_graphs[0].graph_def
    used = {node.op for f in graph.library.function for node in f.node_def}
    functions = {f.signature.name for f in graph.library.function}
    used |= {node.op for node in graph.node}
    custom = sorted(op for op in used - functions if op_def_registry.get(op) is None)
    barred = sorted(used & (PYTHON | FILES))
    problems = [f"operations that are not TensorFlow's: {custom}"] if custom else []
    problems += [f"operations that call Python or the disk: {barred}"] if barred else []
    weights = (manifest.read(served.folder) or {}).get("weight_bytes")
    stored = _stored(served.folder)
    size = sum(path.stat().st_size for path in served.folder.rglob("*") if path.is_file())
    if weights is None or stored != weights:
        problems.append(f"{stored} bytes of variables are stored, {weights} are served")
    elif size > SLACK * weights + OVERHEAD:
        problems.append(f"{size} bytes for {weights} of weights")
    problems += manifest.problems(served.folder)
    return problems, f"{len(used)} operations, {size} bytes for {stored} of weights"


def _stored(folder):
    """Bytes of the variables in a version, each of which must be finite."""
    reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    total = 0
    for name in reader.get_variable_to_shape_map():
        if not name.startswith("_CHECKPOINTABLE"):
            total += reader.get_tensor(name).nbytes
    return total


def sessions(served):
    """The loader of TensorFlow 1, which a server uses, gives the same; warm-up is there."""
    requests = warmup.read(served.folder)
    missing = set(served.signatures) - {"serving_default"} - {name for name, _ in requests}
    problems = [f"no warm-up request for {sorted(missing)}"] if missing else []
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(served.folder))
        found = [_run(session, loaded.signature_def[name], given) for name, given in requests]
    for (name, given), outputs in zip(requests, found, strict=True):
        for key, value in answer(served, name, given).items():
            apart_by = check.distance(outputs[key], value)
            if not apart_by <= check.TOLERANCE:
                problems.append(f"`{key}` of {name} differs by {apart_by:.1e} in a session")
    return problems, f"{len(requests)} warm-up requests"


def _run(session, signature, given):
    fed = {signature.inputs[key].name: value for key, value in given.items()}
    return session.run({key: info.name for key, info in signature.outputs.items()}, fed)


def resident():
    """Bytes of memory that this process holds."""
    with open("/proc/self/statm", encoding="ascii") as opened:
        return int(opened.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


PROBES = {
    "F50": counts,
    "F51": inputs,
    "F52": labels,
    "F53": names,
    "F54": seeds,
    "F55": load,
    "F56": numbers,
    "F57": artefact,
    "F57b": sessions,
}
