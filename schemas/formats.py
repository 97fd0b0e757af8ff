"""The formats of JSON Schema that are asserted: in the input of a template or a goal, and by the handler `validate`."""

import encodings.punycode  # noqa: F401 - `idna` imports it when it is first used, and a guest has no files then
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import quote

import idna
from fqdn import FQDN
from jsonpointer import JsonPointer, JsonPointerException
from jsonschema import FormatChecker
from rfc3339_validator import validate_rfc3339
from rfc3986_validator import validate_rfc3986

from schemas.patterns import pattern_flaw, search

_MOST_MAILBOX, _MOST_LOCAL = 254, 64  # characters of an address and of its local part (RFC 5321, 4.5.3.1)
_LEAP_SECOND = "T23:59:60"
_DATE = r"^\d{4}-\d\d-\d\d$"
_DURATION = (
    r"^P(?:\d+W|(?:\d+D|\d+M(?:\d+D)?|\d+Y(?:\d+M(?:\d+D)?)?)(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?"
    r"|T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))$"
)
_UUID = r"^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$"
_ATOMS = r"^[A-Za-z0-9!#$%&'*+\-\/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-\/=?^_`{|}~]+)*$"
_WIDE_ATOMS = _ATOMS.replace("[A-Z", r"[\u{80}-\u{10ffff}A-Z").replace(r"+\-\/", r"+\-\/")
_QUOTED = r'^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"$'
_WIDE_QUOTED = _QUOTED.replace(r"\x5d-\x7e]", r"\x5d-\x7e\u{80}-\u{10ffff}]")
_RELATIVE = r"^(?:0|[1-9]\d*)(?:#$|(?:\/.*)?$)"
_TEMPLATE = (
    r"^(?:[^\u{0}-\u{20}\u{7f}\u{22}<>\\^`{|}%]|%[0-9A-Fa-f]{2}|\{[+#.\/;?&=,!@|]?"
    r"(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?:\*|:[1-9]\d{0,3})?"
    r"(?:,(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?:\*|:[1-9]\d{0,3})?)*\})*$"
)
_DOTS = (".", "\u3002", "\uff0e", "\uff61")  # all that part labels (RFC 3490, 3.1)
_BRACKETS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?\[([^\]]*)\]")
_OUTSIDE_ASCII = re.compile("[^\x00-\x7f]+")


def is_date(text: str) -> bool:
    """Say whether a text is a `full-date` (RFC 3339, 5.6)."""
    return search(_DATE, text) and validate_rfc3339(f"{text}T00:00:00Z")


def is_date_time(text: str) -> bool:
    """Say whether a text is a `date-time` (RFC 3339, 5.6); a leap second ends a day of UTC."""
    return text.isascii() and _is_moment(text.upper())


def is_time(text: str) -> bool:
    """Say whether a text is a `full-time` (RFC 3339, 5.6)."""
    return text.isascii() and _is_moment(f"2000-01-01T{text.upper()}")


def is_duration(text: str) -> bool:
    """Say whether a text is a duration (RFC 3339, appendix A)."""
    return search(_DURATION, text)


def is_email(text: str) -> bool:
    """Say whether a text is a mailbox (RFC 5321, 4.1.2)."""
    return text.isascii() and _is_mailbox(text, (_ATOMS, _QUOTED), is_hostname)


def is_idn_email(text: str) -> bool:
    """Say whether a text is a mailbox with letters of any script (RFC 6531, 3.3)."""
    composed = unicodedata.normalize("NFC", text)
    return _is_mailbox(composed, (_WIDE_ATOMS, _WIDE_QUOTED), is_idn_hostname)


def is_hostname(text: str) -> bool:
    """Say whether a text is a host name (RFC 1123, 2.1), punycode included (RFC 5891, 4.4)."""
    if not text or not text.isascii() or text.endswith((".", "\n")):
        return False
    if not FQDN(text, min_labels=1).is_valid:
        return False
    return all(_is_label(label) for label in text.split("."))


def is_idn_hostname(text: str) -> bool:
    """Say whether a text is a host name with letters of any script (RFC 5890, 2.3.2.3)."""
    try:
        labels = idna.encode(text).decode("ascii").split(".")
        _check_directions([idna.decode(label) for label in labels])
    except (idna.IDNAError, UnicodeError):
        return False
    return not text.endswith(_DOTS)


def is_ipv4(text: str) -> bool:
    """Say whether a text is a dotted quad (RFC 2673, 3.2)."""
    return _is_address(ipaddress.IPv4Address, text)


def is_ipv6(text: str) -> bool:
    """Say whether a text is an IPv6 address without a zone (RFC 4291, 2.2)."""
    return "%" not in text and _is_address(ipaddress.IPv6Address, text)


