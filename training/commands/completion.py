"""Scripts with which shells complete the `zoo` command, made by shtab."""

import argparse

from zoo import catalogue
from zoo.training import describe
from zoo.training.options import PARSERS, parser_of

SHELLS = ("bash", "zsh", "tcsh")


def script(shell):
    """The script for a shell: commands, options, names of models and recipes, files."""
    import shtab

    if shell not in SHELLS:
        raise ValueError(f"SHELL must be {', '.join(SHELLS)}. Received: {shell!r}.")
    return shtab.complete(plain_parser(), shell)


def plain_parser():
    """The parser of the command as one of the standard library, which shtab reads."""
    import shtab

    top = argparse.ArgumentParser(prog="zoo")
    commands = top.add_subparsers()
    models = [entry.name for entry in catalogue.ENTRIES]
    choices = {"NAME": models, "recipe": describe.recipe_names(), "SHELL": list(SHELLS)}
    files = {"RUN": shtab.DIRECTORY, "DIR": shtab.DIRECTORY, "config": shtab.FILE}
    files |= dict.fromkeys(("out", "to", "data_dir", "resume"), shtab.DIRECTORY)
    for command, (_, text, _) in PARSERS.items():
        own = commands.add_parser(command, help=text, description=text)
        for action in parser_of(command)._actions:
            add(own, action, choices, files)
    return top


def add(parser, action, choices, files):
    """Adds an option of another parser, with what may follow it."""
    names = [name for name in action.option_strings if name not in ("-h", "--help")]
    if not names and (action.option_strings or action.help == argparse.SUPPRESS):
        return
    key = action.metavar if not names else action.dest
    options = {"choices": choices[key]} if key in choices else {}
    options |= {"help": action.help} if action.help != argparse.SUPPRESS else {}
    takes_none = names and action.nargs == 0
    options |= {"action": "store_true"} if takes_none else {}
    names = names or [str(action.metavar or action.dest)]
    made = parser.add_argument(*names, **options)
    if key in files:
        made.complete = files[key]
