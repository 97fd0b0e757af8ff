"""The operator's list of models: a name chooses a model and never a place."""

import pytest

from planner.models.port import ModelUnknownError
from planner.models.prices import Price
from planner.models.roster import Entry, Place, Roster, flaw_of, place_of, redirecting

ROSTER = Roster(
    entries=(
        Entry(glob="openai/*", price=Price(usd_in=1, usd_out=2)),
        Entry(glob="openai/gpt-4o"),
        Entry(glob="anthropic/claude-*"),
        Entry(glob="house/*", base_url="http://10.0.0.5:8000/v1"),
        Entry(glob="*-mini"),
    )
)

PLACES_IN_NAMES = [
    "oobabooga/http://127.0.0.1:9001/x",
    "openai/http://evil.example/v1",
    "https://evil.example/v1",
    "HTTP://evil.example",
    "openai/https:evil.example",
    "openai/wss:evil",
    "file:/etc/passwd",
    "openai//evil.example",
    "//evil.example/x",
    "openai/gpt-4o?api_base=http://evil.example",
    "openai/gpt-4o?x=1",
    "openai/gpt-4o#x",
    "openai/gpt 4o",
    "openai/gpt-4o\n",
    "openai/gpt-4o\x00",
    "openai/\u2800",
    "openai/gpt\u2044x",
    "openai\\evil",
    "openai/",
    "/openai",
    "",
    "openai/../x",
    "user:pw@evil.example:80/",
    "x" * 201,
    "{{ input.model }}",
    "openai/%68ttp:",
]


@pytest.mark.parametrize("name", PLACES_IN_NAMES)
def test_a_name_that_could_be_a_place_is_no_name(name: str) -> None:
    assert flaw_of(name) is not None
    everything = Roster(entries=(Entry(glob="*"),))
    assert everything.find(name) is None
    assert everything.refusal(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o",
        "openai/gpt-4o",
        "anthropic/claude-sonnet-4-5",
        "openrouter/meta-llama/llama-3.1-8b-instruct:free",
        "ollama/llama3:8b",
        "bedrock/anthropic.claude-v2:1",
        "ft:gpt-4o:org:suffix:id",
        "vertex_ai/gemini-2.0-flash@001",
    ],
)
def test_names_of_models_are_names(name: str) -> None:
    assert flaw_of(name) is None


@pytest.mark.parametrize(
    ("name", "glob"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("openai/gpt-4.1", "openai/*"),
        ("openai/gpt-4o-mini", "openai/*"),
        ("anthropic/claude-opus", "anthropic/claude-*"),
        ("house/qwen", "house/*"),
        ("mistral/mistral-large", None),
        ("anthropic/other", None),
        ("ollama/x-mini", None),
    ],
)
def test_a_model_has_the_entry_that_fits_best(name: str, glob: str | None) -> None:
    found = ROSTER.find(name)
    assert (None if found is None else found.glob) == glob


def test_what_is_not_listed_is_refused_with_near_names() -> None:
    assert ROSTER.refusal("openai/gpt-4o") is None
    assert ROSTER.refusal("opanai/gpt-4o") == (
        "The model opanai/gpt-4o is not on the operator's list.",
        "Listed: openai/gpt-4o, openai/*.",
    )
    assert Roster().refusal("gpt-4o") == (
        "The model gpt-4o is not on the operator's list.",
        "The operator lists none (settings: models, model).",
    )


@pytest.mark.parametrize(
    ("name", "provider", "entry", "expected"),
    [
        ("openai/x", "openai", Entry(glob="*"), Place(scheme="https", host="api.openai.com", port=443)),
        (
            "openai/x",
            "openai",
            Entry(glob="*", base_url="http://10.0.0.5:8000/v1"),
            Place(scheme="http", host="10.0.0.5", port=8000, named=True),
        ),
        ("ollama/x", "ollama", Entry(glob="ollama/*"), Place(scheme="http", host="localhost", port=11434, named=True)),
    ],
)
def test_a_model_is_where_the_operator_or_its_provider_says(name: str, provider: str, entry: Entry, expected: Place) -> None:
    assert place_of(name, provider, entry) == expected


def test_a_provider_without_a_place_needs_one() -> None:
    with pytest.raises(ModelUnknownError, match="list it with its base_url"):
        place_of("oobabooga/x", "oobabooga", Entry(glob="*"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "ftp://a.example",
        "http://",
        "http://u:p@a.example",
        "http://a.example?x=1",
        "http://a.example#x",
        "http://[::1",
    ],
)
def test_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no base URL"):
        Place.of(url, named=True)


def test_variables_that_lead_elsewhere_are_known_by_their_provider() -> None:
    there = ["OPENAI_API_BASE", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "CRM_BASE_URL", "HOME"]
    assert list(redirecting(there, ["openai", "anthropic"])) == there[:3]
