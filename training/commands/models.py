"""`zoo list`, `info`, `recipes`, `data`, `new` and `completion`: what needs no TensorFlow."""

import pathlib

from zoo import catalogue


def list_models(given, named):
    """The models, or the presets."""
    from zoo.training import describe

    print(describe.presets() if given.presets else describe.models(given.family))


def info(given, named):
    """One model."""
    catalogue.find(given.model)
    from zoo.training import describe

    print(describe.model(given.model))


def recipes(given, named):
    """The recipes."""
    from zoo.training import describe

    print(describe.recipes())


def survey(given, named):
    """A data set: what it holds, a picture, and the command that trains on it."""
    from zoo.training.data.survey import survey as look
    from zoo.training.reporting.drawings import show_data

    if pathlib.Path(given.out).suffix != ".png":
        raise ValueError(f"`--out` must end in .png. Received: {given.out!r}.")
    options = {key: value for key, value in given.as_dict().items() if key not in ("name", "out")}
    found = look(given.name, **options)
    print("\n".join(found.lines))
    if show_data(found.data, given.out):
        print(f"picture: {given.out}")
    print(f"train on it: {found.command}")


def new(given, named):
    """The files of a new model."""
    from zoo.training import scaffold

    fields = given.as_dict()
    paths, left = scaffold.new(cls=fields.pop("class_name"), **fields)
    print("\n".join(["Written:", *map(str, paths), "", "Left to do:", *left]))


def completion(given, named):
    """A script with which a shell completes the command."""
    from zoo.training.commands.completion import script

    print(script(given.shell))
