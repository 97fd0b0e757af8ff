"""Pages that calls write: found in this process's own memory, and fetched without changing a byte."""

import mmap
import os
import sys
from pathlib import Path

import pytest

from broker.sandbox.memory import guest_bytes
from broker.sandbox.pages import LOOKS, HotPages, _runs

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


@LINUX
def test_what_every_call_wrote_is_fetched_and_nothing_changes(tmp_path: Path) -> None:
    image = tmp_path / "image.cwasm"
    image.write_bytes(bytes(range(256)) * (64 * PAGE // 256))
    hot = HotPages(str(image))
    with image.open("rb") as file:
        for number in range(LOOKS):
            with mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
                for page in (2, 3, 10, 20 + number):
                    memory[page * PAGE] = 7
                hot.look()
        assert hot.known == 3
        with mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as memory:
            hot.fetch()
            hot.fetch()
            assert memory[:] == image.read_bytes()


def test_an_image_without_a_snapshot_has_no_such_pages(tmp_path: Path) -> None:
    hot = HotPages(str(tmp_path / "missing.cwasm"))
    hot.look()
    hot.fetch()
    assert hot.known == 0


def test_a_process_without_a_guest_has_no_guest_memory() -> None:
    assert guest_bytes() == 0
