"""Pictures decoded once, in parallel, into memory or into the cache on disk."""

import collections
import concurrent.futures
import dataclasses
import hashlib
import os
import warnings

import numpy as np

from zoo.saving.stored import cache_folder
from zoo.training.data import cache
from zoo.training.data.dataset import DataError
from zoo.training.data.images import Unreadable
from zoo.training.data.progress import bar, size_words, tell

PART = 256  # pictures that one thread decodes at a time
WITHOUT_CACHE = 1 << 24  # bytes of decoded pictures, fewer of which are not kept on disk
LOOKED_AT = 300  # pictures whose sizes are told where they differ
NAMED = 3  # files in a message
READER = 1  # version of how pictures are read: caches of another are made anew


class Coloured(Exception):
    """A picture has colour where those before it had none."""


class OtherSize(Exception):
    """A picture has another size than those before it."""


@dataclasses.dataclass
class Report:
    """What was found while decoding.

    Attributes:
        failures: index -> why it could not be read.
        transparent, several: how many had transparency, and more pictures than one.
        white: the largest value of their numbers; brightest: the largest that was there.
        digests: start of a part -> hash of its rows.
    """

    failures: dict = dataclasses.field(default_factory=dict)
    transparent: int = 0
    several: int = 0
    white: int = 255
    brightest: int = 0
    digests: dict = dataclasses.field(default_factory=dict)

    def add(self, picture):
        """Counts one picture."""
        self.transparent += picture.is_transparent
        self.several += picture.frames > 1
        if picture.white > 255:
            self.white = max(self.white, picture.white)
            self.brightest = max(self.brightest, picture.brightest)

    @classmethod
    def joined(cls, reports):
        """The report of all parts, given as `dataclasses.asdict` or JSON gives them."""
        whole = cls()
        for report in reports:
            whole.failures |= {int(index): why for index, why in report["failures"].items()}
            whole.transparent += report["transparent"]
            whole.several += report["several"]
            whole.white = max(whole.white, report["white"])
            whole.brightest = max(whole.brightest, report["brightest"])
            whole.digests |= {int(start): own for start, own in report["digests"].items()}
        return whole


class Pictures:
    """Pictures by their index.

    Attributes:
        identity: words that change wherever what they show may have changed.
    """

    identity = ""

    def __len__(self):
        raise NotImplementedError

    def name(self, index):
        """What a picture is called in a message."""
        return str(index)

    def read(self, index):
        """The `Picture` of an index; raises `Unreadable` or OSError."""
        raise NotImplementedError

    def block(self, start, stop, shape):
        """Rows of a shape of some pictures, and their `Report`."""
        rows, report = np.zeros((stop - start, *shape), np.uint8), Report()
        for index in range(start, stop):
            try:
                picture = self.read(index)
            except (Unreadable, OSError) as error:
                report.failures[index] = str(error)[:100]
                continue
            if picture.pixels.shape[:2] != shape[:2]:
                raise OtherSize(index)
            rows[index - start] = with_channels(picture.pixels, shape[2])
            report.add(picture)
        return rows, report


def decoded(pictures, channels=None):
    """(uint8 rows of all pictures, `Report`); those that could not be read are black.

    Args:
        pictures: `Pictures`.
        channels: of the rows; where None 1 if all are grey, else 3.

    Raises:
        DataError: where none can be read, or they differ in size.
    """
    with warnings.catch_warnings():  # here, for it is not done by threads
        warnings.simplefilter("ignore")
        first = first_of(pictures)
        shape, given = first.pixels.shape[:2], channels
        for channels in (given,) if given else (3, 1):  # of before
            kept = entry_of(pictures, (*shape, channels)).complete()
            if kept is not None:
                return named(*kept)
        channels = given or first.pixels.shape[2]
        try:
            return decoded_at(pictures, (*shape, channels))
        except Coloured:
            return decoded_at(pictures, (*shape, 3))
        except OtherSize as error:
            raise sizes_differ(pictures, first, int(str(error))) from None


def entry_of(pictures, shape):
    """The entry of the cache that holds pictures as rows of a shape."""
    key = cache.key_of("pictures", READER, pictures.identity, *shape)
    return cache.Entry(key, (len(pictures), *shape))


