"""Presets that are given and taken: folders, names fetched from a server, Hugging Face."""

from __future__ import annotations

import json
import math
import os
import pathlib
import shutil
import tempfile
import typing

from zoo.saving import presets
from zoo.saving.stored import cache_folder, digest, read_json

if typing.TYPE_CHECKING:
    from zoo.contract.model import GenerativeModel

REGISTRY = pathlib.Path(__file__).with_name("registry.json")  # preset -> file -> SHA-256
HUB = "hf://"
FILES = "card.json", "model.keras"  # what a preset needs; a folder may hold more
FORMAT = 1


def from_preset(preset: str | pathlib.Path) -> GenerativeModel:
    """A trained model.

    Args:
        preset: a name of `list_presets()`; a folder that `save_to_preset` or `zoo export` wrote;
            "hf://user/repository" of Hugging Face, which needs the extra `hub`; or a name of a
            preset that comes with a checkout, which is fetched from ZOO_PRESETS_URL once, checked
            by its SHA-256 and kept in ZOO_CACHE (else `~/.cache/zoo`).

    Raises:
        ValueError: for what is no preset, or a file that is not the one of its card.
        OSError: where it must be fetched and cannot be.
    """
    text = str(preset)
    if text.startswith(HUB):
        return presets.load_folder(from_hub(text))
    cards = presets.cards()
    if text in cards:
        return presets.load_folder(presets.root() / text)
    if (pathlib.Path(preset) / FILES[0]).is_file():
        return presets.load_folder(preset)
    known = read_json(REGISTRY)
    if text in known:
        return presets.load_folder(fetched(text, known[text]))
    wanted = f"a preset, a folder that holds {FILES[0]}, or {HUB}user/repository"
    raise ValueError(presets.unknown("preset", wanted, text, {**cards, **known}))


def fetched(name, files):
    """The folder of a preset, from a server at ZOO_PRESETS_URL, or kept from an earlier time."""
    import pooch

    url = os.environ.get("ZOO_PRESETS_URL", "").rstrip("/")
    kept = cache_folder() / "presets"
    there = all((kept / name / file).is_file() for file in files)
    if not url and not there:
        raise OSError(
            f"The preset {name!r} does not come with the package. Set ZOO_PRESETS_URL to a server "
            "that holds it, or ZOO_PRESETS to the folder `saved_models` of a checkout."
        )
    registry = {f"{name}/{file}": f"sha256:{digest}" for file, digest in files.items()}
    server = pooch.create(path=kept, base_url=f"{url}/", registry=registry)
    pooch.get_logger().setLevel("WARNING")
    for file in registry:
        try:
            server.fetch(file)
        except (OSError, ValueError) as error:  # no network, no such file; another hash
            reason = " ".join(str(error).split())
            raise OSError(f"{file!r} could not be fetched from {url}: {reason}") from error
    return kept / name


def require_hub():
    """The library of Hugging Face, or what to install."""
    try:
        import huggingface_hub
    except ImportError as error:
        text = "hf:// needs huggingface_hub: pip install 'keras-generative-zoo[hub]'"
        raise ImportError(text) from error
    return huggingface_hub


def repository(address):
    """ "user/repository" of "hf://user/repository"."""
    name = str(address).removeprefix(HUB)
    if not str(address).startswith(HUB) or name.count("/") != 1 or not all(name.split("/")):
        raise ValueError(f"`address` must be {HUB}user/repository. Received: {address!r}.")
    return name


def from_hub(address):
    """The folder of a preset of Hugging Face, kept by its library: nothing but what is needed."""
    name = repository(address)
    hub = require_hub()
    try:
        where = {"endpoint": os.environ.get("HF_ENDPOINT"), "allow_patterns": list(FILES)}
        return pathlib.Path(hub.snapshot_download(name, **where))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise OSError(f"{address!r} could not be fetched: {reason}") from error


def upload_preset(address: str, folder: str | pathlib.Path, *, private: bool = False) -> str:
    """Puts the folder of a preset into a repository of Hugging Face, which is made if needed.

    Needs the extra `hub`, and a token of its library (`hf auth login`).

    Args:
        address: "hf://user/repository".
        folder: that `save_to_preset` or `zoo export` wrote.
        private: whether a new repository is private.

    Returns:
        The address of the commit.
    """
    name = repository(address)
    presets.checked(read_json(pathlib.Path(folder) / FILES[0]), folder)
    api = require_hub().HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    api.create_repo(name, private=private, exist_ok=True)
    return str(api.upload_folder(repo_id=name, folder_path=str(folder)))


def save_to_preset(model, folder, data=None):
    """Writes the folder of a preset; see `GenerativeModel.save_to_preset`."""
    from zoo import __version__, catalogue

    folder = pathlib.Path(folder)
    if folder.exists():
        raise FileExistsError(f"`folder` must be new. Received: {str(folder)!r}, which exists.")
    names = [entry.name for entry in catalogue.ENTRIES if entry.class_name == type(model).__name__]
    if not names:
        raise ValueError(f"A preset must be of a model of the zoo. Received: {type(model)}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".preset-") as apart:
        whole = pathlib.Path(apart, "preset")
        whole.mkdir()
        model.save(whole / "model.keras")
        latent = getattr(model, "latent_dim", None)
        card = {
            "format": FORMAT,
            "model": names[0],
            "class": f"zoo.{type(model).__name__}",
            "data_shape": list(model.data_shape),
            "config": {"model": {"name": names[0]}, "data": data or "", "latent_dim": latent},
            "parameters": sum(math.prod(v.shape) for v in model.trainable_variables),
            "files": {"model.keras": digest(whole / "model.keras")},
            "metrics": {},
            "zoo": __version__,
        }
        (whole / FILES[0]).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        shutil.move(whole, folder)
    return folder
