"""Config files as dicts, or refused where they hold what no config needs. Imports no TensorFlow."""

import pathlib

import yaml

MOST_BYTES = 100_000  # of a config
DEEPEST = 20  # levels of one, which has three
FOREIGN = ("config", "recipe", "print_config", "resume", "<<")  # keys that no config has


def read_yaml(path):
    """A config file as a dict; refuses what no config needs: aliases, tags, great size."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise ValueError(f"`config` must be a YAML file. Received: {str(path)!r}: no such file.")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"A config must be at most {MOST_BYTES} bytes. Received: {path}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        refuse_bombs(text, path)
        refuse_repeated(yaml.compose(text, yaml.SafeLoader), path)
        fields = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} must be YAML: {' '.join(str(error).split())}") from error
    if not isinstance(fields, dict):
        raise ValueError(f"A config must hold names and values. Received: {path}.")
    return fields


def refuse_bombs(text, path):
    """Refuses aliases and deep nesting, before anything is made of the text."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"A config must hold no aliases. Received: {path}, line {line}.")
        if depth > DEEPEST:
            raise ValueError(
                f"A config must have at most {DEEPEST} levels. Received: {path}, line {line}."
            )


def refuse_repeated(node, path):
    """Refuses a key that a YAML mapping holds twice, for the last would win in silence, and
    those that read other entries or files."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if str(key.value) in seen:
            raise ValueError(f"{path}, line {line}: `{key.value}` must be given once.")
        if key.value in FOREIGN and getattr(value, "value", None) not in ("null", ""):
            raise ValueError(f"{path}, line {line}: `{key.value}` must not be in a config.")
        seen.add(str(key.value))
        refuse_repeated(value, path)
