"""Settings: what the operator decides, from `GOALWRIGHT_*` variables and `goalwright.toml`."""

import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Self

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from broker.policy import CEILING
from broker.tasks import TaskLimits
from catalog.capability import Limits
from catalog.hosts import DEFAULT_PORTS, names_port
from planner.models.prices import Price
from planner.models.roster import Roster
from service import models
from service.egress import ChannelSettings, SecretName, SecretSettings, findings
from service.models import ModelSettings

MOST = 1 << 53
"""No count or size of the settings is larger; what is, no database and not every reader of JSON takes for an integer."""

LONGEST = 365 * 86_400.0
"""Seconds in any setting."""

DEAREST = 1e6
"""Dollars in any setting."""

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class SettingsError(Exception):
    """The settings cannot be used. `findings` are sentences, one per wrong value."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        """Collect every finding, not the first only."""
        super().__init__("\n".join(findings))
        self.findings = findings


def _up_to_the_ceiling(given: object) -> object:
    return {**CEILING.model_dump(), **given} if isinstance(given, Mapping) else given


CallLimits = Annotated[Limits, BeforeValidator(_up_to_the_ceiling)]
"""What one call of a handler may use at most, where the settings say less than the ceiling; a handler may ask for less."""


class TaskLimitsSettings(BaseModel):
    """What all calls of one task may use together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_ms: int = Field(default=TaskLimits().cpu_ms, ge=1, le=MOST)
    wall_ms: int = Field(default=TaskLimits().wall_ms, ge=1, le=MOST)
    host_calls: int = Field(default=TaskLimits().host_calls, ge=0, le=MOST)
    moved_bytes: int = Field(default=TaskLimits().moved_bytes, ge=0, le=MOST)
    log_bytes: int = Field(default=TaskLimits().log_bytes, ge=0, le=MOST)
    output_bytes: int = Field(default=TaskLimits().output_bytes, ge=1, le=MOST)


RESERVED = frozenset(
    {
        "operator",  # whoever holds the operator's token
        "user",  # who submits and cancels
        "engine",
        "runner",
        "handler",
        "planner",
        "clock",
        "broker",
        "model",
        "service",
        "goalwright",
        "system",
        "admin",
        "root",
        "anonymous",
        "nobody",
    }
)
"""Names that facts give to parts of the program, or that a reader would take for one: no person has them."""

_PERSON = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+@-]{0,62}[A-Za-z0-9])?")


def _person(name: str) -> str:
    """Refuse a name that a log would not tell from another, or from a part of the program."""
    if not _PERSON.fullmatch(name):
        msg = "a person's name has 1 to 64 ASCII letters, digits and . _ + @ -, and begins and ends with a letter or digit"
        raise ValueError(msg)
    if name.lower() in RESERVED:
        msg = f"{name!r} is what facts call a part of Goalwright: choose another name"
        raise ValueError(msg)
    return name


PersonName = Annotated[str, AfterValidator(_person)]


class PersonSettings(BaseModel):
    """Somebody who may read and answer what tasks wait for, with a bearer token of their own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr = Field(min_length=16)
    groups: tuple[str, ...] = Field(default=(), description="Groups that gates name as approvers.")


class BoundsSettings(BaseModel):
    """What any one task may use at most; a goal or template may ask for less."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=1_000, ge=1, le=MOST)
    depth: int = Field(default=3, ge=1, le=10)
    phases: int = Field(default=3, ge=1, le=100)
    model_calls: int = Field(default=12, ge=0, le=MOST)
    cost_usd: float = Field(default=1.0, ge=0, le=DEAREST, allow_inf_nan=False)
    wall_clock_s: float = Field(default=3_600, gt=0, le=LONGEST, allow_inf_nan=False)


