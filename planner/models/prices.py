"""What a model's tokens cost."""

from dataclasses import dataclass

SETTING = "GOALWRIGHT_MODEL_PRICE"
_PER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars per million tokens, read and written."""

    usd_in: float
    usd_out: float

    @classmethod
    def parse(cls, text: str) -> "Price":
        """Read `IN,OUT`, such as `3,15`. Raises `ValueError` with a sentence naming the setting."""
        parts = text.split(",")
        try:
            usd_in, usd_out = (float(part) for part in parts)
        except ValueError:
            usd_in = usd_out = -1.0
        # NaN compares false with everything, infinity is no price.
        if not (0 <= usd_in < float("inf") and 0 <= usd_out < float("inf")):
            msg = f'{SETTING} is "IN,OUT": dollars per million tokens read and written, such as "3,15"; it is {text!r}'
            raise ValueError(msg)
        return cls(usd_in=usd_in, usd_out=usd_out)

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """Price these tokens in dollars."""
        return (tokens_in * self.usd_in + tokens_out * self.usd_out) / _PER
