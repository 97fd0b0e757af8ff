"""Runs a handler outside the sandbox: `python tests/support/outside.py FOLDER`, calls in, answers out, one JSON line each.

The same source and the same libraries, but the interpreter of this machine, native code where the guest has stand-ins, and
no limits. A process of its own: what the guest kit takes away from its libraries would be missing in this one.
"""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

ROOT = Path(__file__).parents[2]
RECURSION = 2_000


def answers(handler: str, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run calls of a core handler in a process of its own; the answers in order."""
    lines = "".join(json.dumps(call) + "\n" for call in calls)
    command = [sys.executable, __file__, str(ROOT / "catalog" / "handlers" / handler)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return list(map(json.loads, done.stdout.splitlines()))


def main() -> None:
    """Answer until the input ends."""
    sys.path[0] = str(ROOT)  # and not this folder, where a module has the name of a package
    conditions, patterns = (import_module(f"broker.host.{name}") for name in ("conditions", "patterns"))
    world, imports = ModuleType("wit_world"), ModuleType("wit_world.imports")
    imports.log = SimpleNamespace(write=lambda *_: None)  # type: ignore[attr-defined]  # the build would write it
    imports.patterns = SimpleNamespace(search=patterns.search, find=patterns.find)  # type: ignore[attr-defined]  # the same
    imports.conditions = SimpleNamespace(which=conditions.which)  # type: ignore[attr-defined]  # the same
    sys.modules |= {"wit_world": world, "wit_world.imports": imports}
    sys.path[:0] = [str(ROOT / "catalog" / "guest"), sys.argv[1]]
    handler_error, run = import_module("goalwright").HandlerError, import_module("handler").run
    sys.setrecursionlimit(RECURSION)
    answers, sys.stdout = sys.stdout, sys.stderr  # what a handler prints is no answer
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = {"ok": run(call["config"], call["input"])}
        except handler_error as error:
            answer = {"error": error.to_json()}
        except (RecursionError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RuntimeError) as error:
            answer = {"error": {"type": "handler_error", "message": repr(error)}}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
