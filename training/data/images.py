"""The one reader of pictures: a file as the pixels that a viewer shows, or the reason why not.

Only the formats of `FORMATS` are opened, by what a file holds and not by its name: others, such
as EPS, would start programs. Nothing larger than `MOST_PIXELS` is unpacked.
"""

import dataclasses
import io

import numpy as np

from zoo.training.data.damage import Unreadable, require_checksums, require_whole

FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
}
SUFFIXES = tuple(suffix for suffixes in FORMATS.values() for suffix in suffixes)
OTHERS = (  # pictures that are counted and not read
    *(".gif", ".avif", ".heic", ".heif", ".jp2", ".j2k", ".jxl", ".ppm", ".pgm", ".pbm", ".pnm"),
    *(".tga", ".ico", ".svg", ".eps", ".psd", ".raw", ".dng", ".cr2", ".nef", ".exr", ".hdr"),
    *(".dcm", ".nii", ".pcx", ".dds", ".apng"),
)
MOST_PIXELS = 50_000_000  # of one image
MOST_BYTES = 400_000_000  # of one file
FITS = ("stretch", "crop")
KEEP = "keep"  # the background that leaves transparency as a fourth channel
PNG = b"\x89PNG\r\n\x1a\n"
GREY_PNG = (0, 4)  # colour types
BITS, PHOTOMETRIC = 258, 262  # tags of TIFF


@dataclasses.dataclass(frozen=True)
class Picture:
    """What a file shows.

    Attributes:
        pixels: uint8 `(height, width, channels)`: 1 where all is grey, 3, or 4 with
            transparency.
        is_transparent: whether the file is, in any pixel.
        frames: how many pictures it holds; the first one is shown.
        white: the largest value its numbers can have: 255, 65535, ...
        brightest: the largest that they have, where there are more than 256 levels.
    """

    pixels: np.ndarray
    is_transparent: bool = False
    frames: int = 1
    white: int = 255
    brightest: int = 255


@dataclasses.dataclass(frozen=True)
class Reader:
    """How pictures are read.

    Args:
        size: (height, width) that they are brought to, or None.
        background: name or #rrggbb of the colour behind what is transparent, or "keep".
        fit: "stretch" to `size`, or "crop" to its proportions first.
    """

    size: tuple | None = None
    background: str = "white"
    fit: str = "stretch"

    def __post_init__(self):
        if self.fit not in FITS:
            raise ValueError(f"`fit` must be {' or '.join(FITS)}. Received: {self.fit!r}.")
        if self.size is not None and self.size[0] * self.size[1] > MOST_PIXELS:
            raise ValueError(
                f"`size` must be of at most {MOST_PIXELS:,} pixels. Received: "
                f"{self.size[0]} x {self.size[1]}."
            )
        if self.background != KEEP:
            self.colour()

    def colour(self):
        """The background as (red, green, blue)."""
        from PIL import ImageColor

        try:
            return ImageColor.getrgb(self.background)[:3]
        except (ValueError, AttributeError, TypeError) as error:
            raise ValueError(
                "`background` must be a colour, such as white or #808080, or keep. "
                f"Received: {self.background!r}."
            ) from error

    def read(self, content):
        """The `Picture` of the bytes of a file.

        Raises:
            Unreadable: whatever is wrong with them.
        """
        try:
            return self._read(content)
        except Unreadable:
            raise
        except Exception as error:  # decoders of hostile files raise anything
            reason = " ".join(str(error).split())[:80] or type(error).__name__
            raise Unreadable(f"damaged: {reason}") from error

    def _read(self, content):
        from PIL import Image, UnidentifiedImageError

        if content.startswith(PNG):
            require_checksums(content)
        try:
            image = Image.open(io.BytesIO(content), formats=tuple(FORMATS))
        except UnidentifiedImageError as error:
            raise Unreadable(f"no {', '.join(FORMATS)}") from error
        except Image.DecompressionBombError as error:
            raise Unreadable(f"more than {MOST_PIXELS:,} pixels") from error
        with image:
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable(f"{image.width} x {image.height} pixels")
            frames = getattr(image, "n_frames", 1)
            require_whole(image, len(content))
            image.load()
            return self._shown(image, content, frames)

    def _shown(self, image, content, frames):
        from PIL import Image, ImageOps

        grey = content.startswith(PNG) and content[25] in GREY_PNG
        deep = {}
        if image.mode in ("I", "F") or image.mode.startswith("I;"):
            image, deep = of_more_levels(image)
        image = ImageOps.exif_transpose(image) if has_orientation(image) else image
        image, is_transparent = eight_bits(image, grey)
        if is_transparent and self.background != KEEP:
            image = over(image, self.colour())
        if self.size is not None and image.size[::-1] != tuple(self.size):
            image = resized(image, self.size, self.fit, Image.Resampling.BICUBIC)
        if image.mode == "LA":
            image = image.convert("RGBA")
        pixels = np.asarray(image)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        return Picture(pixels, is_transparent, frames, **deep)


