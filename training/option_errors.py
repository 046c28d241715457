"""The errors of the command on wrong options, in the form of the other errors."""

import difflib
import re

from zoo.training.options import PARSERS


def words(message, known, argv):
    """An error of jsonargparse in one line, in the form of the other errors."""
    message = " ".join(message.split())
    wrong = re.search(
        r"(?:unrecognized arguments:|accept option|^Option) '?(--?)?([^\s'=]+)", message
    )
    if wrong:
        options = option_names(known, argv)
        near = difflib.get_close_matches(wrong[2].replace("-", "_"), options, n=3, cutoff=0.5)
        nearest = ", ".join(f"--{options[key]}" for key in near) or f"see `{' '.join(argv[:1])} -h`"
        return f"No such option. Received: {wrong[1] or ''}{wrong[2]}. Nearest: {nearest}."
    key = re.search(r'^Parser key "([^"]+)":', message)
    value = re.search(r"(?:Got value|Given value): (.*)$", message)
    kinds = re.findall(r"Expected an? (?:<class '(\w+)'>|([\w ]+))", message)
    if key and value and kinds:
        accepted = " or ".join(str(KINDS.get(a or b, a or b)) for a, b in kinds)
        return f"`{key[1]}` must be {accepted}. Received: {value[1]}."
    if key and "Not of type Sizes: " in message:
        return f"`{key[1]}` {message.partition('Not of type Sizes: ')[2]}"
    choice = re.search(r"invalid choice: '([^']*)'", message)
    if choice:
        near = difflib.get_close_matches(choice[1], PARSERS, n=2, cutoff=0.4) or PARSERS
        return f"No such command. Received: {choice[1]}. Nearest: {', '.join(near)}."
    message = re.sub(r"(are required: )\w+\.(\w+)", r"\1\2", message)
    return re.sub(r'^Parser key "([^"]+)":', r"`\1`:", message)


KINDS = {"int": "an integer", "float": "a number", "bool": "true or false", "NoneType": "null"}
KINDS |= {"dict": "a number for each player", "str": "a string", "Sizes": "such as 64,48"}


def option_names(known, argv):
    """Names of the options of the command in `argv`: as in configs -> as typed."""
    actions = known._subcommands_action._name_parser_map[argv[0]]._actions
    names = [o for action in actions for o in action.option_strings if o.startswith("--")]
    return {name[2:].replace("-", "_"): name[2:] for name in names}
