import ast
import re
from functools import cache
from pathlib import Path

from fragments.codes import CODES

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("broker", "catalog", "engine", "fragments", "planner", "schemas", "service")
FAMILIES = "|".join(sorted({code.partition(".")[0] for code in CODES}))
CODE = re.compile(rf"({FAMILIES})\.(?!(?:py|md)\b)[a-z_]+")


MENTIONED = re.compile(rf"""["']{CODE.pattern}["']|\bcode=["']""")
TABLES = ("codes.py", "faults.py")


@cache
def trees() -> list[ast.Module]:
    """Parse the sources in which a code may stand, the tables aside."""
    paths = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py") if path.name not in TABLES]
    return [ast.parse(text) for path in paths if MENTIONED.search(text := path.read_text(encoding="utf-8"))]


def texts_like_codes() -> set[str]:
    """Collect every text in the source that is written as a code of the families that there are."""
    texts = [node.value for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}


def given_as_code() -> set[str]:
    """Collect what is given as `code=` to anything, of whatever family."""
    words = [node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "code"]
    return {word.value.value for word in words if isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)}


def test_every_code_that_is_used_is_in_the_table_and_every_code_of_the_table_is_used() -> None:
    assert texts_like_codes() == set(CODES)
    assert given_as_code() <= set(CODES)


def test_every_code_is_explained_in_one_sentence() -> None:
    assert [text for text in CODES.values() if not re.fullmatch(r"[A-Z`][^\n]{10,120}\.", text)] == []
