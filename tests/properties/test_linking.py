"""Whatever stands in a file, joining its modules gives a component or says why not."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from catalog.linking import LinkError, linked
from tests.unit.catalog.test_linking import BODIES, component

WHOLE = [component(body) for body, _, _ in BODIES.values()]
PREAMBLE = 8


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(PREAMBLE, len(content) - 1))
        content[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(content)


@given(damaged())
def test_a_damaged_component_is_joined_or_refused(content: bytes) -> None:
    with suppress(LinkError):
        assert linked(content).startswith(content[:PREAMBLE])
