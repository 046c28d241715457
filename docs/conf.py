"""The documentation site: `make docs` builds it into build/docs."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import pages  # noqa: E402  # beside this file

import zoo  # noqa: E402

project, author = "Keras generative zoo", "The zoo's developers"
release = zoo.__version__
extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]
html_theme = "furo"
html_title = f"{project} {release}"
html_theme_options = {"navigation_with_keys": True}
html_static_path = []
suppress_warnings = ["myst.header", "misc.highlighting_failure"]


def setup(app):
    """Writes the pages that are made from the code before Sphinx reads any."""
    app.connect("builder-inited", lambda app: pages.write(HERE))
