"""What a module of XLA does, read from its text: operations and bytes."""

import math
import re

BYTES = {"pred": 1, "s8": 1, "u8": 1, "s16": 2, "u16": 2, "f16": 2, "bf16": 2}
BYTES |= {"s32": 4, "u32": 4, "f32": 4, "s64": 8, "u64": 8, "f64": 8}
SHAPE = re.compile(r"\b(" + "|".join(BYTES) + r")\[([\d,]*)\]")
INSTRUCTION = re.compile(r"^\s*(?:ROOT )?%?([\w.-]+) = (.+?) ([\w-]+)\(([^)]*)\)")
FREE = {"parameter", "constant", "tuple", "get-tuple-element", "bitcast"}  # move nothing


def shapes(text):
    """(type, sizes) of every shape in the text."""
    found = SHAPE.findall(text)
    return [(kind, tuple(map(int, filter(None, sizes.split(","))))) for kind, sizes in found]


def instructions(text):
    """(kind, its line without metadata) of every instruction."""
    for line in text.splitlines():
        matched = INSTRUCTION.match(line)
        if matched:
            yield matched[3], line.partition(", metadata=")[0]


def operations(text):
    """Multiplications and additions of the matrix products and convolutions of a module.

    A convolution counts the products of its borders only where an image lies, and none of the
    zeros between dilated rows, as XLA's own count does. Element-wise operations are left out.

    Args:
        text: of a module before optimization: afterwards libraries hide products.
    """
    counted = {"dot": product, "convolution": convolution}
    for body in re.findall(r"body=%?([\w.-]+)", text):
        own = text.split(f"\n%{body} ")[1].split("\n}")[0]
        if any(kind in counted for kind, _ in instructions(own)):
            raise ValueError("text must have no products in loops: it does not tell their turns.")
    return sum(counted[kind](line) for kind, line in instructions(text) if kind in counted)


def product(line):
    """2 x size of the result x size of what is summed over."""
    (_, result), (_, left), *_ = shapes(line)
    summed = re.search(r"lhs_contracting_dims={([\d,]*)}", line)[1]
    return 2 * math.prod(result) * math.prod(left[int(axis)] for axis in summed.split(",") if axis)


def convolution(line):
    """2 x examples x channels x the pairs of places and kernel positions that meet."""
    (_, result), (_, image), (_, kernel), *_ = shapes(line)
    names = re.search(r"dim_labels=(\w+)_(\w+)->(\w+)", line).groups()
    image, kernel, result = (
        dict(zip(labels, sizes, strict=True))
        for labels, sizes in zip(names, (image, kernel, result), strict=True)
    )
    window, places = re.search(r"window={([^}]*)}", line), 1
    window = dict(part.split("=") for part in window[1].split()) if window else {}
    for axis in filter(str.isdigit, kernel):
        number = int(axis)
        places *= meeting(
            image[axis],
            kernel[axis],
            result[axis],
            *(entry(window, name, number, 1) for name in ("stride", "lhs_dilate", "rhs_dilate")),
            entry(window, "pad", number, "0_0"),
        )
    return 2 * result["b"] * kernel["i"] * result["f"] * places


def entry(window, name, axis, default):
    """The part of a window's `name` that belongs to an axis."""
    if name not in window:
        return default
    part = window[name].split("x")[axis]
    return part if name == "pad" else int(part)


def meeting(image, kernel, result, stride, image_dilation, kernel_dilation, pad):
    """How many pairs (place of the result, position of the kernel) meet a pixel of the image."""
    low, last = int(pad.split("_")[0]), (image - 1) * image_dilation
    places = (
        place * stride + position * kernel_dilation - low
        for place in range(result)
        for position in range(kernel)
    )
    return sum(0 <= place <= last and place % image_dilation == 0 for place in places)


def moved(text):
    """Bytes that the instructions of an optimized module read and write.

    What is fused stays in registers: only the borders of a fusion count.
    """
    sizes, total = {}, 0
    for line in text[text.index("\nENTRY ") :].splitlines():
        matched = INSTRUCTION.match(line)
        if matched:
            name, result, kind, arguments = matched.groups()
            sizes[name] = sum(math.prod(s) * BYTES[of] for of, s in shapes(result))
            if kind not in FREE:
                read = re.findall(r"%([\w.-]+)", arguments)
                total += sizes[name] + sum(sizes[argument] for argument in read)
    return total
