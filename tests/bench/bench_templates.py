"""Measures the start of a service with many templates: `python -m tests.bench.bench_templates [COUNT]`.

Prints what 10,000 templates of 8 steps take, from YAML texts in a folder to a library that is checked: the first time, with one
process per core, and at the next start, when verdicts were kept. The target is 5 s on two cores.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from catalog.loader import load_catalog
from catalog.registry import Catalog
from fragments.checks import check
from fragments.documents import Template
from fragments.reading import read_template
from fragments.yaml_text import read_yaml
from planner.library import load_library
from planner.verdicts import own_frame, verdict_on
from tests.bench.bench_checks import fragment

STEPS, COUNT, SAMPLE = 8, 10_000, 300
TARGET_S = 5.0  # for COUNT templates on two cores
INPUT = {
    "type": "object",
    "required": ["feed"],
    "properties": {"feed": {"type": "string", "format": "uri"}, "floor": {"type": "number", "default": 4.5}},
}


def template(number: int) -> str:
    """Write a template of which no expression, schema or text was seen before."""
    head = {"name": f"t{number}", "summary": f"Tells what is strong in feed {number}", "input_schema": INPUT}
    document = {**head, **fragment(STEPS, salt=f"{number}x")}
    return str(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False))


def say(what: str, value: float, unit: str) -> None:
    sys.stdout.write(f"{what:<64} {value:>9.2f} {unit}\n")


def milliseconds(work: Callable[[int], object], count: int) -> float:
    """Give the CPU time of this process for each of `count` calls."""
    begin = time.process_time()
    for i in range(count):
        work(i)
    return (time.process_time() - begin) * 1_000 / count


def parts(catalog: Catalog) -> None:
    """Say where the time of one template goes."""
    texts = [template(COUNT + i) for i in range(SAMPLE)]
    documents = [read_template(text).document for text in texts]
    kept = [document.model_dump_json(by_alias=True, exclude_unset=True) for document in documents if document is not None]
    assert len(kept) == SAMPLE
    say("one template: YAML to values", milliseconds(lambda i: read_yaml(texts[i]), SAMPLE), "ms CPU")
    say("one template: YAML to document", milliseconds(lambda i: read_template(texts[i]), SAMPLE), "ms CPU")

    def checked(i: int) -> None:
        document = documents[i]
        assert document is not None
        report = check(document, catalog, own_frame(document, catalog))
        assert report.ok, report.problems

    say("one template: checks, all new", milliseconds(checked, SAMPLE), "ms CPU")
    others = [template(COUNT + SAMPLE + i).encode() for i in range(SAMPLE)]
    say("one template: file to verdict, all new", milliseconds(lambda i: verdict_on(others[i], catalog), SAMPLE), "ms CPU")
    say(
        "one template: taken up again",
        milliseconds(lambda i: Template.model_validate_json(kept[i], strict=True), SAMPLE),
        "ms CPU",
    )


def main() -> None:
    """Write the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    catalog = load_catalog().catalog
    parts(catalog)
    with TemporaryDirectory() as folder:
        library, kept = Path(folder) / "library", Path(folder) / "kept"
        library.mkdir()
        for i in range(count):
            (library / f"{i:05}.yaml").write_text(template(i), encoding="utf-8")
        for what in ("first start", "next start"):
            begin = time.perf_counter()
            loaded = load_library(catalog, [library], kept=kept)
            say(
                f"{count:,} templates of {STEPS} steps, {what}",
                time.perf_counter() - begin,
                f"s; target {TARGET_S * count / COUNT:g}",
            )
            assert len(loaded.templates) == count + 4, list(loaded.flawed.items())[:1]


if __name__ == "__main__":
    main()
