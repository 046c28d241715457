"""Loads a model from a file that somebody else may have written.

A config is a program: it names classes and sizes. So everything is looked at before anything
is made: the size of the file, its hash, its members, every class that the config names, how
many numbers it asks for and how many the file holds. What is not known is refused.
"""

import json
import pathlib
import shutil
import tempfile
import zipfile

import keras
import numpy as np

from zoo.contract import settings
from zoo.contract.model import GenerativeModel
from zoo.saving import known
from zoo.saving.budget import MOST_PARAMETERS
from zoo.saving.known import is_size
from zoo.saving.stored import digest

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
MOST_BYTES = 2 * 2**30  # of a file, and of what it unpacks to
MOST_TEXT = 10_000_000  # bytes of a config
DEEPEST = 60  # nested objects of a config


def load(
    path: str | pathlib.Path,
    *,
    sha256: str | None = None,
    most_bytes: int = MOST_BYTES,
    most_parameters: int = MOST_PARAMETERS,
) -> GenerativeModel:
    """A model from a `.keras` file or the folder of a run, after every check.

    Args:
        path: of the file, or of a folder that holds `model.keras`.
        sha256: the hash that the file must have; not asked for where None.
        most_bytes: that the file may have, packed and unpacked.
        most_parameters: that the config may ask for and the file may hold.

    Returns:
        The model, compiled as it was saved.

    Raises:
        ValueError: "refused", and what is wrong. Nothing was made then.
    """
    path = pathlib.Path(path)
    path = path / "model.keras" if path.is_dir() else path
    if path.suffix != ".keras" or not path.is_file():
        raise ValueError(
            "`path` must be a .keras file, or a folder that holds model.keras. Received: "
            f"{str(path)!r}."
        )
    if path.stat().st_size > most_bytes:
        refuse(path, f"{path.stat().st_size:,} bytes; at most {most_bytes:,} are loaded")
    with tempfile.TemporaryDirectory() as folder:  # what is checked is what is loaded
        kept = shutil.copyfile(path, pathlib.Path(folder, "model.keras"))
        found = digest(kept)
        if sha256 not in (None, found):
            refuse(path, f"its SHA-256 is {found}; {sha256} was asked for")
        inspect(kept, path, most_bytes, most_parameters)
        model = made(kept, path)
    bad = [v.path for v in model.variables if not np.isfinite(v.numpy()).all()]
    if bad:
        refuse(path, f"{bad[0]} holds values that are not finite")
    return model


def refuse(path, reason):
    """Says why a file is not loaded."""
    raise ValueError(f"{str(path)!r} is refused: {reason}.")


def made(kept, path):
    """The model of a file that was looked at."""
    try:
        model = keras.saving.load_model(kept, safe_mode=True)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(f"{str(path)!r} is refused: {reason}") from error
    if not isinstance(model, GenerativeModel):
        refuse(path, f"it holds a {type(model).__name__}, which is no model of the zoo")
    return model


def inspect(kept, path, most_bytes, most_parameters):
    """Refuses a file whose members, classes or sizes are not those of a model of the zoo."""
    try:
        with zipfile.ZipFile(kept) as packed:
            members = packed.infolist()
            names = [member.filename for member in members]
            if set(names) != MEMBERS or len(names) != len(MEMBERS):
                refuse(path, f"its members are {sorted(names)[:6]}, not {sorted(MEMBERS)}")
            if sum(member.file_size for member in members) > most_bytes:
                refuse(path, f"it unpacks to more than {most_bytes:,} bytes")
            if packed.getinfo("config.json").file_size > MOST_TEXT:
                refuse(path, f"its config is larger than {MOST_TEXT:,} bytes")
            config = json.loads(packed.read("config.json"))
            with packed.open("model.weights.h5") as weights:
                stored = numbers_in(weights, path)
    except Exception as error:  # a bent file makes zipfile, zlib and HDF5 raise of every kind
        if isinstance(error, ValueError) and "is refused: " in str(error):
            raise
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{str(path)!r} is refused: it is damaged ({reason}).") from error
    parts = list(objects(config, path))
    for part in parts:
        require_known(part, path)
    most = known.widest(parts)
    asked = int(sum(parameters(part, most) for part in parts))
    for what, count in (("asks for", asked), ("holds", stored)):
        if count > most_parameters:
            refuse(path, f"it {what} {count:,} numbers; at most {most_parameters:,} are loaded")


