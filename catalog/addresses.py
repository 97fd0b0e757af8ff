"""Which network addresses what comes from outside may lead to."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# IANA's special-purpose registries (RFC 6890 and after), kept here because `ipaddress.is_global` differs between Python
# versions and calls multicast global.
_CLOSED_4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; holds Alibaba's metadata address 100.100.100.200
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host agent, public by number only
        "169.254.0.0/16",  # link-local; holds most clouds' metadata address
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; holds Oracle's metadata address
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_ISATAP = {0x00005EFE, 0x02005EFE}  # RFC 5214, 6.1: the middle of an interface identifier that carries an IPv4 address
_OPEN_6 = ip_network("2000::/3")  # global unicast: all that is not open is closed
_CLOSED_6 = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address
        "3fff::/20",  # documentation
    )
)


def closed(address: str) -> bool:
    """Say whether `address` is anything but a plain public unicast address.

    IPv6 forms that carry an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are closed whatever they carry.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    return _closed_4(parsed) if isinstance(parsed, IPv4Address) else _closed_6(parsed)


def _closed_4(address: IPv4Address) -> bool:
    return not address.is_global or any(address in network for network in _CLOSED_4)


def _closed_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _OPEN_6 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return True
    return not address.is_global or any(address in network for network in _CLOSED_6)
