"""What the formats of images and arrays say, read by code that shares nothing with the zoo's.

PNG, BMP and TIFF are read from their specifications, with NumPy and zlib alone; JPEG and WebP
by TensorFlow's decoders. Each gives float64 `(height, width, channels)` in [0, 1]: 1 channel
where the file says grey, 3, or 2 and 4 with transparency; or raises `Refused`.
"""

import io
import struct
import zlib

import numpy as np


class Refused(Exception):
    """The file does not keep to its format, or asks for what is not read here."""


def picture(content):
    """The picture of a file."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return png(content)
        if content.startswith(b"BM"):
            return bmp(content)
        if content[:4] in (b"II*\0", b"MM\0*"):
            return tiff(content)
        if content.startswith(b"\xff\xd8"):
            return jpeg(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return webp(content)
    except (struct.error, IndexError, ValueError, KeyError, zlib.error, OverflowError) as error:
        raise Refused(repr(error)) from error
    raise Refused("another format")


def shown(pixels, background=1.0):
    """A picture with transparency over a grey background: 1 or 3 channels."""
    if pixels.shape[-1] in (1, 3):
        return pixels
    alpha = pixels[..., -1:]
    return pixels[..., :-1] * alpha + background * (1.0 - alpha)


def turned(pixels, orientation):
    """Pixels as Exif says that they are to be shown."""
    if orientation in (2, 3):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4):
        pixels = pixels[::-1]
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (7, 8):
        pixels = pixels[::-1]
    return pixels


# PNG (ISO/IEC 15948)


def png(content):
    place, chunks = 8, []
    while True:
        length, name = struct.unpack(">I4s", content[place : place + 8])
        data = content[place + 8 : place + 8 + length]
        (crc,) = struct.unpack(">I", content[place + 8 + length : place + 12 + length])
        if crc != zlib.crc32(name + data):
            raise Refused("checksum")
        chunks.append((name, data))
        place += 12 + length
        if name == b"IEND":
            break
    fields = dict(chunks[::-1])
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", fields[b"IHDR"])
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    if interlaced or not 0 < width * height < 1 << 24:
        raise Refused("interlaced, or large")
    raw = zlib.decompressobj().decompress(b"".join(d for n, d in chunks if n == b"IDAT"))
    row = (width * samples * depth + 7) // 8
    if len(raw) < height * (row + 1):
        raise Refused("short")
    lines = unfiltered(
        np.frombuffer(raw[: height * (row + 1)], np.uint8), height, row, samples, depth
    )
    values = unpacked(lines, width * samples, depth).reshape(height, width, samples)
    key = fields.get(b"tRNS")
    if kind == 3:
        palette = np.frombuffer(fields[b"PLTE"], np.uint8).reshape(-1, 3)
        colors = palette[values[..., 0]] / 255.0
        alphas = np.ones(len(palette))
        if key is not None:
            alphas[: len(key)] = np.frombuffer(key, np.uint8)[: len(palette)] / 255.0
        grey = (colors[..., :1] == colors).all()
        colors = colors[..., :1] if grey else colors
        return with_alpha(colors, alphas[values[..., 0]])
    pixels = values / float((1 << depth) - 1)
    if key is not None and kind in (0, 2):
        wanted = np.frombuffer(key, ">u2")[:samples]
        return with_alpha(pixels, 1.0 - (values == wanted).all(axis=-1))
    return with_alpha(pixels[..., :-1], pixels[..., -1]) if kind in (4, 6) else pixels


def with_alpha(colors, alpha):
    return colors if (alpha == 1.0).all() else np.concatenate([colors, alpha[..., None]], axis=-1)


def unfiltered(raw, height, row, samples, depth):
    back, before = max(1, samples * depth // 8), np.zeros(row, int)
    lines = np.zeros((height, row), np.uint8)
    for number, line in enumerate(raw.reshape(height, row + 1).astype(int)):
        kind, own = line[0], line[1:].copy()
        if kind > 4:
            raise Refused("filter")
        for k in range(row):
            left, corner = (own[k - back], before[k - back]) if k >= back else (0, 0)
            above = before[k]
            guess = 0
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = above
            elif kind == 3:
                guess = (left + above) // 2
            elif kind == 4:
                p = left + above - corner
                gaps = abs(p - left), abs(p - above), abs(p - corner)
                guess = (left, above, corner)[int(np.argmin(gaps))]
            own[k] = (own[k] + guess) & 255
        before = own
        lines[number] = own
    return lines


def unpacked(lines, count, depth):
    """Samples of rows of bytes, the first in the highest bits."""
    if depth == 16:
        return lines.reshape(len(lines), -1, 2).astype(int) @ [256, 1]
    if depth == 8:
        return lines.astype(int)
    bits = np.unpackbits(lines, axis=1).reshape(len(lines), -1, depth)
    return (bits @ (1 << np.arange(depth)[::-1]))[:, :count].astype(int)


# BMP (BITMAPINFOHEADER)


def bmp(content):
    (offset,) = struct.unpack("<I", content[10:14])
    size, width, height, _, depth, compression = struct.unpack("<IiiHHI", content[14:34])
    colors = struct.unpack("<I", content[46:50])[0]
    if compression != 0 or size < 40 or depth not in (1, 4, 8, 16, 24, 32):
        raise Refused(f"compression {compression}, {depth} bits")
    rows = abs(height)
    if not 0 < rows * width < 1 << 24:
        raise Refused("large")
    row = (width * depth + 31) // 32 * 4
    if depth <= 8 and offset == 14 + size:  # rows do not begin where the palette does
        offset += 4 * (colors or 1 << depth)
    body = content[offset : offset + rows * row]
    body += b"\0" * (row - (width * depth + 7) // 8)  # the last line need not be padded
    lines = np.frombuffer(body[: rows * row], np.uint8).reshape(rows, row)
    lines = lines if height < 0 else lines[::-1]
    if depth >= 24:
        pixels = lines[:, : width * depth // 8].reshape(rows, width, -1)
        return pixels[..., 2::-1] / 255.0
    if depth == 16:  # five bits each
        words = lines[:, : 2 * width].astype(int).reshape(rows, width, 2) @ [1, 256]
        return np.stack([words >> shift & 31 for shift in (10, 5, 0)], axis=-1) / 31.0
    places = unpacked(lines, width, depth)[:, :width]
    palette = np.frombuffer(content[14 + size : 14 + size + 4 * (colors or 1 << depth)], np.uint8)
    shades = palette[: len(palette) // 4 * 4].reshape(-1, 4)[places][..., 2::-1] / 255.0
    return shades[..., :1] if (shades[..., :1] == shades).all() else shades


# TIFF 6.0


TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}  # of numbers
TYPES |= {13: "I", 16: "Q", 17: "q"}


def tiff(content):
    order = "<" if content[:2] == b"II" else ">"
    (place,) = struct.unpack(order + "I", content[4:8])
    (count,) = struct.unpack(order + "H", content[place : place + 2])
    tags = {}
    for number in range(count):
        at = place + 2 + 12 * number
        if at + 12 > len(content):
            break
        tag, kind, values = struct.unpack(order + "HHI", content[at : at + 8])
        code = TYPES.get(kind)
        if code is None or values > 1 << 20 or tag in tags:
            continue
        size = struct.calcsize(code) * values
        start = at + 8 if size <= 4 else struct.unpack(order + "I", content[at + 8 : at + 12])[0]
        if len(content[start : start + size]) == size:
            tags[tag] = struct.unpack(f"{order}{values}{code}", content[start : start + size])
    tags = {tag: values for tag, values in tags.items() if values}
    width, height = tags[256][0], tags[257][0]
    bits, samples = tags.get(258, (1,)), tags.get(277, (1,))[0]
    compression, photometric = tags.get(259, (1,))[0], tags[262][0]
    bits = bits * samples if len(bits) == 1 else bits
    if len(set(bits[:samples])) > 1 or len(bits) < samples:
        raise Refused("bits")
    if not 0 < width * height < 1 << 24 or tags.get(266, (1,))[0] != 1 or 317 in tags:
        raise Refused("large, or another order of bits")
    depth, kind = bits[0], tags.get(339, (1,))[0]
    planes = tags.get(284, (1,))[0]
    row = (width * (1 if planes == 2 else samples) * depth + 7) // 8
    counts = tags.get(279, ())
    if compression == 1:  # then they follow from the rows
        each = tags.get(278, (height,))[0]
        starts = range(0, height, each)
        counts = [row * (min(start + each, height) - start) for start in starts]
        counts = counts * (samples if planes == 2 else 1)
    strips = zip(tags[273][: len(counts)], counts, strict=True)
    parts = [inflated(content[a : a + n], compression, row * height) for a, n in strips]
    whole = b"".join(parts)
    if planes == 2 and samples > 1:
        whole = interleaved(whole, samples, height * row, depth)
        row *= samples
    data = np.frombuffer(whole[: height * row], np.uint8).reshape(height, row)
    if (kind, depth) == (3, 32):
        values = data.reshape(-1).view(order + "f4").reshape(height, width, samples).astype(float)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise Refused("floats")
        white = 1.0
    elif kind == 1 and depth in (1, 8, 16):
        flat = data.reshape(-1).view(order + "u2").reshape(height, -1) if depth == 16 else data
        values = flat.astype(int) if depth == 16 else unpacked(flat, width * samples, depth)
        values, white = values.reshape(height, width, samples), float((1 << depth) - 1)
    else:
        raise Refused("numbers")
    if photometric == 3:
        palette = np.array(tags[320]).reshape(3, -1).T // 256
        shades = palette[values[..., 0]] / 255.0
        return shades[..., :1] if (shades[..., :1] == shades).all() else shades
    pixels = values / white
    if photometric == 0:
        pixels = 1.0 - pixels
    elif photometric not in (1, 2):
        raise Refused(f"colours {photometric}")
    extra = tags.get(338, ())
    wanted = 3 if photometric == 2 else 1
    pixels = turned(pixels, tags.get(274, (1,))[0])
    if samples == wanted:
        return pixels
    colors, alpha = pixels[..., :wanted], pixels[..., wanted]
    if extra[:1] == (0,):  # of no meaning
        return colors
    if samples > wanted + 1 or extra[:1] not in ((), (1,), (2,), (999,)):
        raise Refused("further samples")
    if extra[:1] == (1,):  # colours are multiplied by it already
        colors = np.where(alpha[..., None] > 0, colors / np.maximum(alpha, 1e-9)[..., None], 0.0)
    return with_alpha(np.minimum(colors, 1.0), alpha)


def interleaved(planes, samples, size, depth):
    """Samples that lie one plane after the other, side by side."""
    width = max(1, depth // 8)
    parts = [np.frombuffer(planes[k * size : (k + 1) * size], np.uint8) for k in range(samples)]
    return np.stack([part.reshape(-1, width) for part in parts], axis=1).tobytes()


def inflated(part, compression, needed):
    if compression == 1:
        return part
    if compression in (8, 32946):
        return zlib.decompressobj().decompress(part, needed)
    raise Refused("compression")


# JPEG and WebP


def jpeg(content):
    import tensorflow as tf

    try:
        orientation = orientation_of(content)
    except (struct.error, IndexError):
        orientation = 1  # what cannot be read does not say
    end = b"\xff\xd9"  # it may be what is missing
    for ended in (content, content + end, content[:-2] + end):
        try:
            image = tf.io.decode_jpeg(ended, dct_method="INTEGER_ACCURATE").numpy()
            break
        except tf.errors.OpError as error:
            reason = str(error)[:80]
    else:
        raise Refused(reason)
    if image.shape[-1] not in (1, 3):
        raise Refused("channels")
    return turned(image / 255.0, orientation)


def orientation_of(content):
    """What the Exif segment of a JPEG file says; 1 where it has none."""
    place = 2
    while True:
        place = content.find(b"\xff", place)  # what lies before a marker is passed over
        if place < 0:
            return 1
        marker, length = content[place + 1], struct.unpack(">H", content[place + 2 : place + 4])[0]
        body = content[place + 4 : place + 2 + length]
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            head = body[6:]
            if head[:4] not in (b"II*\0", b"MM\0*"):
                return 1
            order = "<" if head[:2] == b"II" else ">"
            (start,) = struct.unpack(order + "I", head[4:8])
            (count,) = struct.unpack(order + "H", head[start : start + 2])
            for number in range(count):
                entry = head[start + 2 + 12 * number :][:12]
                tag, kind, values = struct.unpack(order + "HHI", entry[:8])
                if (tag, kind, values) == (274, 3, 1):
                    return struct.unpack(order + "H", entry[8:10])[0]
        if marker in (0xDA, 0xD9):
            return 1
        place += 2 + length


def webp(content):
    import tensorflow as tf

    try:
        image = tf.io.decode_webp(content).numpy()
    except tf.errors.OpError as error:
        raise Refused(str(error)[:80]) from error
    pixels = image[0] / 255.0  # of the first frame
    return with_alpha(pixels[..., :3], pixels[..., 3]) if pixels.shape[-1] == 4 else pixels


# .npy and .npz (NEP 1, and the ZIP format)


def npy(content):
    """The array of an .npy file."""
    try:
        if content[:6] != b"\x93NUMPY" or content[6] not in (1, 2):
            raise Refused("magic")
        form = "<H" if content[6] == 1 else "<I"
        (length,) = struct.unpack(form, content[8 : 8 + struct.calcsize(form)])
        start = 8 + struct.calcsize(form)
        header = content[start : start + length].decode("latin1")
        fields = eval(header, {"__builtins__": {}})
        body = content[start + length :]
        dtype = np.dtype(fields["descr"])
        if dtype.hasobject or set(fields) != {"descr", "fortran_order", "shape"}:
            raise Refused("objects")
        array = np.frombuffer(body, dtype)
        return array.reshape(fields["shape"], order="F" if fields["fortran_order"] else "C")
    except Refused:
        raise
    except Exception as error:
        raise Refused(repr(error)) from error


def npz(content):
    """Name -> array of an .npz file."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {
                name.removesuffix(".npy"): npy(archive.read(name)) for name in archive.namelist()
            }
    except Refused:
        raise
    except Exception as error:
        raise Refused(repr(error)) from error
