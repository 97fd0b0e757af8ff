from pathlib import Path
from typing import Any

import pytest

from broker.channels import Email, Webhook
from broker.policy import CEILING, Binding
from planner.models.prices import Price
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
        pytest.param({"model": "a/b", "recorded": "x"}, "asked, or", id="a model and recordings"),
        pytest.param({"model_price": "free"}, "GOALWRIGHT_MODEL_PRICE", id="no price"),
        pytest.param({"port": 70_000}, "port", id="no port"),
        pytest.param({"colour": "red"}, "colour", id="unknown setting"),
        *(
            pytest.param({"channels": {"desk": fields}}, f"channels.desk{says}", id=case)
            for case, fields, says in (
                ("unknown kind", {"kind": "pigeon", "url": "https://x"}, ": kind is webhook, slack or email"),
                ("kind that is no text", {"kind": 7}, ": kind is webhook, slack or email"),
                ("no URL", {}, ".webhook: give either url, or url_secret"),
                ("URL of another scheme", {"url": "ftp://x"}, ".webhook: a channel needs an absolute http"),
                ("unknown field", {"url": "https://x", "to": "a"}, ".webhook.to: Extra inputs"),
                ("mail without recipients", {"kind": "email", "host": "m", "from": "a@x.example"}, ".email.to: Field required"),
                (
                    "mail to no address",
                    {"kind": "email", "host": "m", "from": "a@x.example", "to": ["desk"]},
                    ".email: 'desk' is no e-mail address",
                ),
                (
                    "a secret that there is not",
                    {"kind": "slack", "url_secret": "hook"},
                    ": it uses the secret hook, and there is no",
                ),
            )
        ),
        *(
            pytest.param({"secrets": {"key": fields}}, f"secrets.key{says}", id=case)
            for case, fields, says in (
                ("secret without hosts", {"from": "env:KEY"}, ".hosts: Field required"),
                ("secret for every host", {"from": "env:KEY", "hosts": ["*"]}, ": a secret is bound to hosts"),
                ("secret from nowhere", {"from": "KEY", "hosts": []}, ": a secret comes from provider:key"),
                ("secret from another keeper", {"from": "vault:KEY", "hosts": []}, ": a secret comes from env:"),
                (
                    "secret from a file without a folder",
                    {"from": "file:key", "hosts": []},
                    ": it comes from a file, and no secrets_folder",
                ),
            )
        ),
        pytest.param({"secrets": {"a b": {"from": "env:KEY", "hosts": []}}}, "secrets.a b", id="a secret's name"),
        pytest.param({"ports": [0]}, "ports: 0 is no port", id="no port at all"),
        pytest.param({"ca_file": "nowhere.pem"}, "ca_file: there is no file nowhere.pem", id="no authorities"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_with_a_sentence(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(**given)
    assert says in str(refused.value)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "goalwright.toml").write_text('port = 9000\nhosts = ["*.example"]\n[bounds]\nsteps = 7\n')
    monkeypatch.setenv("GOALWRIGHT_PORT", "9001")
    monkeypatch.setenv("GOALWRIGHT_CHANNELS", '{"desk": {"url": "https://desk.example"}}')
    settings = read_settings()
    assert (settings.port, settings.hosts, settings.bounds.steps) == (9001, ("*.example",), 7)
    assert settings.channels["desk"].channel() == Webhook(url="https://desk.example")


def test_secrets_and_channels_are_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "goalwright.toml").write_text(
        """
secrets_folder = "secrets"
[secrets.github]
from = "env:GITHUB_TOKEN"
hosts = ["api.github.com"]
[secrets.mail]
from = "file:mail"
hosts = []
[channels.people]
kind = "email"
host = "mail.example"
from = "bot@example.org"
to = ["desk@example.org"]
username = "bot"
password_secret = "mail"
"""
    )
    settings = read_settings()
    assert settings.secrets["github"].binding() == Binding(source="env:GITHUB_TOKEN", hosts=("api.github.com",))
    assert settings.channels["people"].channel() == Email(
        host="mail.example", sender="bot@example.org", recipients=("desk@example.org",), username="bot", password_secret="mail"
    )
    assert settings.secrets_folder == Path("secrets")


def test_everything_that_does_not_go_together_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(
            channels={"a": {"kind": "slack", "url_secret": "x"}, "b": {"url": "https://b.example", "sign_with": "y"}}, ports=[0]
        )
    assert str(refused.value).splitlines() == [
        "channels.a: it uses the secret x, and there is no secrets.x",
        "channels.b: it uses the secret y, and there is no secrets.y",
        "ports: 0 is no port",
    ]


