"""Pages of the site that are made from the code."""

import importlib.util
import shutil

import pytest
from exports import ROOT

import zoo


@pytest.fixture(scope="module")
def pages():
    spec = importlib.util.spec_from_file_location("pages", ROOT / "docs" / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_model_and_every_public_name_has_a_page(pages, tmp_path):
    shutil.copytree(ROOT / "docs" / "gallery", tmp_path / "docs" / "gallery")
    shutil.copyfile(ROOT / "docs" / "results.md", tmp_path / "docs" / "results.md")
    pages.write(tmp_path / "docs")
    models = {path.stem for path in (tmp_path / "docs" / "models").glob("*.md")}
    assert models == {*zoo.list_models(), "index", "gallery"}
    papers = {entry.class_name for entry in zoo.catalogue.ENTRIES}
    named = {path.stem for path in (tmp_path / "docs" / "reference").glob("*.md")}
    for name, _ in pages.public("zoo"):
        assert name in papers or f"zoo.{name}" in named
    index = (tmp_path / "docs" / "models" / "index.md").read_text()
    assert all(f"({name}.md)" in index for name in zoo.list_models())


def test_a_docstring_keeps_its_formulas_and_lists_its_arguments(pages):
    text = (
        "Does f_1.\n\n    a = |x|_1\n      + b*\n\nArgs:\n    x: one,\n        two.\n    y: three."
    )
    lines = "\n".join(pages.docstring(text))
    assert "Does f\\_1." in lines
    assert "```text\na = |x|_1\n  + b*\n```" in lines
    assert "- x: one, two.\n- y: three." in lines


def test_examples_are_shown_as_they_are_typed(pages):
    lines = "\n".join(pages.docstring("Adds.\n\n>>> f(1)\n2"))
    assert "```pycon\n>>> f(1)" in lines
