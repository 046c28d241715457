"""Remakes the published tables 1 to 5 with the same networks, steps and batch for every row.

    python -m benchmarks.tables 3 --data mnist --seeds 0 1 2 --data-dir DIR [--write]

Every cell that is measured becomes a row of benchmarks/tables/cells.csv at once: stopped, the
command goes on with the next. Tables 2 and 4, and most of table 1, are of the runs of table 3.
`--write` puts tables and rank correlations into docs/results.md.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.tables import cells, models, report

OF_TABLE = {  # titles of the rows that a table trains
    1: models.TABLE_1,
    2: ("WAE-GAN", "MaskAAE"),
    3: (*models.TABLE_3, *models.FURTHER),
    4: ("VAE", "2-S VAE", "RAE + GMM", "MaskAAE", "FlexAE"),
    5: (),
}
DATA = ("mnist", "fashion_mnist", "cifar10")


def train(number, name, seeds, data_dir, titles=None, steps=cells.STEPS):
    """Measures what a table needs of a data set and is not measured after so many steps."""
    for seed in seeds:
        for title in titles or OF_TABLE[number]:
            if title in models.ROWS and models.available(title):
                cells.run(models.ROWS[title], name, seed, data_dir, steps=steps)
        for capacity in models.LAYERS if number == 5 else ():
            row, size = models.with_prior(*capacity), f"{models.SHARE:.0%}"
            cells.run(row, name, seed, data_dir, models.SHARE, size, steps)


def main(argv=None):
    import tensorflow as tf

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tables", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("numbers", nargs="*", type=int, choices=OF_TABLE, metavar="NUMBER")
    parser.add_argument("--data", nargs="+", default=DATA, choices=DATA)
    parser.add_argument("--data-dir", help="where TFDS data lie")
    parser.add_argument("--seeds", nargs="+", type=int, default=(0,), metavar="SEED")
    parser.add_argument("--rows", nargs="+", metavar="TITLE", help="titles; default: all")
    parser.add_argument("--steps", type=int, default=cells.STEPS, help="default 12,000")
    parser.add_argument("--write", action="store_true", help="put tables into docs/results.md")
    options = parser.parse_args(argv)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for number in options.numbers:
        for name in options.data:
            train(number, name, options.seeds, options.data_dir, options.rows, options.steps)
        lines = report.TABLES[number](cells.read(options.steps))
        print("\n".join(lines), flush=True)
        if options.write:
            report.write(number, lines)


if __name__ == "__main__":
    main()
