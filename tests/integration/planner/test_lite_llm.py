"""The litellm adapter against a provider of our own on loopback: what it sends, what it makes of answers and failures."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import litellm.exceptions
import pytest

from planner.models.lite_llm import FLOOR_TOKENS, LiteLlm, _litellm
from planner.models.port import (
    AllowanceError,
    Answer,
    AnswerTimeoutError,
    AuthError,
    ContextLengthError,
    ModelError,
    PriceUnknownError,
    Prompt,
    ProviderError,
    RequestError,
)
from planner.models.prices import Price
from planner.models.roster import Entry
from planner.models.vendor_errors import ERRORS

SCHEMA = {"type": "object", "properties": {"steps": {"type": "array"}, "refused": {"type": "string"}}}
MESSAGES = ({"role": "system", "content": "You plan."}, {"role": "user", "content": "Count the packages."})
KNOWN = "openai/gpt-4o"  # $2.50 and $10.00 per million tokens in litellm's own list
UNKNOWN = "hosted_vllm/house-model"
PLAN = '{"steps": []}'


@dataclass
class Reply:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    holds: bool = False  # answers only when the test is over


def completion(text: str | None, *, finish: str = "stop", usage: dict[str, int] | None = None) -> str:
    message = {"role": "assistant", "content": text}
    value: dict[str, Any] = {
        "id": "answer-1",
        "object": "chat.completion",
        "created": 1,
        "model": "served-model",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
    }
    return json.dumps(value | {"usage": usage or {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}})


@dataclass
class Provider:
    """An OpenAI-compatible server that gives scripted replies in order and keeps what it was asked."""

    base: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider(base="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            found.keys.append(self.headers.get("authorization"))
            reply = found.replies.pop(0)
            if reply.holds:
                found.over.wait(30)
            body = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that went away is what a test wants
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    found.base = f"http://127.0.0.1:{server.server_port}/v1"
    yield found
    found.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def prompt(*, allowance_usd: float = 1.0, max_tokens: int = 4_000, content: str = "Count the packages.") -> Prompt:
    messages = (MESSAGES[0], {"role": "user", "content": content})
    return Prompt(
        messages=messages, schema=SCHEMA, max_tokens=max_tokens, allowance_usd=allowance_usd, version="plan-test", digest="d"
    )


def model(provider: Provider, name: str = KNOWN, *, timeout_s: float = 10.0, price: Price | None = None) -> LiteLlm:
    entry = Entry(glob=name, base_url=provider.base, price=price)
    return LiteLlm(name, entry=entry, api_key="key-of-the-house", timeout_s=timeout_s)


async def test_a_known_model_is_asked_for_structured_output_and_its_answer_is_priced(provider: Provider) -> None:
    provider.replies = [Reply(body=completion(PLAN))]
    answer = await model(provider).ask(prompt())
    assert provider.asked == [
        {
            "model": "gpt-4o",
            "messages": [dict(message) for message in MESSAGES],
            "max_tokens": 4_000,
            "response_format": {"type": "json_schema", "json_schema": {"name": "plan", "strict": False, "schema": SCHEMA}},
        }
    ]
    assert provider.keys == ["Bearer key-of-the-house"]
    assert answer.latency_ms is not None
    assert answer == Answer(
        text=PLAN,
        model=KNOWN,
        tokens_in=1000,
        tokens_out=200,
        cost_usd=1000 * 2.5e-6 + 200 * 10e-6,
        latency_ms=answer.latency_ms,
        source="model",
    )


async def test_a_model_without_structured_output_is_asked_in_words_alone(provider: Provider) -> None:
    provider.replies = [Reply(body=completion(PLAN))]
    answer = await model(provider, UNKNOWN, price=Price(usd_in=1, usd_out=2)).ask(prompt())
    assert provider.asked[0].keys() == {"model", "messages", "max_tokens"}
    assert answer.cost_usd == pytest.approx((1000 * 1 + 200 * 2) / 1_000_000)


async def test_claude_is_asked_in_words_because_its_schemas_would_close_every_object(provider: Provider) -> None:
    said = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": PLAN}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1000, "output_tokens": 200},
    }
    provider.replies = [Reply(body=json.dumps(said))]
    answer = await model(provider, "anthropic/claude-sonnet-4-5").ask(prompt())
    assert {"output_format", "tools", "tool_choice"}.isdisjoint(provider.asked[0])
    assert answer.text == PLAN
    assert answer.cost_usd == pytest.approx(1000 * 3e-6 + 200 * 15e-6)


async def test_a_refused_schema_is_left_out_at_once_and_in_later_questions(provider: Provider) -> None:
    refusal = Reply(status=400, body='{"error": {"message": "response_format is not supported"}}')
    provider.replies = [refusal, Reply(body=completion(PLAN)), Reply(body=completion(PLAN))]
    asked = model(provider)
    answers = [await asked.ask(prompt()), await asked.ask(prompt())]
    assert ["response_format" in body for body in provider.asked] == [True, False, False]
    assert [answer.text for answer in answers] == [PLAN, PLAN]


async def test_an_answer_that_ran_into_its_limit_says_so(provider: Provider) -> None:
    provider.replies = [Reply(body=completion('{"steps": [', finish="length"))]
    answer = await model(provider).ask(prompt())
    assert (answer.text, answer.truncated) == ('{"steps": [', True)


async def test_an_answer_without_usage_is_charged_at_its_worst_case(provider: Provider) -> None:
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    provider.replies = [Reply(body=completion(PLAN, usage=usage))]
    answer = await model(provider).ask(prompt(max_tokens=2_000))
    assert (answer.tokens_in, answer.tokens_out) == (None, None)
    assert answer.notes == ("The provider reported no usage: the worst case is charged.",)
    assert 0.02 < answer.cost_usd < 0.021


async def test_the_answer_is_shortened_to_what_the_allowance_pays_for(provider: Provider) -> None:
    provider.replies = [Reply(body=completion(PLAN))]
    await model(provider).ask(prompt(allowance_usd=0.02, max_tokens=12_000))
    assert FLOOR_TOKENS <= provider.asked[0]["max_tokens"] < 2_000


@pytest.mark.parametrize(
    ("name", "allowance_usd", "price", "expected"),
    [
        pytest.param(KNOWN, 0.01, None, (AllowanceError, "$0.0100 is allowed"), id="too little for a useful answer"),
        pytest.param(KNOWN, 0.0, None, (AllowanceError, "$0.0000 is allowed"), id="nothing left"),
        pytest.param(KNOWN, 0.1, Price(usd_in=9_000, usd_out=0), (AllowanceError, "may cost"), id="prompt alone too dear"),
        pytest.param(UNKNOWN, 1.0, None, (PriceUnknownError, 'Set GOALWRIGHT_MODEL_PRICE="IN,OUT"'), id="price unknown"),
        pytest.param("nobody/knows-it", 1.0, None, (RequestError, "LLM Provider NOT provided"), id="provider unknown"),
        pytest.param(
            "meta_llama/Llama-3.3-70B-Instruct", 1.0, None, (PriceUnknownError, "not free"), id="listed without a price"
        ),
    ],
)
async def test_nothing_is_sent_when_it_may_not_be(
    provider: Provider, name: str, allowance_usd: float, price: Price | None, expected: tuple[type[ModelError], str]
) -> None:
    error, says = expected
    with pytest.raises(error) as raised:
        await model(provider, name, price=price).ask(prompt(allowance_usd=allowance_usd))
    assert says in raised.value.message
    assert (raised.value.retryable, provider.asked) == (False, [])


async def test_a_prompt_that_the_model_cannot_read_is_not_sent(provider: Provider) -> None:
    with pytest.raises(ContextLengthError, match="reads at most 128000 tokens; the prompt has about"):
        await model(provider).ask(prompt(content="word " * 200_000))
    assert provider.asked == []


@pytest.mark.parametrize(
    ("reply", "error", "says", "retryable", "retry_after_s"),
    [
        pytest.param(
            Reply(status=429, body='{"error": {"message": "slow down"}}', headers={"retry-after": "7"}),
            ProviderError,
            f"{KNOWN}: slow down",
            True,
            7.0,
            id="too many requests",
        ),
        pytest.param(
            Reply(status=503, body='{"error": {"message": "overloaded"}}'),
            ProviderError,
            f"{KNOWN}: overloaded",
            True,
            None,
            id="busy",
        ),
        pytest.param(
            Reply(status=401, body='{"error": {"message": "Incorrect API key provided: key-of-the-house"}}'),
            AuthError,
            f"{KNOWN}: the provider did not accept the key, or the key may not use or pay for this model.",
            False,
            None,
            id="wrong key",
        ),
        pytest.param(
            Reply(status=404, body='{"error": {"message": "no such model"}}'),
            RequestError,
            f"{KNOWN}: no such model",
            False,
            None,
            id="no such model",
        ),
        pytest.param(
            Reply(body="<html>a proxy's page</html>"),
            ProviderError,
            f"{KNOWN}: Expecting value: line 1 column 1 (char 0)",
            True,
            None,
            id="no JSON",
        ),
        pytest.param(
            Reply(body=completion(None)), ProviderError, f"{KNOWN} answered without any text.", True, None, id="no text"
        ),
        pytest.param(
            Reply(body=completion("  ")), ProviderError, f"{KNOWN} answered without any text.", True, None, id="blank text"
        ),
        pytest.param(
            Reply(body='{"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": []}'),
            ProviderError,
            f"{KNOWN} answered without any text.",
            True,
            None,
            id="no choice",
        ),
        pytest.param(
            Reply(status=400, body='{"error": {"message": "This model\'s maximum context length is 8 tokens."}}'),
            ContextLengthError,
            f"{KNOWN}: This model's maximum context length is 8 tokens.",
            False,
            None,
            id="context too long",
        ),
    ],
)
async def test_a_failure_becomes_one_sentence_and_says_whether_to_try_again(
    provider: Provider, reply: Reply, error: type[ModelError], says: str, *, retryable: bool, retry_after_s: float | None
) -> None:
    provider.replies = [reply]
    with pytest.raises(error) as raised:
        await model(provider).ask(prompt())
    assert (raised.value.message, raised.value.retryable, raised.value.retry_after_s) == (says, retryable, retry_after_s)


async def test_a_provider_that_does_not_answer_in_time_is_given_up_and_may_have_charged(provider: Provider) -> None:
    provider.replies = [Reply(holds=True, body=completion(PLAN))]
    with pytest.raises(AnswerTimeoutError, match="no whole answer came in time") as raised:
        await model(provider, timeout_s=0.2).ask(prompt())
    assert raised.value.retryable
    assert raised.value.cost_usd > 0.04


async def test_a_provider_that_is_not_there_may_be_tried_again() -> None:
    gone = LiteLlm(KNOWN, entry=Entry(glob=KNOWN, base_url="http://127.0.0.1:9/v1"), api_key="k", timeout_s=5)
    with pytest.raises(ProviderError) as raised:
        await gone.ask(prompt())
    assert (raised.value.retryable, raised.value.cost_usd) == (True, 0.0)


def test_every_exception_of_the_library_is_translated() -> None:
    raised = {
        name
        for name, found in vars(litellm.exceptions).items()
        if isinstance(found, type) and issubclass(found, Exception) and found.__module__ == "litellm.exceptions"
    }
    assert raised == ERRORS.keys()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        pytest.param(make, says, id=name)
        for name, make, says in [("key", KeyError, "'content'"), ("type", TypeError, "content")]
    ],
)
def test_an_error_of_the_librarys_parsers_is_a_provider_error(error: Callable[[str], Exception], says: str) -> None:
    from planner.models.vendor_errors import translated  # noqa: PLC0415 - the subject of this test alone

    with pytest.raises(ProviderError) as raised, translated("m", may_have_cost_usd=0.0):
        raise error(*["content"])
    assert raised.value.message == f"m: {says}"


async def test_no_variable_of_the_environment_leads_a_question_elsewhere(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    _litellm()  # what is set before its first use is taken away; what is set later meets the guard
    monkeypatch.setenv("OPENAI_BASE_URL", provider.base)
    monkeypatch.setenv("OPENAI_API_BASE", provider.base)
    monkeypatch.setenv("HTTPS_PROXY", provider.base.removesuffix("/v1"))
    with pytest.raises(ProviderError):
        await LiteLlm(KNOWN, entry=Entry(glob="openai/*"), api_key="k", timeout_s=5).ask(prompt())
    assert provider.asked == []


@pytest.mark.parametrize("name", ["oobabooga/http://127.0.0.1:{port}/x", "openai/http://127.0.0.1:{port}/v1"])
async def test_a_name_that_holds_a_url_reaches_nobody(provider: Provider, name: str) -> None:
    name = name.format(port=provider.base.rpartition(":")[2].removesuffix("/v1"))
    with pytest.raises(ModelError):
        await LiteLlm(name, entry=Entry(glob="*", price=Price(usd_in=0, usd_out=0)), api_key="k", timeout_s=5).ask(prompt())
    assert provider.asked == []


async def test_the_limits_of_an_entry_hold(provider: Provider) -> None:
    provider.replies = [Reply(body=completion(PLAN))]
    entry = Entry(glob=KNOWN, base_url=provider.base, max_tokens=2_000)
    await LiteLlm(KNOWN, entry=entry, api_key="k", timeout_s=10).ask(prompt())
    assert provider.asked[0]["max_tokens"] == 2_000
