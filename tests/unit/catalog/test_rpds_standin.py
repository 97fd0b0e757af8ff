"""The guest's stand-in for rpds behaves as rpds does, wherever `referencing` and `jsonschema` use it."""

from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

import pytest
import rpds

from catalog.build import GUEST


def standin() -> ModuleType:
    spec = spec_from_file_location("rpds_standin", GUEST / "standins" / "rpds.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outcome(use: Callable[[Any], Any], module: ModuleType) -> Any:
    try:
        return use(module)
    except (KeyError, IndexError) as error:
        return (type(error), error.args)


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda m: sorted(m.HashTrieMap({"a": 1, "b": 2}).items()), id="a map of a dict"),
        pytest.param(lambda m: sorted(m.HashTrieMap([("a", 1)]).insert("b", 2).items()), id="a map takes more"),
        pytest.param(lambda m: dict(m.HashTrieMap({"a": 1}).insert("a", 2)), id="a map replaces"),
        pytest.param(lambda m: dict(m.HashTrieMap({"a": 1, "b": 2}).remove("a")), id="a map loses"),
        pytest.param(lambda m: m.HashTrieMap({"a": 1}).remove("b"), id="a map cannot lose what it has not"),
        pytest.param(lambda m: dict(m.HashTrieMap({"a": 1}).discard("b")), id="a map may be asked to"),
        pytest.param(lambda m: dict(m.HashTrieMap({"a": 1}).update({"a": 2}, [("b", 3)])), id="a map takes others"),
        pytest.param(lambda m: dict(m.HashTrieMap.convert({"a": 1})), id="a map from a dict"),
        pytest.param(lambda m: dict(m.HashTrieMap.fromkeys(["a"], 0)), id="a map from keys"),
        pytest.param(lambda m: m.HashTrieMap({"a": 1})["b"], id="nothing at a key"),
        pytest.param(lambda m: (m.HashTrieMap({"a": 1}).get("b"), "a" in m.HashTrieMap({"a": 1})), id="asking a map"),
        pytest.param(lambda m: m.HashTrieMap({"a": 1}) == m.HashTrieMap({"a": 1}), id="equal maps"),
        pytest.param(lambda m: hash(m.HashTrieMap({"a": 1})) == hash(m.HashTrieMap({"a": 1})), id="a map has a hash"),
        pytest.param(lambda m: repr(m.HashTrieMap({"a": 1})), id="a map is shown"),
        pytest.param(lambda m: sorted(m.HashTrieSet([1, 2]).insert(3)), id="a set takes more"),
        pytest.param(lambda m: sorted(m.HashTrieSet([1, 2]).remove(1)), id="a set loses"),
        pytest.param(lambda m: m.HashTrieSet([1]).remove(2), id="a set cannot lose what it has not"),
        pytest.param(lambda m: sorted(m.HashTrieSet([1]).discard(2)), id="a set may be asked to"),
        pytest.param(lambda m: sorted(m.HashTrieSet([1]).update([2], {3})), id="a set takes others"),
        pytest.param(lambda m: (len(m.HashTrieSet([1, 1])), bool(m.HashTrieSet()), 1 in m.HashTrieSet([1])), id="asking a set"),
        pytest.param(lambda m: m.HashTrieSet([1]) == frozenset([1]), id="a set is a set"),
        pytest.param(lambda m: repr(m.HashTrieSet([1])), id="a set is shown"),
        pytest.param(lambda m: (list(m.List([1, 2])), list(m.List(1, 2)), len(m.List([1, 2]))), id="a list of values"),
        pytest.param(lambda m: (m.List([1, 2]).first, list(m.List([1, 2]).rest)), id="first and rest"),
        pytest.param(lambda m: list(m.List([2]).push_front(1)), id="one more in front"),
        pytest.param(lambda m: list(m.List([1, 2]).drop_first()), id="without the first"),
        pytest.param(lambda m: m.List().first, id="an empty list has no first"),
        pytest.param(lambda m: m.List().drop_first(), id="an empty list has nothing to drop"),
        pytest.param(lambda m: list(m.List().rest), id="the rest of nothing"),
        pytest.param(lambda m: list(reversed(m.List([1, 2]))), id="the other way round"),
        pytest.param(lambda m: (m.List([1]) == m.List([1]), m.List([1]) == m.List([2])), id="equal lists"),
        pytest.param(lambda m: repr(m.List([1, 2])), id="a list is shown"),
    ],
)
def test_the_standin_answers_as_rpds_does(use: Callable[[Any], Any]) -> None:
    assert outcome(use, standin()) == outcome(use, rpds)


def test_a_change_leaves_the_original_as_it_was() -> None:
    module = standin()
    entries, values, listed = module.HashTrieMap({"a": 1}), module.HashTrieSet([1]), module.List([1])

    entries.insert("b", 2), values.insert(2), listed.push_front(0)

    assert (dict(entries), list(values), list(listed)) == ({"a": 1}, [1], [1])
