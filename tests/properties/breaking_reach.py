"""Ways to let a document that passes use more than it may: bounds and authority."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from catalog.capability import Effect
from fragments.bounds import Left
from tests.properties.breaking import Broken, Expected, Mutation, NoPlaceError, handlers, of_type, told
from tests.support.documents.bodies import CHANNEL, HOST, SECRET
from tests.support.documents.places import bodies_of, references_of


def too_many_steps(broken: Broken) -> Expected:
    """Leave one step less than may run."""
    bound = broken.report.bound
    assert bound is not None
    broken.frame = replace(broken.frame, left=replace(broken.frame.left, steps=bound.steps - 1))
    return told("bounds.steps", "/steps")


def too_many_model_calls(broken: Broken) -> Expected:
    """Leave one model call less than may be made."""
    bound = broken.report.bound
    if bound is None or bound.model_calls == 0:
        raise NoPlaceError
    broken.frame = replace(broken.frame, left=replace(broken.frame.left, model_calls=bound.model_calls - 1))
    return told("bounds.model_calls", "/steps")


def too_dear(broken: Broken) -> Expected:
    """Leave less money than may be spent."""
    bound = broken.report.bound
    if bound is None or bound.cost_usd == 0:
        raise NoPlaceError
    broken.frame = replace(broken.frame, left=replace(broken.frame.left, cost_usd=bound.cost_usd / 2))
    return told("bounds.cost", "/steps")


def too_deep_planning(broken: Broken) -> Expected:
    """Leave no planning within planning."""
    at, _ = broken.one_of(of_type(broken, "planning"))
    broken.frame = replace(broken.frame, left=replace(broken.frame.left, depth=0))
    return told("bounds.depth", at)


_WIDER: Mapping[str, tuple[Any, str]] = {
    "steps": (100_000, "bounds.steps"),
    "phases": (50, "bounds.phases"),
    "model_calls": (10_000, "bounds.model_calls"),
    "cost_usd": (900_000, "bounds.cost"),
    "wall_clock": ("30d", "bounds.wall_clock"),
}


def wider_bounds(broken: Broken) -> Expected:
    """Let a plan use more than is left for all."""
    at, step = broken.one_of(of_type(broken, "planning"))
    key = broken.random.choice(sorted(_WIDER))
    step["bounds"][key], code = _WIDER[key]
    broken.frame = replace(
        broken.frame, left=Left(steps=99_999, phases=5, model_calls=9_000, cost_usd=1e5, wall_clock_s=86_400)
    )
    return told(code, f"{at}/bounds/{key}")


def handler_not_allowed(broken: Broken) -> Expected:
    """Allow every handler but one that is used."""
    at, body = broken.one_of(bodies_of(broken.value))
    name = body["handler"].partition("@")[0]
    all_names = ("http_request", "transform", "validate", "aggregate", "notify", "fan_out", "gate", "decide")
    broken.narrowed(handlers=tuple(other for other in all_names if other != name))
    return told("handler.not_allowed", f"{at}/handler")


def effect_not_allowed(broken: Broken) -> Expected:
    """Allow no writing and no waiting where somebody does."""
    at, _ = broken.one_of([*handlers(broken, "notify"), *handlers(broken, "gate")])
    broken.narrowed(effects=(Effect.PURE, Effect.READ))
    return told("authority.effect", f"{at}/handler")


def host_not_allowed(broken: Broken) -> Expected:
    """Allow other hosts than those of the document, or let the operator do so."""
    at, _ = broken.one_of(handlers(broken, "http_request"))
    if broken.random.random() < 0.5:
        broken.narrowed(hosts=("other.example",))
    else:
        broken.frame = replace(broken.frame, operator_hosts=("*.internal",))
    return told("authority.host", f"{at}/config/url")


def other_host(broken: Broken) -> Expected:
    """Ask a host that is not allowed."""
    at, body = broken.one_of(handlers(broken, "http_request"))
    broken.narrowed(hosts=(HOST,))
    body["config"]["url"] = "https://evil.example/"
    return told("authority.host", f"{at}/config/url")


def unknown_channel(broken: Broken) -> Expected:
    """Send to a channel that there is not, or to one that is not allowed."""
    at, body = broken.one_of(handlers(broken, "notify"))
    if broken.random.random() < 0.5:
        body["config"]["channel"] = "elsewhere"
    else:
        broken.narrowed(channels=("o*",))
        assert body["config"]["channel"] == CHANNEL
    return told("authority.channel", f"{at}/config/channel")


def secret_not_allowed(broken: Broken) -> Expected:
    """Use a secret that there is not, or one that is not allowed."""
    at, body = broken.one_of((at, body) for at, body in handlers(broken, "http_request") if "auth" in body["config"])
    if broken.random.random() < 0.5:
        body["config"]["auth"]["token"] = "{{ secrets.other }}"
    else:
        broken.narrowed(secrets=("public_*",))
    return told("authority.secret", f"{at}/config/auth/token")


def stray_secret(broken: Broken) -> Expected:
    """Let a secret flow where none may stand."""
    text = broken.one_of(references_of(broken.value))
    text.holder[text.key] = f"{{{{ secrets.{SECRET} }}}}"
    return told("authority.secret", text.where)


_OF_A_CHILD: Mapping[bool, Sequence[tuple[str, dict[str, Any]]]] = {
    True: (
        ("handler.not_allowed", {"handlers": ("transform",)}),
        ("authority.effect", {"effects": (Effect.PURE,)}),
        ("authority.channel", {"channels": ()}),
    ),
    False: (("handler.not_allowed", {"handlers": ("notify",)}), ("authority.effect", {"effects": (Effect.WAIT,)})),
}


def child_not_allowed(broken: Broken) -> Expected:
    """Allow less than a workflow reaches that runs as a child."""
    at, step = broken.one_of(of_type(broken, "workflow"))
    tells = "tells" in step["workflow"]
    code, allow = broken.random.choice(_OF_A_CHILD[tells])
    broken.narrowed(**allow)
    return told(code, f"{at}/workflow")


REACH: tuple[Mutation, ...] = (
    *(too_many_steps, too_many_model_calls, too_dear, too_deep_planning, wider_bounds, handler_not_allowed),
    *(effect_not_allowed, host_not_allowed, other_host, unknown_channel, secret_not_allowed, stray_secret),
    *(child_not_allowed,),
)
