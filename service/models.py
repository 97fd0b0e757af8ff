"""Settings of the models that may be asked: where each is, its price, its limits."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from planner.models.prices import Price
from planner.models.roster import Entry, Place, Roster, flaw_of


class ModelSettings(BaseModel):
    """What holds for the models that one name or glob fits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = Field(default=None, description="Where they are; default: their provider's own.")
    price: str | None = Field(default=None, description="Dollars per million tokens, IN,OUT: 3,15.")
    max_tokens: int | None = Field(default=None, ge=1, description="Most tokens of one answer.")
    timeout_s: float | None = Field(default=None, gt=0, description="Time for one answer.")
    concurrency: int | None = Field(default=None, ge=1, description="Questions at once.")

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.base_url is not None:
            Place.of(self.base_url, named=True)
        if self.price is not None:
            Price.parse(self.price)
        return self

    def entry(self, glob: str) -> Entry:
        """Give the entry as the planner knows it."""
        price = None if self.price is None else Price.parse(self.price)
        return Entry(glob=glob, price=price, **self.model_dump(exclude={"price"}))


def roster_of(listed: dict[str, ModelSettings], model: str | None, price: str | None) -> Roster:
    """Give the operator's list: `models`, and `model` with `model_price`, which may stand in both."""
    entries = {glob: settings.entry(glob) for glob, settings in listed.items()}
    if model is not None:
        found = Roster(entries=tuple(entries.values())).find(model)
        base = ModelSettings() if found is None else listed[found.glob]
        entries[model] = base.model_copy(update={"price": price or base.price}).entry(model)
    return Roster(entries=tuple(entries.values()))


def findings(listed: dict[str, ModelSettings], model: str | None) -> list[str]:
    """Say which names and globs are none."""
    names = [(f"models.{glob}", glob.replace("*", "x").replace("?", "x")) for glob in listed]
    names += [("model", model)] if model is not None else []
    return [f"{where}: {flaw}" for where, name in names if (flaw := flaw_of(name)) is not None]