def objects(value, path, depth=0):
    """Every object that a config names, outermost first; refuses odd strings and depths."""
    if depth > DEEPEST:
        refuse(path, f"its config is nested deeper than {DEEPEST} levels")
    if isinstance(value, str) and ("://" in value or value.startswith(("/", "\\", "..", "~"))):
        refuse(path, f"its config holds the path or address {value[:80]!r}")
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        children = [v for key, v in value.items() if key not in ("module", "registered_name")]
    else:
        children = value if isinstance(value, list) else []
    for child in children:
        yield from objects(child, path, depth + 1)


def require_known(part, path):
    """Refuses a class that is neither the zoo's nor one of Keras's harmless ones."""
    name, module = part["class_name"], part.get("module")
    registered = part.get("registered_name")
    ours = keras.saving.get_custom_objects()
    if not all(word is None or isinstance(word, str) for word in (name, module, registered)):
        refuse(path, "its config names a class by something that is no string")
    if name == "__keras_tensor__" and module is None and registered is None:
        return
    if registered is not None and registered.startswith("zoo>"):
        if registered != f"zoo>{name}" or registered not in ours:
            refuse(path, f"its config names {registered!r}, which the zoo has not")
        return
    classes = known.CLASSES.get(module or "", set())
    plain = registered in (None, name) and registered not in ours
    if not plain or (classes is not None and name not in classes):
        refuse(path, f"its config names {module}.{name}, which is not loaded")


def parameters(part, most):
    """About as many numbers as an object of a config asks for.

    Exact for most layers of Keras; for the zoo's own the product of the three largest sizes,
    each one more, which none of them exceeds by much.
    """
    if not str(part.get("registered_name")).startswith("zoo>"):
        return known.of_layer(part, most) if part.get("module") == "keras.layers" else 0
    own = known.own_of(part)
    cls = keras.saving.get_custom_objects().get(part["registered_name"])
    declared = settings.of(cls) if isinstance(cls, type) else {}
    counts = {name for name, setting in declared.items() if not setting.kind.is_size}
    own = {key: value for key, value in own.items() if key not in counts | {"seed"}}
    largest = sorted(plain_sizes(own), reverse=True)[:3]
    return int(np.prod([n + 1.0 for n in largest])) if largest else 0


NO_SIZES = {"noise_version", "shared_object_id", "first", "period", "cap", "decay_steps"}


def plain_sizes(own):
    """Integers of an object's own config that may be sizes, products of shapes among them."""
    for key, value in own.items():
        if key in NO_SIZES:
            continue
        if is_size(value):
            yield value
        if isinstance(value, list) and value and all(map(is_size, value)):
            yield int(np.prod([float(n) for n in value]))


def numbers_in(weights, path):
    """How many numbers a weights file holds; refuses data that lie elsewhere or unpack."""
    import h5py

    total = 0

    def visit(name, found):
        nonlocal total
        if not isinstance(found, h5py.Dataset):
            return
        if found.external or found.is_virtual or found.chunks is not None:
            refuse(path, f"its weights {name!r} are not plainly stored")
        total += found.size

    with h5py.File(weights, "r") as file:
        links = []
        file.visit_links(lambda name: links.append(file.get(name, getlink=True)))
        if any(isinstance(link, (h5py.SoftLink, h5py.ExternalLink)) for link in links):
            refuse(path, "its weights link to other places")
        file.visititems(visit)
    return total
