"""Any model of any provider through litellm: the only module that imports it."""

import asyncio
import json
import logging
import os
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from math import ceil
from time import perf_counter
from typing import Any

import httpx
from structlog import get_logger

from planner.models.guard import ClosedTransport, GuardedTransport, asking
from planner.models.port import (
    AllowanceError,
    Answer,
    ContextLengthError,
    PriceUnknownError,
    Prompt,
    ProviderError,
    RequestError,
)
from planner.models.prices import SETTING, Price
from planner.models.roster import Entry, Place, place_of, redirecting
from planner.models.vendor_errors import translated
from schemas.values import JsonObject

log = get_logger()

FLOOR_TOKENS = 1_500
"""An answer shorter than this is rarely a whole plan: below it nothing is asked."""

_ASSUMED_SURPLUS = 1.3  # litellm counts foreign models' tokens with OpenAI's tokenizer, which runs up to a third low
_OVERHEAD_TOKENS = 64  # what providers add around messages
_MALFORMED = frozenset({"BadRequestError", "UnprocessableEntityError", "UnsupportedParamsError"})
_LOCAL = frozenset({"ollama", "ollama_chat"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One question, priced: nothing is sent that could cost more than was allowed."""

    max_tokens: int
    structured: bool
    worst_usd: float
    place: Place


class LiteLlm:
    """A model that litellm can reach, asked once per prompt, without retries of its own.

    `entry` is the operator's: where the model is, its price where litellm does not know it, its limits. Nothing else says
    where a question goes: no proxy, no variable of the environment, no name. Keys are those that litellm reads from the
    environment (`ANTHROPIC_API_KEY` and so on) unless `api_key` is given. An answer must come whole within `timeout_s`
    seconds, or those of the entry where they are fewer. `slots` are shared by all models of an entry.
    """

    def __init__(
        self,
        name: str,
        *,
        entry: Entry,
        timeout_s: float = 180.0,
        api_key: str | None = None,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        """Keep the settings; litellm itself is imported by the first question."""
        self.name = name
        self._entry = entry
        self._timeout_s = min(timeout_s, entry.timeout_s or timeout_s)
        self._price = entry.price
        self._slots = slots
        given = {"api_base": entry.base_url, "api_key": api_key}
        self._reach = {key: value for key, value in given.items() if value is not None}
        self._schema_refused = False

    async def ask(self, prompt: Prompt) -> Answer:
        """Answer one prompt. Raises `ModelError`.

        A provider that refuses the answer's schema is asked again without it, in this and every later question: a request
        that was refused as malformed is not billed, and the prompt describes the schema in words anyway.
        """
        # Importing takes seconds and counting tokens milliseconds; neither may hold up the event loop.
        order = await asyncio.to_thread(self._order, prompt)
        async with self._slots or nullcontext():
            return await self._asked(prompt, order)

    async def _asked(self, prompt: Prompt, order: _Order) -> Answer:
        began = perf_counter()
        try:
            response = await self._send(prompt, order, structured=order.structured)
        except RequestError as error:
            if not order.structured or type(error.__cause__).__name__ not in _MALFORMED:
                raise
            response = await self._send(prompt, order, structured=False)
            self._schema_refused = True
        return self._answer(response, order, latency_ms=(perf_counter() - began) * 1_000)

    def _order(self, prompt: Prompt) -> _Order:
        vendor = _litellm()
        with translated(self.name, may_have_cost_usd=0.0):
            provider = vendor.get_llm_provider(self.name)[1]
            place = place_of(self.name, provider, self._entry)
            info = _info(vendor, self.name, provider)
            structured = not self._schema_refused and prompt.schema is not None and _holds_to(vendor, self.name, provider)
            counted = vendor.token_counter(model=self.name, messages=[dict(m) for m in prompt.messages])
            if structured:
                counted += vendor.token_counter(model=self.name, text=json.dumps(prompt.schema))
            longest = info.get("max_input_tokens")
            if longest and counted > longest:
                msg = f"{self.name} reads at most {longest} tokens; the prompt has about {counted}."
                raise ContextLengthError(msg)
            cost = self._cost(vendor, provider)
        tokens_in = ceil(counted * _ASSUMED_SURPLUS) + _OVERHEAD_TOKENS
        limits = (prompt.max_tokens, info.get("max_output_tokens"), self._entry.max_tokens)
        wanted = min(limit for limit in limits if limit)
        max_tokens = _affordable(self.name, cost, tokens_in, wanted, prompt.allowance_usd)
        return _Order(max_tokens=max_tokens, structured=structured, worst_usd=cost(tokens_in, max_tokens), place=place)

    def _cost(self, vendor: Any, provider: str) -> Callable[[int, int], float]:
        if self._price is not None:
            return self._price.of
        if provider in _LOCAL:
            return Price(usd_in=0, usd_out=0).of

        def cost(tokens_in: int, tokens_out: int) -> float:
            return float(sum(vendor.cost_per_token(model=self.name, prompt_tokens=tokens_in, completion_tokens=tokens_out)))

        if not _price_is_known(vendor, self.name):
            msg = (
                f"The price of {self.name} is unknown, and an unknown price is not free. "
                f'Set {SETTING}="IN,OUT" in dollars per million tokens, "0,0" for a model that costs nothing.'
            )
            raise PriceUnknownError(msg)
        return cost

    async def _send(self, prompt: Prompt, order: _Order, *, structured: bool) -> Any:
        shape = {"response_format": _response_format(prompt.schema)} if structured and prompt.schema is not None else {}
        with translated(self.name, may_have_cost_usd=order.worst_usd):
            # litellm's own timeout runs anew with every chunk; this one is for the whole answer.
            async with asyncio.timeout(self._timeout_s):
                with asking(order.place):
                    return await _litellm().acompletion(
                        model=self.name,
                        messages=[dict(message) for message in prompt.messages],
                        max_tokens=order.max_tokens,
                        timeout=self._timeout_s,
                        num_retries=0,
                        max_retries=0,
                        **shape,
                        **self._reach,
                    )

    def _answer(self, response: Any, order: _Order, *, latency_ms: float) -> Answer:
        choice = response.choices[0] if response.choices else None
        text = choice.message.content if choice else None
        if choice is None or not isinstance(text, str) or not text.strip():
            msg = f"{self.name} answered without any text."
            raise ProviderError(msg, cost_usd=order.worst_usd)
        tokens_in, tokens_out = response.usage.prompt_tokens, response.usage.completion_tokens
        told = bool(tokens_in)
        return Answer(
            text=text,
            model=self.name,
            tokens_in=tokens_in if told else None,
            tokens_out=tokens_out if told else None,
            cost_usd=self._charged(response.usage) if told else order.worst_usd,
            latency_ms=latency_ms,
            source="model",
            truncated=choice.finish_reason == "length",
            notes=() if told else ("The provider reported no usage: the worst case is charged.",),
        )

    def _charged(self, usage: Any) -> float:
        vendor = _litellm()
        with translated(self.name, may_have_cost_usd=0.0):
            if self._price is None and vendor.get_llm_provider(self.name)[1] not in _LOCAL:
                # `usage_object` knows of cached and reasoning tokens, which have their own prices.
                return float(sum(vendor.cost_per_token(model=self.name, usage_object=usage)))
        return (self._price or Price(usd_in=0, usd_out=0)).of(usage.prompt_tokens, usage.completion_tokens)


@cache
def _litellm() -> Any:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # read at import; else the price map is fetched from the network
    import litellm  # noqa: PLC0415  takes 2 to 3 s, which only a process that does ask a model should pay

    _guard(litellm)
    litellm.suppress_debug_info = True
    litellm.disable_hf_tokenizer_download = True  # counting tokens must not fetch a tokenizer
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        theirs = logging.getLogger(name)
        theirs.setLevel(logging.CRITICAL)  # their errors arrive as exceptions
        theirs.handlers.clear()  # what is left goes the way of every log
    with warnings.catch_warnings():
        # The first question builds litellm's lazy models, which warns of its own types. A mocked one sends nothing.
        warnings.simplefilter("ignore")
        litellm.completion(model="openai/gpt-4o", messages=[{"role": "user", "content": "."}], mock_response=".", api_key=".")
    return litellm


def _guard(vendor: Any) -> None:
    """Lead all of litellm's traffic through the guard, and take away the variables that would lead it elsewhere."""
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler  # noqa: PLC0415  as above

    ignored = sorted(redirecting(tuple(os.environ), tuple(map(str, vendor.provider_list))))
    for name in ignored:
        del os.environ[name]
    if ignored:
        log.warning("model_redirects_ignored", variables=ignored, says="base URLs are listed in the settings: models")
    transport = GuardedTransport()

    def client(*_: object, timeout: Any = None, **__: object) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)

    def closed_client(*_: object, **__: object) -> httpx.Client:
        return httpx.Client(transport=ClosedTransport(), trust_env=False)

    AsyncHTTPHandler.create_client = client  # type: ignore[method-assign]  # the one place through which all its clients come
    HTTPHandler.create_client = closed_client  # type: ignore[method-assign]  # as above
    vendor.in_memory_llm_clients_cache.flush_cache()
    vendor.module_level_aclient, vendor.module_level_client = AsyncHTTPHandler(), HTTPHandler()
    vendor.aclient_session = client()  # what OpenAI's own library sends with
    vendor.client_session = closed_client()
    vendor.api_base = None


def _info(vendor: Any, model: str, provider: str) -> JsonObject:
    if provider in _LOCAL:  # litellm would ask the local server, with no timeout of ours
        return {}
    try:
        return dict(vendor.get_model_info(model))
    except vendor.exceptions.ModelNotMappedError:
        return {}


def _price_is_known(vendor: Any, model: str) -> bool:
    try:
        entry = vendor.model_cost.get(vendor.get_model_info(model)["key"], {})
        dollars = vendor.cost_per_token(model=model, prompt_tokens=1_000, completion_tokens=1_000)
    except vendor.exceptions.ModelNotMappedError:
        return False
    # litellm answers 0 for an entry without a price; only one that says 0 is free.
    return all(dollars) or {"input_cost_per_token", "output_cost_per_token"} <= entry.keys()


def _holds_to(vendor: Any, model: str, provider: str) -> bool:
    # Claude's structured output knows no open objects: litellm closes every object of the schema, so that `config` and
    # `input`, whose keys the handlers decide, could only be `{}`. Asked in words it answers whole plans.
    if provider == "anthropic" or "claude" in model:
        return False
    return bool(vendor.supports_response_schema(model=model))


def _response_format(schema: JsonObject) -> JsonObject:
    # Not strict: strict schemas forbid open objects as well.
    return {"type": "json_schema", "json_schema": {"name": "plan", "strict": False, "schema": dict(schema)}}


def _affordable(model: str, cost: Callable[[int, int], float], tokens_in: int, wanted: int, allowance_usd: float) -> int:
    """Give the largest number of answer tokens up to `wanted` whose worst case fits. Raises `AllowanceError`."""
    reading = cost(tokens_in, 0)
    writing = cost(tokens_in, wanted) - reading
    left = allowance_usd - reading
    fits = wanted if writing <= left else int(wanted * left / writing) if left > 0 else 0
    least = min(FLOOR_TOKENS, wanted)
    if left < 0 or fits < least:
        msg = (
            f"{model} may cost ${cost(tokens_in, least):.4f} for this prompt and an answer of {least} tokens; "
            f"${allowance_usd:.4f} is allowed for it. Raise the cost bound, or choose a cheaper model."
        )
        raise AllowanceError(msg)
    return fits
