"""Servers that answer one page number after another with the same page."""

from answers import exchange, json_of
from goalwright import HandlerError
from goalwright.pointers import at
from outgoing import asking

ENOUGH = 2  # pages that repeat the one before, until it is worth a request to find out why
FAR = 1_000_000  # pages ahead: no list is as long


class Repeats:
    """Tells pages that happen to be alike from a server that does not count.

    Two pages in a row may hold the same items. After `ENOUGH` such pages a page far beyond every end is
    asked for. Where that is the same again, the server either does not know the query value, if all
    pages were alike, or gives its last page for every number beyond it, which ends the list.
    """

    def __init__(self, config: dict, request: dict) -> None:
        """Watch the pages of `request`."""
        self._config, self._request = config, request
        self._last: list | None = None
        self._count = 0
        self._all_alike = True
        self._known = False

    def ended(self, items: list, answer: dict) -> bool:
        """Take the next page, and cut repetitions of the last one off `answer`; `paging_invalid` where no page differs."""
        alike = bool(items) and items == self._last
        self._all_alike = self._all_alike and (alike or self._last is None)
        self._count = self._count + 1 if alike else 0
        self._last = items
        if self._count < ENOUGH or self._known:
            return False
        self._known = True
        if self._far_page(answer) != items:
            return False
        if self._all_alike:
            name = self._config["paging"].get("param", "page")
            message = f"page 1 to {answer['pages']} are the same: the server does not seem to know {name!r}"
            raise HandlerError("paging_invalid", message)
        del answer["items"][-ENOUGH * len(items) :]
        return True

    def _far_page(self, answer: dict) -> object:
        paging = self._config["paging"]
        number = paging.get("start", 1) + FAR * paging.get("step", 1)
        url = asking(self._request["url"], {paging.get("param", "page"): number})
        try:
            response = exchange(self._config, self._request | {"url": url}, dict(answer))
            return at(json_of(response["body"] or "null"), paging["items"])
        except HandlerError:  # it knows that there is no such page
            return None
