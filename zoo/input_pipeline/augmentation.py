"""Images that every epoch shows in another way, by a pure function of (seed, epoch, row)."""

import numpy as np

from zoo.input_pipeline.rows import Rows, fingerprint_of

TAG = 0xA06  # of the noise that augments; one more for every further side
DRAWS = 6  # numbers drawn for each row: flip, down, right, brightness, contrast, saturation
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Augmented(Rows):
    """Rows of images in [0, 1] that are changed a little while training, and only then.

    Args:
        rows: an array or `Rows`, `(count, height, width, channels)`.
        seed: of the changes.
        flip: whether half of them are mirrored from left to right.
        crop: most pixels that one is shifted by in each direction; its edge is reflected.
        color: the range of brightness, contrast and saturation: their factors are drawn
            from 1 - color to 1 + color.
        side: 0, or another number for rows that are to be changed by themselves.
    """

    is_checked = True

    def __init__(self, rows, seed, flip=False, crop=0, color=0.0, side=0):
        super().__init__(len(rows), rows.shape[1:], rows.dtype)
        self.rows, self.seed, self.side = rows, seed, side
        self.flip, self.crop, self.color = flip, crop, color

    def read(self, indices):
        return self.rows.take(indices, axis=0)

    def read_in_epoch(self, indices, epoch):
        images, drawn = self.read(indices), self.drawn(indices, epoch)
        if self.flip:
            mirrored = drawn[:, 0] < 0.5
            images = np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
        if self.crop:
            images = shifted(images, *(2 * drawn[:, 1:3].T - 1) * (self.crop + 0.5))
        if self.color:
            images = recolored(images, *(1.0 + self.color * (2 * drawn[:, 3:6].T - 1)))
        return images.astype(np.float32, copy=False)

    def drawn(self, indices, epoch):
        """Numbers in (0, 1), float32 `(rows, DRAWS)`."""
        from zoo import noise

        index, draw = np.asarray(indices, np.int64)[:, None], np.arange(DRAWS)[None]
        key = np.array([noise.mixed(self.seed, TAG + self.side)], np.uint32)
        row = (index & 0xFFFFFFFF).astype(np.uint32)
        column = (draw + DRAWS * (index >> 32)).astype(np.uint32)
        words, _ = noise.threefry((key, np.array([epoch], np.uint32)), (row, column))
        return ((words >> np.uint32(9)).astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-23)

    def fingerprint(self):
        options = self.seed, self.flip, self.crop, self.color, self.side
        return f"{fingerprint_of(self.rows)} {options}"


def shifted(images, down, right):
    """Images moved by whole pixels, `(rows,)` each; what is missing is reflected at the edge."""
    height, width = images.shape[1:3]
    rows = reflected(np.arange(height)[None] - np.rint(down).astype(int)[:, None], height)
    columns = reflected(np.arange(width)[None] - np.rint(right).astype(int)[:, None], width)
    return images[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def reflected(places, size):
    """Places beyond an edge as those as far before it."""
    if size == 1:
        return np.zeros_like(places)
    places = np.abs(places) % (2 * size - 2)
    return np.where(places < size, places, 2 * size - 2 - places)


def recolored(images, brightness, contrast, saturation):
    """Images with other brightness, contrast and saturation, factors `(rows,)`, in [0, 1]."""
    brightness, contrast, saturation = (
        factor.astype(np.float32)[:, None, None, None]
        for factor in (brightness, contrast, saturation)
    )
    color = images[..., :3] * brightness
    mean = color.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float32)
    color = mean + (color - mean) * contrast
    if color.shape[-1] == 3:
        grey = (color * LUMA).sum(axis=-1, keepdims=True)
        color = grey + (color - grey) * saturation
    color = np.clip(color, 0.0, 1.0).astype(np.float32)
    return np.concatenate([color, images[..., 3:]], axis=-1)  # transparency stays
