"""Seals: what this cache's own jail made, told from everything else."""

import hmac
import os
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

KEY_BYTES = 32
_CHUNK = 1 << 20


class Seals:
    """Seals files by HMAC-SHA256 under a key that belongs to one folder.

    The key lies in the folder as `key`, mode 0600, made on first use. A file from another cache, from another machine or of
    somebody's own making has no seal that fits, whatever lies beside it. Whoever may read the key runs as us already.
    """

    def __init__(self, folder: Path) -> None:
        """Read the key, or make one. Raises `PermissionError` where others may read it."""
        self._key = _key(folder / "key")

    def of(self, name: str, file: Path) -> str:
        """Seal the content of `file` as what `name` stands for. Raises `OSError`; a symbolic link is not followed."""
        made = hmac.new(self._key, name.encode() + b"\0", sha256)
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as content:
            while chunk := content.read(_CHUNK):
                made.update(chunk)
        return made.hexdigest()

    def fits(self, name: str, file: Path, seal: Path) -> bool:
        """Say whether `seal` holds the seal of `file` under `name`."""
        try:
            return hmac.compare_digest(self.of(name, file), seal.read_text().strip())
        except (OSError, UnicodeDecodeError, TypeError):  # missing, a link, or no seal at all
            return False


def _key(file: Path) -> bytes:
    if not file.exists():
        part = file.with_suffix(f".{os.getpid()}.part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(token_bytes(KEY_BYTES))
        try:
            os.link(part, file)  # another process may have been first: its key stays
        except FileExistsError:
            pass
        finally:
            part.unlink()
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as found:
        status = os.fstat(found.fileno())
        key = found.read()
    if status.st_uid != os.getuid() or status.st_mode & 0o077 or len(key) != KEY_BYTES:
        message = f"{file} must be a key of {KEY_BYTES} bytes that nobody else may read (chmod 600), or be removed"
        raise PermissionError(message)
    return key
