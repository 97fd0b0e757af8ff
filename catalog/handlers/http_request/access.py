"""Credentials, as placeholders: the host puts the secrets in when the request leaves."""

from outgoing import asking, origin_of


def signed(config: dict, request: dict) -> dict:
    """Add what `auth` says, if the request goes to where the plan's own URL goes; a link to elsewhere goes without."""
    auth = config.get("auth")
    if auth is None or origin_of(request["url"]) != request["origin"]:
        return request
    if auth["type"] == "api_key" and auth.get("in", "header") == "query":
        return request | {"url": asking(request["url"], {auth["name"]: auth["value"]})}
    name, value = HEADERS[auth["type"]](auth)
    return request | {"headers": request["headers"] | {name: value}}


def shown_url(config: dict, url: str) -> str:
    """Take the credential out of a URL that is told."""
    auth = config.get("auth", {})
    return asking(url, {auth["name"]: None}) if auth.get("in") == "query" else url


def _basic(auth: dict) -> tuple[str, str]:
    # The host writes what follows in base64, with the secret in its place (RFC 7617).
    credentials = auth["credentials"] if "credentials" in auth else f"{auth['username']}:{auth['password']}"
    return "authorization", f"Basic {credentials}"


HEADERS = {
    "bearer": lambda auth: ("authorization", f"Bearer {auth['token']}"),
    "basic": _basic,
    "api_key": lambda auth: (auth["name"].lower(), auth["value"]),
}
