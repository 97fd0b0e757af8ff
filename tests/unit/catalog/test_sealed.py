"""Files of a sealed folder are used as they were made here, or not at all."""

import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from catalog.sealed import SealedFiles

CONTENT = b"\0asm made here"


def made(folder: Path, name: str = "a.wasm", content: bytes = CONTENT) -> SealedFiles:
    files = SealedFiles(folder)
    part = folder / "part"
    part.write_bytes(content)
    files.put(part, name)
    return files


def flipped(folder: Path) -> None:
    (folder / "a.wasm").write_bytes(b"\0asm made Here")


def longer(folder: Path) -> None:
    (folder / "a.wasm").write_bytes(CONTENT + b"!")


def shorter(folder: Path) -> None:
    (folder / "a.wasm").write_bytes(CONTENT[:-1])


def emptied(folder: Path) -> None:
    (folder / "a.wasm").write_bytes(b"")


def linked(folder: Path) -> None:
    (folder / "a.wasm").rename(folder / "elsewhere")
    (folder / "a.wasm").symlink_to(folder / "elsewhere")


def unsealed(folder: Path) -> None:
    (folder / "a.wasm.seal").unlink()


def sealed_by_digest(folder: Path) -> None:
    (folder / "a.wasm.seal").write_text(sha256(CONTENT).hexdigest())


def sealed_with_zeros(folder: Path) -> None:
    (folder / "a.wasm.seal").write_text("0" * 64)


def sealed_with_bytes(folder: Path) -> None:
    (folder / "a.wasm.seal").write_bytes(b"\xff" * 64)


def sealed_with_letters_beyond_ascii(folder: Path) -> None:
    (folder / "a.wasm.seal").write_text("é" * 64)


def sealed_with_nothing(folder: Path) -> None:
    (folder / "a.wasm.seal").write_text("")


def exchanged_with_its_seal(folder: Path) -> None:
    made(folder, "b.wasm", b"another")
    shutil.copy(folder / "b.wasm", folder / "a.wasm")
    shutil.copy(folder / "b.wasm.seal", folder / "a.wasm.seal")


def brought_from_another_installation(folder: Path) -> None:
    made(folder.parent / "theirs", content=b"theirs")
    for name in ("a.wasm", "a.wasm.seal"):
        shutil.copy(folder.parent / "theirs" / name, folder / name)


def gone(folder: Path) -> None:
    (folder / "a.wasm").unlink()


def a_folder(folder: Path) -> None:
    (folder / "a.wasm").unlink()
    (folder / "a.wasm").mkdir()


def another_key(folder: Path) -> None:
    (folder / "key").unlink()


HARMS = [
    flipped,
    longer,
    shorter,
    emptied,
    linked,
    unsealed,
    sealed_by_digest,
    sealed_with_zeros,
    sealed_with_bytes,
    sealed_with_letters_beyond_ascii,
    sealed_with_nothing,
    exchanged_with_its_seal,
    brought_from_another_installation,
    gone,
    a_folder,
    another_key,
]


def test_a_file_that_was_made_here_is_intact(tmp_path: Path) -> None:
    assert made(tmp_path / "sealed").intact("a.wasm")
    assert SealedFiles(tmp_path / "sealed").intact("a.wasm")


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_a_file_that_anything_was_done_to_is_not_intact(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    made(tmp_path / "sealed")
    harm(tmp_path / "sealed")
    assert not SealedFiles(tmp_path / "sealed").intact("a.wasm")


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o750, 0o755, 0o770, 0o777])
def test_a_folder_that_others_may_enter_is_closed(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "sealed"
    folder.mkdir()
    folder.chmod(mode)
    SealedFiles(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "sealed").symlink_to(tmp_path / "real")
    with pytest.raises(PermissionError, match="chmod 700"):
        SealedFiles(tmp_path / "sealed")


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_folder_or_key_of_somebody_else_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "sealed")
    os.chown(tmp_path / "sealed" / "key", 12345, -1)
    with pytest.raises(PermissionError, match="chmod 600"):
        SealedFiles(tmp_path / "sealed")
    os.chown(tmp_path / "sealed", 12345, -1)
    with pytest.raises(PermissionError, match="chmod 700"):
        SealedFiles(tmp_path / "sealed")
