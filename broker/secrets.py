"""Secrets: where the operator keeps them, and how a call gets to use one without its guest ever seeing it.

A call names its secrets by where they stand (`Call.secrets`). The guest gets a placeholder there, made up for this one call;
the value travels to the worker beside it, and only the worker's `http` host function puts it in, at the places that the
operator bound it to (`broker.policy.Binding`).

    SecretError              a provider cannot give a secret, or what it gives cannot be used
    `- NoSuchSecretError     there is none under this key
"""

import asyncio
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from jsonpointer import JsonPointer, JsonPointerException
from structlog import get_logger

from broker.orders import Loan
from broker.policy import Binding
from catalog.calls import Call, Failed
from catalog.capability import Capability
from logs import setup
from schemas.values import Json

LENGTHS = range(8, 4_097)  # a shorter one could not be masked without masking ordinary words; a longer one fits no header
FILE_BYTES = 16_384

_PRINTABLE = re.compile(r"[\x20-\x7e]+")  # what an HTTP header and a query can carry everywhere
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")

log = get_logger()


class SecretError(Exception):
    """A secret cannot be had. The text names where it was looked for, never what was found."""


class NoSuchSecretError(SecretError):
    """The provider knows no secret under this key."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that no text shows: not its own `repr`, not that of a record which holds it."""

    value: str = field(repr=False)


class SecretProvider(Protocol):
    """Where secrets are kept. Asked anew for every call, so that a changed secret counts from the next call on."""

    async def get(self, key: str) -> Secret:
        """Give the secret kept under `key`. Raises `SecretError`."""


class Environment:
    """Secrets in environment variables of this process; `key` is the variable's name. Worker processes never get them."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        """Read `variables`, or this process's own."""
        self._variables = os.environ if variables is None else variables

    async def get(self, key: str) -> Secret:
        """Give the variable's value."""
        if key not in self._variables:
            message = f"the environment variable {key} is not set"
            raise NoSuchSecretError(message)
        return Secret(self._variables[key])


