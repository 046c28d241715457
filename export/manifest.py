"""What a version holds, file by file, so that a changed or missing byte is found."""

import hashlib
import json
import pathlib

MANIFEST = pathlib.Path("assets.extra", "manifest.json")  # inside a version folder
FORMAT = 1


def write(folder, **fields):
    """Writes the size and the SHA-256 of every file of a version, and further fields."""
    files = {str(path.relative_to(folder)): _entry(path) for path in _files(folder)}
    content = {"format": FORMAT, **fields, "files": files}
    (folder / MANIFEST).parent.mkdir(exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def read(folder):
    """The manifest of a version, or None where it has none."""
    path = pathlib.Path(folder, MANIFEST)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def problems(folder):
    """What differs from the manifest, one line each."""
    try:
        content = read(folder)
        listed = {} if content is None else content["files"]
    except (ValueError, KeyError, TypeError) as error:
        return [f"{MANIFEST} cannot be read: {error}"]
    if content is None:
        return [f"{MANIFEST} is missing"]
    found = {str(path.relative_to(folder)): path for path in _files(folder)}
    lines = [f"{name} is missing" for name in sorted(set(listed) - set(found))]
    lines += [f"{name} is not in the manifest" for name in sorted(set(found) - set(listed))]
    both = sorted(set(found) & set(listed))
    return lines + [f"{name} has changed" for name in both if _entry(found[name]) != listed[name]]


def _files(folder):
    own = pathlib.Path(folder, MANIFEST)
    return sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file() and p != own)


def _entry(path):
    with path.open("rb") as opened:
        return {
            "bytes": path.stat().st_size,
            "sha256": hashlib.file_digest(opened, "sha256").hexdigest(),
        }
