from immutables import Map

from engine import ledger
from engine.ledger import Account
from fragments.bounds import Amounts, Left


def books() -> ledger.Ledger:
    """Give a task with two planning steps, of which the second plans within the first's bounds."""
    made = ledger.opened(Map(), "", above=None, allowance=Left(steps=10, model_calls=4, cost_usd=1.0))
    made = ledger.opened(made, "a", above="", allowance=Left(steps=8, model_calls=4, cost_usd=0.5))
    return ledger.opened(made, "a/1/b", above="a", allowance=Left(steps=8, model_calls=1, cost_usd=0.5))


def test_what_is_charged_is_charged_to_all_above() -> None:
    made = ledger.charged(books(), "a/1/b", reserved=Amounts(model_calls=1), spent=Amounts(steps=2))
    assert {name: (account.reserved, account.spent) for name, account in made.items()} == dict.fromkeys(
        ("", "a", "a/1/b"), (Amounts(model_calls=1), Amounts(steps=2))
    )


def test_what_is_left_is_the_least_on_the_way_up() -> None:
    made = ledger.charged(books(), "", spent=Amounts(steps=7, cost_usd=0.7))
    assert ledger.left(made, "a/1/b") == Left(steps=3, model_calls=1, cost_usd=0.3)


def test_what_is_left_is_never_below_nothing() -> None:
    made = ledger.charged(books(), "a", spent=Amounts(steps=20, model_calls=20, cost_usd=20.0))
    assert ledger.left(made, "a/1/b") == Left(steps=0, model_calls=0, cost_usd=0.0)


def test_a_settlement_puts_what_was_used_in_place_of_what_was_reserved() -> None:
    reserved = Amounts(model_calls=1, cost_usd=0.25)
    made = ledger.charged(books(), "a", reserved=reserved)
    made = ledger.settled(made, "a", reserved=reserved, spent=Amounts(model_calls=1, cost_usd=0.1))
    assert (made[""].reserved, made[""].spent) == (Amounts(), Amounts(model_calls=1, cost_usd=0.1))


def test_the_first_bound_that_would_be_exceeded_is_named() -> None:
    assert ledger.lacking(books(), "a/1/b", Amounts(steps=8, model_calls=1, cost_usd=0.5)) is None
    assert ledger.lacking(books(), "a/1/b", Amounts(steps=9)) == "steps"
    assert ledger.lacking(books(), "a/1/b", Amounts(model_calls=2)) == "model_calls"
    assert ledger.lacking(books(), "a/1/b", Amounts(cost_usd=0.6)) == "cost_usd"


def test_sums_of_money_are_exact_enough_to_use_up_a_bound() -> None:
    made = books()
    for _ in range(5):
        made = ledger.charged(made, "a", spent=Amounts(cost_usd=0.1))
    assert ledger.left(made, "a").cost_usd == 0.0
    assert ledger.penniless(made, "a/1/b")
    assert not ledger.penniless(made, "")


def test_no_money_allowed_is_another_thing_than_none_left() -> None:
    assert not ledger.penniless(ledger.opened(Map(), "", above=None, allowance=Left(cost_usd=0.0)), "")


def test_an_account_that_used_too_much_says_so() -> None:
    account = Account(above=None, allowance=Left(steps=1))
    assert not account.overdrawn
    assert Account(above=None, allowance=Left(steps=1), spent=Amounts(steps=2)).overdrawn
    assert account.to_json() == {
        "left": Left(steps=1).to_json(),
        "reserved": Amounts().to_json(),
        "spent": Amounts().to_json(),
    }
