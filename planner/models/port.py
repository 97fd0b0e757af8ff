"""The port to a language model: one prompt in, one answer or one error out.

ModelError                   the question brought no answer
├── ProviderError            the provider or the way to it failed
├── AnswerTimeoutError       no whole answer came in time
├── AuthError                the provider did not accept the key
├── RequestError             the provider does not take this request: unknown model, content policy
├── ContextLengthError       the prompt is longer than the model reads
├── ModelUnknownError        nobody configured the model asked for
├── PriceUnknownError        nobody knows what the answer would cost
├── AllowanceError           the answer could cost more than may be spent
└── RecordingMissingError    no recorded answer to this very prompt
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from schemas.values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One question to a model.

    `messages` are `{role, content}` in order; `schema` is the JSON Schema of the answer wanted, for providers that can hold to
    one. The answer may have `max_tokens` and cost `allowance_usd`, the prompt's own tokens included. `version` names the
    prompt files, `digest` is the SHA-256 of the messages.
    """

    messages: tuple[JsonObject, ...]
    schema: JsonObject | None
    max_tokens: int
    allowance_usd: float
    version: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said. Figures are None where the source does not report them.

    `source` is `model` (asked now) or `recorded` (an earlier answer, replayed). `truncated` says that the model ran into its
    limit of tokens. `notes` are sentences for whoever reads the provenance.
    """

    text: str
    model: str
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float
    latency_ms: float | None
    source: str
    truncated: bool = False
    notes: tuple[str, ...] = ()


class ModelError(Exception):
    """A question that brought no answer. `retryable`: asking the same again later can help, after `retry_after_s` if given.

    `cost_usd` is what the provider may have charged nevertheless.
    """

    type: ClassVar[str] = "model_failed"
    retries: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after_s: float | None = None, cost_usd: float = 0.0) -> None:
        """Keep the sentence and the figures."""
        super().__init__(message)
        self.message = message
        self.retryable = self.retries
        self.retry_after_s = retry_after_s
        self.cost_usd = cost_usd


class ProviderError(ModelError):
    """The provider or the way to it failed; it may work later."""

    type = "model_provider_failed"
    retries = True


class AnswerTimeoutError(ModelError):
    """No whole answer came within the time allowed."""

    type = "model_timed_out"
    retries = True


class AuthError(ModelError):
    """The provider did not accept the key, or the key may not use the model."""

    type = "model_auth_refused"


class RequestError(ModelError):
    """The provider does not take this request: an unknown model, a parameter, a content policy."""

    type = "model_request_refused"


class ContextLengthError(ModelError):
    """The prompt is longer than the model reads."""

    type = "model_context_too_long"


class ModelUnknownError(ModelError):
    """The model that a request names cannot be had here."""

    type = "model_unknown"


class PriceUnknownError(ModelError):
    """Nobody knows what the answer would cost, and an unknown price is not free."""

    type = "model_price_unknown"


class AllowanceError(ModelError):
    """The shortest useful answer could cost more than may be spent."""

    type = "model_allowance_too_small"


class RecordingMissingError(ModelError):
    """No recorded answer to this very prompt exists."""

    type = "model_recording_missing"


class Model(Protocol):
    """A language model. Production: `planner.models.lite_llm.LiteLlm`, `planner.models.recorded.Recorded`."""

    @property
    def name(self) -> str:
        """Name the model as its provider does."""

    async def ask(self, prompt: Prompt) -> Answer:
        """Answer one prompt. Raises `ModelError` and nothing else."""
