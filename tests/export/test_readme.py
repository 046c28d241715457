"""The script of the README draws a picture with TensorFlow alone."""

import os
import subprocess
import sys

from exports import ROOT

from export import check


def script():
    """The lines between the markers of the README."""
    text = (ROOT / "README.md").read_text().partition("<!-- draw.py -->")[2]
    return text.partition("<!-- end draw.py -->")[0].strip().strip("`").removeprefix("python\n")


def test_the_script_of_the_readme_draws_what_the_model_samples(root, served, tmp_path):
    assert len(script().splitlines()) <= 30
    file, alone = tmp_path / "draw.py", "import sys; sys.modules.update(zoo=None, keras=None)\n"
    file.write_text(alone + script())
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    words = [sys.executable, file, root / "labelled" / "1", tmp_path / "samples.png"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("64 images of 8 x 8")
    drawn = check.pixels((tmp_path / "samples.png").read_bytes())
    images = served["labelled"].sample(seed=range(64), label=[-1] * 64)
    assert drawn.shape == (64, 64, 1)
    assert abs(drawn[8:16, 16:24] - images[10]).max() < 0.51 / 255
