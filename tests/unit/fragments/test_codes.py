import ast
import re
from pathlib import Path

import fragments
from fragments.codes import CODES

_CODE = re.compile(rf"({'|'.join(sorted({code.split('.')[0] for code in CODES}))})\.[a-z_]+")


def codes_in_source() -> set[str]:
    folder = Path(fragments.__file__).parent
    trees = [ast.parse(path.read_text()) for path in sorted(folder.rglob("*.py")) if path.name != "codes.py"]
    texts = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {text for text in texts if isinstance(text, str) and _CODE.fullmatch(text)}


def test_every_code_that_is_used_is_in_the_table_and_every_code_of_the_table_is_used() -> None:
    assert codes_in_source() == set(CODES)


def test_every_code_is_explained_in_one_sentence() -> None:
    assert [text for text in CODES.values() if not re.fullmatch(r"[A-Z`][^\n]{10,120}\.", text)] == []
