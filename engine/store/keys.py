"""The file of an installation's keys: made on first start, readable by its owner alone, kept beside the database."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import KeysError
from engine.seals import Key, Ring

_BYTES = 32
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Where the keys are. `secret`, where the operator gives one, seals in place of the newest key of the file."""

    file: Path
    secret: bytes | None = None

    def ring(self) -> Ring:
        """Read the keys; an empty ring where there are none yet. Raises `KeysError`."""
        kept = [Key(bytes.fromhex(each["secret"])) for each in self.listed()]
        return Ring.of([*kept, *([] if self.secret is None else [Key(self.secret)])])

    def listed(self) -> list[dict[str, str]]:
        """List what the file holds, `{id, created_at, secret}` of each key, the newest last. Raises `KeysError`."""
        with _readable(self.file):
            if not self.file.exists():
                return []
            found = json.loads(self.file.read_text(encoding="utf-8"))["keys"]
            return [_checked(each) for each in found]

    def add(self, key: Key) -> None:
        """Add a key, which seals from the next start on; those before are kept to verify. Raises `KeysError`."""
        new = {"id": key.id, "created_at": datetime.now(UTC).isoformat(), "secret": key.secret.hex()}
        kept = self.listed()
        with _writable(self.file):
            _replace(self.file, json.dumps({"keys": [*kept, new]}, indent=1))


def made() -> Key:
    """Make a key by chance."""
    return Key(secrets.token_bytes(_BYTES))


def beside(database: Path) -> Path:
    """Name the file of the keys of a database, where the settings name none."""
    return database.with_name(f"{database.name}.keys")


def _checked(entry: dict[str, str]) -> dict[str, str]:
    if Key(bytes.fromhex(entry["secret"])).id != entry["id"]:
        msg = f"the key {entry['id']} does not go with its id"
        raise ValueError(msg)
    return entry


def _replace(file: Path, text: str) -> None:
    """Write a file that its owner alone can read, whole or not at all, even where the power fails."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    temporary.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise KeysError(str(file), f"cannot be read: {wrong.strerror}") from wrong
    except (ValueError, TypeError, KeyError) as wrong:
        why = "is no file of keys. Put a copy that is whole in its place; a new one would not verify what is sealed"
        raise KeysError(str(file), why) from wrong


@contextmanager
def _writable(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise KeysError(str(file), f"cannot be written: {wrong.strerror}") from wrong