def first_of(pictures):
    """The first picture that can be read."""
    reasons = collections.Counter()
    for index in range(len(pictures)):
        try:
            return pictures.read(index)
        except (Unreadable, OSError) as error:
            reasons[str(error)] += 1
    words = "; ".join(f"{count} {why}" for why, count in reasons.most_common(NAMED))
    raise DataError(
        f"`data` must hold images that can be read. Received: {len(pictures)} files, none of them"
        f"{': ' * bool(words)}{words}."
    )


def decoded_at(pictures, shape):
    """Rows of a shape and their report, in memory where they are few, else of the cache."""
    entry = entry_of(pictures, shape)
    if entry.nbytes <= WITHOUT_CACHE:
        rows = np.zeros((len(pictures), *shape), np.uint8)
        reports = []
        for start, block, report in parts_of(pictures, shape, ()):
            rows[start : start + len(block)] = block
            reports.append(report)
        return rows, Report.joined(reports)
    try:
        with entry.writer() as writer:
            if entry.complete() is None:
                fill(writer, pictures, shape)
    except Coloured:
        entry.remove()
        raise
    return named(*entry.complete())


def named(rows, report):
    """Rows of the cache, which know what they hold, and the `Report` of them."""
    report = Report.joined([report])
    rows.digest = hashlib.sha256(repr(sorted(report.digests.items())).encode()).hexdigest()
    return rows, report


def fill(writer, pictures, shape):
    """Decodes what is not yet in an entry of the cache."""
    size, count = size_words(writer.entry.nbytes), len(pictures)
    words = f"{count:,} images of {' x '.join(map(str, shape))} are decoded once: {size}"
    resumed = f", {sum(stop - start for start, (stop, _) in writer.reports.items()):,} are there"
    tell(f"{words} in {cache_folder()}{resumed * bool(writer.reports)}.")
    for start, block, report in parts_of(pictures, shape, writer.reports):
        writer.write(start, block, report)
    report = Report.joined(report for _, report in writer.reports.values())
    writer.finish(dataclasses.asdict(report))


def parts_of(pictures, shape, done):
    """(start, rows, report) of each part that is not done, in order, decoded in parallel."""
    starts = [start for start in range(0, len(pictures), PART) if start not in done]
    workers = len(os.sched_getaffinity(0))
    with (
        bar("Decoding", min(len(starts) * PART, len(pictures)), "images") as advance,
        concurrent.futures.ThreadPoolExecutor(workers) as pool,
    ):
        waiting = collections.deque()
        try:
            for start in starts:
                waiting.append(pool.submit(part, pictures, shape, start))
                if len(waiting) > 2 * workers:
                    yield from finished(waiting.popleft(), advance)
            while waiting:
                yield from finished(waiting.popleft(), advance)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def finished(future, advance):
    start, block, report = future.result()
    advance(len(block))
    yield start, block, report


def part(pictures, shape, start):
    """Decodes one part: where it begins, its rows, its report as a dict."""
    rows, report = pictures.block(start, min(start + PART, len(pictures)), shape)
    report.digests[start] = hashlib.sha256(rows).hexdigest()[:16]
    return start, rows, dataclasses.asdict(report)


def with_channels(pixels, channels):
    """Pixels in 1, 3 or 4 channels; refuses to drop colour."""
    have = pixels.shape[-1]
    if have == channels:
        return pixels
    if have > channels:
        raise Coloured
    colour = pixels.repeat(3, axis=-1) if have == 1 else pixels
    if channels == 3:
        return colour
    return np.concatenate([colour, np.full_like(colour[..., :1], 255)], axis=-1)


def sizes_differ(pictures, first, index):
    """The error of pictures of several sizes: which there are, and how to bring them to one."""
    counts = collections.Counter()
    step = max(1, len(pictures) // LOOKED_AT)
    for number in {*range(0, len(pictures), step), index}:
        try:
            counts[pictures.read(number).pixels.shape[:2]] += 1
        except (Unreadable, OSError):
            continue
    sizes = [f"{n} of {h} x {w}" for (h, w), n in counts.most_common(4)]
    more = f" and {len(counts) - 4} sizes more" if len(counts) > 4 else ""
    return DataError(
        "`size` must be given where images have several sizes: one number, or height and width "
        f"(--size 64 or --size 64,48). Received: {', '.join(sizes)}{more} among "
        f"{sum(counts.values())} images, such as {pictures.name(index)}."
    )
