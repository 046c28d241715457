"""The script of the README draws a picture with TensorFlow alone."""

import os
import runpy
import subprocess
import sys

import numpy as np
from exports import ROOT

import zoo
from zoo.export import check


def script():
    """The lines between the markers of the README."""
    text = (ROOT / "README.md").read_text().partition("<!-- draw.py -->")[2]
    return text.partition("<!-- end draw.py -->")[0].strip().strip("`").removeprefix("python\n")


def shown(file, side, number):
    """One of the images in a square of 8 by 8."""
    row, column = number // 8 * side, number % 8 * side
    return check.pixels(file.read_bytes())[row : row + side, column : column + side]


def test_the_script_of_the_readme_draws_a_preset_with_tensorflow_alone(tmp_path):
    assert len(script().splitlines()) <= 30
    file, alone = tmp_path / "draw.py", "import sys; sys.modules.update(zoo=None, keras=None)\n"
    file.write_text(alone + script())
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    preset = ROOT / "saved_models" / "vae_mnist"
    words = [sys.executable, file, preset / "1", tmp_path / "samples.png"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("64 images of 28 x 28")
    expected = zoo.load_preset("vae_mnist").sample(64, seed=np.arange(64)).numpy()
    for number in (0, 10, 63):
        found = shown(tmp_path / "samples.png", 28, number)
        assert abs(found - expected[number]).max() < 0.51 / 255


def test_the_script_of_the_readme_draws_any_class_of_a_model_of_labels(
    root, served, tmp_path, monkeypatch
):
    (tmp_path / "draw.py").write_text(script())
    words = ["draw.py", str(root / "labelled" / "1"), str(tmp_path / "samples.png")]
    monkeypatch.setattr(sys, "argv", words)
    runpy.run_path(str(tmp_path / "draw.py"))
    expected = served["labelled"].sample(seed=range(64), label=[-1] * 64)
    assert abs(shown(tmp_path / "samples.png", 8, 10) - expected[10]).max() < 0.51 / 255