def is_uri(text: str) -> bool:
    """Say whether a text is a URI (RFC 3986)."""
    return _is_rfc3986(text, "URI")


def is_uri_reference(text: str) -> bool:
    """Say whether a text is a URI or a relative reference (RFC 3986, 4.1)."""
    return _is_rfc3986(text, "URI_reference")


def is_iri(text: str) -> bool:
    """Say whether a text is an IRI (RFC 3987): a URI once its letters outside of ASCII are written in percent."""
    return is_uri(_in_percent(text))


def is_iri_reference(text: str) -> bool:
    """Say whether a text is an IRI or a relative reference (RFC 3987)."""
    return is_uri_reference(_in_percent(text))


def is_uri_template(text: str) -> bool:
    """Say whether a text is a URI template (RFC 6570)."""
    return search(_TEMPLATE, text)


def is_uuid(text: str) -> bool:
    """Say whether a text is a UUID (RFC 4122, 3)."""
    return search(_UUID, text)


def is_json_pointer(text: str) -> bool:
    """Say whether a text is a JSON Pointer (RFC 6901, 3)."""
    try:
        JsonPointer(text)
    except JsonPointerException:
        return False
    return True


def is_relative_json_pointer(text: str) -> bool:
    """Say whether a text is a relative JSON Pointer (draft-bhutton-relative-json-pointer)."""
    if not search(_RELATIVE, text):
        return False
    return is_json_pointer(text.lstrip("0123456789").removeprefix("#"))


def is_regex(text: str) -> bool:
    """Say whether a text is a pattern that can be evaluated here."""
    return pattern_flaw(text) is None


def _is_rfc3986(text: str, rule: str) -> bool:
    host = _BRACKETS.match(text)
    if "\n" in text or (host and host[1][:1] not in "vV" and not is_ipv6(host[1])):
        return False
    return bool(validate_rfc3986(text.replace("//[V", "//[v", 1), rule=rule))


def _is_moment(text: str) -> bool:
    if "\n" in text:
        return False
    if text[10:19] != _LEAP_SECOND and ":60" not in text[16:19]:
        return bool(validate_rfc3339(text))
    if not validate_rfc3339(text[:17] + "59" + text[19:]):
        return False
    found = re.search(r"([+-])(\d\d):(\d\d)$", text)
    minutes = int(text[11:13]) * 60 + int(text[14:16])
    if found is not None:
        offset = int(found[2]) * 60 + int(found[3])
        minutes += offset if found[1] == "-" else -offset
    return minutes % 1440 == 1439  # noqa: PLR2004 - the last minute of a day


def _is_mailbox(text: str, forms: tuple[str, str], is_host: Callable[[str], bool]) -> bool:
    local, at, host = text.rpartition("@")
    if not at or len(text) > _MOST_MAILBOX or len(local) > _MOST_LOCAL:
        return False
    if not any(search(form, local) for form in forms):
        return False
    if host.startswith("[") and host.endswith("]"):
        inside = host[1:-1]
        return is_ipv6(inside[5:]) if inside[:5].lower() == "ipv6:" else is_ipv4(inside)
    return is_host(host)


def _is_label(label: str) -> bool:
    if label[2:4] != "--":
        return True
    try:
        idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return False
    return label[:4].lower() == "xn--"


def _check_directions(labels: list[str]) -> None:
    """Hold all labels to the rule for those written from the right, where one is (RFC 5893, 2)."""
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for label in labels for letter in label):
        for label in labels:
            idna.check_bidi(label, check_ltr=True)


def _is_address(kind: Callable[[str], object], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return text.isascii()


def _in_percent(text: str) -> str:
    return _OUTSIDE_ASCII.sub(lambda found: quote(found[0], errors="replace"), text)


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "date": is_date,
    "date-time": is_date_time,
    "duration": is_duration,
    "email": is_email,
    "hostname": is_hostname,
    "idn-email": is_idn_email,
    "idn-hostname": is_idn_hostname,
    "ipv4": is_ipv4,
    "ipv6": is_ipv6,
    "iri": is_iri,
    "iri-reference": is_iri_reference,
    "json-pointer": is_json_pointer,
    "regex": is_regex,
    "relative-json-pointer": is_relative_json_pointer,
    "time": is_time,
    "uri": is_uri,
    "uri-reference": is_uri_reference,
    "uri-template": is_uri_template,
    "uuid": is_uuid,
}
"""What each format means; other formats are taken as words about a value and assert nothing."""


def _of_texts(check: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: check(value) if isinstance(value, str) else True


FORMATS = FormatChecker(())
"""Checks the formats of texts."""

for _name, _check in CHECKS.items():
    FORMATS.checks(_name)(_of_texts(_check))