class Folder:
    """Secrets in the files of one folder, one each; `key` is the file's name. One line break at the end does not count.

    A file that others than its owner may read or write is refused, and so is anything that is no plain file, links included.
    """

    def __init__(self, folder: Path) -> None:
        """Read files of `folder`."""
        self._folder = folder

    async def get(self, key: str) -> Secret:
        """Give the file's content."""
        return Secret(await asyncio.to_thread(self._read, key))

    def _read(self, key: str) -> str:
        if not _FILE_NAME.fullmatch(key):
            message = f"{key[:80]!r} is no file name that a secret may have"
            raise NoSuchSecretError(message)
        path = self._folder / key
        try:
            # A pipe would block without O_NONBLOCK, and a link could lead anywhere without O_NOFOLLOW.
            with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a descriptor
                _check_private(path, os.fstat(file.fileno()))
                content = file.read(FILE_BYTES)
        except FileNotFoundError:
            message = f"there is no file {path}"
            raise NoSuchSecretError(message) from None
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise SecretError(message) from None
        return content.decode("latin-1").removesuffix("\n").removesuffix("\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """A call as its guest is to see it, and the secrets that its placeholders stand for."""

    call: Call
    loans: tuple[Loan, ...] = ()


class Vault:
    """The operator's secrets: their bindings by name, and the providers that hold their values."""

    def __init__(
        self,
        bindings: Mapping[str, Binding],
        providers: Mapping[str, SecretProvider],
        mint: Callable[[], str] = lambda: f"gwsecret{secrets.token_hex(16)}",
    ) -> None:
        """Ask `providers` by the names that bindings use; `mint` makes placeholders up. Raises `ValueError` for one unknown."""
        self._bindings = bindings
        self._providers = providers
        self._mint = mint
        for name, binding in bindings.items():
            if binding.provider not in providers:
                message = f"secret {name}: there is no provider {binding.provider!r}; there is {', '.join(sorted(providers))}"
                raise ValueError(message)

    async def missing(self) -> tuple[str, ...]:
        """Say of every secret that cannot be had now why: one sentence each."""
        return tuple([f"secret {name}: {found}" for name in self._bindings if isinstance(found := await self._get(name), str)])

    async def lend(self, capability: Capability, call: Call) -> Lent | Failed:
        """Put placeholders where secrets stand; `secret_refused` where one may not, `secret_unknown` where there is none."""
        refusal = _unfounded(capability, call)
        if refusal or not call.secrets:
            return refusal or Lent(call=call)
        loans: dict[str, Loan] = {}
        for name in sorted(set(call.secrets.values())):
            found = await self._get(name) if name in self._bindings else "no secret of this name is configured"
            if isinstance(found, str):
                return Failed(type="secret_unknown", message=f"secret {name}: {found}")
            loans[name] = self._loan(name, found)
        placed = _placed(call, {pointer: loans[name].placeholder for pointer, name in call.secrets.items()})
        return placed if isinstance(placed, Failed) else Lent(call=placed, loans=tuple(loans.values()))

    async def keys(self, names: Iterable[str]) -> dict[str, str]:
        """Give the values that channels work with; one that cannot be had is left out, and told to the log."""
        found = {
            name: await self._get(name) if name in self._bindings else "it is not configured" for name in sorted(set(names))
        }
        for name, says in found.items():
            if isinstance(says, str):
                log.warning("secret_missing", name=name, says=says)
        return {name: secret.value for name, secret in found.items() if isinstance(secret, Secret)}

    def _loan(self, name: str, secret: Secret) -> Loan:
        bound = self._bindings[name]
        return Loan(
            name=name,
            placeholder=self._mint(),
            value=secret.value,
            hosts=bound.hosts,
            headers=bound.headers,
            query=bound.query,
        )

    async def _get(self, name: str) -> Secret | str:
        binding = self._bindings[name]
        try:
            secret = await self._providers[binding.provider].get(binding.key)
        except SecretError as error:
            return str(error)
        setup.protect([secret.value])
        if len(secret.value) not in LENGTHS:
            return f"a value has {LENGTHS.start} to {LENGTHS.stop - 1} characters, this one has {len(secret.value)}"
        plain = _PRINTABLE.fullmatch(secret.value) and secret.value == secret.value.strip()
        return secret if plain else "a value is printable ASCII on one line, without spaces at its ends"


def _check_private(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        message = f"{path} is no plain file"
        raise SecretError(message)
    if found.st_mode & 0o077:
        message = f"{path} may be read or written by others than its owner: chmod 600 {path}"
        raise SecretError(message)
    if found.st_uid not in (0, os.geteuid()):
        message = f"{path} belongs to another user"
        raise SecretError(message)


def _unfounded(capability: Capability, call: Call) -> Failed | None:
    """Refuse a secret that was not granted, or that stands where its handler declared no sink."""
    sinks = capability.authority.secrets
    for pointer, name in sorted(call.secrets.items()):
        if name not in call.grants.secrets:
            return Failed(type="secret_refused", message=f"the secret {name} was not granted to this call")
        if not any(pointer == sink or pointer.startswith(f"{sink}/") for sink in sinks):
            places = ", ".join(sinks) or "nowhere"
            return Failed(type="secret_refused", message=f"{call.handler} takes secrets at {places}, not at {pointer}")
    return None


def _placed(call: Call, texts: Mapping[str, str]) -> Call | Failed:
    document: Json = {"config": call.config, "input": call.input}
    for pointer, text in texts.items():
        try:
            document = _replaced(document, JsonPointer(pointer).parts, text)
        except (JsonPointerException, LookupError):
            return Failed(type="secret_refused", message=f"no text stands at {pointer}, so no secret can")
    return replace(call, config=document["config"], input=document["input"])


def _replaced(value: Json, path: Sequence[str], text: str) -> Json:
    """Put `text` in place of the text at the end of `path`; copies what lies on the way and shares the rest."""
    if not path and isinstance(value, str):
        return text
    if path and isinstance(value, Mapping):
        return {**value, path[0]: _replaced(value[path[0]], path[1:], text)}
    if path and isinstance(value, (list, tuple)) and path[0].isdecimal():
        place = int(path[0])
        return [*value[:place], _replaced(value[place], path[1:], text), *value[place + 1 :]]
    message = "no text stands there"
    raise LookupError(message)
