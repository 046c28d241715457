"""How long the statistics of a Frechet distance take, and how much memory.

    python -m benchmarks.measures [--write]

Images of 28 x 28 go through the classifier of MNIST batch by batch, each as it is made; each
count is measured in a process of its own. `--write` puts the table into docs/results.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.results import RESULTS, markdown, put

COUNTS, BATCH = (10_000, 40_000), 250
LIMIT = 15.0  # seconds of 10,000 images


def measure(count):
    """Seconds, seconds of all cores, and the growth of the peak of memory, MB."""
    import numpy as np

    from zoo.metrics.fid import FrechetDistance, Moments
    from zoo.training.measures.classifiers import FEATURES, extractor

    origin = Moments(np.zeros(FEATURES), np.eye(FEATURES), 2)
    metric = FrechetDistance(extractor("classifier:mnist"), origin)
    random = np.random.default_rng(0)

    def add(images):
        for _ in range(0, images, BATCH):
            metric.update_state(random.random((BATCH, 28, 28, 1), np.float32))

    add(4 * BATCH)  # what is allocated once
    metric.reset_state()
    before, clock, cores = peak(), time.perf_counter(), time.process_time()
    add(count)
    seen = metric.moments().count
    seconds, cpu = time.perf_counter() - clock, time.process_time() - cores
    return {"count": seen, "seconds": seconds, "cpu": cpu, "growth": peak() - before}


def peak():
    """The most memory that this process has held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.measures", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--count", type=int, help="measure this count here, and print it as JSON")
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    options = parser.parse_args(argv)
    if options.count:
        print(json.dumps(measure(options.count)))
        return 0
    command = [sys.executable, "-m", "benchmarks.measures", "--count"]
    found = []
    for count in COUNTS:
        done = subprocess.run([*command, str(count)], capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    lines = table(found)
    print("\n".join(lines))
    if options.write:
        put(RESULTS, "measures", lines)
    return int(found[0]["seconds"] > LIMIT)


def table(found):
    """One line for each count."""
    head = ("images", "seconds", "seconds of all cores", "growth of the peak of memory, MB")
    kinds = {"count": "d", "seconds": ".1f", "cpu": ".1f", "growth": ".0f"}
    return markdown(head, [[f"{row[key]:{kind}}" for key, kind in kinds.items()] for row in found])


if __name__ == "__main__":
    raise SystemExit(main())
