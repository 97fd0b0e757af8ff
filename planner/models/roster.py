"""The models that the operator lists: which may be asked, where each is, and within which limits."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from catalog.hosts import DEFAULT_PORTS
from fragments.near import nearest
from planner.models.port import ModelUnknownError
from planner.models.prices import Price

# One segment cannot be empty, so that no name holds `//`; a colon stands before a version, never before a slash.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]*(?:[:/][A-Za-z0-9][A-Za-z0-9._@+-]*)*")
_LONGEST = 200
_SCHEMES = re.compile(r"(?:^|[/:])(?:https?|wss?|ftp|file):", re.IGNORECASE)

PLACES = {
    "anthropic": "https://api.anthropic.com",
    "cerebras": "https://api.cerebras.ai",
    "cohere": "https://api.cohere.com",
    "cohere_chat": "https://api.cohere.com",
    "deepseek": "https://api.deepseek.com",
    "fireworks_ai": "https://api.fireworks.ai",
    "gemini": "https://generativelanguage.googleapis.com",
    "groq": "https://api.groq.com",
    "mistral": "https://api.mistral.ai",
    "openai": "https://api.openai.com",
    "openrouter": "https://openrouter.ai",
    "perplexity": "https://api.perplexity.ai",
    "together_ai": "https://api.together.xyz",
    "xai": "https://api.x.ai",
}
"""Where providers are. A model of any other provider is listed with its base_url."""

OWN = {"ollama": "http://localhost:11434", "ollama_chat": "http://localhost:11434"}
"""Providers on the operator's own machine: an entry has them only if it begins with their name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a model is asked. `named`: the operator wrote it down, so that its address may be a private one."""

    scheme: str
    host: str
    port: int
    named: bool = False

    @classmethod
    def of(cls, url: str, *, named: bool) -> "Place":
        """Read the place of a base URL. Raises `ValueError` with a sentence."""
        said = f"{url!r} is no base URL: write http(s)://HOST[:PORT][/PATH], without user, query or fragment"
        try:
            read = urlsplit(url)
            port = read.port
        except ValueError as error:
            raise ValueError(said) from error
        plain = read.username is None and not read.query and not read.fragment and url.isascii() and url.isprintable()
        if read.scheme not in DEFAULT_PORTS or not read.hostname or not plain:
            raise ValueError(said)
        host = read.hostname.removesuffix(".")
        return cls(scheme=read.scheme, host=host, port=port or DEFAULT_PORTS[read.scheme], named=named)

    def takes(self, scheme: str, host: str, port: int) -> bool:
        """Say whether a request for this scheme, host and port leads here."""
        return (scheme, host, port) == (self.scheme, self.host, self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the operator's list: a name or a glob of names, and what holds for the models that it fits.

    `base_url` is where they are, in place of their provider's own; `price` stands for one that is not known; `max_tokens`,
    `timeout_s` and `concurrency` (questions at once) are limits.
    """

    glob: str
    base_url: str | None = None
    price: Price | None = None
    max_tokens: int | None = None
    timeout_s: float | None = None
    concurrency: int | None = None

    def fits(self, name: str) -> bool:
        """Say whether a model is meant."""
        provider = name.partition("/")[0]
        if provider in OWN and self.base_url is None and not self.glob.startswith(f"{provider}/"):
            return False
        return fnmatchcase(name, self.glob)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All entries."""

    entries: tuple[Entry, ...] = ()

    def find(self, name: str) -> Entry | None:
        """Give the entry of a model: its own name first, then the longest glob; None for one that is not listed."""
        fitting = [entry for entry in self.entries if entry.fits(name)] if flaw_of(name) is None else []
        return max(fitting, key=lambda entry: (entry.glob == name, len(entry.glob)), default=None)

    def refusal(self, name: str) -> tuple[str, str] | None:
        """Say why a model may not be asked, and what to do; None for one that may."""
        flaw = flaw_of(name)
        if flaw is not None:
            return flaw, self._advice(name)
        if self.find(name) is None:
            return f"The model {name} is not on the operator's list.", self._advice(name)
        return None

    def _advice(self, name: str) -> str:
        globs = [entry.glob for entry in self.entries]
        near = nearest(name, globs)
        shown = near or tuple(globs[:5])
        return f"Listed: {', '.join(shown)}." if shown else "The operator lists none (settings: models, model)."


def flaw_of(name: str) -> str | None:
    """Say what is wrong with a model's name: it names a model of a provider and never a place."""
    shown = ascii(name[:80])
    if len(name) > _LONGEST:
        return f"A model's name has at most {_LONGEST} characters; {shown}... has {len(name)}."
    if "//" in name or _SCHEMES.search(name):
        return f"A model's name holds no URL: {shown}. Where models are is the operator's to say."
    if not _NAME.fullmatch(name):
        return f"{shown} is no model's name: letters, digits and . _ - @ + in parts divided by / or :."
    return None


def place_of(name: str, provider: str, entry: Entry) -> Place:
    """Give the place where a model is asked. Raises `ModelUnknownError` where nobody says where it is."""
    if entry.base_url is not None:
        return Place.of(entry.base_url, named=True)
    if provider in OWN:
        return Place.of(OWN[provider], named=True)
    if provider in PLACES:
        return Place.of(PLACES[provider], named=False)
    msg = f"Nobody says where {name} is: list it with its base_url (settings: models)."
    raise ModelUnknownError(msg)


def redirecting(variables: Sequence[str], providers: Sequence[str]) -> Iterator[str]:
    """Go through the names of variables that would lead questions elsewhere."""
    prefixes = {re.sub(r"[^A-Z0-9]", "_", provider.upper()) for provider in providers}
    endings = ("API_BASE", "BASE_URL", "API_BASE_URL", "API_URL", "ENDPOINT", "API_ENDPOINT")
    ours = {f"{prefix}_{ending}" for prefix in prefixes for ending in endings}
    return (name for name in variables if name.upper() in ours)
