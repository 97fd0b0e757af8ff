"""What guests share with the host."""

import ast

from catalog.build import SHARED


def test_shared_modules_import_nothing_of_ours_but_each_other_and_patterns() -> None:
    names = {f"{file.parent.name}.{file.stem}" for file in SHARED} | {"schemas.patterns"}
    imported = {
        node.module.removeprefix("schemas.") if "expressions" in node.module else node.module
        for file in SHARED
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("schemas")
    }
    assert imported <= {*names, "schemas", "expressions"}
