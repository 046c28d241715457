"""What a version holds, file by file, so that a changed or missing byte is found."""

import hashlib
import json
import pathlib

MANIFEST = pathlib.Path("assets.extra", "manifest.json")  # inside a version folder
FORMAT = 1
MOST_BYTES = 10_000_000  # of a JSON file of a version


def write(folder, **fields):
    """Writes the size and the SHA-256 of every file of a version, and further fields."""
    files = {str(path.relative_to(folder)): _entry(path) for path in _files(folder)}
    content = {"format": FORMAT, **fields, "files": files}
    (folder / MANIFEST).parent.mkdir(exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def read(folder):
    """The manifest of a version, or None where it has none; see `read_json`."""
    path = pathlib.Path(folder, MANIFEST)
    return read_json(path) if path.is_file() else None


def read_json(path):
    """Names and values of a JSON file; a ValueError in one line where it cannot be read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError(f"{path} must be JSON. Received: nested too deep.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:120]
        raise ValueError(f"{path} must be JSON. Received: {reason}.") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold names and values. Received: {type(content).__name__}.")
    return content


def problems(folder):
    """What differs from the manifest, one line each."""
    try:
        content = read(folder)
    except ValueError as error:
        return [str(error)]
    listed = {} if content is None else content.get("files")
    if content is None or not isinstance(listed, dict):
        return [f"{MANIFEST} is missing" if content is None else f"{MANIFEST} lists no files"]
    present = {str(path.relative_to(folder)): path for path in _files(folder)}
    lines = [f"{name} is missing" for name in sorted(set(listed) - set(present))]
    lines += [f"{name} is not in the manifest" for name in sorted(set(present) - set(listed))]
    both = sorted(set(present) & set(listed))
    return lines + [f"{name} has changed" for name in both if _entry(present[name]) != listed[name]]


def _files(folder):
    own = pathlib.Path(folder, MANIFEST)
    return sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file() and p != own)


def _entry(path):
    with path.open("rb") as opened:
        return {
            "bytes": path.stat().st_size,
            "sha256": hashlib.file_digest(opened, "sha256").hexdigest(),
        }
