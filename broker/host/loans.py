"""Puts secrets into requests, at the places that the operator bound them to and nowhere else. Pure."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from urllib.parse import quote, unquote_plus

from broker.host import guard
from broker.host.masks import Masks
from broker.host.refusals import Refusal
from broker.orders import Loan

_BASIC = re.compile(r"[Bb][Aa][Ss][Ii][Cc] +")


class Wallet:
    """The secrets lent to one call. `masks` hides them in whatever leaves.

    Only the placeholders made up for this call mean anything: a text that looks like one, or one of an earlier call, is a text.
    """

    def __init__(self, loans: Sequence[Loan], masks: Masks) -> None:
        """Hold `loans`."""
        self.masks = masks
        self._loans = tuple(loans)
        self._hosts = {loan.name: guard.Globs.of(loan.hosts) for loan in loans}

    def sealed(self, request: guard.Request) -> guard.Request:
        """Note which headers hold a secret, so that a redirect to another origin leaves them behind."""
        if not self._loans:
            return request
        return replace(request, sealed=frozenset(name.lower() for name, value in request.headers if self.masks.marks(value)))

    def filled(self, request: guard.Request, *, pinned: bool) -> guard.Request | Refusal:
        """Put values in place of placeholders; `pinned` says that the operator pinned the request's endpoint.

        Refuses with `secret_refused` a placeholder anywhere that its secret is not bound to.
        """
        if not self._loans:
            return request
        misplaced = self._misplaced(request)
        if misplaced:
            return misplaced
        used = [loan for loan in self._loans if _holds(request, loan)]
        for loan in used:
            refusal = self._bound_elsewhere(loan, request.target, pinned=pinned)
            if refusal:
                return refusal
        headers = [_header(name, value, used) for name, value in request.headers]
        url = _url(request.target, used)
        for part in (*headers, url):
            if isinstance(part, Refusal):
                return part
        return replace(request, headers=tuple(headers), target=url)  # type: ignore[arg-type]  # the loop above sent refusals back

    def _bound_elsewhere(self, loan: Loan, target: guard.Target, *, pinned: bool) -> Refusal | None:
        if not self._hosts[loan.name].cover(target):
            return _refused(loan, f"is not for the host {target.names[0]}")
        if target.url.scheme != "https" and not pinned:
            return _refused(loan, f"goes out over https only, not to http://{target.names[0]}")
        return None

    def _misplaced(self, request: guard.Request) -> Refusal | None:
        url = request.target.url
        places = {
            "the host": url.host,
            "the path": url.path,
            "a header's name": "\n".join(name.lower() for name, _ in request.headers),
            "the body": request.content.decode("latin-1"),
        }
        for loan in self._loans:
            where = next((place for place, text in places.items() if loan.placeholder in text), None)
            if where:
                return _refused(loan, f"cannot stand in {where}: it goes into headers and query parameters")
        return None


def _holds(request: guard.Request, loan: Loan) -> bool:
    texts = (str(request.target.url), *(value for _, value in request.headers))
    return any(loan.placeholder in text for text in texts)


def _header(name: str, value: str, loans: Sequence[Loan]) -> tuple[str, str] | Refusal:
    lent = [loan for loan in loans if loan.placeholder in value]
    for loan in lent:
        if not any(fnmatchcase(name.lower(), glob.lower()) for glob in loan.headers):
            return _refused(loan, f"may not go into the header {name}; it may go into {', '.join(loan.headers) or 'none'}")
        value = value.replace(loan.placeholder, loan.value)
    basic = _BASIC.match(value)
    if not lent or name.lower() != "authorization" or not basic:
        return name, value
    user_and_password = value[basic.end() :]
    if ":" not in user_and_password:
        return _refused(lent[0], "holds no user:password, so it cannot be sent as Basic")
    return name, basic[0] + b64encode(user_and_password.encode("latin-1")).decode("ascii")


def _url(target: guard.Target, loans: Sequence[Loan]) -> guard.Target | Refusal:
    pairs = target.url.query.decode("ascii").split("&")
    for place, pair in enumerate(pairs):
        name, _, value = pair.partition("=")
        for loan in (loan for loan in loans if loan.placeholder in pair):
            if value != loan.placeholder:
                return _refused(loan, "has to be the whole value of a query parameter")
            if not any(fnmatchcase(unquote_plus(name), glob) for glob in loan.query):
                named = ", ".join(loan.query) or "none"
                return _refused(loan, f"may not go into the query parameter {name[:80]}; it may go into {named}")
            pairs[place] = f"{name}={quote(loan.value, safe='')}"
    if not loans:
        return target
    return replace(target, url=target.url.copy_with(query="&".join(pairs).encode("ascii")) if target.url.query else target.url)


def _refused(loan: Loan, says: str) -> Refusal:
    return Refusal("secret_refused", f"the secret {loan.name} {says}")
