"""The wheel in a new environment: one name is importable, and what the README promises works.

The environment shares the dependencies of this one; the project itself comes from the wheel.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile

import numpy as np
import pytest
from exports import ROOT

SOURCES = ("setup.py", "pyproject.toml", "README.md", "zoo", "training", "export", "saved_models")
SILENT = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
SILENT.pop("PYTHONPATH", None)
USERS_OWN = 'raise RuntimeError("this file is the user\'s own")\n'
LIGHT = """
import contextlib, io, sys
from zoo.training import cli
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    codes = [cli.main(["list"]), cli.main(["info", "vea"]), cli.main(["train", "vea"])]
    for words in (["--help"], ["--version"], ["train", "--help"]):
        try:
            cli.main(words)
        except SystemExit as ended:
            codes.append(ended.code)
assert codes == [0, 2, 2, 0, 0, 0], codes
assert not {"tensorflow", "keras"} & set(sys.modules)
"""
LOAD = """
import numpy
model = keras.models.load_model("model.keras")
numpy.save(PATH, model.sample(3, seed=0))
"""
ORDERS = {  # of imports, after each of which Keras loads a model
    "zoo": "import zoo, sys\nassert 'keras' not in sys.modules\nimport keras",
    "keras": "import keras\nimport zoo",
    "tensorflow": "import tensorflow\nimport zoo\nkeras = tensorflow.keras",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, made by pip from a copy of it."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, folder / name)
    words = ["pip", "wheel", ".", "--quiet", "--no-deps", "--no-build-isolation", "-w", "dist"]
    subprocess.run([sys.executable, "-m", *words], cwd=folder, env=SILENT, check=True)
    return next((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of commands of an environment in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    packages = pathlib.Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    shared = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "shared.pth").write_text("\n".join(shared))
    words = ["pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-deps"]
    words += ["--force-reinstall", wheel]
    subprocess.run([sys.executable, "-m", *map(str, words)], env=SILENT, check=True)
    return folder / "bin"


@pytest.fixture
def users(tmp_path):
    """A folder that holds a `training.py` and an `export/` of the user's own."""
    (tmp_path / "training.py").write_text(USERS_OWN)
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "__init__.py").write_text(USERS_OWN)
    return tmp_path


def run(folder, *words):
    """What a process in a folder prints; it must end with 0."""
    done = subprocess.run(
        list(map(str, words)), cwd=folder, env=SILENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def example():
    """The program of the README's first section."""
    text = (ROOT / "README.md").read_text().partition("## In twelve lines")[2]
    return text.partition("```python\n")[2].partition("```")[0]


def test_the_wheel_holds_one_package_and_its_types(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"zoo"}
    assert {"zoo/py.typed", "zoo/__init__.pyi", "zoo/catalogue.toml"} <= set(names)
    assert {"zoo/training/recipes/vae.yaml", "zoo/export/__init__.pyi"} <= set(names)
    stored = {name.split("/")[2] for name in names if name.startswith("zoo/saved_models/")}
    classifiers = {f"classifier_{name}" for name in ("cifar10", "digits", "fashion_mnist", "mnist")}
    assert stored == {*classifiers, "vae_digits"}


def test_a_wheel_has_a_preset_and_the_classifiers_of_measures(installed, tmp_path):
    words = "import zoo; print(zoo.list_presets(), zoo.from_preset('vae_digits').sample(2).shape)"
    assert run(tmp_path, installed / "python", "-c", words) == "['vae_digits'] (2, 8, 8, 1)\n"
    words = "from zoo.training.measures.classifiers import extractor; extractor('classifier:mnist')"
    run(tmp_path, installed / "python", "-c", words)


def test_nothing_but_zoo_is_importable_and_names_cost_no_tensorflow(installed, tmp_path):
    find = "import importlib.util as i, zoo; print(zoo.__file__, zoo.__version__, [n for n in "
    find += "('training', 'export', 'tests', 'benchmarks', 'descriptors') if i.find_spec(n)])"
    place, version, names = run(tmp_path, installed / "python", "-c", find).split(" ", 2)
    assert place.startswith(str(installed.parent)) and names.strip() == "[]"
    run(tmp_path, installed / "python", "-c", LIGHT)
    assert run(tmp_path, installed / "zoo", "--version").split() == ["zoo", version]


@pytest.mark.parametrize(
    "order", [pytest.param(n, marks=[pytest.mark.slow] * (n == "tensorflow")) for n in ORDERS]
)
def test_keras_loads_a_model_after_the_import_of_zoo(installed, users, order):
    import zoo

    model = zoo.create("vae", (8, 8, 1), 2, channels=(2, 4), seed=0)
    model.save(users / "model.keras")
    (users / "load.py").write_text(ORDERS[order] + LOAD.replace("PATH", "'samples.npy'"))
    run(users, installed / "python", "load.py")
    samples = np.load(users / "samples.npy")
    np.testing.assert_allclose(samples, model.sample(3, seed=0), atol=1e-6)


@pytest.mark.slow
def test_the_readme_and_the_command_run_beside_a_users_own_training_and_export(installed, users):
    lines = example()
    assert len([line for line in lines.splitlines() if line]) <= 12
    (users / "twelve.py").write_text(lines.replace("epochs=30", "epochs=1"))
    run(users, installed / "python", "twelve.py")
    assert (users / "vae.keras").is_file()
    run(users, installed / "zoo", "train", "vae", *"--data digits --epochs 3 --out r".split())
    assert (users / "r" / "model.keras").is_file()
