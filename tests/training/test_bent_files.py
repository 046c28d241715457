"""Files of pictures and arrays that are bent at random: each is refused in one line, or what is
taken of it is what an oracle of its format says; nothing else happens."""

import collections
import io
import random
import sys
import warnings

import numpy as np
import oracles
import pytest
from PIL import Image

from zoo.training import data
from zoo.training.data.images import Reader, Unreadable

HEIGHT, WIDTH = 11, 14
QUICK = {"images": 400, "arrays": 200}  # of `make test`; `make fault` takes all
ALL = {"images": 4000, "arrays": 2000}
DEFECTS = 8 / 255  # in which decoders differ where the data of a lossy file are damaged


def stored(image, form, **options):
    opened = io.BytesIO()
    image.save(opened, form, **options)
    return opened.getvalue()


def pictures():
    """Name -> bytes of a picture, of 24 formats: containers, depths, colours and compressions."""
    drawn = np.random.default_rng(0)
    noise = (drawn.random((HEIGHT, WIDTH, 4)) * 255).astype(np.uint8)
    grey, alpha = Image.fromarray(noise[..., 0]), Image.fromarray(noise[..., 3])
    color, both = Image.fromarray(noise[..., :3]), Image.fromarray(noise)
    smooth = Image.fromarray(noise[:4, :4, :3]).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    deep = Image.fromarray((drawn.random((HEIGHT, WIDTH)) * 65535).astype(np.uint16))
    floats = Image.fromarray(drawn.random((HEIGHT, WIDTH)).astype(np.float32))
    palette, turned = color.quantize(20), Image.Exif()
    turned[274] = 6
    return {
        "PNG of 1 bit": stored(grey.convert("1"), "PNG"),
        "PNG of 2 bits": stored(grey.quantize(4), "PNG", bits=2),
        "PNG, grey": stored(grey, "PNG"),
        "PNG, grey and transparent": stored(Image.merge("LA", (grey, alpha)), "PNG"),
        "PNG, palette": stored(palette, "PNG"),
        "PNG, grey palette": stored(grey.convert("P"), "PNG"),
        "PNG, palette and transparent": stored(palette, "PNG", transparency=3),
        "PNG, colour": stored(color, "PNG"),
        "PNG, colour and transparent": stored(both, "PNG"),
        "PNG of 16 bits": stored(deep, "PNG"),
        "JPEG, grey": stored(smooth.convert("L"), "JPEG"),
        "JPEG, colour": stored(smooth, "JPEG"),
        "JPEG, turned": stored(smooth, "JPEG", exif=turned),
        "JPEG, progressive": stored(smooth, "JPEG", progressive=True),
        "WebP, lossy": stored(smooth, "WEBP"),
        "WebP, lossless": stored(color, "WEBP", lossless=True),
        "WebP, transparent": stored(both, "WEBP", lossless=True),
        "BMP of 1 bit": stored(grey.convert("1"), "BMP"),
        "BMP, palette": stored(palette, "BMP"),
        "BMP, colour": stored(color, "BMP"),
        "TIFF, grey": stored(grey, "TIFF"),
        "TIFF of 16 bits": stored(deep, "TIFF"),
        "TIFF of floats": stored(floats, "TIFF"),
        "TIFF, deflated": stored(color, "TIFF", compression="tiff_adobe_deflate"),
    }


def bent(chosen, content):
    """A file that is cut, has bytes more or fewer, or others in their place."""
    content, kind = bytearray(content), chosen.random()
    place, count = chosen.randrange(len(content)), chosen.randrange(1, 9)
    if kind < 0.1:
        return bytes(content[:place])
    if kind < 0.2:
        return bytes(content[:place] + chosen.randbytes(count) + content[place:])
    if kind < 0.3:
        return bytes(content[:place] + content[place + count :])
    for _ in range(chosen.choice((1, 1, 2, 8))):
        place = chosen.randrange(len(content))
        flipped = content[place] ^ 1 << chosen.randrange(8)
        content[place] = chosen.choice((flipped, chosen.randrange(256)))
    return bytes(content)


HEARD = []


def hear(event, given):
    """An audit hook: what would start a process or open a socket."""
    if event.startswith(
        ("subprocess", "os.system", "os.exec", "os.fork", "os.posix_spawn", "socket")
    ):
        HEARD.append(event)


@pytest.fixture(scope="module", autouse=True)
def processes():
    sys.addaudithook(hear)
    HEARD.clear()
    yield HEARD
    assert HEARD == []


def agrees(pixels, expected, kind):
    """Whether pixels of 8 bits are the nearest to what they should be."""
    lossy = kind.startswith(("JPEG", "WebP, lossy"))
    return pixels.shape == expected.shape and np.abs(pixels / 255.0 - expected).max() <= max(
        0.51 / 255, lossy * DEFECTS
    )


@pytest.mark.parametrize("kind", pictures())
def test_a_whole_picture_is_what_its_format_says(kind):
    content = pictures()[kind]
    pixels, expected = Reader().read(content).pixels, oracles.shown(oracles.picture(content))
    assert agrees(pixels, expected, kind)
    assert np.abs(pixels / 255.0 - expected).max() <= 0.51 / 255  # lossy ones, too


