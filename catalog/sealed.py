"""Sealed files: what this installation made, told from everything that came from somewhere else.

Components, compiled images and the index of published handlers are kept this way. Beside each file stands its seal,
`NAME.seal`: HMAC-SHA256 over name and content under the key that lies in the folder as `key`. A file that was changed,
cut, exchanged or brought from elsewhere has no seal that fits, and is never used.
"""

import hmac
import os
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

KEY_BYTES = 32
_OTHERS = 0o077
_CHUNK = 1 << 20


class SealedFiles:
    """The files of one folder, which only its owner may enter.

    Whoever may read the key runs as us already.
    """

    def __init__(self, folder: Path) -> None:
        """Take a folder into use: make it and its key where they are missing, and close it to others.

        Raises `PermissionError` where the folder belongs to somebody else, or others may read the key.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        close_to_others(folder)
        self.folder = folder
        self._key = _key(folder / "key")

    def file(self, name: str) -> Path:
        """Name the place of a file, which need not exist."""
        return self.folder / name

    def intact(self, name: str) -> bool:
        """Say whether the file is there as this installation made it."""
        seal = self._place_of_seal(name)
        try:
            return hmac.compare_digest(self._seal_of(name, self.file(name)), seal.read_text().strip())
        except (OSError, UnicodeDecodeError, TypeError):  # missing, a link, or no seal at all
            return False

    def put(self, part: Path, name: str) -> Path:
        """Move a finished file of the same file system into place, in one step, and seal it.

        The seal goes first, so that a crash in between leaves no pair that fits.
        """
        seal = part.with_name(f"{part.name}.seal")
        seal.write_text(self._seal_of(name, part))
        for made in (part, seal):
            made.chmod(0o600)  # whatever the umask of the process that builds
        seal.replace(self._place_of_seal(name))
        return part.replace(self.file(name))

    def seal(self, name: str, content: bytes) -> str:
        """Give the seal of a content that will carry it inside, so that both change in one step."""
        return hmac.new(self._key, name.encode() + b"\0" + content, sha256).hexdigest()

    def _place_of_seal(self, name: str) -> Path:
        return self.folder / f"{name}.seal"

    def _seal_of(self, name: str, file: Path) -> str:
        made = hmac.new(self._key, name.encode() + b"\0", sha256)
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as content:
            while chunk := content.read(_CHUNK):
                made.update(chunk)
        return made.hexdigest()


def close_to_others(folder: Path) -> None:
    """Let nobody but its owner enter a folder of ours; what lies there is sealed, so nothing else has to be mended.

    Raises `PermissionError` for one of somebody else, and for a symbolic link.
    """
    status = folder.lstat()
    if status.st_uid != os.getuid() or folder.is_symlink():
        message = f"{folder} must be a folder of this user, closed to all others (chmod 700)"
        raise PermissionError(message)
    if status.st_mode & _OTHERS:
        folder.chmod(0o700)


def _key(file: Path) -> bytes:
    if not file.exists():
        _make_key(file)
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as found:
        status = os.fstat(found.fileno())
        key = found.read()
    if status.st_uid != os.getuid() or status.st_mode & _OTHERS or len(key) != KEY_BYTES:
        message = f"{file} must be a key of {KEY_BYTES} bytes that nobody else may read (chmod 600), or be removed"
        raise PermissionError(message)
    return key


def _make_key(file: Path) -> None:
    part = file.with_suffix(f".{os.getpid()}.{token_bytes(4).hex()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
        made.write(token_bytes(KEY_BYTES))
    try:
        os.link(part, file)  # another process may have been first: its key stays
    except FileExistsError:
        pass
    finally:
        part.unlink()
