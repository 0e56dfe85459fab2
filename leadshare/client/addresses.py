"""Client: the IP addresses that a name has, and which of them are never called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from leadshare.client.names import NAMES

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

DENIED: Final[tuple[Network, ...]] = tuple(
    ip_network(network)
    for network in (
        # The IANA registry of special-purpose IPv4 addresses (RFC 6890), and what it leaves out.
        "0.0.0.0/8",  # this network; Linux connects 0.0.0.0 to itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata, 100.100.100.200
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform: wire server, DNS, DHCP; publicly numbered
        "169.254.0.0/16",  # link-local; metadata and managed identity, 169.254.169.254
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata, 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        # IPv6: hosts on the Internet live in 2000::/3 (RFC 4291, section 2.4); all else is denied.
        "::/3",  # unspecified, loopback, IPv4-compatible, local NAT64 64:ff9b:1::/48, discard
        "4000::/2",  # SRv6 5f00::/16, unassigned
        "8000::/1",  # unique local, link-local, site-local, multicast, unassigned
        "2001::/23",  # protocol assignments: Teredo (wraps IPv4), benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, deprecated, wraps IPv4
        "3fff::/20",  # documentation
    )
)

_LOOPBACK: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of *host*, a name or an address in any notation."""
    del port  # it changes no address
    return await NAMES.addresses(host)


def is_denied(text: str, allow_networks: Sequence[Network] = (), *, local: bool = False) -> bool:
    """Whether the IP address *text*, or the IPv4 address that it wraps, must not be called."""
    outer = ip_address(text)
    if isinstance(outer, IPv6Address) and outer.scope_id is not None:
        return True
    address = _unwrapped(outer)
    if _within(outer, allow_networks) or _within(address, allow_networks):
        return False
    return _within(address, DENIED) and not (local and _within(address, _LOOPBACK))


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that the system or a NAT64 gateway calls for *address*."""
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
