"""Runs experiments of the papers and draws what comes out.

    python -m benchmarks.experiments E1 [--data-dir DIR] [--write]
    python -m benchmarks.experiments E10 --data-dir DIR --seeds 1 --steps 500

Every training is kept in runs/experiments: interrupted, the command goes on with the next.
Plots go to docs/experiments; `--write` puts the tables into docs/experiments.md.
"""

import argparse
import importlib
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

EXPERIMENTS = {
    "E1": "sizes",
    "E2": "masks",
    "E4": "dependence",
    "E6": "capacities",
    "E7": "embeddings",
    "E9": "radius",
    "E10": "label_efficiency",
    "E12": "manifold",
    "E13": "minimax",
    "E14": "denoising",
    "E15": "transfer",
    "E16": "lesions",
}
DOCS = pathlib.Path(__file__).parents[2] / "docs"


def main(argv=None):
    import tensorflow as tf

    from benchmarks.experiments import runs
    from benchmarks.results import put

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.experiments", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("names", nargs="+", choices=EXPERIMENTS, metavar="NAME")
    parser.add_argument("--data-dir", help="where TFDS data lie (all but E1 and E7: mnist)")
    parser.add_argument("--threads", type=int, default=1, help="of one operation (default 1)")
    reduced = "smaller than the experiment's own (E9, E10, E12)"
    parser.add_argument("--steps", type=int, help=f"of each training, {reduced}")
    parser.add_argument("--seeds", type=int, help=f"how many, {reduced}")
    parser.add_argument("--write", action="store_true", help="put tables into docs/experiments.md")
    options = parser.parse_args(argv)
    runs.REDUCED.update(steps=options.steps, seeds=options.seeds)
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for name in options.names:
        experiment = importlib.import_module(f"benchmarks.experiments.{EXPERIMENTS[name]}")
        rows = experiment.results(options.data_dir)
        experiment.draw(rows, DOCS / "experiments" / f"{EXPERIMENTS[name]}.png")
        lines = experiment.table(rows)
        print("\n".join(lines), flush=True)
        if options.write:
            put(DOCS / "experiments.md", name, lines)


if __name__ == "__main__":
    main()