def pictures_agree(count, seed):
    """How many bent pictures were refused, and how many taken; fails where one is another."""
    chosen, counts, kinds = random.Random(seed), collections.Counter(), pictures()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(count):
            kind = chosen.choice(list(kinds))
            content = bent(chosen, kinds[kind])
            try:
                pixels = Reader().read(content).pixels
            except Unreadable as error:
                assert "\n" not in str(error) and len(str(error)) < 120
                counts["refused"] += 1
                continue
            try:
                expected = oracles.shown(oracles.picture(content))
            except oracles.Refused as error:
                raise AssertionError((kind, number, str(error)[-200:])) from error
            assert agrees(pixels, expected, kind), (kind, number, pixels.shape, expected.shape)
            counts["taken"] += 1
    print(dict(counts))
    return counts


def test_bent_pictures_are_refused_or_read_as_their_format_says():
    counts = pictures_agree(QUICK["images"], 0)
    assert counts["taken"] > 40 and counts["refused"] > 100


@pytest.mark.fault
def test_four_thousand_bent_pictures_are_refused_or_read_as_their_format_says():
    counts = pictures_agree(ALL["images"], 1)
    assert counts["taken"] > 400 and counts["refused"] > 1000


def archives():
    """Name -> bytes of an .npz or .npy file."""
    drawn = np.random.default_rng(0)
    x, y = (drawn.random((12, 4, 4, 1)) * 255).astype(np.uint8), np.arange(12) % 3
    files = {}
    for name, save, arrays in (
        ("images", np.savez, {"x": x, "y": y}),
        ("compressed", np.savez_compressed, {"x": x, "y": y}),
        ("vectors", np.savez, {"x": drawn.random((20, 3)).astype(np.float32)}),
        ("splits", np.savez, {"x_train": x, "x_test": x[:4], "y_train": y, "y_test": y[:4]}),
        ("pairs", np.savez, {"x": x, "target": 255 - x}),
    ):
        opened = io.BytesIO()
        save(opened, **arrays)
        files[f"{name}.npz"] = opened.getvalue()
    for name, array in (("vectors", drawn.random((20, 3))), ("columns", np.asfortranarray(x))):
        opened = io.BytesIO()
        np.save(opened, array)
        files[f"{name}.npy"] = opened.getvalue()
    return files


def rows_of(found):
    """All examples, labels and targets of a data set: name -> array, sorted by rows."""
    sides = {}
    for side in ("", "_labels", "_targets"):
        halves = [getattr(found, split + side) for split in ("train", "test")]
        if halves[0] is not None:
            rows = np.concatenate(halves)
            sides[side] = rows.reshape(len(rows), -1)
    return sides


def said_of(arrays):
    """What an oracle's arrays are as a data set: all examples, labels and targets."""

    def joined(*names):
        parts = [arrays[name] for name in names if name in arrays]
        return np.concatenate(parts) if parts else None

    only = len(arrays) == 1
    x = next(iter(arrays.values())) if only else joined("x", "x_train", "x_test")
    x = x[..., None] if x.dtype == np.uint8 and x.ndim == 3 else x
    scaled = x.astype(np.float32) / 255.0 if x.dtype == np.uint8 else x.astype(np.float32)
    sides = {"": scaled.reshape(len(x), -1)}
    labels, targets = joined("y", "y_train", "y_test"), joined("target")
    if targets is not None:
        sides["_targets"] = (targets.astype(np.float32) / 255.0).reshape(len(targets), -1)
    if labels is not None:
        sides["_labels"] = np.unique(labels, return_inverse=True)[1].reshape(-1, 1)
    return sides


def arrays_agree(count, seed, folder):
    """As `pictures_agree`, of arrays."""
    chosen, counts, kinds = random.Random(seed), collections.Counter(), archives()
    for number in range(count):
        kind = chosen.choice(list(kinds))
        content = bent(chosen, kinds[kind])
        path = folder / f"bent{kind[-4:]}"
        path.write_bytes(content)
        for stream in (False, True):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = data.load(str(path), stream=stream)
                    ours = rows_of(found)
            except data.DataError as error:
                assert "\n" not in str(error) and "Received" in str(error), error
                counts["refused"] += 1
                continue
            try:
                arrays = oracles.npy(content) if kind.endswith("npy") else oracles.npz(content)
                expected = said_of(arrays if isinstance(arrays, dict) else {"x": arrays})
            except oracles.Refused as error:
                raise AssertionError((kind, number, stream, str(error)[-200:])) from error
            for side, rows in expected.items():
                order = [np.lexsort(a.T[::-1]) for a in (ours[side], rows)]
                np.testing.assert_array_equal(ours[side][order[0]], rows[order[1]])
            counts["taken"] += 1
    print(dict(counts))
    return counts


def test_bent_arrays_are_refused_or_read_as_their_format_says(tmp_path):
    counts = arrays_agree(QUICK["arrays"], 0, tmp_path)
    assert counts["taken"] > 10 and counts["refused"] > 50


@pytest.mark.fault
def test_two_thousand_bent_arrays_are_refused_or_read_as_their_format_says(tmp_path):
    counts = arrays_agree(ALL["arrays"], 1, tmp_path)
    assert counts["taken"] > 100 and counts["refused"] > 500
