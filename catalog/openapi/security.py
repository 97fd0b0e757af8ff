"""How an operation wants to be signed: the schemes of the document as places for secrets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.openapi.nodes import Document, Node, Unsupported, refuse
from catalog.openapi.wording import one_line
from schemas.values import Json

_NO_KEY = re.compile(r"[^A-Za-z0-9_]+")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Where one credential goes: a header, a query parameter or a cookie, and what stands before it."""

    key: str
    place: str  # header, query, cookie
    name: str
    prefix: str
    description: str

    def to_json(self) -> dict[str, Json]:
        """Write what the guest needs of it."""
        return {"in": self.place, "name": self.name, "prefix": self.prefix}


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


def security_of(document: Document, operation: Node) -> Security:
    """Read what an operation requires. Raises `Unsupported` where no alternative can be met."""
    declared = document.node("components", "securitySchemes")
    schemes: dict[str, Scheme] = {}
    alternatives: list[tuple[str, ...]] = []
    refusals: list[Unsupported] = []
    own = operation.at("security")
    required = own if own.value is not None else document.node("security")
    for requirement in required.items():
        try:
            met = [_scheme(name, declared.at(name).followed(), requirement) for name in requirement.mapping()]
        except Unsupported as refusal:
            refusals.append(refusal)
            continue
        schemes |= {scheme.key: scheme for scheme in met}
        alternatives.append(tuple(scheme.key for scheme in met))
    if refusals and not alternatives:
        says = "; ".join(dict.fromkeys(map(str, refusals)))
        raise Unsupported(says, refusals[0].where)
    return Security(schemes=schemes, alternatives=tuple(dict.fromkeys(alternatives)))


def _scheme(name: str, written: Node, requirement: Node) -> Scheme:
    if written.value is None:
        says = f"it requires the security scheme {name}, which the document does not describe"
        refuse(says, requirement.where)
    key = _NO_KEY.sub("_", name).strip("_") or "key"
    kind, way, place = written.text("type"), written.text("scheme").lower(), written.text("in")
    said = one_line(written.value.get("description") or "")[:200]
    if kind == "apiKey" and place in ("header", "query", "cookie"):
        where = written.text("name")
        if place != "query" and not _TOKEN.fullmatch(where):
            refusal = f"the security scheme {name} names the {place} {where!r}, and no {place} can have that name"
            refuse(refusal, written.where)
        says = f"A secret: the API key, sent as {place} {one_line(where)}. {said}".strip()
        return Scheme(key=key, place=place, name=where, prefix="", description=says)
    if kind == "http" and way == "basic":
        says = f"A secret that holds user:password. {said}".strip()
        return Scheme(key=key, place="header", name="authorization", prefix="Basic ", description=says)
    if kind in ("oauth2", "openIdConnect") or (kind == "http" and way == "bearer"):
        says = f"A secret: the {'access' if kind != 'http' else 'bearer'} token. {said}".strip()
        return Scheme(key=key, place="header", name="authorization", prefix="Bearer ", description=says)
    what = " ".join(part for part in (kind, way or place) if part)
    refusal = (
        f"the security scheme {name} ({what or 'unknown'}) is not done; "
        "bearer, basic and API keys in headers, queries and cookies are"
    )
    raise Unsupported(refusal, written.where)
