from pathlib import Path
from typing import Any

import pytest

from service.settings import SettingsError, read_settings


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # no goalwright.toml here
    for name in ("GOALWRIGHT_MODEL", "GOALWRIGHT_TOKEN", "GOALWRIGHT_RECORDED"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"host": "0.0.0.0"}, "needs a token", id="open door without a token"),
        pytest.param({"model": "a/b", "recorded": "x"}, "either", id="a model and recordings"),
        pytest.param({"model_price": "free"}, "GOALWRIGHT_MODEL_PRICE", id="no price"),
        pytest.param({"port": 70_000}, "port", id="no port"),
        pytest.param({"colour": "red"}, "colour", id="unknown setting"),
        pytest.param({"channels": {"desk": {"kind": "pigeon", "url": "https://x"}}}, "channels.desk.kind", id="unknown kind"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_with_a_sentence(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(**given)
    assert says.replace("either", "asked, or") in str(refused.value)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "goalwright.toml").write_text('port = 9000\nhosts = ["*.example"]\n[bounds]\nsteps = 7\n')
    monkeypatch.setenv("GOALWRIGHT_PORT", "9001")
    monkeypatch.setenv("GOALWRIGHT_CHANNELS", '{"desk": {"url": "https://desk.example"}}')
    settings = read_settings()
    assert (settings.port, settings.hosts, settings.bounds.steps) == (9001, ("*.example",), 7)
    assert settings.channels["desk"].url == "https://desk.example"


def test_broken_files_and_variables_are_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "goalwright.toml").write_text("port = \n")
    with pytest.raises(SettingsError, match="line 1"):
        read_settings()
    (tmp_path / "goalwright.toml").unlink()
    monkeypatch.setenv("GOALWRIGHT_CHANNELS", "not json")
    with pytest.raises(SettingsError, match="channels"):
        read_settings()
