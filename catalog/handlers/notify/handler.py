"""Send a message through a channel that the operator configured."""

from goalwright import HandlerError, host
from goalwright.templates import render


def run(config: dict, given: dict, call: dict) -> dict:
    """Render subject and text from the inputs and hand them to the host, with a key that is the same for every attempt."""
    text = render(config["template"], given)
    if not text.strip():
        raise HandlerError("message_empty", "the rendered template is empty: does it name inputs that exist?")
    subject = render(config["subject"], given) if "subject" in config else None
    answer = host.notify(
        config["channel"],
        text,
        subject=" ".join(subject.split()) if subject is not None else None,
        data=given,
        idempotency_key=call["idempotency_key"],
    )
    return {"channel": answer["channel"], "delivered": answer["delivered"], "status": answer["status"]}
