"""Documents made to harm who reads them, and a child process that reads and checks one under measure."""

import json
import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.loader import load_catalog
from fragments.bounds import Left
from fragments.frames import Frame
from fragments.mending import check_reading
from fragments.positions import located
from fragments.reading import read_document, read_fragment

ROOT = Path(__file__).resolve().parents[2]
CATALOG = load_catalog().catalog
FRAME = Frame(
    left=Left(steps=10_000, model_calls=100),
    channels=frozenset({"desk"}),
    input_hosts={"url": frozenset({"example.org"})},
)
CPU_LIMIT_S = 60
"""A guard against what never ends, far above the target of one second; a child that uses more is killed."""

Source = str | bytes | dict[str, Any]
Steps = list[dict[str, Any]]


class HarmedError(Exception):
    """A document brought down who read it: with a traceback, or it took so long that the system ended it."""

    def __init__(self, name: str, exit_code: int) -> None:
        super().__init__(f"{name}: the child ended with {exit_code}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one hostile document: codes of its problems, and what reading and checking took."""

    codes: tuple[str, ...]
    cpu_s: float
    peak_bytes: int


@contextmanager
def examiner() -> Iterator[Callable[[str], Outcome]]:
    """Open a process that has everything loaded, and read and check each document asked for in a child forked from it.

    Asking raises `HarmedError` where a child ends without an answer.
    """
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        asked, answers = process.stdin, process.stdout
        assert asked is not None
        assert answers is not None

        def examine(name: str) -> Outcome:
            asked.write(f"{name}\n")
            asked.flush()
            codes, cpu_s, peak_bytes, exit_code = json.loads(answers.readline())
            if exit_code != 0:
                raise HarmedError(name, exit_code)
            return Outcome(codes=tuple(codes), cpu_s=cpu_s, peak_bytes=peak_bytes)

        yield examine
        asked.close()


def main() -> None:
    """Answer names of documents, one a line, with what became of each."""
    context = multiprocessing.get_context("fork")
    for line in sys.stdin:
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=_child, args=(line.rstrip("\n"), theirs))
        child.start()
        theirs.close()
        try:
            answer = ours.recv()
        except EOFError:
            answer = ((), 0.0, 0)
        child.join()
        sys.stdout.write(json.dumps([*answer, child.exitcode]) + "\n")
        sys.stdout.flush()


def _child(name: str, answers: Any) -> None:
    source = HOSTILE[name]()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S + 5))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    codes = _codes(name, source)
    spent = time.process_time() - begin
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answers.send((codes, spent, grown * 1024))


def _codes(name: str, source: Source) -> tuple[str, ...]:
    read: Any = read_fragment(source) if name.startswith("answer: ") else read_document(source)
    report = check_reading(read, CATALOG, FRAME)
    problems = located(report.problems, read.positions)
    json.dumps([problem.to_json() for problem in problems]).encode()  # as every surface writes them
    return tuple(sorted({problem.code for problem in problems}))


def _reshape(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": name, "handler": "transform", "config": {"expression": "1"}, "input": {"data": 1}, **more}


def _plan(*steps: dict[str, Any], output: Any = "{{ steps.a.output }}", **more: Any) -> dict[str, Any]:
    return {"steps": list(steps) or [_reshape()], "output": output, **more}


def _fitting(schema: Any) -> str:
    """Write a plan whose step promises a schema."""
    return json.dumps(_plan(_reshape(config={"expression": "1", "output_schema": schema})))


def _taking(schema: Any, value: Any) -> str:
    """Write a planning step whose input is checked against a schema that its output then meets."""
    first = _reshape(config={"expression": "1", "output_schema": schema})
    template = {"name": "t", "steps": [first], "output": value, "input_schema": schema}
    return json.dumps(template)


def _many(count: int, make: Callable[[int], dict[str, Any]], **more: Any) -> str:
    return json.dumps(_plan(*(make(i) for i in range(count)), output=1, **more))


def _loops(depth: int) -> dict[str, Any]:
    step = _reshape("inner")
    for i in range(depth):
        step = {"name": f"l{i}", "for_each": {"items": [1], "as": f"x{i}", "index": f"y{i}"}, "steps": [step]}
    return step


def _referring(depth: int) -> dict[str, Any]:
    """Write a schema whose references double at each level."""
    defs = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(depth)}
    return {"$ref": "#/$defs/d0", "$defs": {**defs, f"d{depth}": {"type": "string"}}}


