"""The worker process: `python -m broker.worker`. Reads frames on standard input, answers on standard output.

It carries out one call at a time. The first frame is `{policy, network}`: the operator's part, and whether calls will want the
network; then the process gives up what it does not need (`broker.sandbox.privileges`). Each further frame is an order with
the text for the guest; it is answered by `{begun}` before anything is done, and then by a report with the guest's text. The
process ends when its input does.
"""

import os
import resource
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from broker import orders, shapes
from broker.host import patterns
from broker.host.log import LINE_COST, Log
from broker.host.masks import NOTHING, Masks
from broker.host.meter import Meter
from broker.orders import Order, Report
from broker.sandbox import privileges
from broker.sandbox.guest import HostFunctions, Sandbox
from broker.sandbox.verdict import Verdict
from logs import setup

if TYPE_CHECKING:
    from broker.host.line import Network

OPEN_FILES = 256


class Worker:
    """Carries out orders."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        """Set up the sandbox; `policy` is as `broker.policy.Policy.to_json` writes it."""
        self._policy = policy
        self._sandbox = Sandbox()

    def warm(self, *, network: bool) -> None:
        """Import now what calls are going to need, so that no call's clock pays for it."""
        if network:
            _ = self._network

    def carry_out(self, order: Order, call: str) -> tuple[Report, bytes]:
        """Run one guest and check the size and shape of what it answers."""
        setup.protect([*(loan.value for loan in order.loans), *order.keys.values()])
        masks = Masks(order.loans, order.keys.values()) if order.loans or order.keys else NOTHING
        meter, log = Meter(order.allowance), Log(order.allowance.log_bytes, masks)
        with ExitStack() as stack:
            answer, cpu_ms = self._sandbox.run(
                order.component,
                order.imports,
                call,
                allowance=order.allowance,
                host={"write": log.write, **self._host(order, meter, masks, stack)},
                meter=meter,
            )
        failure = answer if isinstance(answer, Verdict) else None
        content = b"" if isinstance(answer, Verdict) else masks.masked_json(answer.encode())
        failure = failure or _misfit(content, order)
        if failure and meter.breach:
            failure = Verdict(meter.breach, f"the call went beyond its {meter.breach.removeprefix('limit_').replace('_', ' ')}")
        report = Report(
            failure=failure.type if failure else None,
            message=masks.masked(failure.message) if failure else "",
            wall_ms=round(meter.elapsed_s() * 1000, 3),
            cpu_ms=round(cpu_ms, 3),
            host_calls=meter.host_calls,
            moved_bytes=meter.moved_bytes,
            output_bytes=len(content),
            log_bytes=sum(LINE_COST + len(line.encode("utf-8", "replace")) for line in log.lines),
            logs=tuple(log.lines),
        )
        return report, b"" if failure else content

    def tidy(self) -> None:
        """Use the time until the next order comes."""
        self._sandbox.tidy()

    def _host(self, order: Order, meter: Meter, masks: Masks, stack: ExitStack) -> HostFunctions:
        functions: dict[str, Any] = {}
        if "patterns" in order.imports:
            functions |= {"search": patterns.search, "find": patterns.find}
        if "conditions" in order.imports:
            from broker.host import conditions  # noqa: PLC0415 - loads 14 MB of native code, where there is a condition

            functions["which"] = conditions.which
        if "http" in order.imports:
            from broker.host.egress import Browser  # noqa: PLC0415 - httpx is slow to import, and workers for pure handlers never need it
            from broker.host.loans import Wallet  # noqa: PLC0415 - the same

            browser = Browser(self._network, frozenset(order.hosts), meter, Wallet(order.loans, masks))
            stack.callback(browser.close)
            functions["request"] = browser.request
        if "notify" in order.imports:
            from broker import channels  # noqa: PLC0415 - the same
            from broker.host.egress import Courier  # noqa: PLC0415 - the same
            from broker.host.notify import Keys, Notifier  # noqa: PLC0415 - the same

            courier = Courier(self._network, meter)
            stack.callback(courier.close)
            known = self._policy["channels"]
            granted = {name: channels.of(known[name]) for name in order.channels if name in known}
            lent = Keys(values=order.keys, masks=masks)
            functions["send"] = Notifier(granted, frozenset(known), courier, meter, order.idempotency_key, lent=lent).send
        return functions

    @cached_property
    def _network(self) -> "Network":
        from broker.host.egress import network  # noqa: PLC0415 - the same

        return network(self._policy)


def _misfit(content: bytes, order: Order) -> Verdict | None:
    if len(content) > order.allowance.output_bytes:
        return Verdict("limit_output", f"the answer has {len(content)} bytes, more than {order.allowance.output_bytes}")
    if order.output_schema is None:
        return None
    says = shapes.misfit(content, order.output_schema)
    return Verdict("output_invalid", says) if says else None


def confine() -> None:
    """Put limits on this process: no core dumps, few files open."""
    for kind, value in {resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: OPEN_FILES}.items():
        hard = resource.getrlimit(kind)[1]
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (lowest, lowest))


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames until there are no more."""
    first = orders.read(source)
    if first is None:
        return
    network = first[0]["network"]
    in_force = privileges.drop(network=network)
    worker = Worker(first[0]["policy"])
    worker.warm(network=network)
    _answer(sink, {"ready": os.getpid(), "in_force": in_force})
    while (frame := orders.read(source)) is not None:
        header, call = frame
        order = Order.of(header)
        _answer(sink, {"begun": True})
        report, content = worker.carry_out(order, call.decode())
        _answer(sink, report.to_json(), content)
        worker.tidy()


def _answer(sink: BinaryIO, header: Mapping[str, Any], content: bytes = b"") -> None:
    sink.write(orders.pack(header, content))
    sink.flush()


def main() -> None:
    """Keep standard output for frames alone, then serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt of the terminal is the parent's to handle
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print goes to standard error
    setup.configure()
    confine()
    try:
        serve(sys.stdin.buffer, sink)
    except BrokenPipeError:
        setup.flush()
        os._exit(1)  # the parent is gone


if __name__ == "__main__":
    main()