def has_orientation(image):
    """Whether a file may say how it is turned."""
    return "exif" in image.info or "Raw profile type exif" in image.info or image.format == "TIFF"


def of_more_levels(image):
    """An image of 16 bits, or of floats, as one of 8 bits, and what its levels were."""
    from PIL import Image

    tags = getattr(image, "tag_v2", {})
    if image.mode == "I":
        raise Unreadable("integers of 32 bits or with a sign have no agreed white: convert it")
    values = np.asarray(image)
    inverted = tags.get(PHOTOMETRIC) == 0  # white is zero
    if image.mode == "F":
        if not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
            raise Unreadable("floats must lie in [0, 1]: convert it")
        levels, deep = np.rint(255.0 * values).astype(np.uint8), {}
    else:
        bits = tags.get(BITS, (16,))[0]
        white = (1 << bits) - 1
        levels = ((values.astype(np.uint32) * 255 + white // 2) // white).astype(np.uint8)
        deep = {"white": white, "brightest": int(values.max())}
    image8 = Image.fromarray(255 - levels if inverted else levels)
    key = image.info.get("transparency")
    if isinstance(key, int):
        image8.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    image8.info = {name: value for name, value in image.info.items() if name == "exif"}
    return image8, deep


def eight_bits(image, grey):
    """An image of mode L, LA, RGB or RGBA, and whether it is transparent anywhere.

    Args:
        image: of any other mode as well.
        grey: whether its colours are known to be grey.
    """
    transparent = "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa")
    is_palette = image.mode in ("P", "PA")
    if is_palette:
        require_colors(image)
    if image.mode in ("1", "L", "LA", "La"):
        image = image.convert("LA" if transparent else "L")
    else:
        image = image.convert("RGBA" if transparent else "RGB")
    opaque = not transparent or image.getextrema()[-1][0] == 255
    if opaque and transparent:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    if grey or (is_palette and is_grey(image)):
        image = as_grey(image)
    return image, not opaque


def require_colors(image):
    """Refuses an image with a colour that its palette has not."""
    places = image if image.mode == "P" else image.getchannel("P")
    highest = int(np.asarray(places).max())
    colors = len(image.palette.palette) // len(image.palette.mode)
    if highest >= colors:
        raise Unreadable(f"damaged: color {highest} of a palette of {colors}")


def is_grey(image):
    """Whether red, green and blue are equal in every pixel."""
    bands = np.asarray(image)
    return bool((bands[..., 0] == bands[..., 1]).all() and (bands[..., 1] == bands[..., 2]).all())


def as_grey(image):
    """The grey of an image whose colours are equal, with its transparency."""
    from PIL import Image

    if image.mode in ("L", "LA"):
        return image
    bands = image.split()
    return Image.merge("LA", (bands[0], bands[3])) if len(bands) == 4 else bands[0]


def over(image, colour):
    """A transparent image over a colour; grey over grey stays grey."""
    from PIL import Image

    grey = image.mode == "LA" and len(set(colour)) == 1
    image = image if grey else image.convert("RGBA")
    layers = np.asarray(image).astype(np.uint32)
    alpha, behind = layers[..., -1:], np.array(colour[:1] if grey else colour, np.uint32)
    shown = (layers[..., :-1] * alpha + behind * (255 - alpha) + 127) // 255
    shown = shown.astype(np.uint8)
    return Image.fromarray(shown[..., 0] if grey else shown)


def resized(image, size, fit, resample):
    """An image of mode L, LA, RGB or RGBA at another size."""
    from PIL import ImageOps

    target = tuple(size)[::-1]
    if fit == "crop":
        return ImageOps.fit(image, target, resample)
    return image.resize(target, resample)