def _deep(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def _circle() -> dict[str, Any]:
    value: dict[str, Any] = {"name": "x"}
    value["steps"] = [value]
    return value


BILLION = "\n".join(["a0: &a0 [x]", *(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]" for i in range(40))])
BRACKETS = 10_000_000
WIDE = 900_000  # characters, just below what is read

HOSTILE: dict[str, Callable[[], Source]] = {
    # size and nesting of texts
    "10 MB of opening brackets": lambda: "[" * BRACKETS,
    "10 MB of opening braces": lambda: '{"a":' * (BRACKETS // 5),
    "10 MB of bytes that are no text": lambda: b"\xff" * BRACKETS,
    "10 MB of spaces": lambda: " " * BRACKETS,
    "brackets, just small enough": lambda: "[" * WIDE,
    "nested flow mappings of YAML": lambda: "{a: " * (WIDE // 4),
    "nested objects of JSON": lambda: '{"a":' * (WIDE // 5),
    "nested block lists": lambda: "- " * (WIDE // 2),
    "nested block keys": lambda: "\n".join(" " * i + "a:" for i in range(1_300)),
    "brackets that close and never open": lambda: "]" * WIDE,
    "brackets in a string": lambda: json.dumps(_plan(description="[{" * 400_000)),
    "half a million values": lambda: json.dumps({"name": "x", "steps": [0] * 400_000}),
    "200,000 values in YAML": lambda: "name: x\nsteps:\n" + "- 0\n" * 220_000,
    "200,000 lists": lambda: "[" + "[]," * 290_000 + "[]]",
    "a million line ends": lambda: "\n" * 1_000_000,
    "a million comments": lambda: "#\n" * 500_000,
    "one key of a megabyte": lambda: json.dumps({"k" * WIDE: 1, "steps": []}),
    "one text of a megabyte": lambda: json.dumps(_plan(_reshape(description="x" * WIDE))),
    # what YAML can do
    "a bomb of anchors": lambda: BILLION,
    "a value within itself": lambda: "a: &a [*a]",
    "merged keys": lambda: "a: &a {b: 1}\nc: {<<: *a}",
    "a Python object": lambda: "!!python/object/apply:os.system ['true']",
    "a tag on every value": lambda: "name: !x y\n" + "- !x y\n" * 10_000,
    "many documents": lambda: "--- 1\n" * 150_000,
    "directives": lambda: "%YAML 9.9\n" * 1_000 + "---\na: 1",
    "keys that are mappings": lambda: "? {a: 1}\n: 2\n" * 10_000,
    "colons": lambda: "a:" * 400_000,
    "quotes that stay open": lambda: "name: '" + "''" * 400_000,
    "block texts in block texts": lambda: "name: |\n" + " x\n" * 290_000,
    "control characters": lambda: "name: x\n\x00\x01",
    "tabs": lambda: "name:\t\tx\nsteps:\n\t- a",
    "line separators of Unicode": lambda: "name: x\u2028steps: []\u2029\x85a: [",
    # what JSON can do
    "a string that stays open": lambda: '{"name": "' + "\\" * 800_001,
    "a key twice among many": lambda: "{" + ", ".join(f'"k{i}": 1' for i in range(60_000)) + ', "k7": 2}',
    "a key twice in YAML": lambda: "name: x\nname: y\n",
    "the same key a hundred thousand times": lambda: "{" + '"a":1,' * 100_000 + '"a":1}',
    "not a number": lambda: '{"name": "x", "steps": [NaN]}',
    "infinities": lambda: '{"name": "x", "steps": [-Infinity, Infinity]}',
    "not a number in YAML": lambda: "name: .nan",
    "a float beyond all floats": lambda: '{"name": 1e999999999}',
    "an integer of a megabyte": lambda: '{"name": ' + "9" * WIDE + "}",
    "an integer of a megabyte in YAML": lambda: "name: " + "9" * WIDE,
    "half a surrogate pair, escaped": lambda: '{"name": "\\ud800", "steps": []}',
    "half a surrogate pair as a key": lambda: '{"name": "x", "\\udfff": {"a": 1}}',
    "half a surrogate pair, raw": lambda: "name: \ud800",
    "bytes that are no UTF-8": lambda: b"name: \xff\xfe\x00",
    "UTF-16": lambda: "name: x".encode("utf-16"),
    # models' answers
    "answer: opening braces": lambda: "{" * WIDE,
    "answer: a hundred thousand objects": lambda: "{} " * 300_000,
    "answer: fences": lambda: "```json\n" * 110_000,
    "answer: quotes": lambda: '{"' * 400_000,
    "answer: brackets and quotes": lambda: '["{' * 300_000,
    # parsed values
    "value: a hundred thousand lists deep": lambda: {"name": "x", "steps": _deep(100_000)},
    "value: within itself": _circle,
    "value: 100,000 steps": lambda: _plan(*(_reshape(f"s{i}") for i in range(100_000))),
    "value: an integer of 10,000 digits": lambda: {"name": "x", "steps": [{"name": "a", "priority": 10**10_000}]},
    "value: what JSON cannot write": lambda: {"name": "x", "steps": [{"name": {1, 2}, 3: b"x"}]},
    # shape
    "100,000 steps as a text": lambda: '{"output":1,"steps":[' + ",".join(["{}"] * 100_000) + "]}",
    "30,000 steps that have only names": lambda: _many(30_000, lambda i: {"name": f"s{i}"}),
    "10,000 steps of the same name": lambda: _many(10_000, lambda _: {"name": "s", "handler": "transform"}),
    "10,000 steps whose handlers do not exist": lambda: _many(10_000, lambda i: {"name": f"s{i}", "handler": f"transfrm{i}"}),
    "50,000 keys that do not exist": lambda: json.dumps(_plan({"name": "a", **{f"hndler{i}": 1 for i in range(50_000)}})),
    "20,000 config keys that do not exist": lambda: json.dumps(_plan(_reshape(config={f"k{i}": 1 for i in range(20_000)}))),
    "a key of 100,000 characters that does not exist": lambda: json.dumps(_plan({**_reshape(), "handle" * 15_000: 1})),
    "50,000 wrong values": lambda: json.dumps(_plan(_reshape(depends_on=[f"S {i}" for i in range(50_000)]))),
    "loops within loops": lambda: json.dumps(_plan(_loops(30))),
    "100,000 tags": lambda: json.dumps(_plan(_reshape(tags=["x"] * 100_000))),
    "100,000 dependencies on nobody": lambda: json.dumps(_plan(_reshape(depends_on=["b"] * 100_000))),
    "a duration of a thousand digits": lambda: json.dumps(_plan(_reshape(timeout="9" * 1_000 + "h"))),
    "bounds beyond all numbers": lambda: json.dumps(
        {"name": "x", "bounds": {"steps": 10**299, "cost_usd": 1e308}, "steps": []}
    ),
    "a handler of a megabyte": lambda: json.dumps(_plan(_reshape(handler="a" * WIDE))),
    "a range of a thousand ranges": lambda: json.dumps(_plan(_reshape(handler="transform@" + "^9 || " * 5_000 + "^9"))),
    "a version of a thousand digits": lambda: json.dumps(_plan(_reshape(handler="transform@" + "9" * 5_000 + ".0.0"))),
    "8,000 globs": lambda: json.dumps(
        _plan({"name": "a", "type": "planning", "goal": "x", "allow": {"handlers": ["*a" * 20 + str(i) for i in range(8_000)]}})
    ),
    # graph
    "5,000 steps in a circle": lambda: _many(5_000, lambda i: _reshape(f"s{i}", depends_on=[f"s{(i + 1) % 5_000}"])),
    "5,000 steps in a row": lambda: _many(5_000, lambda i: _reshape(f"s{i}", depends_on=[f"s{i - 1}"] if i else [])),
    "everybody waits for everybody": lambda: _many(
        250, lambda i: _reshape(f"s{i}", depends_on=[f"s{j}" for j in range(250) if j != i])
    ),
    "a fan of fans": lambda: _many(
        3_000, lambda i: _reshape(f"s{i}", depends_on=[f"s{j}" for j in (i - 1, i - 2, i - 50) if j >= 0])
    ),
    # references
    "a reference of 10,000 keys": lambda: json.dumps(_plan(output="{{ steps.a.output" + ".a" * 10_000 + " }}")),
    "a reference of 100,000 indexes": lambda: json.dumps(_plan(output="{{ steps.a.output" + "[0]" * 100_000 + " }}")),
    "100,000 references in one text": lambda: json.dumps(_plan(output="{{ input.x }}" * 60_000)),
    "100,000 opening braces in one text": lambda: json.dumps(_plan(output="{{" * 200_000)),
    "braces that open and braces that close": lambda: json.dumps(_plan(output="{{ " * 100_000 + " }}" * 100_000)),
    "defaults of defaults": lambda: json.dumps(_plan(output="{{ input.x" + " ?? input.x" * 10_000 + " }}")),
    "a quoted key that stays open": lambda: json.dumps(_plan(output='{{ input["' + "\\" * 100_000 + " }}")),
    "20,000 references to nobody": lambda: json.dumps(
        _plan(output={f"k{i}": f"{{{{ steps.x{i}.output }}}}" for i in range(20_000)})
    ),
    # code in config
    "an expression of a megabyte": lambda: json.dumps(_plan(_reshape(config={"expression": "1+" * 400_000 + "1"}))),
    "an expression of brackets": lambda: json.dumps(_plan(_reshape(config={"expression": "(" * 4_900 + ")" * 4_900}))),
    "an expression of brackets that stay open": lambda: json.dumps(_plan(_reshape(config={"expression": "[" * 9_000}))),
    "1,000 expressions": lambda: _many(1_000, lambda i: _reshape(f"s{i}", config={"expression": f"$x{i} + ($y := 1)"})),
    "a Mustache of sections": lambda: json.dumps(
        _plan({"name": "a", "handler": "notify", "config": {"channel": "desk", "template": "{{#a}}" * 3_000}})
    ),
    "a URL of variables": lambda: json.dumps(_plan({"name": "a", "handler": "http_request", "config": {"url": "{a}" * 1_300}})),
    "a condition of brackets": lambda: json.dumps(_plan(_reshape(when="(" * 100_000 + ")" * 100_000))),
    "a condition of a megabyte": lambda: json.dumps(_plan(_reshape(when="true && " * 100_000 + "true"))),
    # schemas
    "a schema that refers twice to what refers twice": lambda: _fitting(_referring(200)),
    "a schema that refers to itself": lambda: _fitting({"$ref": "#"}),
    "a chain of 10,000 references in a schema": lambda: _fitting(
        {"$ref": "#/$defs/d0", "$defs": {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(10_000)} | {"d10000": {}}}
    ),
    "one glob of 400 KB": lambda: json.dumps(
        _plan({"name": "a", "type": "planning", "goal": "x", "allow": {"hosts": ["*a" * 200_000]}})
    ),
    "200 globs of many stars": lambda: json.dumps(
        _plan({"name": "a", "type": "planning", "goal": "x", "allow": {"handlers": ["*a" * 120 + str(i) for i in range(200)]}})
    ),
    "schemas that refer to each other": lambda: _fitting(
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}
    ),
    "an enumeration of 60,000": lambda: _taking({"enum": list(range(60_000))}, "{{ steps.a.output }}"),
    "a schema of 20,000 cases": lambda: _fitting({"anyOf": [{"const": i} for i in range(20_000)]}),
    "a schema of 20,000 properties": lambda: _fitting({"properties": {f"p{i}": {"type": "nothing"} for i in range(20_000)}}),
    "a required list of 60,000 names": lambda: _fitting({"required": [f"p{i}" for i in range(60_000)]}),
    "a schema nested 60 deep": lambda: _fitting(json.loads('{"items":' * 50 + '{"type": 5}' + "}" * 50)),
    "properties that are a list": lambda: json.dumps({"name": "t", "input_schema": {"properties": [1]}, "steps": [_reshape()]}),
    "a schema of another dialect within": lambda: _fitting(
        {"not": {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "(a+)+$(?=x)"}}
    ),
    "a pattern that looks ahead": lambda: _fitting({"pattern": "^(?=.*a)(?=.*b)"}),
    "a pattern of brackets": lambda: _fitting({"pattern": "(" * 100_000}),
    "a pattern that never ends in an enumeration": lambda: json.dumps(
        _plan(
            _reshape(config={"expression": "1", "output_schema": {"enum": ["a" * 5_000 + "!"] * 2 + ["a" * 5_000]}}),
            {
                "name": "p",
                "type": "planning",
                "goal": "x",
                "input": {"x": "{{ steps.a.output }}"},
                "must_produce": {"pattern": "^(a+)+$", "type": "string", "allOf": [{"type": "integer"}], "$ref": "#/nowhere"},
            },
        )
    ),
    "5,000 costly patterns": lambda: _fitting(
        {"properties": {f"p{i}": {"pattern": rf"(\p{{L}}|\p{{N}}|[\p{{M}}\s]){{9}}{i}"} for i in range(5_000)}}
    ),
    "patterns for keys": lambda: _fitting({"patternProperties": {f"^(a+)+{i}(?!b)$": {} for i in range(10_000)}}),
    "20,000 objects that must be unique": lambda: json.dumps(
        _plan({"name": "a", "handler": "http_request", "config": {"url": "https://example.org", "expected": [{}] * 20_000}})
    ),
    "a duplicate among many that must be unique": lambda: json.dumps(
        _plan({"name": "a", "handler": "http_request", "config": {"url": "https://example.org", "expected": [200] * 100_000}})
    ),
}
"""By name, each a way to make it. A text or value that a person or model could send."""

EXPECTED: dict[str, str | None] = {
    "10 MB of opening brackets": "text.too_large",
    "10 MB of opening braces": "text.too_large",
    "10 MB of bytes that are no text": "text.too_large",
    "10 MB of spaces": "text.too_large",
    "brackets, just small enough": "document.nesting",
    "nested flow mappings of YAML": "document.nesting",
    "nested objects of JSON": "document.nesting",
    "nested block lists": "document.nesting",
    "nested block keys": "document.nesting",
    "brackets that close and never open": "yaml.syntax",
    "brackets in a string": "shape.unknown_key",
    "half a million values": "text.too_large",
    "200,000 values in YAML": "document.too_large",
    "200,000 lists": "document.too_large",
    "a million line ends": "shape.type",
    "a million comments": "shape.type",
    "one key of a megabyte": "shape.missing",
    "one text of a megabyte": None,
    "a bomb of anchors": "yaml.unsupported",
    "a value within itself": "yaml.unsupported",
    "merged keys": "yaml.unsupported",
    "a Python object": "yaml.unsupported",
    "a tag on every value": "yaml.unsupported",
    "many documents": "yaml.unsupported",
    "directives": "yaml.syntax",
    "keys that are mappings": "yaml.unsupported",
    "colons": "yaml.syntax",
    "quotes that stay open": "yaml.syntax",
    "block texts in block texts": "shape.missing",
    "control characters": "yaml.syntax",
    "tabs": "yaml.syntax",
    "line separators of Unicode": "yaml.syntax",
    "a string that stays open": "json.invalid",
    "a key twice among many": "json.duplicate_key",
    "a key twice in YAML": "yaml.duplicate_key",
    "the same key a hundred thousand times": "json.duplicate_key",
    "not a number": "json.number",
    "infinities": "json.number",
    "not a number in YAML": "yaml.number",
    "a float beyond all floats": "json.number",
    "an integer of a megabyte": "json.number",
    "an integer of a megabyte in YAML": "yaml.number",
    "half a surrogate pair, escaped": "json.surrogate",
    "half a surrogate pair as a key": "json.surrogate",
    "half a surrogate pair, raw": "text.encoding",
    "bytes that are no UTF-8": "text.encoding",
    "UTF-16": "text.encoding",
    "answer: opening braces": "document.nesting",
    "answer: a hundred thousand objects": "json.invalid",
    "answer: fences": "json.invalid",
    "answer: quotes": "document.nesting",
    "answer: brackets and quotes": "document.nesting",
    "value: a hundred thousand lists deep": "document.nesting",
    "value: within itself": "document.nesting",
    "value: 100,000 steps": "document.too_large",
    "value: an integer of 10,000 digits": "document.value",
    "value: what JSON cannot write": "document.value",
    "100,000 steps as a text": "document.too_large",
    "30,000 steps that have only names": "document.too_large",
    "10,000 steps of the same name": "names.duplicate",
    "10,000 steps whose handlers do not exist": "handler.unknown",
    "50,000 keys that do not exist": "document.too_large",
    "20,000 config keys that do not exist": "config.unknown_key",
    "a key of 100,000 characters that does not exist": "shape.unknown_key",
    "50,000 wrong values": "shape.value",
    "loops within loops": "loop.nesting",
    "100,000 tags": "document.too_large",
    "100,000 dependencies on nobody": "document.too_large",
    "a duration of a thousand digits": "shape.value",
    "bounds beyond all numbers": "shape.value",
    "a handler of a megabyte": "handler.unknown",
    "a range of a thousand ranges": "handler.version",
    "a version of a thousand digits": "handler.syntax",
    "8,000 globs": "shape.value",
    "5,000 steps in a circle": "graph.cycle",
    "5,000 steps in a row": "graph.unused",
    "everybody waits for everybody": "graph.cycle",
    "a fan of fans": "graph.unused",
    "a reference of 10,000 keys": "reference.untyped",
    "a reference of 100,000 indexes": "reference.untyped",
    "100,000 references in one text": "graph.unused",
    "100,000 opening braces in one text": "reference.syntax",
    "braces that open and braces that close": "reference.syntax",
    "defaults of defaults": "graph.unused",
    "a quoted key that stays open": "reference.syntax",
    "20,000 references to nobody": "reference.unknown_step",
    "an expression of a megabyte": "config.expression",
    "an expression of brackets": "config.expression",
    "an expression of brackets that stay open": "config.expression",
    "1,000 expressions": "config.variable",
    "a Mustache of sections": "config.template",
    "a URL of variables": "config.uri_template",
    "a condition of brackets": "condition.too_long",
    "a condition of a megabyte": "condition.too_long",
    "a schema that refers twice to what refers twice": "config.schema",
    "a schema that refers to itself": "config.schema",
    "a chain of 10,000 references in a schema": "config.schema",
    "one glob of 400 KB": "shape.value",
    "200 globs of many stars": "authority.nothing",
    "schemas that refer to each other": "config.schema",
    "an enumeration of 60,000": "document.too_large",
    "a schema of 20,000 cases": None,
    "a schema of 20,000 properties": "config.schema",
    "a required list of 60,000 names": None,
    "a schema nested 60 deep": "config.schema",
    "properties that are a list": "schema.invalid",
    "a schema of another dialect within": "config.schema",
    "a pattern that looks ahead": "config.schema",
    "a pattern of brackets": "config.schema",
    "a pattern that never ends in an enumeration": "schema.invalid",
    "5,000 costly patterns": "document.effort",
    "patterns for keys": "config.schema",
    "20,000 objects that must be unique": "config.type",
    "a duplicate among many that must be unique": "document.too_large",
}
"""The code of a problem that each must have; None for what is merely large and passes."""


if __name__ == "__main__":
    main()
