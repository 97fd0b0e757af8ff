"""Judges cases of the JSON Schema Test Suite: on the host as a module, in a sandbox as the source of a handler."""

from typing import Any

from referencing import Registry
from referencing.jsonschema import specification_with

from schemas.dialects import DialectError
from schemas.effort import UndecidedError
from schemas.formats import FORMATS
from schemas.validation import fits, validator


def run(_config: dict[str, Any], given: dict[str, Any]) -> list[list[bool | None]]:
    """Give the verdict of every test of every case in `files`: whether it fits; None where that is undecided.

    A file is `{formats, cases: [{schema, tests: [{data}]}]}`; `remotes` holds `{uri: {dialect, schema}}`.
    """
    known = registry(given["remotes"])
    return [_verdicts(case, known, formats=file["formats"]) for file in given["files"] for case in file["cases"]]


def registry(remotes: dict[str, Any]) -> Registry[Any]:
    """Hold schemas that others refer to."""
    resources = [(uri, specification_with(held["dialect"]).create_resource(held["schema"])) for uri, held in remotes.items()]
    return Registry().with_resources(resources)


def _verdicts(case: dict[str, Any], known: Registry[Any], *, formats: bool) -> list[bool | None]:
    try:
        made = validator(case["schema"], formats=FORMATS if formats else None, known=known)
    except DialectError:
        return [None for _ in case["tests"]]
    return [_verdict(made, test["data"]) for test in case["tests"]]


def _verdict(made: Any, value: Any) -> bool | None:
    try:
        return fits(made, value)
    except UndecidedError:
        return None
