"""What imports of OpenAPI are held to: the specification's table of styles, and what is left out or read otherwise, and why."""

from dataclasses import dataclass
from typing import Any

LIST = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}

# OpenAPI 3.1.1, 4.8.12.4 "Style Examples": name, explode, empty, primitive, array, object. What the table
# calls n/a (a delimited list that is exploded, a deep list) is written as most servers read it.
PATHS = [
    ("matrix", False, ";color", ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
    ("matrix", True, ";color", ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
    ("label", False, ".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
    ("label", True, ".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
    ("simple", False, "", "blue", "blue,black,brown", "R,100,G,200,B,150"),
    ("simple", True, "", "blue", "blue,black,brown", "R=100,G=200,B=150"),
]
FORMED = ("color=", "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150")
QUERIES = [
    ("form", False, "color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    ("form", True, *FORMED),
    ("spaceDelimited", False, *FORMED[:2], "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
    ("spaceDelimited", True, *FORMED),
    ("pipeDelimited", False, *FORMED[:2], "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("pipeDelimited", True, *FORMED),
    ("tabDelimited", False, *FORMED[:2], "color=blue%09black%09brown", "color=R%09100%09G%09200%09B%09150"),
    (
        "deepObject",
        True,
        *FORMED[:2],
        "color%5B0%5D=blue&color%5B1%5D=black&color%5B2%5D=brown",
        "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
    ),
]
COLUMNS = {"empty": "", "primitive": "blue", "array": LIST, "object": OBJECT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something of a document that is not done as the specification has it: of an operation, or of the whole document."""

    what: str
    why: str
    operation: Any
    says: str = ""  # in the reason why the operation is left out; empty: it is written
    path: str = "/a"
    method: str = "get"
    components: Any = None


def _answer(media_type: str) -> Any:
    return {"responses": {"200": {"description": "ok", "content": {media_type: {"schema": {"type": "string"}}}}}}


def _body(media_type: str, **more: Any) -> Any:
    return {"requestBody": {"content": {media_type: {"schema": {"type": "object", "properties": {"p": {}}}, **more}}}}


def _scheme(**scheme: Any) -> Any:
    return {"securitySchemes": {"s": scheme}}


DIFFERENCES = (
    Difference(
        what="callbacks",
        why="a handler has nowhere to be called",
        operation={"callbacks": {"a": {}}},
        says="it calls back",
    ),
    Difference(
        what="TRACE", why="the host does not send it", operation={}, says="the method TRACE is not sent", method="trace"
    ),
    Difference(
        what="answers in XML alone",
        why="there is no one way from XML to JSON",
        operation=_answer("application/xml"),
        says="application/xml only",
    ),
    Difference(
        what="answers that are streams of events alone",
        why="a call has one answer",
        operation=_answer("text/event-stream"),
        says="text/event-stream only",
    ),
    Difference(
        what="bodies in XML alone",
        why="there is no one way from JSON to XML",
        operation=_body("application/xml"),
        says="application/xml only",
        method="post",
    ),
    Difference(
        what="bodies of several parts that are no form",
        why="the order and the headers of their parts are not in the schema",
        operation=_body("multipart/mixed"),
        says="multipart/mixed only",
        method="post",
    ),
    Difference(
        what="parts with headers of their own that are required",
        why="nothing says what their values are",
        operation=_body("multipart/form-data", encoding={"p": {"headers": {"X-A": {"required": True}}}}),
        says="needs a header X-A",
        method="post",
    ),
    Difference(
        what="fields of a form in XML and the like",
        why="as above",
        operation=_body("application/x-www-form-urlencoded", encoding={"p": {"contentType": "application/xml"}}),
        says="application/xml, which is not done in a form",
        method="post",
    ),
    Difference(
        what="digest, HOBA, mutual TLS and other HTTP authentication",
        why="the host puts secrets into headers, queries and cookies and computes nothing with them",
        operation={"security": [{"s": []}]},
        says="the security scheme s (mutualTLS) is not done",
        components=_scheme(type="mutualTLS"),
    ),
    Difference(
        what="headers of the connection as parameters",
        why="the host writes them",
        operation={"parameters": [{"name": "Host", "in": "header", "schema": {}}]},
        says="the header parameter Host cannot be sent",
    ),
    Difference(
        what="operations without an answer of success",
        why="what failed and what did not could not be told apart",
        operation={"responses": {"302": {"description": "elsewhere"}}},
        says="it names no answer of success",
    ),
    Difference(
        what="paths that name what no parameter gives",
        why="no request can be made of them",
        operation={},
        says="no path parameter does",
        path="/a/{id}",
    ),
    Difference(
        what="paths with a fragment",
        why="a fragment is never sent",
        operation={},
        says="a fragment, which is never sent",
        path="/a#b",
    ),
    Difference(
        what="`$dynamicRef`, `$id` and anchors in schemas",
        why="plans are checked against schemas that stand by themselves",
        operation={"parameters": [{"name": "p", "in": "query", "schema": {"$dynamicRef": "#a"}}]},
        says="a schema uses $dynamicRef",
    ),
    Difference(
        what="references to other servers",
        why="nothing is fetched because a document says so",
        operation={"parameters": [{"$ref": "https://a.example/p.json"}]},
        says="only files in the document's own folder are",
    ),
    Difference(
        what="`nullable` beside no `type`",
        why="those who write it mean it: null fits",
        operation={"parameters": [{"name": "p", "in": "query", "schema": {"allOf": [{}], "nullable": True}}]},
    ),
    Difference(
        what="patterns that cannot be evaluated in linear time",
        why="they stand as a comment and are not asserted",
        operation={"parameters": [{"name": "p", "in": "query", "schema": {"pattern": "(?=a)"}}]},
    ),
    Difference(
        what="keywords of the wrong shape, and defaults that their own schema refuses",
        why="they are left out of the schema and told with their place",
        operation={"parameters": [{"name": "p", "in": "query", "schema": {"type": "integer", "default": "10"}}]},
    ),
    Difference(
        what="`spaceDelimited` and `pipeDelimited` with `explode`",
        why="the table calls them n/a; the name is repeated, as most servers read it",
        operation={"parameters": [{"name": "p", "in": "query", "style": "pipeDelimited", "explode": True, "schema": {}}]},
    ),
    Difference(
        what="lists under `deepObject`",
        why="not defined; a list of single values repeats its name, any other is numbered",
        operation={"parameters": [{"name": "p", "in": "query", "style": "deepObject", "schema": {"type": "object"}}]},
    ),
    Difference(
        what="a discriminator",
        why="its property says which of the alternatives is meant, so that those which fit as well do no harm",
        operation={"parameters": [{"name": "p", "in": "query", "schema": {"discriminator": {"propertyName": "a"}}}]},
    ),
)
"""Each is held by a test, and stands on the page about OpenAPI."""


def section() -> str:
    """Say how OpenAPI is read, as a section of a page about standards."""
    cells = 4 * (len(PATHS) + len(QUERIES))
    left_out = "\n".join(f"| {held.what} | {held.why} |" for held in DIFFERENCES if held.says)
    otherwise = "\n".join(f"| {held.what} | {held.why} |" for held in DIFFERENCES if not held.says)
    return f"""## OpenAPI 2.0, 3.0 and 3.1

`goalwright import openapi` reads Swagger 2.0, OpenAPI 3.0.x and 3.1.x, JSON or YAML (the JSON
ruleset of YAML 1.2), in one file or several. Each operation is a handler of its own, and one handler
makes all of their requests.

The table of "Style Examples" of OpenAPI 3.1.1 (styles of paths and queries, exploded and not, an
empty value, a single value, a list and an object), with `tabDelimited` for the `tsv` of 2.0: {cells}
cells, all written as the table says. Simple, label, matrix and form are held against a library of
RFC 6570 as well. There is no suite of the specification's own.

An operation that needs one of these is left out, with the reason; all others are written:

| what | why |
| --- | --- |
{left_out}

These are read otherwise than the letter, or where the letter is silent:

| what | how |
| --- | --- |
{otherwise}"""
