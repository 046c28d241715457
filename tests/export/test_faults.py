"""Exports that are killed, disks that are full, and everything a client can do wrong.

The numbers are those of the promises that `zoo serve-check` prints.
"""

import random
import re
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import tensorflow as tf
from descriptors import ROWS
from exports import ROOT, UNTIMED, tiny
from killed import PLAIN, Forks

from zoo import export
from zoo.export import manifest, probes, saved_model, serve_check, staging, warmup
from zoo.training import cli

FULL = """
import shutil, sys
import numpy as np
import tensorflow as tf
from zoo.export import load, saved_model

class Plain:
    def __init__(self, megabytes):
        self.weight = tf.Variable(np.ones((megabytes, 1 << 18), np.float32))

    def signatures(self):
        spec = tf.TensorSpec((None,), tf.float32, "z")
        return {"decode": (lambda z: {"x": z[:, None] * self.weight[0, :3]}, {"z": spec})}

directory = sys.argv[1]
saved_model._check = lambda *arguments: None
saved_model.save(Plain(20), directory)
for known in (shutil.disk_usage, lambda path: shutil._ntuple_diskusage(1 << 40, 0, 1 << 40)):
    shutil.disk_usage = known
    try:
        saved_model.save(Plain(40), directory)
    except OSError as error:
        print(error)
print(load(directory).decode(z=[2.0]).tolist())
"""


class Reader(threading.Thread):
    """Loads every version as soon as its folder can be seen, as a server would."""

    def __init__(self, directory):
        super().__init__(daemon=True)
        self.directory, self.seen, self.broken, self.ended = directory, set(), [], False

    def run(self):
        while not self.ended:
            for path in {p for p in self.directory.iterdir() if p.name.isdecimal()} - self.seen:
                self.seen.add(path)
                try:
                    wrong = self.problems(path)
                except Exception as error:
                    wrong = [repr(error)]
                self.broken += [f"{path.name}: {each}" for each in wrong]
            time.sleep(0.005)

    def problems(self, path):
        served, requests = tf.saved_model.load(str(path)).signatures, warmup.read(path)
        missing = set(served) - {"serving_default"} - {name for name, _ in requests}
        name, inputs = requests[0]
        served[name](**{key: tf.constant(value) for key, value in inputs.items()})
        return manifest.problems(path) + [f"no warm-up of {name}" for name in missing]


def written(pattern):
    """The moment when such a file has appeared."""

    def wait(directory):
        until = time.monotonic() + 60.0
        while not list(directory.glob(pattern)) and time.monotonic() < until:
            time.sleep(0.001)

    return wait


def later(seconds):
    """That many seconds later."""
    return lambda directory: time.sleep(seconds)


@pytest.fixture(scope="module")
def forks():
    process = Forks()
    yield process
    process.close()


def whole(forks, directory, model, checked):
    """Seconds that an export takes from its beginning to the next."""
    with forks.exporting(model, directory, checked, 1):
        start = time.monotonic()
        forks.next()
        return time.monotonic() - start


def no_version_is_ever_broken(forks, directory, moments):
    """The figures of F03: what was left behind and how many versions were seen.

    A moment is a model, whether the process that checks is to be started, which export is
    to be killed, and a function that waits once that has begun.
    """
    reader = Reader(directory)
    reader.start()
    for model, checked, number, wait in moments:
        with forks.exporting(model, directory, checked, number):
            wait(directory)
    left = list(directory.glob(f"{staging.STAGING}*"))
    with staging.staged(directory):  # the next export
        assert not [path for path in left if path.exists()]
    time.sleep(0.5)
    reader.ended = True
    reader.join()
    assert reader.broken == []
    return len(left), len(reader.seen)


def test_killed_exports_leave_no_broken_version(tmp_path, forks):
    names = ("variables", "assets.extra/manifest.json")
    moments = [(PLAIN, True, 1, written(f".staging-*/{name}")) for name in names]
    left, versions = no_version_is_ever_broken(forks, tmp_path, moments)
    assert (left, versions) == (1, 0)  # the second export has removed what the first left


@pytest.mark.fault
def test_fifty_killed_exports_leave_no_broken_version(tmp_path, forks):
    """Each model of the catalogue once, and others that do little but write."""
    drawn = random.Random(0)
    checked, written = (whole(forks, tmp_path, *how) for how in (("vae", True), (PLAIN, False)))
    moments = [(name, True, 1, later(drawn.uniform(0.0, 1.2 * checked))) for name in ROWS]
    for _ in range(50 - len(ROWS)):
        number, wait = drawn.choice([1, 2, 3, 4]), later(drawn.uniform(0.0, 1.2 * written))
        moments.append((PLAIN, False, number, wait))
    drawn.shuffle(moments)
    _, versions = no_version_is_ever_broken(forks, tmp_path, moments)
    assert len(moments) == 50 and versions > sum(number - 1 for _, _, number, _ in moments)


