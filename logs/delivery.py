"""Hands events to a thread that renders and writes them, so that no log ever holds whoever writes it."""

import queue
import threading
from collections.abc import Callable
from typing import Any, TextIO

WAITING = 10_000
"""Events that may wait; more are dropped and counted."""

FLUSH_S = 5.0

Event = dict[str, Any]
Render = Callable[[Event], str]


class Delivery:
    """One thread that writes events in the order in which they came. `send` never waits and never raises."""

    def __init__(self, stream: TextIO, render: Render, *, waiting: int = WAITING) -> None:
        """Start no thread yet: the first event does."""
        self._stream, self._render = stream, render
        self._events: queue.Queue[Event | threading.Event] = queue.Queue(waiting)
        self._dropped = 0
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def send(self, event: Event) -> None:
        """Put an event in line; where the line is full it is dropped, and a later line says how many were."""
        if self._thread is None or not self._thread.is_alive():
            self._start()
        try:
            self._events.put_nowait(event)
        except queue.Full:
            self._dropped += 1

    def flush(self, timeout_s: float = FLUSH_S) -> bool:
        """Wait until what was sent is written; False where it takes longer."""
        if self._thread is None or not self._thread.is_alive():
            return True
        written = threading.Event()
        try:
            self._events.put(written, timeout=timeout_s)
        except queue.Full:
            return False
        return written.wait(timeout_s)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            taken = self._events.get()
            if isinstance(taken, threading.Event):
                taken.set()
                continue
            self._write(taken)
            if self._dropped:
                count, self._dropped = self._dropped, 0
                self._write({"level": "warning", "event": "log_events_dropped", "count": count})

    def _write(self, event: Event) -> None:
        try:
            self._stream.write(self._render(event))
            self._stream.flush()
        except Exception:  # noqa: BLE001 - a log that cannot be written, or an event that cannot be told, ends nothing
            self._dropped += 1
