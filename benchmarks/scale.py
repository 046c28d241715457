"""What trainings at the papers' sizes need, from their compiled steps: nothing is run at size.

    python -m benchmarks.scale [--names biggan_128] [--write]

XLA compiles the whole training step of each system at two batches, for one device; operations,
bytes moved and peak memory at other batches lie on the line through both. What is assumed:

- Operations are those of matrix products and convolutions, bytes those that fusions read and
  write, memory what XLA's buffers take with float32 and nothing computed twice, as compiled
  for CPU. An accelerator's compiler fuses more, and pads what does not fit its tiles.
- A device reaches `REACHED` of its peak rate, or is as fast as its memory, whichever is slower.
- Replicas split the paper's batch; with more replicas than examples, each keeps one. Every move
  of a player adds up its gradients in float32 around a ring, 2 (n - 1) / n of their bytes,
  over the slowest link, and nothing is computed meanwhile.

The same rule is held against steps that do run here: `--checks` times them, and tells the
ratio of measured to predicted seconds and the memory beside the process's own.
"""

import argparse
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dataclasses

from benchmarks import modules
from benchmarks.results import RESULTS, markdown, put
from benchmarks.systems import SMALL, SYSTEMS

REACHED = 0.35  # of the peak rate: an assumption
REPLICAS = tuple(2**power for power in range(10))


@dataclasses.dataclass(frozen=True)
class Device:
    """An accelerator: operations and bytes a second, bytes of memory, and of links.

    Args:
        rate: of products of matrices, a second.
        bandwidth: of its memory.
        memory: that it has.
        links: bytes a second one way, to up to so many replicas, the last one to all others.
    """

    rate: float
    bandwidth: float
    memory: float
    links: tuple

    def seconds(self, operations, moved):
        """Of computing alone."""
        return max(operations / (REACHED * self.rate), moved / self.bandwidth)

    def exchange(self, gradients, replicas):
        """Seconds of adding up so many bytes of gradients over all replicas."""
        speed = next(speed for most, speed in self.links if replicas <= most)
        return 2.0 * (replicas - 1) / replicas * gradients / speed


DEVICES = {  # rates of TensorFloat-32 and of bfloat16 products, as their makers state them
    "H200": Device(494e12, 4.8e12, 141e9, ((8, 450e9), (512, 50e9))),
    "TPU v5p": Device(459e12, 2.765e12, 95e9, ((512, 300e9),)),
}


def compiled(system, batch):
    """Operations, bytes moved, peak memory and gradients of one compiled step."""
    import tensorflow as tf

    model = system.model()
    step = tf.function(lambda *data: model.train_step(data), jit_compile=True, autograph=False)
    read = step.experimental_get_compiler_ir(*system.batches(model, batch))
    plain, optimized = read(stage="hlo"), read(stage="optimized_hlo")
    moved = [weight for movers in model.play for weight in model.weights_of(movers)]
    return {
        "operations": modules.operations(plain),
        "moved": modules.moved(optimized),
        "memory": reported(pathlib.Path(os.environ["ZOO_DUMP"])),
        "gradients": 4 * entries(moved),
        "weights": entries(model.moved_weights),
    }


def entries(weights):
    """How many numbers these weights are."""
    return sum(math.prod(weight.shape) for weight in weights)


def reported(folder):
    """Bytes of all buffers of the largest module that was compiled."""
    texts = [path.read_text() for path in folder.glob("*memory-usage-report.txt")]
    return max(int(re.search(r"Total bytes used: (\d+)", text)[1]) for text in texts)


def timed(system, batch, steps=7):
    """Seconds of one step here, the median, and the peak of the process before and after."""
    import resource
    import time

    import tensorflow as tf

    def peak():
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    model, before = system.model(), peak()
    step = tf.function(lambda *data: model.train_step(data), jit_compile=True, autograph=False)
    batches = [tf.zeros(spec.shape, spec.dtype) for spec in system.batches(model, batch)]
    step(*batches)
    found = []
    for _ in range(steps):
        start = time.perf_counter()
        float(next(iter(step(*batches).values())))
        found.append(time.perf_counter() - start)
    return {"seconds": statistics.median(found), "before": before, "after": peak()}


def child(kind, name, batch):
    """What a process of its own finds: XLA reads where to write its buffers when it starts."""
    with tempfile.TemporaryDirectory() as folder:
        flags = f"--xla_dump_to={folder} --xla_dump_hlo_as_text" if kind == "compiled" else ""
        environment = {**os.environ, "ZOO_DUMP": folder, "XLA_FLAGS": flags}
        command = [sys.executable, "-m", "benchmarks.scale", "--child", kind, name, str(batch)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{name} at {batch}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def kept(kind, name, batch, out):
    """The same, from its file where it was found before."""
    from zoo.training.files import write_text

    file = out / f"{name} {kind} {batch}.json"
    if not file.is_file():
        out.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(child(kind, name, batch), indent=2))
    return json.loads(file.read_text())


