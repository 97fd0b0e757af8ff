import io
import threading

from logs.delivery import Delivery, Event


def told(event: Event) -> str:
    return f"{event['event']} {event.get('count', '')}\n"


class Slow(io.StringIO):
    """A stream that takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.may_write = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        self.may_write.wait()
        return super().write(text)


def test_events_are_written_in_order_by_another_thread() -> None:
    stream, names = io.StringIO(), []

    def render(event: Event) -> str:
        names.append(threading.current_thread().name)
        return told(event)

    delivery = Delivery(stream, render)
    for number in range(100):
        delivery.send({"event": str(number)})
    assert delivery.flush()
    assert stream.getvalue().split() == [str(number) for number in range(100)]
    assert set(names) == {"log"}


def test_a_stream_that_takes_nothing_holds_nobody_and_the_loss_is_told() -> None:
    stream = Slow()
    delivery = Delivery(stream, told, waiting=3)
    delivery.send({"event": "first"})
    stream.entered.wait()
    for number in range(10):
        delivery.send({"event": str(number)})
    stream.may_write.set()
    assert delivery.flush()
    assert stream.getvalue().splitlines() == ["first ", "log_events_dropped 7", "0 ", "1 ", "2 "]


def test_an_event_that_cannot_be_told_ends_nothing() -> None:
    stream = io.StringIO()
    delivery = Delivery(stream, told)
    delivery.send({})
    delivery.send({"event": "next"})
    assert delivery.flush()
    assert "next" in stream.getvalue()
