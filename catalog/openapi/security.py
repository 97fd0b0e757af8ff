"""How an operation wants to be signed: the schemes of the document as places for secrets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.openapi.pointers import Unsupported, followed
from schemas.values import Json

_NO_KEY = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Where one credential goes: a header or query parameter, and what stands before it."""

    key: str
    place: str  # header, query
    name: str
    prefix: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What an operation takes: any one of `alternatives`, each the keys of schemes that go together."""

    schemes: Mapping[str, Scheme]
    alternatives: tuple[tuple[str, ...], ...]

    @property
    def needed(self) -> bool:
        """Say whether nothing goes without."""
        return bool(self.alternatives) and () not in self.alternatives

    def config_schema(self) -> dict[str, Json]:
        """Describe `config.auth`."""
        described = {
            key: {"type": "string", "minLength": 1, "description": scheme.description} for key, scheme in self.schemes.items()
        }
        made: dict[str, Json] = {"type": "object", "additionalProperties": False, "properties": described}
        wanted = [{"required": list(keys)} for keys in self.alternatives if keys]
        return {**made, **wanted[0]} if len(wanted) == 1 else {**made, "anyOf": wanted}


def security_of(document: Mapping[str, Json], words: Mapping[str, Json]) -> Security:
    """Read what an operation requires. Raises `Unsupported` where no alternative can be met."""
    declared = document.get("components", {}).get("securitySchemes", {})
    schemes: dict[str, Scheme] = {}
    alternatives: list[tuple[str, ...]] = []
    refusals: list[str] = []
    for requirement in words.get("security", document.get("security", ())):
        try:
            met = [_scheme(name, followed(declared.get(name, {}), document)) for name in requirement]
        except Unsupported as refusal:
            refusals.append(str(refusal))
            continue
        schemes |= {scheme.key: scheme for scheme in met}
        alternatives.append(tuple(scheme.key for scheme in met))
    if refusals and not alternatives:
        raise Unsupported("; ".join(refusals))
    return Security(schemes=schemes, alternatives=tuple(dict.fromkeys(alternatives)))


def _scheme(name: str, written: Mapping[str, Json]) -> Scheme:
    key = _NO_KEY.sub("_", name)
    kind, way, place = written.get("type"), str(written.get("scheme", "")).lower(), written.get("in")
    said = " ".join(str(written.get("description", "")).split())[:200]
    if kind == "apiKey" and place in ("header", "query"):
        says = f"A secret: the API key, sent as {place} {written['name']}. {said}".strip()
        return Scheme(key=key, place=str(place), name=written["name"], prefix="", description=says)
    if kind == "http" and way == "basic":
        says = f"A secret that holds user:password. {said}".strip()
        return Scheme(key=key, place="header", name="authorization", prefix="Basic ", description=says)
    if kind in ("oauth2", "openIdConnect") or (kind == "http" and way == "bearer"):
        says = f"A secret: the {'access' if kind != 'http' else 'bearer'} token. {said}".strip()
        return Scheme(key=key, place="header", name="authorization", prefix="Bearer ", description=says)
    what = " ".join(str(part) for part in (kind, way or place) if part)
    message = (
        f"the security scheme {name} ({what or 'unknown'}) is not done; bearer, basic and API keys in headers and queries are"
    )
    raise Unsupported(message)
