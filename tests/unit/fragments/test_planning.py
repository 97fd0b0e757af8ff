from fragments.planning import Provenance


def test_where_an_answer_came_from_is_written_whole() -> None:
    messages, mended = ({"role": "user", "content": "Plan."},), ({"op": "remove", "path": "/x"},)
    whole = Provenance(
        source="model",
        model="a-model",
        prompt_version="3",
        prompt_digest="d",
        messages=messages,
        answer="{}",
        mended=mended,
        tokens_in=5,
        tokens_out=7,
        cost_usd=0.25,
        latency_ms=1.5,
        notes=("slow",),
    )
    assert whole.to_json() == {
        "source": "model",
        "model": "a-model",
        "prompt_version": "3",
        "prompt_digest": "d",
        "messages": list(messages),
        "answer": "{}",
        "mended": list(mended),
        "tokens_in": 5,
        "tokens_out": 7,
        "cost_usd": 0.25,
        "latency_ms": 1.5,
        "notes": ["slow"],
    }