def test_broken_files_and_variables_are_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "goalwright.toml").write_text("port = \n")
    with pytest.raises(SettingsError, match="line 1"):
        read_settings()
    (tmp_path / "goalwright.toml").unlink()
    monkeypatch.setenv("GOALWRIGHT_CHANNELS", "not json")
    with pytest.raises(SettingsError, match="channels"):
        read_settings()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, ("*",), id="as it comes"),
        pytest.param({"hosts": ["*.example"], "ports": [443, 8443]}, ("*.example", "*.example:8443"), id="another port"),
        pytest.param({"hosts": ["a.example", "*:9000"], "ports": [8443]}, ("*:9000", "a.example:8443"), id="only other ports"),
        pytest.param(
            {"hosts": ["a.example"], "private_hosts": {"desk.local": "10.0.0.1:80", "feed.local:8080": "10.0.0.2:80"}},
            ("a.example", "desk.local", "feed.local:8080"),
            id="private endpoints",
        ),
    ],
)
def test_plans_are_checked_against_all_hosts_that_handlers_may_reach(given: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert read_settings(**given).reachable_hosts == expected


def test_a_limit_of_calls_leaves_the_others_at_the_ceiling() -> None:
    assert read_settings(call_limits={"cpu_ms": 500}).call_limits == CEILING.model_copy(update={"cpu_ms": 500})
    assert read_settings().call_limits == CEILING


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"cpu_ms": 0}, "call_limits.cpu_ms", id="nothing at all"),
        pytest.param({"memory_bytes": 2 << 30}, "call_limits.memory_bytes", id="more than anybody gets"),
        pytest.param({"colour": 1}, "call_limits.colour", id="no limit"),
        pytest.param(7, "call_limits", id="no table"),
    ],
)
def test_limits_that_cannot_be_are_refused_by_name(given: Any, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read_settings(call_limits=given)


TOKEN = "a token of sixteen"


@pytest.mark.parametrize(
    "name",
    [
        *("operator", "Operator", "OPERATOR", "user", "engine", "runner", "handler", "planner", "clock", "broker", "model"),
        *("service", "goalwright", "system", "admin", "root", "anonymous", "nobody"),
        *("", " ", "ann ", " ann", "ann lee", "ann\n", "ann\x1b[0m", "ann\u202e", "ann\u200b", "\u0430nn", "\uff41nn", "анна"),
        *("-ann", "ann-", ".", "..", "a" * 65, "ann/eve", "ann:eve", "ann,eve", "*", "<b>"),
    ],
)
def test_a_name_that_a_log_would_not_tell_from_others_is_refused(name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(people={name: {"token": TOKEN}})
    (finding,) = refused.value.findings
    assert "a person's name has 1 to 64" in finding or "is what facts call a part of Goalwright" in finding


@pytest.mark.parametrize("name", ["a", "ann", "Ann.Lee", "ann_lee-2", "ann+lee@example.com", "operators", "a" * 64])
def test_an_ordinary_name_is_taken(name: str) -> None:
    assert list(read_settings(people={name: {"token": TOKEN}}).people) == [name]


def test_people_are_told_from_each_other_and_from_the_operator() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(
            token=TOKEN, people={"ann": {"token": TOKEN}, "Ann": {"token": TOKEN + "!"}, "eve": {"token": TOKEN + "!"}}
        )
    assert refused.value.findings[0].splitlines() == [
        "people: ann has the token of the operator: give each a token of their own",
        "people: ann and Ann differ in case only: give one of them another name",
        "people: eve has the token of Ann: give each a token of their own",
    ]


def test_people_without_an_operator_are_told() -> None:
    assert read_settings(people={"ann": {"token": TOKEN}}).unguarded.endswith("Set GOALWRIGHT_TOKEN.")
    assert read_settings(people={"ann": {"token": TOKEN}}, token="operator-s-own-token").unguarded == ""
    assert read_settings().unguarded == ""


def test_the_models_that_may_be_asked_are_those_listed_and_the_one_that_plans() -> None:
    listed = {"openai/*": {"price": "1,2", "concurrency": 2}, "house/*": {"base_url": "http://10.0.0.5:8000/v1"}}
    roster = read_settings(model="anthropic/claude", model_price="3,15", models=listed).roster
    found = [roster.find(name) for name in ("anthropic/claude", "openai/gpt-4o", "house/x", "mistral/x")]
    assert [entry and (entry.glob, entry.base_url, entry.price, entry.concurrency) for entry in found] == [
        ("anthropic/claude", None, Price(usd_in=3, usd_out=15), None),
        ("openai/*", None, Price(usd_in=1, usd_out=2), 2),
        ("house/*", "http://10.0.0.5:8000/v1", None, None),
        None,
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"model": "oobabooga/http://127.0.0.1:9001/x"},
        {"models": {"openai/http://x/*": {}}},
        {"models": {"openai/*": {"base_url": "127.0.0.1:9001"}}},
        {"models": {"openai/*": {"base_url": "https://user:pw@api.example"}}},
        {"models": {"openai/*": {"price": "free"}}},
        {"models": {"openai/*": {"api_base": "https://api.example"}}},
    ],
)
def test_a_list_of_models_that_cannot_be_meant_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        read_settings(**given)
