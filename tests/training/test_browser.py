"""The report of a model in a real browser: it opens from disk, whole, and asks for nothing.

Needs `pip install playwright` and a Chromium: CHROMIUM names it, or the PATH has it.
"""

import os
import shutil

import numpy as np
import pytest
from descriptors import ROWS, trained

from zoo.training import data as datasets
from zoo.training.measures import Subject, measured
from zoo.training.reporting import report

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


def data_for(model):
    """Built-in data of the shape of a tiny model, or noise of that shape."""
    if model.targets in ("pair", "domain"):
        return datasets.load("digits_inverted", limit=60)
    digits = datasets.load("digits", limit=60)
    if model.data_shape == digits.data_shape:
        return digits
    rows = np.random.default_rng(0).random((80, *model.data_shape), np.float32)
    return datasets.from_arrays(rows[:40], rows[40:])


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_a_report_shows_everything_without_a_network(name, browser, tmp_path):
    model, _ = trained(name)
    subject = Subject(model, data_for(model), count=20)
    pages, found = (
        report.figures(subject, {"loss": [2.0, 1.0]}),
        measured(subject, ["mmd", "codes"]),
    )
    path = report.write(tmp_path / "report.html", name, "paper", pages, found, "model: tiny")
    page, asked, wrong = browser.new_page(viewport={"width": 1200, "height": 900}), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri(), wait_until="load")
    widths = page.eval_on_selector_all("img", "all => all.map(i => [i.naturalWidth, i.width])")
    text, (inner, outer) = (
        page.inner_text("body"),
        page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]"),
    )
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    page.close()
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()] and not wrong
    assert len(widths) == len(pages) and all(min(pair) > 20 for pair in widths)
    assert inner <= outer, "it can be read without scrolling sideways"
    assert all(figure.title in text for figure in pages)
    assert all(metric in text and row["meaning"] in text for metric, row in found.items())
