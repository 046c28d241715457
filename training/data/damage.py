"""Pictures that are damaged, which decoders would show all the same."""

import contextlib
import ctypes
import functools
import pathlib
import zlib

SIGNATURE = 8  # bytes at the beginning of a PNG file
RUN_LENGTHS = (1, 2)  # compressions of BMP
PHOTOMETRIC, PLANES = 262, 284  # tags of TIFF
PLACES, COUNTS = (273, 324), (279, 325)  # of strips, or of tiles


class Unreadable(ValueError):
    """A file that gives no picture; the message is the reason, in a few words."""


def require_checksums(content):
    """Refuses a PNG file of which a chunk is not what it was when it was written."""
    place = SIGNATURE
    while place < len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        end = place + 8 + length
        if end + 4 > len(content):
            raise Unreadable("damaged: it is cut short")
        if zlib.crc32(content[place + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            raise Unreadable("damaged: a checksum is wrong")
        if content[place + 4 : place + 8] == b"IEND":
            return
        place = end + 4
    raise Unreadable("damaged: it is cut short")


def require_whole(image, size):
    """Refuses an image that its file, of so many bytes, does not hold in full: decoders would
    make up the rest."""
    covered = sum((right - left) * (low - high) for _, (left, high, right, low), *_ in image.tile)
    if image.tile and covered < image.width * image.height:
        raise Unreadable("damaged: parts of it are missing")
    if image.format == "BMP" and image.info.get("compression") in RUN_LENGTHS:
        raise Unreadable("a compressed BMP")
    if image.format == "TIFF":
        silence_tiff()
        tags = image.tag_v2
        places, counts = (
            next((tags.get(t) for t in kinds if tags.get(t)), ()) for kinds in (PLACES, COUNTS)
        )
        ends = [place + count for place, count in zip(places, counts, strict=False)]
        if len(places) != len(counts) or min(counts, default=0) < 1 or max(ends) > size:
            raise Unreadable("damaged: parts of it are missing")
        if tags.get(PHOTOMETRIC) is None or tags.get(PLANES, 1) not in (1, 2):
            raise Unreadable("damaged: a tag is missing")


@functools.cache
def silence_tiff():
    """Keeps libtiff, where Pillow uses it, from writing to stderr what is raised here."""
    with contextlib.suppress(OSError, StopIteration, AttributeError):
        lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
        library = ctypes.CDLL(next(line.split()[-1] for line in lines if "/libtiff" in line))
        for handler in (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler):
            handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            handler(None)
