"""Lists that come in pages."""

from urllib.parse import urljoin

from answers import exchange, fit, json_of, no_error, returned
from goalwright import HandlerError
from goalwright.errors import one_line
from goalwright.pointers import at
from goalwright.texts import shown
from links import next_link
from outgoing import asking
from repeats import Repeats


def paged(config: dict, request: dict) -> dict:
    """Follow the pages and answer with the items of all of them."""
    answer = {
        "status": None,
        "headers": {},
        "items": [],
        "pages": 0,
        "truncated": False,
        "elapsed_ms": 0,
        "url": request["url"],
    }
    try:
        _collect(config, request, answer)
        return answer | no_error(config)
    except HandlerError as error:
        return answer | {"truncated": True} | returned(config, error)


def _collect(config: dict, request: dict, answer: dict) -> None:
    paging, seen, repeats = config["paging"], set(), Repeats(config, request)
    url = asking(request["url"], {paging.get("param", "page"): paging.get("start", 1)} if paging["style"] == "page" else {})
    while url is not None:
        if answer["pages"] == paging.get("max_pages", 20):
            _stop(paging, answer)
            return
        if url in seen:
            raise HandlerError("paging_invalid", f"the pages go round in a circle at {one_line(url, limit=200)}")
        seen.add(url)
        known = len(answer["items"])
        url = _turn(config, request | {"url": url}, answer)
        if paging["style"] == "page" and repeats.ended(answer["items"][known:], answer):
            return


def _stop(paging: dict, answer: dict) -> None:
    if paging.get("on_max", "fail") == "fail":
        message = f"there are more than {answer['pages']} pages; raise max_pages or set on_max to truncate"
        raise HandlerError("too_many_pages", message)
    answer["truncated"] = True


def _turn(config: dict, request: dict, answer: dict) -> str | None:
    """Fetch one page, keep its items, say where the next one is (`None`: this was the last)."""
    paging, number = config["paging"], answer["pages"] + 1
    body = json_of(exchange(config, request, answer)["body"] or "null")
    items = at(body, paging["items"])
    if not isinstance(items, list):
        raise HandlerError("paging_invalid", f"page {number} has no list at {paging['items'] or 'its root'}")
    for index, item in enumerate(items, len(answer["items"])):
        fit(config, item, f"item {index}")
    answer["items"].extend(items)
    answer["pages"] = number
    return NEXT[paging["style"]](paging, request, answer, body)


def _by_link(_paging: dict, _request: dict, answer: dict, _body: object) -> str | None:
    target = next_link(answer["headers"].get("link", ""))
    return urljoin(answer["url"], target) if target is not None else None


def _by_cursor(paging: dict, request: dict, answer: dict, body: object) -> str | None:
    cursor = at(body, paging["cursor"])
    if cursor in (None, "", False):
        return None
    if isinstance(cursor, (dict, list)):
        raise HandlerError("paging_invalid", f"the cursor at {paging['cursor']} is not a text or number")
    if "param" in paging:
        return asking(request["url"], {paging["param"]: cursor})
    return urljoin(answer["url"], shown(cursor))


def _by_page(paging: dict, request: dict, answer: dict, body: object) -> str | None:
    if not at(body, paging["items"]):
        return None
    number = paging.get("start", 1) + answer["pages"] * paging.get("step", 1)
    return asking(request["url"], {paging.get("param", "page"): number})


NEXT = {"link": _by_link, "cursor": _by_cursor, "page": _by_page}
