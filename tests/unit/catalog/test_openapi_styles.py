"""Every style of OpenAPI's table, for every kind of value, exploded and not; and read back as servers read it."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from uritemplate import URITemplate

from tests.support.guests import operation_module
from tests.support.openapi_tables import COLUMNS, LIST, PATHS, QUERIES

VALUES = operation_module("values")


def rows(table: list[Any]) -> list[Any]:
    return list(_rows(table))


def _rows(table: list[Any]) -> Iterator[Any]:
    for style, explode, *written in table:
        for (kind, value), text in zip(COLUMNS.items(), written, strict=True):
            yield pytest.param(style, explode, value, text, id=f"{style}-{explode}-{kind}")


def parameter(style: str, *, explode: bool, **more: Any) -> dict[str, Any]:
    return {"name": "color", "style": style, "explode": explode, "reserved": False, **more}


def query(style: str, value: Any, *, explode: bool = True, **more: Any) -> str:
    return "&".join(VALUES.query_pairs(parameter(style, explode=explode, **more), value))


@pytest.mark.parametrize(("style", "explode", "value", "text"), rows(PATHS))
def test_a_path_value_is_written_as_its_style_says(style: str, explode: bool, value: Any, text: str) -> None:  # noqa: FBT001
    assert VALUES.path_text(parameter(style, explode=explode), value) == text


@pytest.mark.parametrize(("style", "explode", "value", "text"), rows(QUERIES))
def test_a_query_value_is_written_as_its_style_says(style: str, explode: bool, value: Any, text: str) -> None:  # noqa: FBT001
    assert query(style, value, explode=explode) == text


@pytest.mark.parametrize(("style", "explode", "value", "text"), rows(PATHS[4:]))
def test_a_header_is_written_as_style_simple(style: str, explode: bool, value: Any, text: str) -> None:  # noqa: FBT001
    assert VALUES.header_text(parameter(style, explode=explode), value) == text


@pytest.mark.parametrize("explode", [True, False])
@pytest.mark.parametrize(
    "value",
    [
        *("", "blue", "a b", "ä/ö?#[]@!$&'()*+,;=", "50%", "{x}", 0, -1.5, True, LIST, {"a": 1, "b": 2}),
        *(["a,b", "c d"], {"k&": "v=", "ü": "/"}, ["a", None, "b"], {"a": None, "b": 1}),
    ],
    ids=repr,
)
@pytest.mark.parametrize(("style", "operator"), [("simple", ""), ("label", "."), ("matrix", ";"), ("form", "?")])
def test_the_first_four_styles_are_those_of_rfc_6570(style: str, operator: str, value: Any, *, explode: bool) -> None:
    star = "*" if explode and isinstance(value, (list, dict)) else ""
    texts = value
    if isinstance(value, list):
        texts = [held for held in value if held is not None]
    elif isinstance(value, dict):
        texts = {key: str(held) for key, held in value.items() if held is not None}
    elif not isinstance(value, str):
        texts = json.dumps(value)
    expected = URITemplate("{" + operator + "color" + star + "}").expand(color=texts)
    if style == "form":
        assert query(style, value, explode=explode) == expected.removeprefix("?")
    else:
        assert VALUES.path_text(parameter(style, explode=explode), value) == expected


@pytest.mark.parametrize(
    ("style", "more", "value", "text"),
    [
        pytest.param("form", {}, [], "", id="an empty list"),
        pytest.param("form", {"explode": False}, {}, "", id="an empty object"),
        pytest.param("deepObject", {}, {"a": ["x", "y"]}, "color%5Ba%5D=x&color%5Ba%5D=y", id="a deep list"),
        pytest.param("deepObject", {}, {"a": {"b": {"c": 1}}}, "color%5Ba%5D%5Bb%5D%5Bc%5D=1", id="deeper"),
        pytest.param("deepObject", {}, {"a": None, "b": ""}, "color%5Bb%5D=", id="a deep null"),
        pytest.param("deepObject", {}, {"a": ["x", None]}, "color%5Ba%5D=x", id="a null in a deep list"),
        pytest.param("deepObject", {}, {"a": None}, "", id="nothing but null"),
        pytest.param(
            *("deepObject", {}, {"a": [{"b": 1}, {"b": 2}]}, "color%5Ba%5D%5B0%5D%5Bb%5D=1&color%5Ba%5D%5B1%5D%5Bb%5D=2"),
            id="a deep list of objects",
        ),
        pytest.param("deepObject", {}, {"a[b]": "c&d"}, "color%5Ba%5Bb%5D%5D=c%26d", id="a key of strange letters"),
        pytest.param("deepObject", {}, {"on": True, "n": 2.0}, "color%5Bon%5D=true&color%5Bn%5D=2", id="no text"),
        pytest.param("form", {}, [{"a": 1}], "color=%7B%22a%22%3A1%7D", id="deeper than the style"),
        pytest.param("form", {}, None, "", id="null"),
        pytest.param("form", {}, [None, "a"], "color=a", id="a null in a list"),
        pytest.param("form", {}, {"a": None, "b": 1}, "b=1", id="a null in an object"),
        pytest.param("pipeDelimited", {"explode": False}, ["a|b", None, "c"], "color=a%7Cb%7Cc", id="a null among pipes"),
        pytest.param("spaceDelimited", {"explode": False}, [], "", id="an empty list"),
        pytest.param("json", {}, {"a": None}, "color=%7B%22a%22%3Anull%7D", id="JSON keeps null"),
        pytest.param("json", {}, [1.0], "color=%5B1%5D", id="JSON"),
        pytest.param("form", {"reserved": True}, "a/b?c:d", "color=a/b?c:d", id="reserved letters"),
        pytest.param("form", {"reserved": True}, "a&b=c#d+e", "color=a%26b%3Dc%23d%2Be", id="what would mean something else"),
        pytest.param("form", {"reserved": True}, ["a/b", "c"], "color=a/b&color=c", id="reserved letters in a list"),
        pytest.param("form", {"name": "a b[]"}, "c", "a%20b%5B%5D=c", id="a name of strange letters"),
        pytest.param("form", {}, 10**20, f"color={10**20}", id="a large integer"),
    ],
)
def test_what_the_table_does_not_show(style: str, more: dict[str, Any], value: Any, text: str) -> None:
    assert query(style, value, **{"explode": True, **more}) == text


@pytest.mark.parametrize("style", ["form", "spaceDelimited", "pipeDelimited", "tabDelimited"])
@pytest.mark.parametrize("explode", [True, False])
@pytest.mark.parametrize("value", [LIST, ["a"], ["ä&b", "=#", "50%"]], ids=repr)
def test_a_server_reads_back_the_list_that_was_sent(style: str, value: list[str], *, explode: bool) -> None:
    written = query(style, value, explode=explode)
    if explode:
        assert [held for _, held in parse_qsl(written)] == value
    else:
        separators = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
        assert [unquote(held) for held in written.removeprefix("color=").split(separators[style])] == value


@pytest.mark.parametrize(
    "value", [{"a": "1"}, {"a": ["1", "2"], "b": "&"}, {"a": {"b": {"c": "ü"}}}, {"a": [{"b": "1"}, {"b": "2"}]}], ids=repr
)
def test_a_server_reads_back_the_deep_object_that_was_sent(value: dict[str, Any]) -> None:
    read: dict[str, Any] = {}
    for name, held in parse_qsl(query("deepObject", value), keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")[1:]
        place = read
        for key in path:
            place = place.setdefault(key, {})
        place[last] = (
            [*place[last], held] if isinstance(place.get(last), list) else held if last not in place else [place[last], held]
        )

    def listed(held: Any) -> Any:
        if not isinstance(held, dict):
            return held
        inner = {key: listed(part) for key, part in held.items()}
        return list(inner.values()) if all(key.isdecimal() for key in inner) else inner

    assert listed(read) == value