class Line:
    """What a step takes at any batch: the line through two that were compiled."""

    def __init__(self, name, system, out):
        self.low, self.high = (1, 2) if system.batch == 1 else (system.batch // 2, system.batch)
        self.found = [kept("compiled", name, batch, out) for batch in (self.low, self.high)]

    def at(self, key, batch):
        """Operations, bytes moved or memory at a batch."""
        low, high = (found[key] for found in self.found)
        slope = (high - low) / (self.high - self.low)
        return low + slope * (batch - self.low)

    def most(self, memory):
        """The largest batch that fits."""
        low, high = (found["memory"] for found in self.found)
        return int(self.low + (memory - low) * (self.high - self.low) / (high - low))

    def share(self, device, batch, replicas):
        """The share of computing in a step of so many replicas, and its seconds."""
        own = max(1, batch // replicas)
        alone = device.seconds(self.at("operations", own), self.at("moved", own))
        whole = alone + device.exchange(self.found[0]["gradients"], replicas)
        return alone / whole, whole


def sizes(lines):
    """The table of what one step takes."""
    head = ["system", "batch", "weights", "TFLOP a step", "GB moved", "GB of memory"]
    head += [f"batch that fits {name}" for name in DEVICES]
    rows = []
    for name, line in lines.items():
        batch = SYSTEMS[name].batch
        values = (line.at(key, batch) / scale for key, scale in SCALES.items())
        fits = [max(0, line.most(device.memory)) for device in DEVICES.values()]
        weights = f"{line.found[0]['weights']:,}"
        rows.append([name, str(batch), weights, *(f"{v:.3g}" for v in values), *map(str, fits)])
    return markdown(head, rows)


SCALES = {"operations": 1e12, "moved": 1e9, "memory": 1e9}


def shares(lines):
    """The table of the share of computing, and the seconds of a step, for 1 to 512 replicas."""
    head, rows = ["system", "device", *map(str, REPLICAS)], []
    for name, line in lines.items():
        for title, device in DEVICES.items():
            cells = []
            for replicas in REPLICAS:
                batch = SYSTEMS[name].batch
                share, seconds = line.share(device, batch, replicas)
                fits = line.at("memory", max(1, batch // replicas)) <= device.memory
                cells.append(f"{share:.2f} ({1e3 * seconds:.3g} ms)" if fits else "-")
            rows.append([name, title, *cells])
    return markdown(head, rows)


def checks(out):
    """Steps that run here beside what is predicted, with the rate of this processor as the
    median of all."""
    found = {}
    for name, system in SMALL.items():
        for batch in (max(1, system.batch // 2), max(2, system.batch)):
            both = (kept(kind, name, batch, out) for kind in ("compiled", "timed"))
            found[name, batch] = {key: value for each in both for key, value in each.items()}
    rate = statistics.median(f["operations"] / f["seconds"] for f in found.values())
    head = ["step", "batch", "GFLOP", "ms", "ms predicted", "ratio", "MB", "MB predicted"]
    rows = []
    for (name, batch), f in found.items():
        predicted, grown = f["operations"] / rate, (f["after"] - f["before"]) / 1e6
        cells = [f"{f['operations'] / 1e9:.3g}", f"{1e3 * f['seconds']:.3g}"]
        cells += [f"{1e3 * predicted:.3g}", f"{f['seconds'] / predicted:.2f}"]
        cells += [f"{grown:.0f}", f"{f['memory'] / 1e6:.0f}"]
        rows.append([name, str(batch), *cells])
    return [*markdown(head, rows), "", f"One rate for all: {rate / 1e9:.0f} GFLOP/s."]


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--names", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--out", default="runs/scale", type=pathlib.Path)
    parser.add_argument("--checks", action="store_true", help="also time steps that run here")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/results.md")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        kind, name, batch = options.child
        find = {"compiled": compiled, "timed": timed}[kind]
        print(json.dumps(find({**SYSTEMS, **SMALL}[name], int(batch))))
        return
    lines = {name: Line(name, SYSTEMS[name], options.out) for name in options.names}
    tables = {"scale": sizes(lines), "replicas": shares(lines)}
    if options.checks:
        tables["scale checks"] = checks(options.out)
    for section, rows in tables.items():
        print("\n".join(rows), flush=True)
        if options.write:
            put(RESULTS, section, rows)


if __name__ == "__main__":
    main()
