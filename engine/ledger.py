"""The ledger: what a task and each of its planning steps may use, have reserved and have used.

Every account but the root's stands below another. What is charged to an account is charged to all above it, and what is left of
an account is the least that is left on the way up, so two plans that run side by side can never use more than their task has.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from immutables import Map

from fragments.bounds import Amounts, Left
from schemas.values import Json

ROOT = ""
NOTHING = Amounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account. `above` is the account that it draws on, None for the root."""

    above: str | None
    allowance: Left
    reserved: Amounts = field(default_factory=Amounts)
    spent: Amounts = field(default_factory=Amounts)

    @property
    def left(self) -> Left:
        """Say what this account alone still has."""
        used = self.reserved + self.spent
        return replace(
            self.allowance,
            steps=self.allowance.steps - used.steps,
            model_calls=self.allowance.model_calls - used.model_calls,
            cost_usd=round(self.allowance.cost_usd - used.cost_usd, 9),
        )

    @property
    def overdrawn(self) -> bool:
        """Say whether more was used or reserved than allowed."""
        left = self.left
        return left.steps < 0 or left.model_calls < 0 or left.cost_usd < 0

    def to_json(self) -> dict[str, Json]:
        """Write what readers see: `{left, reserved, spent}`."""
        return {"left": self.left.to_json(), "reserved": self.reserved.to_json(), "spent": self.spent.to_json()}


Ledger = Map[str, Account]


def opened(ledger: Ledger, name: str, *, above: str | None, allowance: Left) -> Ledger:
    """Give a ledger with one more account."""
    return ledger.set(name, Account(above=above, allowance=allowance))


def charged(ledger: Ledger, name: str, *, reserved: Amounts = NOTHING, spent: Amounts = NOTHING) -> Ledger:
    """Add to what `name` and every account above it have reserved and spent; a settlement adds a negative reservation."""
    if reserved == NOTHING and spent == NOTHING:
        return ledger
    changed = ledger
    for each, account in _upwards(ledger, name):
        changed = changed.set(each, replace(account, reserved=account.reserved + reserved, spent=account.spent + spent))
    return changed


def settled(ledger: Ledger, name: str, *, reserved: Amounts, spent: Amounts) -> Ledger:
    """Release a reservation and record what was used in its place."""
    if reserved == NOTHING and spent == NOTHING:
        return ledger
    return charged(ledger, name, reserved=NOTHING - reserved, spent=spent)


def left(ledger: Ledger, name: str) -> Left:
    """Say what `name` may still use: the least of its own and of every account above it, never below nothing."""
    own = [account.left for _, account in _upwards(ledger, name)]
    return replace(
        own[0],
        steps=max(0, min(each.steps for each in own)),
        model_calls=max(0, min(each.model_calls for each in own)),
        cost_usd=max(0.0, min(each.cost_usd for each in own)),
    )


def lacking(ledger: Ledger, name: str, wanted: Amounts) -> str | None:
    """Name the first bound that `wanted` would exceed; None where it fits."""
    have = left(ledger, name)
    if wanted.steps > have.steps:
        return "steps"
    if wanted.model_calls > have.model_calls:
        return "model_calls"
    if wanted.cost_usd > have.cost_usd:
        return "cost_usd"
    return None


def penniless(ledger: Ledger, name: str) -> bool:
    """Say whether money was allowed and none is left. Nothing allowed is another case: then only free calls are made."""
    return any(account.allowance.cost_usd > 0 >= account.left.cost_usd for _, account in _upwards(ledger, name))


def amounts(value: Json) -> Amounts:
    """Read what `Amounts.to_json` wrote; an empty object is nothing."""
    return Amounts(**value) if value else NOTHING


def _upwards(ledger: Ledger, name: str) -> Iterator[tuple[str, Account]]:
    at: str | None = name
    while at is not None:
        account = ledger[at]
        yield at, account
        at = account.above
