"""`zoo list`, `zoo info`, `zoo recipes`, `zoo new`, `zoo completion`: of names and texts alone."""

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
