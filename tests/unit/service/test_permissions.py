"""What is kept is closed to others before anything starts."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.permissions import closed
from service.settings import Settings, SettingsError

FILES = [
    "goalwright.db",
    "goalwright.db-wal",
    "goalwright.db-shm",
    "goalwright.db-journal",
    "goalwright.db.lock",
    "server.json",
    "server.tmp",
    "catalog/index.json",
    "catalog/key",
    "catalog/.lock",
    "catalog/objects/0123",
    "cache/templates-0123.jsonl",
    "cache/components/key",
    "cache/components/noop-1.0.0-0123.wasm",
    "cache/components/noop-1.0.0-0123.wasm.seal",
    "cache/images/key",
    "cache/images/0123.cwasm",
    "secrets/token",
]


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def settings(data: Path, **more: object) -> Settings:
    return Settings(data=data, cache=data / "cache", secrets_folder=data / "secrets", **more)  # type: ignore[arg-type]


def filled(data: Path) -> None:
    for name in FILES:
        file = data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")


def open_paths(data: Path) -> set[str]:
    return {str(path.relative_to(data)) for path in [data, *data.rglob("*")] if path.stat().st_mode & 0o077}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o606, 0o640, 0o777])
def test_a_file_that_others_may_open_is_closed_and_told(tmp_path: Path, name: str, mode: int) -> None:
    os.umask(0o077)
    filled(tmp_path)
    (tmp_path / name).chmod(mode)
    replaced = name in {"cache/images/key", "cache/components/key"}
    then = "is replaced: handlers are built and compiled anew" if replaced else "is closed to them now"
    says = f"{tmp_path / name} was open to others (mode {mode:o}) and {then}"
    assert closed(settings(tmp_path)) == (says,)
    assert open_paths(tmp_path) == set()
    assert closed(settings(tmp_path)) == ()


def test_everything_of_an_older_installation_is_closed_at_once(tmp_path: Path) -> None:
    filled(tmp_path)
    tmp_path.chmod(0o755)
    assert len(closed(settings(tmp_path))) == len(FILES) + 7  # the folders with them
    assert open_paths(tmp_path) == set()


def test_what_does_not_exist_yet_is_no_fault_and_is_made_closed(tmp_path: Path) -> None:
    assert closed(settings(tmp_path / "new")) == ()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "goalwright.db").write_text("x")
    assert open_paths(tmp_path / "new") == set()


def test_a_database_elsewhere_is_closed_and_its_folder_is_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    for name in ("flow[1].db", "flow[1].db-wal", "notes.txt"):
        (elsewhere / name).write_text("x")
    closed(settings(tmp_path / "data", database=f"sqlite:///{elsewhere / 'flow[1].db'}?timeout=5"))
    assert open_paths(elsewhere) == {".", "notes.txt"}


def test_a_folder_that_all_users_share_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(SettingsError) as refused:
        closed(settings(shared))
    says = f"data: {shared} is a folder that all users of the machine share, and a folder of its own is needed"
    assert refused.value.findings == (f"{says}; choose another folder with GOALWRIGHT_DATA.",)
    assert shared.stat().st_mode & 0o7777 == 0o1777


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("name", "setting", "what"),
    [
        (".", "data", "choose another folder with GOALWRIGHT_DATA"),
        ("server.json", "data", "choose another folder with GOALWRIGHT_DATA"),
        ("catalog/index.json", "data", "choose another folder with GOALWRIGHT_DATA"),
        ("cache", "cache", "choose another folder with GOALWRIGHT_CACHE"),
        ("cache/images/0123.cwasm", "cache", "choose another folder with GOALWRIGHT_CACHE"),
        ("goalwright.db", "database", "choose another file with GOALWRIGHT_DATABASE"),
        ("goalwright.db-wal", "database", "choose another file with GOALWRIGHT_DATABASE"),
        ("secrets", "secrets_folder", "choose another folder with GOALWRIGHT_SECRETS_FOLDER"),
        ("secrets/token", "secrets_folder", "choose another folder with GOALWRIGHT_SECRETS_FOLDER"),
    ],
)
def test_what_belongs_to_somebody_else_is_refused_by_name(tmp_path: Path, name: str, setting: str, what: str) -> None:
    filled(tmp_path)
    path = tmp_path / name
    os.chown(path, 12345, -1)
    with pytest.raises(SettingsError) as refused:
        closed(settings(tmp_path))
    says = f"{setting}: {path} belongs to the user 12345, not to the one that runs Goalwright (0); {what}."
    assert refused.value.findings == (says,)
