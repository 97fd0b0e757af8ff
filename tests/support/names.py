"""A DNS server on loopback, a resolver that asks it, and sockets that know which way is out."""

import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from threading import Thread
from typing import Any

import httpcore
from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from broker.host.transport import Resolver, resolve

SECONDS = 2.0
CHAIN = 8  # aliases that are followed, as resolvers do

View = Sequence[str] | int
"""What a name says at one time: addresses, `=other.test` for an alias; or a response code, such as `RCODE.NXDOMAIN`."""


class Names(BaseResolver):  # type: ignore[misc]  # a class of a library without types
    """A zone that may answer each lookup of a name differently; the last view of a name stays."""

    def __init__(self, zone: Mapping[str, Sequence[View]], ttl: int = 0) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self._zone = zone
        self._ttl = ttl
        self._server = DNSServer(self, address="127.0.0.1", port=0, logger=DNSLogger(logf=lambda _: None))

    @contextmanager
    def running(self) -> Iterator[Resolver]:
        """Serve, and give a resolver that asks here for everything but literal addresses."""
        thread = Thread(target=self._server.server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self._look_up
        finally:
            self._server.stop()
            thread.join()
            self._server.server.server_close()

    def resolve(self, request: DNSRecord, _handler: Any) -> DNSRecord:
        """Answer one question."""
        reply = request.reply()
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        for _ in range(CHAIN):
            view = self._view(name, kind)
            if isinstance(view, int):
                reply.header.rcode = view
                return reply
            alias = next((record[1:] for record in view if record.startswith("=")), None)
            if alias is None:
                reply.add_answer(*_records(name, view, kind, self._ttl))
                return reply
            reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(alias), ttl=self._ttl))
            name = alias
        reply.header.rcode = RCODE.SERVFAIL
        return reply

    def _view(self, name: str, kind: str) -> View:
        views: Sequence[View] = self._zone.get(name, (RCODE.NXDOMAIN,))
        place = min(self.asked[name, kind], len(views) - 1)
        self.asked[name, kind] += 1
        return views[place]

    def _look_up(self, host: str, port: int) -> Sequence[str]:
        try:
            ip_address(host)
        except ValueError:
            found = [*self._addresses(host, "A"), *self._addresses(host, "AAAA")]
        else:
            return resolve(host, port)  # the system's own reading of a literal
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, host)
        return found

    def _addresses(self, host: str, kind: str) -> list[str]:
        at = self._server.server.server_address
        reply = DNSRecord.parse(DNSRecord.question(host, kind).send(at[0], at[1], timeout=SECONDS))
        if reply.header.rcode != RCODE.NOERROR:
            raise socket.gaierror(socket.EAI_FAIL, RCODE[reply.header.rcode])
        return [str(record.rdata) for record in reply.rr if QTYPE[record.rtype] == kind]


def _records(name: str, view: Iterable[str], kind: str, ttl: int) -> list[RR]:
    kinds = {4: ("A", A), 6: ("AAAA", AAAA)}
    made = [(*kinds[ip_address(address).version], address) for address in view]
    return [
        RR(name, getattr(QTYPE, known), rdata=data(ip_address(address).exploded), ttl=ttl)
        for known, data, address in made
        if known == kind
    ]


class Switchboard(httpcore.NetworkBackend):
    """Opens sockets: public addresses are led to loopback servers, loopback is loopback, all else is out of reach.

    What a guard lets through by mistake does arrive at loopback, where a `Trap` sees it.
    """

    def __init__(self, routes: Mapping[tuple[str, int], int]) -> None:
        self.asked: list[tuple[str, int]] = []
        self._routes = routes
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, *options: Any, **more: Any) -> httpcore.NetworkStream:
        """Connect, and keep where to."""
        self.asked.append((host, port))
        if (host, port) in self._routes:
            return self._sockets.connect_tcp("127.0.0.1", self._routes[host, port], *options, **more)
        if not ip_address(host).is_loopback and not ip_address(host).is_unspecified:
            message = f"{host} is out of reach"
            raise httpcore.ConnectError(message)
        return self._sockets.connect_tcp(host, port, *options, **more)


class Trap:
    """A port that nothing may ever connect to, at every address of this machine."""

    def __init__(self) -> None:
        # Every address: what slips through may name any of them.
        self._sockets = [socket.create_server(("0.0.0.0", 0))]
        self.port: int = self._sockets[0].getsockname()[1]
        if socket.has_dualstack_ipv6():
            self._sockets.append(socket.create_server(("::", self.port), family=socket.AF_INET6, dualstack_ipv6=False))
        for listener in self._sockets:
            listener.setblocking(False)

    def sprung(self) -> bool:
        """Say whether anything connected; what waits in the queue of the system counts."""
        found = False
        for listener in self._sockets:
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                continue
            found = True
        return found

    def close(self) -> None:
        """Stop listening."""
        for listener in self._sockets:
            listener.close()
