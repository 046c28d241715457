"""Configs and names that are wrong, hostile or drawn at random: one line, nothing written.

What has the figures of F40 to F44 runs in a process of its own, where files that are opened
to be written, processes and sockets are heard of.
"""

import json
import pathlib
import random
import subprocess
import sys
import time

import pytest
import yaml

from zoo.catalogue import ENTRIES
from zoo.contract import settings
from zoo.training import build, cli, data
from zoo.training.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEARD = """
import contextlib, io, json, os, sys
root, commands = sys.argv[1], json.loads(sys.argv[2])
heard, said = [], []

def hear(event, given):
    if event == "open" and isinstance(given[0], (str, bytes)):
        writes = isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        path = os.path.abspath(os.fsdecode(given[0]))
        if writes and not path.startswith((root + os.sep, "/dev/null")):
            heard.append(f"writes {path}")
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink"):
        if not os.path.abspath(os.fsdecode(given[0])).startswith(root + os.sep):
            heard.append(f"{event} {given[0]}")
    elif event.startswith(("socket.connect", "subprocess", "os.system", "os.exec", "os.spawn")):
        heard.append(event)

from zoo.training import cli
if len(sys.argv) > 3:  # what they write of their own
    import matplotlib.pyplot, keras, zoo.registry, zoo.training.run, tensorflow_datasets
    tensorflow_datasets.list_builders(with_community_datasets=False)
sys.addaudithook(hear)
for argv in commands:
    error = io.StringIO()
    with contextlib.redirect_stderr(error):
        try:
            code = cli.main(argv)
        except BaseException as wrong:
            code = repr(wrong)
    said.append([code, error.getvalue().splitlines()])
most = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
megabytes = int(most.split()[1]) / 1024
print(json.dumps([said, heard, megabytes, "tensorflow" in sys.modules]))
"""


def heard(root, commands, *more):
    """What commands said, in one process; what else they did; its memory; whether TensorFlow."""
    argv = [sys.executable, "-c", HEARD, str(root), json.dumps(commands), *more]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def all_refused(said, commands, words=None):
    """Whether each command said one line, with its words, and exited with 2."""
    for (code, lines), argv, word in zip(said, commands, words or [""] * len(said), strict=True):
        assert code == 2 and len(lines) == 1 and word in lines[0], (argv, code, lines)


UNKNOWN = {  # command -> the nearest name, or what is accepted
    "info vea": "vae",
    "train wgangpp": "wgan_gp",
    "train vae --data digist": "digits",
    "tune betavea": "beta_vae",
    "tune vae --objective val_fdi": "",
    "tune vae --objective fid": "val_fid",
    "tune vae --tuner randm": "random",
    "evaluate run --metrics fdi": "fid",
    "list --family gna": "gan",
}


@pytest.mark.fault
@pytest.mark.parametrize("words", [w for w, nearest in UNKNOWN.items() if nearest])
def test_unknown_names_are_refused_within_two_seconds(words, tmp_path):
    """F40: exit 2, the nearest names, no TensorFlow; less than 2 s of one core."""
    argv = [*words.split(), *(["--out", "out"] if words[0] == "t" else [])]
    code = (
        "import sys; from zoo.training.cli import main; code = main(sys.argv[1:]); import resource"
    )
    code += "; used = resource.getrusage(resource.RUSAGE_SELF); spent = used.ru_utime"
    code += "; print(code, spent + used.ru_stime, 'tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], cwd=tmp_path, capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    code, seconds, heavy = done.stdout.split()
    assert (code, heavy) == ("2", "False") and float(seconds) < 2.0, done.stdout
    assert UNKNOWN[words] in done.stderr and len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_objective_that_no_model_logs_is_refused_before_it_is_searched(tmp_path):
    """F40: as the logs of the model are known only then."""
    from zoo.training.tuning import search

    with pytest.raises(ValueError, match="`objective` must be .*'val_fdi'. Nearest: val_fid"):
        search.search("vae", tmp_path / "out", "val_fdi", latent_dim=2, limit=200)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name, objective",
    [("nsgan", "val_nac"), ("nsgan", "val_likelihood"), ("rae", "val_likelihood")],
)
def test_an_objective_that_does_not_apply_is_refused_before_it_is_searched(
    name, objective, tmp_path
):
    from zoo.training.tuning import search

    with pytest.raises(ValueError, match=f"`objective` must be .*{objective}', which does not"):
        search.search(name, tmp_path / "out", objective, latent_dim=2, limit=200)
    assert list(tmp_path.iterdir()) == []


