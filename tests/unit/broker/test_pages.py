"""Pages that calls write: found in this process's own memory, and fetched without changing a byte."""

import mmap
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker.sandbox.memory import guest_bytes
from broker.sandbox.pages import LOOK_EVERY, LOOKS, HotPages, _runs

PAGE = os.sysconf("SC_PAGE_SIZE")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")


@pytest.mark.parametrize(
    ("pages", "runs"),
    [
        pytest.param([], [], id="none"),
        pytest.param([3], [(3, 1)], id="one"),
        pytest.param([1, 2, 3, 7, 9, 10], [(1, 3), (7, 1), (9, 2)], id="several"),
    ],
)
def test_numbers_are_written_as_runs(pages: list[int], runs: list[tuple[int, int]]) -> None:
    assert _runs(pages) == runs


@pytest.fixture
def image(tmp_path: Path) -> Path:
    file = tmp_path / "image.cwasm"
    file.write_bytes(bytes(range(256)) * (64 * PAGE // 256))
    return file


@contextmanager
def snapshot(image: Path) -> Iterator[mmap.mmap]:
    """Map an image as the engine does: what is written is this mapping's own."""
    with image.open("rb") as file, mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
        yield memory


def call(hot: HotPages, image: Path, *pages: int) -> None:
    """Make an instance, let it write, look at it."""
    with snapshot(image) as memory:
        hot.fetch()
        for page in pages:
            memory[page * PAGE] = 7
        hot.look()


@LINUX
def test_what_calls_usually_write_is_fetched_and_nothing_changes(image: Path) -> None:
    hot = HotPages(str(image))
    call(hot, image, 2, 3, 10, 20)
    call(hot, image, 2, 3, 10, 21)
    assert hot.known == 0
    call(hot, image, 2, 3, 21)
    assert hot.known == 4
    with snapshot(image) as memory:
        hot.fetch()
        assert memory[:] == image.read_bytes()


@LINUX
def test_other_calls_are_noticed_after_a_while(image: Path) -> None:
    hot = HotPages(str(image))
    for _ in range(LOOKS):
        call(hot, image, 2, 3, 10)
    for _ in range(LOOK_EVERY - 1):
        call(hot, image, 30)
    assert hot.known == 3
    for _ in range(LOOK_EVERY + 1):
        call(hot, image, 30)
    assert hot.known == 1


def test_an_image_without_a_snapshot_has_no_such_pages(tmp_path: Path) -> None:
    hot = HotPages(str(tmp_path / "missing.cwasm"))
    hot.look()
    hot.fetch()
    assert hot.known == 0


def test_a_process_without_a_guest_has_no_guest_memory() -> None:
    assert guest_bytes() == 0
