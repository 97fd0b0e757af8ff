import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.limits import depth_exceeds, text_depth_exceeds

DEEP = st.recursive(st.none() | st.text('[]{}"\\\\a', max_size=5), lambda part: st.lists(part, max_size=3), max_leaves=30)


@given(value=DEEP, levels=st.integers(0, 140), limit=st.integers(0, 130))
@settings(max_examples=200, deadline=None)
def test_a_text_is_as_deep_as_its_value(value: object, levels: int, limit: int) -> None:
    for _ in range(levels):
        value = [value]
    assert text_depth_exceeds(json.dumps(value), limit) is depth_exceeds(value, limit)


@pytest.mark.parametrize("padding", range(4))
def test_a_text_that_is_looked_at_in_parts_is_as_deep_as_its_value(padding: int) -> None:
    escapes = "\\\\" * 70_000 + '"[' + "x" * padding
    value: object = [escapes, ["[" * 70_000, {"a": [escapes]}], "}" * padding]
    text = json.dumps(value)
    assert not text_depth_exceeds(text, 4)
    assert text_depth_exceeds(text, 3)
    assert text_depth_exceeds("[" * 200_000, 128)
    assert text_depth_exceeds(json.dumps([[]] * 100_000 + [[[[]]]]), 3)
    assert not text_depth_exceeds(json.dumps([[]] * 100_000 + [[[[]]]]), 4)
