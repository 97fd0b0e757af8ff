"""Gets the memory pages that every call of a component writes, all at once and ahead of the call.

An instance's memory begins as the component's own snapshot, mapped from its image; each page that a call writes is copied when
it is first written, one interruption by the kernel at a time. For a guest in Python that is most of a small call. Which pages
those are differs little from call to call: they are looked up after the first ones, and fetched by one system call from then
on. It changes no byte, so where it cannot be done (another system, an older kernel) everything works the same, only slower.
"""

import ctypes
import os
import struct
from collections import Counter, deque
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

LOOKS = 3  # calls whose written pages are compared; what two of them wrote is fetched
LOOK_EVERY = 32  # calls, once that many were compared
MOST_PAGES = 2_048

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROCESS_MADVISE, _POPULATE_WRITE = 440, 23  # Linux; the same on every processor
_PRESENT, _OF_FILE = 1 << 63, 1 << 61  # flags of an entry of /proc/self/pagemap
_MOST_RANGES = 1_024  # of one system call
_MAPS, _PAGEMAP = Path("/proc/self/maps"), "/proc/self/pagemap"


class _Range(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("size", ctypes.c_size_t))


class HotPages:
    """The pages of one image's snapshot that its calls write."""

    def __init__(self, image: str) -> None:
        """Know none yet."""
        self._image = image
        self._written: deque[set[int]] = deque(maxlen=LOOKS)  # by the calls that were looked at last
        self._calls, self._next_look = 0, 1
        self._fetched = False  # for the instance that was made last
        self._hot: list[int] = []
        self._base = 0
        self._ranges: ctypes.Array[_Range] | None = None
        self._size = 0

    @property
    def known(self) -> int:
        """Tell how many pages `fetch` gets."""
        return self._size // _PAGE

    def look(self) -> None:
        """See what the call that just ended has written; its instance must still be there. Most calls are not looked at."""
        self._calls += 1
        fetched, self._fetched = self._fetched, False
        if fetched or self._calls < self._next_look:
            return
        span = _snapshot(self._image)
        if span is None:
            return
        self._written.append(_written(*span))
        self._next_look = self._calls + (1 if len(self._written) < LOOKS else LOOK_EVERY)
        if len(self._written) == LOOKS:
            counts = Counter(page for pages in self._written for page in pages)
            self._aim(span[0], sorted(page for page, count in counts.items() if count > 1))

    def fetch(self) -> None:
        """Get the pages for the instance that was just made, unless its call is one to look at."""
        if self._ranges is None or self._calls + 1 >= self._next_look:
            return
        done = _system_call(self._ranges)
        self._fetched = done == self._size
        if self._fetched:
            return
        span = _snapshot(self._image)
        if done < 0 and span is not None and span[0] != self._base:  # the memory lies elsewhere now
            self._aim(span[0], self._hot)
        else:
            self._ranges = None

    def _aim(self, base: int, pages: list[int]) -> None:
        runs = _runs(pages)[:_MOST_RANGES] if len(pages) <= MOST_PAGES else []
        self._base, self._hot = base, pages
        self._size = sum(count for _, count in runs) * _PAGE
        parts = [_Range(base + first * _PAGE, count * _PAGE) for first, count in runs]
        self._ranges = (_Range * len(parts))(*parts) if parts else None


def _snapshot(image: str) -> tuple[int, int] | None:
    """Tell where the writable copy of the image's snapshot lies."""
    try:
        lines = _MAPS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.endswith(image):
            span, rights = line.split(maxsplit=2)[:2]
            if rights == "rw-p":
                low, high = (int(part, 16) for part in span.split("-"))
                return low, high
    return None


def _written(low: int, high: int) -> set[int]:
    """Give the numbers of the pages between two addresses that are no longer the file's."""
    count = (high - low) // _PAGE
    with open(_PAGEMAP, "rb", buffering=0) as file:  # noqa: PTH123 - unbuffered: it is read at one place
        file.seek(low // _PAGE * 8)
        entries = struct.unpack(f"={count}Q", file.read(count * 8))
    return {number for number, entry in enumerate(entries) if entry & _PRESENT and not entry & _OF_FILE}


def _runs(pages: list[int]) -> list[tuple[int, int]]:
    """Write numbers as (first, how many in a row)."""
    starts = [pages[0], *(after for before, after in pairwise(pages) if after != before + 1)] if pages else []
    ends = [*(before for before, after in pairwise(pages) if after != before + 1), pages[-1]] if pages else []
    return [(first, last - first + 1) for first, last in zip(starts, ends, strict=True)]


@cache
def _kernel() -> tuple[Callable[..., int], int] | None:
    """Give the function for system calls and a handle of this process; None where there are none."""
    try:
        call = ctypes.CDLL(None).syscall
        call.restype = ctypes.c_long
        return call, os.pidfd_open(os.getpid())
    except (AttributeError, OSError):
        return None


def _system_call(ranges: "ctypes.Array[_Range]") -> int:
    """Give how many bytes were fetched; negative where it cannot be done."""
    kernel = _kernel()
    if kernel is None:
        return -1
    call, process = kernel
    numbers = (_PROCESS_MADVISE, process, ranges, len(ranges), _POPULATE_WRITE, 0)
    return int(call(*(ctypes.c_long(each) if isinstance(each, int) else each for each in numbers)))
