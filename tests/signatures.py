"""The signatures of every model as clients see them, one committed file a model.

    python tests/signatures.py [NAME ...]

writes `tests/conformance/signatures/NAME.json`, of all models where none is named. A
changed file is a changed interface: clients outside the project depend on it.
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parent / "conformance" / "signatures"
REMAKE = "python tests/signatures.py"


def shown(function):
    """Inputs and outputs of a concrete function, as `words` tells them."""
    from zoo.export.load import described

    return words(described(function))


def words(sides):
    """Inputs and outputs of a signature: name -> dtype and sizes, "?" for any."""
    return {
        side: {name: _words(spec) for name, spec in sides[side].items()}
        for side in ("inputs", "outputs")
    }


def _words(spec):
    sizes = ",".join("?" if size is None else str(size) for size in spec["shape"])
    return f"{spec['dtype']}[{sizes}]"


def committed(name):
    """What is committed for a model; nothing where it is new."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def write(name):
    """Writes the file of a model; its path."""
    import tensorflow as tf
    from descriptors import trained

    found = {
        signature: shown(tf.function(s.function, autograph=False).get_concrete_function(**s.specs))
        for signature, s in trained(name)[0].signatures().items()
    }
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    return path


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))  # the project
    from descriptors import ROWS

    for each in sys.argv[1:] or ROWS:
        print(write(each))
