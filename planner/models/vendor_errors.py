"""The translation of litellm's exceptions into the port's own, by class name so that it needs no slow import."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from catalog.retry_after import retry_after_s
from planner.models.port import (
    AllowanceError,
    AnswerTimeoutError,
    AuthError,
    ContextLengthError,
    ModelError,
    PriceUnknownError,
    ProviderError,
    RequestError,
)

ERRORS: dict[str, type[ModelError]] = {
    "APIConnectionError": ProviderError,
    "APIError": ProviderError,
    "APIResponseValidationError": ProviderError,
    "AuthenticationError": AuthError,
    "BadGatewayError": ProviderError,
    "BadRequestError": RequestError,
    "BlockedPiiEntityError": RequestError,
    "BudgetExceededError": AllowanceError,
    "ContentPolicyViolationError": RequestError,
    "ContextWindowExceededError": ContextLengthError,
    "GuardrailRaisedException": RequestError,
    "ImageFetchError": RequestError,
    "InternalServerError": ProviderError,
    "InvalidRequestError": RequestError,
    "JSONSchemaValidationError": ProviderError,
    "LiteLLMUnknownProvider": RequestError,
    "MidStreamFallbackError": ProviderError,
    "MockException": ProviderError,
    "ModelNotMappedError": PriceUnknownError,
    "ModifyResponseException": RequestError,
    "NotFoundError": RequestError,
    "OpenAIError": ProviderError,
    "PaymentRequiredError": AuthError,
    "PermissionDeniedError": AuthError,
    "RateLimitError": ProviderError,
    "RejectedRequestError": RequestError,
    "SensitiveDataRouteException": RequestError,
    "ServiceUnavailableError": ProviderError,
    "Timeout": AnswerTimeoutError,
    "UnprocessableEntityError": RequestError,
    "UnsupportedParamsError": RequestError,
    "VectorStoreSearchError": RequestError,
}
"""Every class of `litellm.exceptions`; a test walks that module and fails on one that stands not here."""

_LONGEST = 400
_PREFIX = re.compile(r"^(?:(?:litellm\.)?\w+(?:Error|Exception|Timeout)(?: -|:) )+")


@contextmanager
def translated(model: str, *, may_have_cost_usd: float) -> Iterator[None]:
    """Turn whatever litellm raises within into a `ModelError`; a timeout may have cost `may_have_cost_usd`."""
    try:
        yield
    except ModelError:
        raise
    except TimeoutError as error:
        raise _late(model, may_have_cost_usd) from error
    # litellm lets plain KeyErrors and TypeErrors of its parsers through when a provider's body is garbled; whatever a
    # provider sends may fail one question, never the server. Cancellation is no Exception and passes.
    except Exception as error:
        raise _translation(error, model, may_have_cost_usd) from error


def _translation(error: Exception, model: str, may_have_cost_usd: float) -> ModelError:
    kind = error_type(type(error))
    if kind is AnswerTimeoutError:
        return _late(model, may_have_cost_usd)
    if kind is AuthError:
        # The provider's own words may quote the key.
        return AuthError(f"{model}: the provider did not accept the key, or the key may not use or pay for this model.")
    return kind(f"{model}: {_first_line(error)}", retry_after_s=_wanted_wait_s(error))


def error_type(raised: type[BaseException]) -> type[ModelError]:
    """Find the port's error for a class that litellm raised: its own entry, else that of its nearest ancestor."""
    return next((ERRORS[base.__name__] for base in raised.__mro__ if base.__name__ in ERRORS), ProviderError)


def _late(model: str, may_have_cost_usd: float) -> AnswerTimeoutError:
    return AnswerTimeoutError(f"{model}: no whole answer came in time.", cost_usd=may_have_cost_usd)


def _first_line(error: Exception) -> str:
    # Later lines hold litellm's own traceback.
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return _PREFIX.sub("", line)[:_LONGEST]


def _wanted_wait_s(error: Exception) -> float | None:
    headers: Any = getattr(error, "litellm_response_headers", None) or getattr(getattr(error, "response", None), "headers", {})
    return retry_after_s({name.lower(): str(value) for name, value in headers.items()}, datetime.now(UTC))