class Settings(BaseSettings):
    """Everything that the operator decides. Environment variables win over `goalwright.toml`."""

    model_config = SettingsConfigDict(
        env_prefix="GOALWRIGHT_", env_nested_delimiter="__", extra="forbid", frozen=True, protected_namespaces=()
    )

    data: Path = Field(default_factory=lambda: platformdirs.user_data_path("goalwright"), description="Holds the database.")
    database: str = Field(default="", description="SQLAlchemy URL; default: SQLite in `data`.")
    cache: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("goalwright"), description="Built handlers, verdicts on templates."
    )
    seal_keys: Path | None = Field(default=None, description="File of the keys that seal logs; default: beside the database.")
    seal_key: SecretStr | None = Field(
        default=None, min_length=32, description="The key that seals logs, in place of the newest one of the file."
    )
    tips: Path | None = Field(default=None, description="File, best elsewhere, in which it is kept how far logs went.")
    tips_every_s: float = Field(default=60, ge=1, description="How often the file of tips is written; also when a task ends.")
    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65_535)
    token: SecretStr | None = Field(default=None, description="Bearer token that every request must carry.")
    connections: int = Field(default=512, ge=2, le=65_535, description="Connections that the server holds at once.")
    streams: int = Field(default=128, ge=1, le=MOST, description="Clients that may follow tasks at once, waiting for facts.")
    streams_each: int = Field(default=32, ge=1, le=MOST, description="The same, of one person or the operator.")
    people: dict[PersonName, PersonSettings] = Field(default={}, description="Who may answer gates, by name.")
    server: str | None = Field(default=None, description="URL of a running server, for the CLI.")

    model: str | None = Field(default=None, description="The litellm name of the model that plans.")
    model_price: str | None = Field(default=None, description="Dollars per million tokens, IN,OUT: 3,15.")
    models: dict[str, ModelSettings] = Field(
        default={}, description="Models that goals may choose, by name or glob, beside `model`."
    )
    model_timeout_s: float = Field(default=120, gt=0, le=LONGEST, allow_inf_nan=False)
    recorded: Path | None = Field(default=None, description="Replays recorded answers of a model from this folder.")
    pending: Path | None = Field(default=None, description="Where prompts go that no recorded answer fits.")
    prompt_characters: int = Field(
        default=160_000, ge=20_000, le=MOST, description="About how long a prompt may be; handlers are told in brief to fit."
    )
    plan_turns: int = Field(default=4, ge=1, le=20, description="Answers that one phase of planning may take.")
    plan_call_usd: float = Field(
        default=0.25, gt=0, le=DEAREST, allow_inf_nan=False, description="Most that one model call may cost."
    )
    planning_date: date | None = Field(default=None, description="The date that planners are told; default: today.")

    hosts: tuple[str, ...] = Field(default=("*",), description="Globs of public hosts that handlers may reach.")
    private_hosts: dict[str, str] = Field(default={}, description="Private endpoints: name or host:port to address:port.")
    ports: tuple[int, ...] = Field(default=(80, 443), description="Ports that host globs without a port cover.")
    ca_file: Path | None = Field(default=None, description="Certificate authorities to trust in place of the usual ones.")
    channels: dict[str, ChannelSettings] = {}
    secrets: dict[SecretName, SecretSettings] = Field(default={}, description="Secrets by name: source and where they may go.")
    secrets_folder: Path | None = Field(default=None, description="Holds the secrets that come from files, one each.")
    handlers: tuple[Path, ...] = Field(default=(), description="Folders with more capabilities.")
    templates: tuple[Path, ...] = Field(default=(), description="Folders with more templates.")
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    call_limits: CallLimits = CEILING
    task_limits: TaskLimitsSettings = TaskLimitsSettings()
    namespace_calls: int = Field(
        default=10_000, ge=1, le=MOST, description="Calls of one namespace at once; more of them wait."
    )
    grace_s: float = Field(
        default=20.0, ge=0, le=LONGEST, allow_inf_nan=False, description="Time for calls under way when the server stops."
    )
    bounds: BoundsSettings = BoundsSettings()

    @field_validator("model_price")
    @classmethod
    def _priced(cls, value: str | None) -> str | None:
        if value is not None:
            Price.parse(value)
        return value

    @model_validator(mode="after")
    def _guard_the_door(self) -> Self:
        if self.host not in LOOPBACK and self.token is None:
            msg = "host: listening beyond loopback needs a token. Set GOALWRIGHT_TOKEN, or listen on 127.0.0.1."
            raise ValueError(msg)
        if self.model and self.recorded:
            msg = "recorded: a model is asked, or recorded answers are replayed. Unset GOALWRIGHT_MODEL or GOALWRIGHT_RECORDED."
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        found = findings(self.channels, self.secrets, folder=self.secrets_folder is not None)
        found += models.findings(self.models, self.model)
        found += _alike(self.people, self.token)
        found += [f"ports: {port} is no port" for port in self.ports if not 0 < port < 1 << 16]
        if self.ca_file is not None and not self.ca_file.is_file():
            found.append(f"ca_file: there is no file {self.ca_file}")
        if found:
            msg = "\n".join(found)
            raise ValueError(msg)
        return self

    @property
    def unguarded(self) -> str:
        """Say why a server could not tell people from the operator; nothing where it can."""
        if not self.people or self.token is not None:
            return ""
        return (
            "people: whoever sends no token is the operator as long as there is none of the operator's own, so the tokens of "
            f"{', '.join(self.people)} would guard nothing. Set GOALWRIGHT_TOKEN."
        )

    @property
    def reachable_hosts(self) -> tuple[str, ...]:
        """Give the globs of all hosts that handlers may reach, as plans name hosts: with the ports that are no scheme's own."""
        bare = [glob for glob in self.hosts if not names_port(glob)]
        own = set(DEFAULT_PORTS.values()).intersection(self.ports)
        ported = [f"{glob}:{port}" for glob in bare for port in self.ports if port not in own]
        kept = [glob for glob in self.hosts if own or names_port(glob)]
        return tuple(dict.fromkeys((*kept, *ported, *self.private_hosts)))

    @property
    def credentials(self) -> tuple[str, ...]:
        """Give the tokens that requests carry, and the key that seals: no log shows them."""
        own = tuple(each.get_secret_value() for each in (self.token, self.seal_key) if each is not None)
        return (*own, *(person.token.get_secret_value() for person in self.people.values()))

    @property
    def roster(self) -> Roster:
        """Give the models that may be asked."""
        return models.roster_of(self.models, self.model, self.model_price)

    @property
    def database_url(self) -> str:
        """Give the SQLAlchemy URL in force."""
        return self.database or f"sqlite:///{self.data / 'goalwright.db'}"

    @property
    def database_file(self) -> Path | None:
        """Name the file of the database in force; None where it is kept by a server."""
        kind, _, path = self.database_url.partition("///")
        return Path(path.partition("?")[0]) if kind.startswith("sqlite") else None

    @property
    def published(self) -> Path:
        """Name the folder of the store of published handlers."""
        return self.data / "catalog"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic-settings' own
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic-settings' own
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, then the environment, then `GOALWRIGHT_CONFIG` (default `goalwright.toml` here)."""
        file = Path(os.environ.get("GOALWRIGHT_CONFIG", "goalwright.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)


def _alike(people: Mapping[str, PersonSettings], operator: SecretStr | None) -> list[str]:
    """Say which people could not be told from each other or from the operator, by name or by token."""
    found: list[str] = []
    names: dict[str, str] = {}
    holders: dict[str, str] = {operator.get_secret_value(): "the operator"} if operator else {}
    for name, person in people.items():
        same_name = names.setdefault(name.lower(), name)
        if same_name != name:
            found.append(f"people: {same_name} and {name} differ in case only: give one of them another name")
        holder = holders.setdefault(person.token.get_secret_value(), name)
        if holder != name:
            found.append(f"people: {name} has the token of {holder}: give each a token of their own")
    return found


def read_settings(**given: object) -> Settings:
    """Read the settings; `given` values win. Raises `SettingsError` with every finding."""
    try:
        return Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]  # checked by pydantic itself
    except ValidationError as refused:
        raise SettingsError(tuple(_sentence(error["loc"], error["msg"]) for error in refused.errors())) from None
    except ValueError as refused:  # malformed TOML, or a variable that is not JSON where JSON is wanted
        raise SettingsError((str(refused),)) from None


def _sentence(where: tuple[int | str, ...], says: str) -> str:
    says = says.removeprefix("Value error, ")
    return f"{'.'.join(map(str, where))}: {says}" if where else says