VAE = "model: {name: vae}\n"
HOSTILE = {  # name -> text of a config, what is said of it
    "name": ("model: {name: no}", "quote it"),
    "twice": (VAE + "epochs: 3\nepochs: 4", "line 3: `epochs` must be given once"),
    "tab": ("model:\n  name: vae\n\tepochs: 3", "line 3"),
    "bomb": ("a: &a [1]\n" + "".join(f"b{n}: [*a, *a]\n" for n in range(8)), "line 2"),
    "python": (VAE + "data: !!python/object/apply:os.system ['touch ran']", "YAML"),
    "deep": ("[" * 20_000, "levels"),
    "deeper": ("model: " + "{a: " * 5000 + "1" + "}" * 5000, "levels"),
    "config": (VAE + "config: /etc/passwd", "line 2: `config` must not be in a config"),
    "merge": (VAE + "<<: {epochs: 3}", "line 2: `<<` must not be"),
    "two": (VAE + "---\n" + VAE, "single document"),
    "list": ("- 1", "names and values"),
    "nothing": ("", "names and values"),
    "no text": ("\udcff\udcfe", "YAML"),
    "large": ("x" * 200_000, "bytes"),
    "date": (VAE + "data: 2020-01-01", "quote it"),
    "unhashable": (VAE + "? [a, b]\n: 1", "YAML"),
}


@pytest.mark.fault
def test_hostile_configs_are_refused_in_little_memory_and_run_nothing(tmp_path):
    """F41: 0 code runs, file and line or key are named, less than 300 MB."""
    commands, words = [], []
    for name, (text, said) in HOSTILE.items():
        (tmp_path / f"{name}.yaml").write_text(text, errors="surrogateescape")
        commands.append(["train", "--config", f"{tmp_path / name}.yaml", "--out", f"{tmp_path}/o"])
        words.append(said)
    with open(tmp_path / "100 MB.yaml", "wb") as file:
        file.truncate(100_000_000)
    for path in (tmp_path / "100 MB.yaml", "/dev/zero", tmp_path, tmp_path / "none.yaml"):
        commands.append(["train", "--config", str(path), "--out", f"{tmp_path}/o"])
        words.append("config")
    said, done, megabytes, heavy = heard(tmp_path, commands)
    all_refused(said, commands, words)
    assert done == [] and megabytes < 300 and not heavy
    assert not (tmp_path / "o").exists() and not (tmp_path / "ran").exists()


