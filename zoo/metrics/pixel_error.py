"""How far images are from those they should be, pixel by pixel."""

import numpy as np


def pixel_error(images, reference):
    """Mean absolute error, and the peak signal-to-noise ratio of values in [0, 1].

        psnr = -10 log10(mean squared error of an image), in dB, mean over the images

    Args:
        images, reference: `(count, ...)`; image i should be reference i.

    Returns:
        {"absolute_error", "psnr", "count"}.
    """
    gap = np.asarray(images, np.float64) - np.asarray(reference, np.float64)
    squares = np.mean(gap.reshape(len(gap), -1) ** 2, axis=1)
    ratio = np.mean(-10.0 * np.log10(np.maximum(squares, 1e-12)))  # 120 dB where they are equal
    return {
        "absolute_error": float(np.abs(gap).mean()),
        "psnr": float(ratio),
        "count": len(gap),
    }
