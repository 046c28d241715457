"""What tests of exported models share: small models, and processes of their own."""

import json
import os
import pathlib
import subprocess
import sys

import tensorflow as tf

import zoo
from zoo import export
from zoo.export import probes
from zoo.gan.base import AdversarialModel

ROOT = pathlib.Path(export.__file__).resolve().parents[1]
UNTIMED = [number for number in probes.PROBES if number != "F55"]
NAMES = ("vae", "mask_aae", "rae", "wgan_gp")


class Labelled(AdversarialModel):
    """A generator that is told a class, or draws one where the label is -1."""

    verbs = {"sample": ("count", "labels", "seed"), "classify": ("x",), "encode": ("x",)}
    targets, num_classes, unknown_labels = "labels", 3, ("sample",)

    def sample(self, count, labels, seed=None):
        with self.noise.serving(seed, count):
            drawn = tf.cast(self.noise.uniform([count, 1])[:, 0] * 3.0, tf.int32)
            kind = tf.one_hot(tf.where(labels < 0, drawn, labels), self.latent_dim)
            return self.generator(kind + 0.1 * self.noise.normal([count, self.latent_dim]))

    def classify(self, x):
        return tf.nn.softmax(self.judge(x, None, False)[:, None] * tf.range(3.0))

    def encode(self, x):
        return tf.reduce_mean(x, [2, 3])[:, :3]


def tiny(name):
    """A model of images of 8 by 8 pixels, always with the same weights."""
    return zoo.create(name, (8, 8, 1), 3, channels=(4, 8), hidden=(8,), seed=1)


def labelled():
    """The same of a model that takes labels."""
    return Labelled.for_data((8, 8, 1), 3, channels=(4, 8), hidden=(8,), seed=1)


def run(*words, **options):
    """Python with these words, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        env=environment,
        **options,
    )


class Apart:
    """A process that imports TensorFlow alone and checks one version after another.

    It is what `export.apart.run` starts for each, without the seconds of starting it.
    """

    CODE = """
import contextlib, io, json, sys
from zoo.export import apart
apart.bar()
apart.is_fresh = lambda: True
import tensorflow
from zoo.export import check
for line in sys.stdin:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = check.main(json.loads(line))
    assert all(sys.modules[name] is None for name in apart.barred())
    print(json.dumps([code, said.getvalue()]), flush=True)
"""

    def __init__(self):
        self.child = subprocess.Popen(
            [sys.executable, "-c", self.CODE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip

    def run(self, module, *words):
        """What `export.apart.run` gives."""
        assert module == "zoo.export.check"
        print(json.dumps(words), file=self.child.stdin, flush=True)
        code, said = json.loads(self.child.stdout.readline())
        return subprocess.CompletedProcess(words, code, said, "")

    def close(self):
        """Ends the process."""
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()