@pytest.mark.fault
def test_a_full_disk_leaves_the_version_before(tmp_path):
    mounted = ["unshare", "-Urm", "sh", "-c", f'mount -t tmpfs -o size=45m none {tmp_path} && "$@"']
    if subprocess.run([*mounted, "sh", "true"], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    script = f"{FULL}\nimport os; print(sorted(os.listdir(directory)))"
    done = subprocess.run(
        [*mounted, "sh", sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    beforehand, while_writing, answer, names = done.stdout.splitlines()
    for line in (beforehand, while_writing):
        assert re.search(r"must have \d+ bytes free. Received: .*, \d+ bytes free; nothing", line)
        assert str(tmp_path) in line
    assert (answer, names) == ("[[2.0, 2.0, 2.0]]", "['1']"), done.stderr[-2000:]


def test_serve_check_passes_and_prints_a_table(root, alone):
    said = serve_check.table(serve_check.audit(root / "labelled", only=UNTIMED))
    for number in UNTIMED:
        assert re.search(rf"^{number} .* yes ", said, re.M), said


def test_many_clients_at_once_meet_no_error(served):
    problems, figures = probes.load(served["vae"], 1.0)
    assert not [p for p in problems if "errors" in p] and "calls" in figures


class Unguarded:
    """A model whose graph checks nothing, picks its class by `gather` and calls Python."""

    def signatures(self):
        weight = tf.Variable(np.ones((4, 3), np.float32))

        def sample_n(count, seed):
            return {"x": tf.cast(seed, tf.float32) + tf.zeros((tf.minimum(count, 2000), 3))}

        def decode(z):
            return {"x": tf.numpy_function(np.exp, [z], tf.float32)}

        def sample(seed, label):
            return {
                "x": tf.gather(weight, tf.minimum(tf.abs(label), 3))
                * tf.cast(seed, tf.float32)[:, None]
            }

        one, z = tf.TensorSpec((), tf.int64, "seed"), tf.TensorSpec((None, 2), tf.float32, "z")
        label = {"inputs": {"label": {"from": 0, "to": 2}}}
        rows = {
            n: tf.TensorSpec((None,), t, n) for n, t in (("seed", tf.int64), ("label", tf.int32))
        }
        return {
            "sample_n": (sample_n, {"count": tf.TensorSpec((), tf.int32, "count"), "seed": one}),
            "decode": (decode, {"z": z}),
            "sample": (sample, rows, label),
        }


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unguarded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saved_model, "_check", lambda *arguments: None)
        export.save(Unguarded(), folder)
    return export.load(folder)


@pytest.mark.parametrize(
    "probe, words",
    [
        ("F50", "sample_n answers for"),
        ("F51", "decode fails for"),
        ("F52", "sample answers for"),
        ("F57", "PyFunc"),
    ],
)
def test_a_graph_without_guards_is_found_out(unguarded, probe, words):
    problems, _ = probes.PROBES[probe](unguarded)
    assert any(words in problem for problem in problems), problems


def test_changed_words_numbers_and_requests_are_found_out(models, tmp_path, unchecked):
    folder = export.save(models["wgan_gp"], tmp_path)
    for name, old, new in (
        ("signatures.json", '"float32"', '"float64"'),
        ("expected.json", '"values": [', '"values": [9,'),
    ):
        path = folder / "assets.extra" / name
        path.write_text(path.read_text().replace(old, new, 1))
    (folder / warmup.WARMUP).unlink()
    shutil.rmtree(folder / "assets")
    manifest.write(folder, weight_bytes=1)  # so that it loads at all
    served = export.load(folder)
    for number, words in (
        ("F53", "told"),
        ("F56", "KeyError"),
        ("F57", "bytes of variables are stored"),
        ("F57b", "no warm-up request for"),
    ):
        (row,) = serve_check.audit(folder, only=[number])
        assert any(words in problem for problem in row["problems"]), (number, row)
    assert served.sample(seed=[1]).shape == (1, 8, 8, 1)


@pytest.mark.fault
def test_many_clients_at_once_get_their_answers_in_time(tmp_path, capsys):
    export.save(tiny("vae"), tmp_path)
    code = cli.main(["serve-check", str(tmp_path), "--seconds", "60"])
    assert code == 0, capsys.readouterr().out
