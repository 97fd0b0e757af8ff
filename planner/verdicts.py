"""Verdicts on the files of a library: each read and checked once for one state of the catalog and of the checks.

A few files are checked where they are needed. Many are shared out among processes, and what became of each is kept under the
digest of its bytes: the next start takes the same templates up without checking them again. A library only offers templates;
whatever runs is checked anew in its own frame, so nothing that was kept is ever trusted with authority.
"""

import gc
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from multiprocessing import get_context
from pathlib import Path

from pydantic import ValidationError

from catalog.registry import Catalog
from fragments.checks import problems_of
from fragments.documents import Template
from fragments.frames import Frame
from fragments.positions import located
from fragments.problems import Problem, errors
from fragments.reading import read_template
from planner.instances import channels_of
from schemas.values import canonical

MANY = 100
"""From so many files up that nothing is known of, processes share the work, and verdicts are kept."""

_PACKAGES = ("catalog", "fragments", "planner")  # whose code decides
_CHUNK = 50
_COLLECTED_AFTER = 50_000  # objects: a worker makes some thousands for each file, and keeps none


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A template that passed its checks, or the problems for which its file did not."""

    template: Template | None
    problems: tuple[Problem, ...] = ()


def verdict_on(source: bytes, catalog: Catalog) -> Verdict:
    """Read and check one file."""
    reading = read_template(source)
    if reading.document is None:
        return Verdict(template=None, problems=located(reading.problems, reading.positions))
    found = errors(problems_of(reading.document, catalog, own_frame(reading.document, catalog)))
    if found:
        return Verdict(template=None, problems=located(found, reading.positions))
    return Verdict(template=reading.document)


def verdicts_on(sources: Sequence[bytes], catalog: Catalog, *, kept: Path | None = None) -> list[Verdict]:
    """Read and check files, in their order. Verdicts on many are kept in the folder `kept`, where one is given."""
    if len(sources) < MANY:
        return [verdict_on(source, catalog) for source in sources]
    names = [sha256(source).hexdigest() for source in sources]
    store = None if kept is None else kept / f"templates-{_state_of(catalog)[:32]}.jsonl"
    known = _read(store)
    missing = {name: source for name, source in zip(names, sources, strict=True) if name not in known}
    if missing:
        known |= dict(zip(missing, _written_verdicts(list(missing.values()), catalog), strict=True))
        _write(store, {name: known[name] for name in names})
    with _uncollected():
        taken_up = [_verdict(known[name]) for name in names]
    return [verdict or verdict_on(source, catalog) for verdict, source in zip(taken_up, sources, strict=True)]


def own_frame(template: Template, catalog: Catalog) -> Frame:
    """Frame a template by itself: its channels exist. The goal's own frame judges later."""
    return Frame(input_schema=template.input_schema, channels=channels_of(template, catalog))


def _state_of(catalog: Catalog) -> str:
    """Name everything beside its bytes that decides about a file: the catalog, and the code of the checks."""
    made = sha256(canonical(catalog.in_force()).encode())
    for package in _PACKAGES:
        for source in _modules(files(package)):
            made.update(sha256(source.read_bytes()).digest())
    return made.hexdigest()


def _modules(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".py"):
            yield entry
        elif entry.is_dir() and not entry.name.startswith(("_", ".", "guest", "handlers", "templates")):
            yield from _modules(entry)


def _written_verdicts(sources: list[bytes], catalog: Catalog) -> list[str]:
    """Check files, in processes where there are many. Verdicts travel as the texts that are kept of them."""
    workers = len(os.sched_getaffinity(0))
    if len(sources) < MANY or workers == 1:
        return [_text(verdict_on(source, catalog)) for source in sources]
    chunks = [sources[i : i + _CHUNK] for i in range(0, len(sources), _CHUNK)]
    try:
        # spawned, not forked: a service has threads, and what they hold would stay locked in a fork
        with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_hold, initargs=(catalog,)) as pool:
            return [text for texts in pool.map(_checked, chunks) for text in texts]
    except BrokenProcessPool:  # a process was killed, for its memory perhaps: alone it takes longer and needs less
        return [_text(verdict_on(source, catalog)) for source in sources]


class _Held:
    """What a worker process holds for all its chunks."""

    catalog: Catalog


def _hold(catalog: Catalog) -> None:
    _Held.catalog = catalog
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER)


def _checked(sources: list[bytes]) -> list[str]:
    return [_text(verdict_on(source, _Held.catalog)) for source in sources]


def _text(verdict: Verdict) -> str:
    if verdict.template is not None:
        return verdict.template.model_dump_json(by_alias=True, exclude_unset=True)
    return json.dumps([problem.to_json() for problem in verdict.problems])


def _verdict(text: str) -> Verdict | None:
    """Take up a verdict that was kept; None where the text is none."""
    try:
        if text.startswith("{"):
            return Verdict(template=Template.model_validate_json(text, strict=True))
        return Verdict(template=None, problems=tuple(Problem.from_json(problem) for problem in json.loads(text)))
    except (ValidationError, ValueError, TypeError, KeyError):
        return None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from going again and again through what piles up, now and later: none of it is garbage.

    Otherwise that would be two thirds of the time in which many verdicts are taken up.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _read(store: Path | None) -> dict[str, str]:
    """Give the verdicts that were kept, by the digest of the file; none where they cannot be read."""
    known: dict[str, str] = {}
    with suppress(OSError, ValueError):
        for line in store.read_text(encoding="utf-8").split("\n") if store is not None else ():
            name, _, text = line.partition(" ")
            known[name] = text
    return known


def _write(store: Path | None, known: dict[str, str]) -> None:
    """Keep verdicts, whole or not at all, in place of those of other states; without them the next start takes longer."""
    if store is None:
        return
    with suppress(OSError):
        store.parent.mkdir(parents=True, exist_ok=True)
        fresh = store.with_suffix(f".{os.getpid()}")
        fresh.write_text("".join(f"{name} {text}\n" for name, text in known.items()), encoding="utf-8")
        for old in store.parent.glob("templates-*.jsonl"):
            old.unlink()
        fresh.replace(store)
