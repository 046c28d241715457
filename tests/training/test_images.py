"""Pictures are what a viewer shows, whatever they are stored as; other files are named."""

import io
import os
import warnings

import numpy as np
import pytest
from PIL import Image

from zoo.training import data
from zoo.training.data.images import Reader, Unreadable

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOR = np.stack([GREY, GREY[::-1], GREY.T], axis=-1)


def stored(image, form="PNG", **options):
    opened = io.BytesIO()
    image.save(opened, form, **options)
    return opened.getvalue()


def read(image, form="PNG", reader=None, **options):
    return (reader or Reader()).read(stored(image, form, **options))


def folder_of(path, pictures):
    """A folder of pictures: name -> bytes, or an image that is stored as PNG."""
    for name, picture in pictures.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(picture if isinstance(picture, bytes) else stored(picture))
    return path


def loaded(path, **options):
    """The data of a folder, and what was said aloud."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = data.load(str(path), **options)
    return found, [str(warning.message) for warning in caught]


def grey(mode):
    if mode.startswith("I;16"):
        deep = GREY.astype(np.uint16) * 257
        return Image.fromarray(deep.astype(">u2") if mode == "I;16B" else deep)
    return Image.fromarray(GREY).convert(mode)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "LA", "P", "I;16"])
def test_grey_is_one_channel_whatever_it_is_stored_as(mode, form):
    if (mode, form) == ("I;16", "PNG"):
        assert read(grey(mode)).white == 65535
    picture = read(grey(mode), form)
    np.testing.assert_array_equal(picture.pixels, GREY[..., None])


def test_sixteen_bits_are_rounded_to_eight():
    ramp = np.linspace(0, 65535, 256).reshape(16, 16).astype(np.uint16)
    for form in ("PNG", "TIFF"):
        pixels = read(Image.fromarray(ramp), form).pixels[..., 0]
        np.testing.assert_array_equal(pixels, np.rint(ramp / 65535 * 255))


def tiff(values, photometric=1, bits=16, kind=1):
    """An uncompressed TIFF file of one sample, written by hand."""
    height, width = values.shape
    raw = values.tobytes()
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 0, 277: 1}
    tags |= {278: height, 279: len(raw), 339: kind}
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(
        np.array([tag, 4], "<u2").tobytes() + np.array([1, value], "<u4").tobytes()
        for tag, value in sorted(tags.items())
    )
    count = np.array([len(tags)], "<u2").tobytes()
    return b"II*\0\x08\0\0\0" + count + entries + b"\0" * 4 + raw


def test_white_may_be_zero():
    ramp = np.linspace(0, 65535, 256).reshape(16, 16).astype("<u2")
    pixels = Reader().read(tiff(ramp, photometric=0)).pixels[..., 0]
    np.testing.assert_array_equal(pixels, 255 - np.rint(ramp / 65535 * 255))


def test_floats_are_pictures_where_they_lie_between_black_and_white():
    levels = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    pixels = read(Image.fromarray(levels), "TIFF").pixels[..., 0]
    np.testing.assert_array_equal(pixels, np.rint(levels * 255))
    for wrong in (levels * 255, levels - 0.5, np.where(levels > 0.5, np.nan, levels)):
        with pytest.raises(Unreadable, match="floats must lie in"):
            read(Image.fromarray(wrong.astype(np.float32)), "TIFF")


@pytest.mark.parametrize("kind", [1, 2])
def test_integers_whose_white_is_not_known_are_refused(kind):
    with pytest.raises(Unreadable, match="no agreed white"):
        Reader().read(tiff(np.full((4, 4), 70_000, "<i4"), bits=32, kind=kind))


def test_a_dark_picture_of_many_levels_is_said_aloud(tmp_path):
    dim = Image.fromarray(np.full((8, 8), 4095, np.uint16))  # 12 bits of a scanner
    found, said = loaded(folder_of(tmp_path, {f"{k}.png": dim for k in range(4)}))
    assert "numbers up to 4095 where 65535 is white" in said[0] and len(said) == 1
    assert abs(found.train.mean() - 1 / 16) < 0.01


def test_one_bit_and_palettes_are_converted_before_they_are_resized():
    stripes = np.zeros((16, 16), bool)
    stripes[:, ::2] = True
    small = Reader(size=(8, 8))
    for image in (Image.fromarray(stripes), Image.fromarray(stripes).convert("P")):
        mean = read(image, reader=small).pixels.mean()
        assert abs(mean - 127.5) < 16  # the nearest pixel would give 0 or 255


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_says(form, orientation):
    upright = np.zeros((24, 16, 3), np.uint8)
    upright[:8, :8] = 255  # bright above, on the left
    turns = {  # what a camera stores that is to be shown upright
        1: lambda x: x,
        2: lambda x: x[:, ::-1],
        3: lambda x: x[::-1, ::-1],
        4: lambda x: x[::-1],
        5: lambda x: x.swapaxes(0, 1),
        6: lambda x: np.rot90(x, 1),
        7: lambda x: x[::-1, ::-1].swapaxes(0, 1),
        8: lambda x: np.rot90(x, -1),
    }
    exif = Image.Exif()
    exif[274] = orientation
    image = Image.fromarray(np.ascontiguousarray(turns[orientation](upright)))
    pixels = read(image, form, exif=exif).pixels
    assert pixels.shape == upright.shape
    assert pixels[:6, :6].min() > 200 and pixels[:, 10:].max() < 60 and pixels[12:].max() < 60


def transparent(mode):
    """A picture whose upper half is opaque, and the same with half of it shining through."""
    image = Image.fromarray(COLOR if mode == "RGBA" else GREY)
    alpha = np.full((16, 16), 255, np.uint8)
    alpha[8:] = 0
    image.putalpha(Image.fromarray(alpha))
    return image


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_lies_on_a_stated_background(mode, form):
    options = {"lossless": True} if form == "WEBP" else {}
    image, whole = transparent(mode), COLOR if mode == "RGBA" or form == "WEBP" else GREY[..., None]
    whole = GREY[..., None].repeat(3, -1) if (mode, form) == ("LA", "WEBP") else whole
    for background, level in (("white", 255), ("black", 0), ("#808080", 128)):
        picture = read(image, form, Reader(background=background), **options)
        assert picture.is_transparent and picture.pixels.shape == whole.shape
        np.testing.assert_array_equal(picture.pixels[:8], whole[:8])
        assert (picture.pixels[8:] == level).all()
    red = read(image, form, Reader(background="red"), **options).pixels
    assert (red[8:] == [255, 0, 0]).all()
    kept = read(image, form, Reader(background="keep"), **options).pixels
    assert kept.shape == (16, 16, 4) and (kept[:8, :, 3] == 255).all() and not kept[8:, :, 3].any()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16"])
def test_a_colour_that_stands_for_transparency_is_transparent(mode):
    if mode == "I;16":
        image, key = grey(mode), int(GREY[3, 5]) * 257
    else:
        image = Image.fromarray(COLOR if mode == "RGB" else GREY).convert(mode)
        key = image.getpixel((5, 3))
        key = 1 if mode == "1" else key
    plain = read(image).pixels
    shown = read(image, reader=Reader(background="black"), transparency=key)
    there = np.asarray(image) == key
    there = there.all(axis=-1) if mode == "RGB" else there
    assert shown.is_transparent and not shown.pixels[there].any()
    np.testing.assert_array_equal(shown.pixels[~there], plain[~there])


def test_what_is_transparent_is_said_aloud_and_kept_by_a_setting(tmp_path):
    pictures = {f"{k}.png": transparent("RGBA") for k in range(3)}
    folder_of(tmp_path, {**pictures, "plain.png": Image.fromarray(COLOR)})
    found, said = loaded(tmp_path)
    assert found.data_shape == (16, 16, 3) and len(said) == 1
    assert "3 of 4 images are transparent and lie on white" in said[0]
    found, said = loaded(tmp_path, background="keep")
    assert found.data_shape == (16, 16, 4) and said == []
    both = np.concatenate([found.train, found.test])
    assert sorted(both[..., 3].mean(axis=(1, 2))) == [0.5, 0.5, 0.5, 1.0]


@pytest.mark.parametrize("background", ["whitish", "#12", "", "rgb(", 3])
def test_a_background_that_is_no_colour_is_refused(background, tmp_path):
    with pytest.raises(data.DataError, match="`background` must be a colour"):
        data.load(str(tmp_path), background=background)


def test_a_picture_that_is_opaque_everywhere_has_no_fourth_channel():
    image = Image.fromarray(COLOR)
    image.putalpha(255)
    picture = read(image)
    assert not picture.is_transparent and picture.pixels.shape == (16, 16, 3)


def test_other_formats_are_read_or_counted_aloud(tmp_path):
    image = Image.fromarray(COLOR)
    forms = {"png": "PNG", "JPG": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "bmp": "BMP"}
    forms |= {"tif": "TIFF", "tiff": "TIFF", "gif": "GIF", "ppm": "PPM"}
    pictures = {f"{k}.{end}": stored(image, form) for k, (end, form) in enumerate(forms.items())}
    folder_of(tmp_path, {**pictures, "notes.txt": b"no picture"})
    found, said = loaded(tmp_path)
    assert len(found.train) + len(found.test) == 7
    assert said == ["images of other formats are not read: 1 .gif, 1 .ppm"]


def test_no_file_starts_a_program_whatever_it_is_called(tmp_path, monkeypatch):
    """An EPS file that is called a.png would be given to Ghostscript."""
    program = tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ntouch "{tmp_path}/ran"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    post = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n"
    pictures = {f"{end}/a.{end}": post for end in ("png", "jpg", "tiff", "webp", "bmp")}
    folder_of(tmp_path / "d", {"b.png": Image.fromarray(GREY), "c.png": Image.fromarray(GREY)})
    for name, content in pictures.items():
        (tmp_path / "d" / name.partition("/")[2]).write_bytes(content)
    found, said = loaded(tmp_path / "d")
    assert len(found.train) == 1 and "5 of 7 images could not be read" in said[0]
    assert not (tmp_path / "ran").exists()


def test_the_first_of_several_pictures_is_taken_aloud(tmp_path):
    frames = [Image.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (10, 200)]
    for form in ("TIFF", "WEBP", "PNG"):
        place = tmp_path / form
        options = {"save_all": True, "append_images": frames[1:]}
        options |= {"lossless": True} if form == "WEBP" else {}
        content = stored(frames[0], form, **options)
        folder_of(place, {f"{k}.{form.lower()}": content for k in range(2)})
        found, said = loaded(place)
        assert said == ["2 of 2 files hold several images: the first of each is taken"]
        assert np.unique(np.rint(found.train * 255)) == [10]


def test_images_of_several_sizes_are_refused_with_their_sizes(tmp_path):
    pictures = {f"{k:02d}.png": Image.new("RGB", (64, 64), (k, 0, 0)) for k in range(1, 20)}
    folder_of(tmp_path, {"00.png": Image.new("RGB", (8, 64)), **pictures})
    with pytest.raises(data.DataError) as error:
        data.load(str(tmp_path))
    words = str(error.value)
    assert "19 of 64 x 64, 1 of 64 x 8" in words and "--size 64" in words and "\n" not in words
    found, said = loaded(tmp_path, size=32)
    assert found.data_shape == (32, 32, 3) and said == []


@pytest.mark.parametrize("size, shape", [(12, (12, 12)), ((6, 12), (6, 12)), ([9, 4], (9, 4))])
def test_a_size_is_one_number_or_height_and_width(size, shape, tmp_path):
    folder_of(tmp_path, {f"{k}.png": Image.fromarray(COLOR) for k in range(3)})
    assert data.load(str(tmp_path), size=size).data_shape == (*shape, 3)


@pytest.mark.parametrize("size", [0, -3, 1.5, (3,), (3, 4, 5), (3, 0), "64"])
def test_a_size_that_is_none_is_refused(size, tmp_path):
    with pytest.raises(data.DataError, match="`size` must be a positive integer, or height"):
        data.load(str(tmp_path), size=size)


def test_images_are_stretched_to_a_size_or_cropped_to_its_proportions(tmp_path):
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, 8:16] = 255
    folder_of(tmp_path, {f"{k}.png": Image.fromarray(wide) for k in range(2)})
    stretched = data.load(str(tmp_path), size=8).train
    cropped = data.load(str(tmp_path), size=8, fit="crop").train
    assert abs(stretched.mean() - 1 / 3) < 0.05 and cropped.min() == 1.0
    with pytest.raises(data.DataError, match="`fit` must be stretch or crop"):
        data.load(str(tmp_path), size=8, fit="pad")


def test_grey_among_colour_becomes_colour(tmp_path):
    folder_of(tmp_path, {"a.png": Image.fromarray(GREY), "b.png": Image.fromarray(GREY)})
    assert data.load(str(tmp_path)).data_shape == (16, 16, 1)
    folder_of(tmp_path, {"c.png": Image.fromarray(COLOR)})
    found = data.load(str(tmp_path))
    both = np.concatenate([found.train, found.test])
    assert found.data_shape == (16, 16, 3)
    assert sum((image == image[..., :1]).all() for image in both) == 2


def test_jpegs_of_printers_are_shown_in_red_green_and_blue():
    pixels = read(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG").pixels
    assert pixels.shape == (8, 8, 3) and (np.abs(pixels[0, 0].astype(int) - [255, 0, 0]) < 6).all()