WRONG = {  # further lines of a config -> what is said
    "epoch: 3": "Nearest: --epochs",
    "epochs: [1]": "`epochs` must be an integer",
    "seed: 1.5": "`seed` must be an integer",
    "jit_compile: maybe": "`jit_compile` must be true or false",
    "learning_rate: x": "`learning_rate` must be a number",
    "learning_rate: .nan": "`learning_rate` must be above 0",
    "learning_rate: 0": "`learning_rate` must be above 0",  # F43 from here on
    "learning_rate: -2e-4": "`learning_rate` must be above 0",
    "latent_dim: 0": "`latent_dim` must be a positive integer",
    "batch_size: 0": "`batch_size` must be a positive integer",
    "epochs: -1": "`epochs` must be a positive integer",
    "size: 0": "`size` must be a positive integer",
    "latent_dim: 2000000000": "must hold at most 300,000,000 numbers",  # F46
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_settings_are_refused_by_name(line, tmp_path, capsys):
    """F41 and F43: the bound is named, and nothing is written."""
    text = VAE + line
    (tmp_path / "run.yaml").write_text(text)
    argv = ["train", "--config", str(tmp_path / "run.yaml"), "--out", str(tmp_path / "out")]
    assert cli.main(argv) == 2
    said = capsys.readouterr().err
    assert WRONG[line] in said and len(said.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run.yaml"]


def test_numbers_that_yaml_takes_for_words_are_numbers(tmp_path, capsys):
    """F41: 2e-4 has no point, so PyYAML reads a string; here it is a rate."""
    (tmp_path / "run.yaml").write_text("model: {name: beta_vae, beta: 2e-1}\nlearning_rate: 2e-4\n")
    with pytest.raises(SystemExit):
        cli.main(["train", "--config", str(tmp_path / "run.yaml"), "--print_config"])
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["learning_rate"] == 0.0002 and printed["model"]["beta"] == 0.2


NAMES = ["../../etc", "/etc", "..", "a\0b", "x" * 300, "CON", "y/../..", "dіgits", "vаe", "out/.."]


@pytest.mark.fault
def test_names_lead_nowhere_else(tmp_path):
    """F44: 0 writes outside of the folder that was given."""
    root, out = tmp_path / "root", str(tmp_path / "root" / "out")
    root.mkdir()
    (root / "link").symlink_to("/etc")
    commands = []
    for name in NAMES:
        commands += [["train", name, "--out", out], ["info", name], ["list", "--family", name]]
        commands += [["train", "vae", "--data", name, "--data-dir", str(root), "--out", out]]
        commands += [["tune", "vae", "--objective", name, "--out", out]]
        commands += [["evaluate", "none", "--metrics", name], ["sample", f"{root}/{name}"]]
        commands += [["export", f"{root}/{name}", "--to", out]]
    commands += [["train", "vae", "--out", f"{root}/{n}"] for n in ("a\0b", "x" * 300, "link")]
    said, done, _, _ = heard(root, commands, "data")
    all_refused(said, commands)
    assert done == [] and [path.name for path in root.iterdir()] == ["link"]


WORDS = ["vae", "../x", "", "no", "a\0b", "stop", "rollback", "one", "tpu", "mirrored", "digits"]
NUMBERS = [0, 1, -1, 2, 7, 64, 10**12, 2.5, 1e-4, -0.0, 1e400, float("nan"), 2**31]
OTHERS = [None, True, False, [], {}, [1, 2], {"a": 1}, {"autoencoder": 1e-3}]


def drawn(chosen, name, likely):
    """The fields of a config, most of them as they should be."""
    cls = build_class(name)
    own = {"name": name if chosen.random() < 0.98 else chosen.choice([*WORDS, *OTHERS])}
    fields = {"model": own if chosen.random() < 0.98 else chosen.choice([*WORDS, *OTHERS])}
    for key, setting in settings.of(cls).items():
        if chosen.random() < 0.4:
            own[key] = setting.default
        if chosen.random() < likely:
            own[key] = chosen.choice([*WORDS, *NUMBERS, *OTHERS])
    for field in Config.__dataclass_fields__:
        if field not in ("model", "settings") and chosen.random() < likely:
            fields[field] = chosen.choice([*WORDS, *NUMBERS, *OTHERS])
    return fields


def build_class(name):
    import zoo

    return zoo.model_class(name)


def accepted(fields):
    """The config of these fields, or None where it is refused in words of ours."""
    try:
        config = Config.from_dict(fields)
        settings.of_config(build_class(config.model), config.settings)
    except ValueError as error:
        assert any(word in str(error) for word in ("Received: ", "Nearest: ")), error
        return None
    return config


@pytest.mark.fault
def test_ten_thousand_drawn_configs_are_refused_in_our_words_or_can_be_built():
    """F42: 0 tracebacks of 10,000; of those that are accepted, 60 are built or refused."""
    chosen, kept, refused, built = random.Random(0), [], 0, 0
    names = [entry.name for entry in ENTRIES]
    for number in range(10_000):
        fields = drawn(chosen, names[number % len(names)], (0.02, 0.1, 0.3)[number % 3])
        config = accepted(fields)
        refused += config is None
        kept += [] if config is None else [config]
    assert 3000 < refused < 9500
    sets = {name: data.load(name, limit=200) for name in ("digits", "digits_inverted", "shapes")}
    began = time.monotonic()
    for config in chosen.sample([c for c in kept if c.strategy == "one" and not c.jit_compile], 60):
        cls = build_class(config.model)
        name = {"pair": "shapes", "domain": "digits_inverted"}.get(cls.targets, "digits")
        if 3 not in cls.data_ranks or time.monotonic() - began > 90:
            continue
        try:
            build.prepared(config, sets[name])
            built += 1
        except ValueError as error:
            assert "Received" in str(error), (config, error)
    print(f"{refused} refused, {built} of {len(kept)} built")
    assert built > 20
