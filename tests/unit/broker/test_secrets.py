"""Where secrets are kept, and how calls get to use them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from broker.channels import Slack
from broker.orders import Loan
from broker.policy import Binding, Policy
from broker.secrets import Environment, Folder, Lent, NoSuchSecretError, Secret, SecretError, SecretProvider, Vault
from catalog.calls import Call, Failed, Grants
from catalog.capability import Authority, Capability

TOKEN = Binding(source="env:TOKEN", hosts=("api.example",), query=("key",))
CAPABILITY = Capability(
    name="ask",
    version="1.0.0",
    summary="Asks",
    description="Asks",
    config_schema={"type": "object"},
    input_schema={"type": "object"},
    output_schema={},
    errors=(),
    effect="read",
    imports=("http",),
    authority=Authority(secrets=("/config/auth", "/input/headers")),
)


def vault(variables: Mapping[str, str] | None = None, **bindings: Binding) -> Vault:
    numbers = iter(range(100))
    return Vault(
        bindings or {"token": TOKEN},
        {"env": Environment({"TOKEN": "tok-12345678"} if variables is None else variables)},
        mint=lambda: f"placeholder-{next(numbers)}",
    )


def call(secrets: Mapping[str, str], granted: set[str] | None = None, **changes: Any) -> Call:
    grants = Grants(secrets=frozenset(set(secrets.values()) if granted is None else granted))
    fields: dict[str, Any] = {"config": {"auth": {"bearer": "{{ secrets.token }}"}}, "input": {}}
    return Call(**{"handler": "ask@1.0.0", **fields, "grants": grants, "secrets": secrets, **changes})


async def test_a_guest_gets_a_placeholder_and_the_worker_the_value() -> None:
    data = {"headers": [["X", "a"], ["Y", "{{ secrets.token }}"]], "text": "{{ secrets.token }}"}
    given = call({"/config/auth/bearer": "token", "/input/headers/1/1": "token"}, input=data)
    lent = await vault().lend(CAPABILITY, given)
    assert isinstance(lent, Lent)
    assert lent.call.config == {"auth": {"bearer": "placeholder-0"}}
    assert lent.call.input == {"headers": [["X", "a"], ["Y", "placeholder-0"]], "text": "{{ secrets.token }}"}
    assert given.config == {"auth": {"bearer": "{{ secrets.token }}"}}
    loan = Loan(
        name="token",
        placeholder="placeholder-0",
        value="tok-12345678",
        hosts=("api.example",),
        headers=("authorization", "*-key", "*-token", "*apikey"),
        query=("key",),
    )
    assert lent.loans == (loan,)


async def test_a_call_without_secrets_is_lent_nothing_whatever_its_texts_say() -> None:
    given = call({}, granted={"token"})
    assert await vault().lend(CAPABILITY, given) == Lent(call=given)


async def test_placeholders_are_made_up_anew_for_every_call_and_cannot_be_guessed() -> None:
    keeper = Vault({"token": TOKEN}, {"env": Environment({"TOKEN": "tok-12345678"})})
    made = [await keeper.lend(CAPABILITY, call({"/config/auth/bearer": "token"})) for _ in range(2)]
    first, second = [lent.loans[0].placeholder for lent in made if isinstance(lent, Lent)]
    assert first != second
    assert len(first) == len("gwsecret") + 32


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            call({"/config/auth/bearer": "token"}, granted=set()),
            Failed(type="secret_refused", message="the secret token was not granted to this call"),
            id="not granted",
        ),
        pytest.param(
            call({"/input/text": "token"}, input={"text": "x"}),
            Failed(
                type="secret_refused", message="ask@1.0.0 takes secrets at /config/auth, /input/headers, not at /input/text"
            ),
            id="no sink",
        ),
        pytest.param(
            call({"/config/authority": "token"}, config={"authority": "x"}),
            Failed(
                type="secret_refused",
                message="ask@1.0.0 takes secrets at /config/auth, /input/headers, not at /config/authority",
            ),
            id="a sink's name is no prefix",
        ),
        *(
            pytest.param(
                call({pointer: "token"}, input={"headers": [["a", 1]]}),
                Failed(type="secret_refused", message=f"no text stands at {pointer}, so no secret can"),
                id=pointer,
            )
            for pointer in (
                "/config/auth",
                "/config/auth/basic",
                "/input/headers/0/1",
                "/input/headers/7",
                "/input/headers/x/1",
            )
        ),
        pytest.param(
            call({"/config/auth/bearer": "other"}),
            Failed(type="secret_unknown", message="secret other: no secret of this name is configured"),
            id="not configured",
        ),
    ],
)
async def test_a_secret_that_may_not_stand_there_is_refused(given: Call, expected: Failed) -> None:
    assert await vault().lend(CAPABILITY, given) == expected


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        pytest.param({}, "the environment variable TOKEN is not set", id="not set"),
        pytest.param({"TOKEN": ""}, "a value has 8 to 4096 characters, this one has 0", id="empty"),
        pytest.param({"TOKEN": "short"}, "a value has 8 to 4096 characters, this one has 5", id="short"),
        pytest.param({"TOKEN": "x" * 4097}, "a value has 8 to 4096 characters, this one has 4097", id="long"),
        *(
            pytest.param({"TOKEN": value}, "a value is printable ASCII on one line, without spaces at its ends", id=repr(value))
            for value in ("two\nlines-", "a\r\nX-Evil: b", "gr\xfc\xdfegott", " blank-ahead", "nul\0inside")
        ),
    ],
)
async def test_a_value_that_cannot_be_used_is_unknown_and_never_told(variables: dict[str, str], says: str) -> None:
    keeper = vault(variables)
    lent = await keeper.lend(CAPABILITY, call({"/config/auth/bearer": "token"}))
    assert lent == Failed(type="secret_unknown", message=f"secret token: {says}")
    assert await keeper.missing() == (f"secret token: {says}",)
    assert await keeper.keys(["token"]) == {}


async def test_channels_get_the_values_that_there_are() -> None:
    assert await vault().keys(["token", "token", "none"]) == {"token": "tok-12345678"}


def test_a_provider_that_does_not_exist_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="secret a: there is no provider 'vault'; there is env"):
        vault(a=Binding(source="vault:x", hosts=()))


async def test_a_folder_keeps_one_secret_a_file(tmp_path: Path) -> None:
    for name, content in {"plain": "value-1", "unix": "value-2\n", "dos": "value-3\r\n", "two": "a\nb\n"}.items():
        (tmp_path / name).write_bytes(content.encode())
        (tmp_path / name).chmod(0o600)
    folder = Folder(tmp_path)
    found = [(await folder.get(name)).value for name in ("plain", "unix", "dos", "two")]
    assert found == ["value-1", "value-2", "value-3", "a\nb"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o610])
async def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "key").write_text("value-12")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(SecretError, match="chmod 600"):
        await Folder(tmp_path).get("key")


async def test_only_plain_files_of_the_folder_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (tmp_path / "outside").write_text("value-12")
    (tmp_path / "outside").chmod(0o600)
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "folder").mkdir(mode=0o700)
    os.mkfifo(folder / "pipe", 0o600)
    for name in ("link", "folder", "pipe"):
        with pytest.raises(SecretError):
            await Folder(folder).get(name)
    for name in ("../outside", "/etc/passwd", "", ".", "..", "a/b", "none", "a\0b"):
        with pytest.raises(NoSuchSecretError):
            await Folder(folder).get(name)


def test_providers_are_of_the_port() -> None:
    providers: list[SecretProvider] = [Environment(), Folder(Path())]
    assert len(providers) == 2


def test_a_secret_does_not_show() -> None:
    assert "tok-12345678" not in f"{Secret('tok-12345678')!r} {Secret('tok-12345678')}"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"source": "TOKEN", "hosts": ()}, "provider:key", id="no provider"),
        pytest.param({"source": "env:", "hosts": ()}, "provider:key", id="no key"),
        pytest.param({"source": "env:TOKEN", "hosts": ("",)}, "an empty text is no glob", id="empty host"),
        pytest.param({"source": "env:TOKEN", "hosts": ("*",)}, "would send it anywhere", id="every host"),
        pytest.param(
            {"source": "env:TOKEN", "hosts": ("a.example", "*:*")}, "would send it anywhere", id="every host and port"
        ),
    ],
)
def test_a_binding_that_means_nothing_or_everything_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Binding(**fields)


def test_a_channel_names_secrets_that_there_are() -> None:
    with pytest.raises(ValueError, match="channel desk uses the secret hook, which is not configured"):
        Policy(channels={"desk": Slack(url_secret="hook")})
    policy = Policy(channels={"desk": Slack(url_secret="hook")}, secrets={"hook": Binding(source="env:HOOK", hosts=())})
    assert (policy.secrets_of({"desk", "none"}), policy.secrets_of(())) == (frozenset({"hook"}), frozenset())
    assert "HOOK" not in str(policy.to_json())
