"""Which addresses are denied, network by network, and what a destination may allow."""

from __future__ import annotations

import ipaddress
from ipaddress import ip_network

import pytest

from leadshare.client.addresses import is_denied, resolve_name

DENIED = {
    "this network": ("0.0.0.0", "0.255.255.255"),  # noqa: S104 - an address to be refused
    "private 10": ("10.0.0.0", "10.255.255.255"),
    "carrier-grade NAT": ("100.64.0.0", "100.127.255.255"),
    "Alibaba metadata": ("100.100.100.200",),
    "loopback": ("127.0.0.0", "127.0.0.1", "127.255.255.255"),
    "Azure platform": ("168.63.129.16",),
    "link-local": ("169.254.0.0", "169.254.255.255"),
    "metadata": ("169.254.169.254",),
    "private 172.16": ("172.16.0.0", "172.31.255.255"),
    "protocol assignments": ("192.0.0.0", "192.0.0.8", "192.0.0.192", "192.0.0.255"),
    "documentation 1": ("192.0.2.0", "192.0.2.255"),
    "6to4 relays": ("192.88.99.0", "192.88.99.1", "192.88.99.255"),
    "private 192.168": ("192.168.0.0", "192.168.255.255"),
    "benchmarks": ("198.18.0.0", "198.19.255.255"),
    "documentation 2": ("198.51.100.0", "198.51.100.255"),
    "documentation 3": ("203.0.113.0", "203.0.113.255"),
    "multicast": ("224.0.0.0", "224.0.0.1", "239.255.255.255"),
    "reserved": ("240.0.0.0", "255.255.255.254"),
    "broadcast": ("255.255.255.255",),
    "IPv6 unspecified": ("::",),
    "IPv6 loopback": ("::1",),
    "IPv4-compatible": ("::7f00:1", "::169.254.169.254", "::8.8.8.8"),
    "IPv4-translated": ("::ffff:0:169.254.169.254",),
    "mapped": ("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:168.63.129.16"),
    "NAT64": ("64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b::a83f:8110"),
    "local NAT64": ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
    "discard": ("100::", "100::ffff:ffff:ffff:ffff", "100:0:0:1::"),
    "SRv6": ("5f00::", "5f00:ffff::1"),
    "unassigned": ("1fff:ffff::1", "4000::", "7fff:ffff::1", "8000::", "fbff::1"),
    "unique local": ("fc00::", "fdff::1", "fd00:ec2::254", "fd20:ce::254"),
    "IPv6 link-local": ("fe80::", "fe80::1234:5678:9abc", "febf::1"),
    "site-local": ("fec0::", "fec0::1", "feff::1"),
    "IPv6 multicast": ("ff00::", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    "Teredo": ("2001::", "2001:0:a9fe:a9fe::1", "2001:0:ffff:ffff::1"),
    "IPv6 protocol assignments": ("2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1"),
    "IPv6 documentation 1": ("2001:db8::", "2001:db8:ffff:ffff::1"),
    "6to4": ("2002::", "2002:a9fe:a9fe::1", "2002:808:808::1", "2002:ffff:ffff::1"),
    "IPv6 documentation 2": ("3fff::", "3fff:fff:ffff::1"),
    "scope": ("fe80::1%1", "2606:4700:4700::1111%1"),
}

# Of each denied network, the neighbour on either side; then some that wrap a public address.
CALLED = (
    *("1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
    *("128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0"),
    *("172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.1.255", "192.0.3.0"),
    *("192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255"),
    *("198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0"),
    *("223.255.255.255", "20.37.0.1", "2000::", "2001:200::", "2001:db7:ffff::1", "2001:db9::"),
    *("2001:ffff::1", "2003::", "2603:1000::1", "2606:4700:4700::1111", "3ffe:ffff::1"),
    *("3fff:1000::", "3fff:ffff::1", "::ffff:8.8.8.8", "64:ff9b::808:808"),
)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(address, id=f"{name}, {address}")
        for name, addresses in DENIED.items()
        for address in addresses
    ],
)
def test_denied(address: str) -> None:
    """Every special address is denied, in local mode too unless it is loopback."""
    mapped = getattr(ipaddress.ip_address(address), "ipv4_mapped", None) or address
    loopback = str(mapped).startswith("127.") or address == "::1"

    assert is_denied(address)
    assert loopback != is_denied(address, local=True)


@pytest.mark.parametrize("address", CALLED)
def test_called(address: str) -> None:
    """A public address is called, though its neighbour may be special."""
    assert not is_denied(address)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.0.0/16"),
        ("::ffff:10.1.2.3", "10.1.0.0/16"),
        ("64:ff9b::a01:203", "10.1.0.0/16"),
        ("64:ff9b::a01:203", "64:ff9b::/96"),
        ("fd12::1", "fd12::/16"),
        ("127.0.0.1", "127.0.0.0/8"),
    ],
)
def test_allowed_network(address: str, network: str) -> None:
    """A denied address is called if the destination names a network that holds it."""
    other = "fd00::/16" if ":" in network else "10.2.0.0/16"

    assert not is_denied(address, (ip_network(network),))
    assert is_denied(address, (ip_network(other),))


def test_scope_is_never_allowed() -> None:
    """No network makes an address with a scope id callable."""
    assert is_denied("fe80::1%1", (ip_network("fe80::/10"), ip_network("::/0")))


async def test_resolver_keeps_scope() -> None:
    """The resolver hands on the scope id that the system reports."""
    assert ["fe80::1%1"] == await resolve_name("fe80::1%1", 443)
