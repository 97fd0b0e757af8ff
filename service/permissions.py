"""What is kept here is closed to every other user of the machine, or nothing starts."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from service.settings import Settings, SettingsError

OTHERS = 0o077
"""The bits of a mode that let the group and everybody else read, write or enter; the umask of every process."""

_AGAIN = {
    "data": "choose another folder with GOALWRIGHT_DATA",
    "cache": "choose another folder with GOALWRIGHT_CACHE",
    "database": "choose another file with GOALWRIGHT_DATABASE",
    "secrets_folder": "choose another folder with GOALWRIGHT_SECRETS_FOLDER",
}


def closed(settings: Settings) -> tuple[str, ...]:
    """Close to others what the settings name, and what this process makes from now on.

    Say what had to be mended, one sentence each. Raises `SettingsError` with all that is somebody else's or cannot be closed.
    """
    os.umask(OTHERS)
    mended: list[str] = []
    refused: list[str] = []
    for setting, path in _kept(settings):
        try:
            says = _close(path, by_root=setting == "secrets_folder", replaceable=setting == "cache")
        except FileNotFoundError:  # between the look at the folder and this one
            continue
        except OSError as failure:
            mode = f"{stat.S_IMODE(path.stat().st_mode):o}"
            refused.append(f"{setting}: {path} is open to others (mode {mode}), and cannot be closed: {failure.strerror}.")
        except _ForeignError as foreign:
            refused.append(f"{setting}: {foreign}; {_AGAIN[setting]}.")
        else:
            mended += [says] if says else []
    if refused:
        raise SettingsError(tuple(refused))
    return tuple(mended)


class _ForeignError(Exception):
    """A path is somebody else's, or not ours alone."""


def _kept(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Name what is there of all that is kept, by the setting that says where: folders first, then what lies in them."""
    yield from _tree("data", settings.data, "server.json", "server.tmp", "catalog", "catalog/*", "catalog/objects/*")
    yield from _tree("cache", settings.cache, "*.jsonl", "components", "components/*", "images", "images/*")
    database = settings.database_file
    if database is not None:  # SQLite keeps its log and index beside it, and so do we our lock
        yield from (("database", file) for file in database.parent.glob(f"{_literal(database.name)}*") if file.is_file())
    if settings.secrets_folder is not None:
        yield from _tree("secrets_folder", settings.secrets_folder, "*")


def _tree(setting: str, folder: Path, *patterns: str) -> Iterator[tuple[str, Path]]:
    if not folder.is_dir():
        return
    yield setting, folder
    for pattern in patterns:
        yield from ((setting, path) for path in folder.glob(pattern) if not path.is_symlink())


def _literal(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _close(path: Path, *, by_root: bool, replaceable: bool) -> str:
    """Close one file or folder, and say so where it was open; a key that others may know is no key any more.

    Raises `_ForeignError`, and `OSError` where it cannot be closed.
    """
    status = path.stat()
    if status.st_uid != os.getuid():
        if by_root and status.st_uid == 0 and not status.st_mode & 0o022:
            return ""
        says = f"{path} belongs to the user {status.st_uid}, not to the one that runs Goalwright ({os.getuid()})"
        raise _ForeignError(says)
    if path.is_dir() and (status.st_mode & stat.S_ISVTX or path == Path(path.anchor)):
        says = f"{path} is a folder that all users of the machine share, and a folder of its own is needed"
        raise _ForeignError(says)
    if not status.st_mode & OTHERS:
        return ""
    before = stat.S_IMODE(status.st_mode)
    if replaceable and path.name == "key":
        path.unlink()
        return f"{path} was open to others (mode {before:o}) and is replaced: handlers are built and compiled anew"
    path.chmod(before & ~OTHERS)
    if path.stat().st_mode & OTHERS:
        says = f"{path} is open to others (mode {before:o}), and its file system keeps no modes"
        raise _ForeignError(says)
    return f"{path} was open to others (mode {before:o}) and is closed to them now"
