import pytest

from planner.models.prices import Price


def test_a_price_is_read_as_dollars_per_million_tokens() -> None:
    assert Price.parse(" 3, 15") == Price(usd_in=3, usd_out=15)
    assert Price.parse("3,15").of(1_000_000, 100_000) == 4.5


@pytest.mark.parametrize("text", ["", "3", "3,15,1", "three,15", "-1,2", "nan,1", "1,inf"])
def test_anything_else_is_refused_with_the_name_of_the_setting(text: str) -> None:
    with pytest.raises(ValueError, match='GOALWRIGHT_MODEL_PRICE is "IN,OUT"'):
        Price.parse(text)
