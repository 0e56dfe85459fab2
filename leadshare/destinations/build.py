"""Destinations: build those that the file names, each with a client of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from leadshare.client.guard import guarded_client
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.base import Destination
from leadshare.destinations.crm import Crm
from leadshare.destinations.settings import CrmSettings, DestinationSettings
from leadshare.errors import Faults, Place


def build_destinations(
    told: Sequence[DestinationSettings],
    campaigns: Mapping[str, Mapping[str, str]],
    *,
    local: bool,
    lease: timedelta,
) -> list[Destination[Any]]:
    """Build all destinations; `Faults` for what cannot work, alone or together.

    *campaigns* are the ids that each has of the publisher's, by its name and by their own ids.
    """
    if faults := [*_faults(told, local=local, lease=lease)]:
        raise Faults(*faults)
    built = [_destination(one, local=local) for one in told]
    for one in built:
        one.campaigns = campaigns.get(one.name, {})
    return built


def record_links(
    destinations: Sequence[Destination[Any]],
) -> dict[str, dict[str, Callable[[str], str]]]:
    """Return for each notice what makes links to the records of leads, by the CRM they are in."""
    links: dict[str, Callable[[str], str]] = {
        one.name: one.link for one in destinations if isinstance(one, Crm)
    }
    return {one.name: links for one in destinations if not one.settings.follows_up}


def records_in(destinations: Iterable[Destination[Any]], link: str) -> dict[str, str]:
    """Return by destination the id of the record that each of them may show at *link*."""
    return {one.name: found for one in destinations if (found := one.record_in(link))}


def _faults(
    told: Sequence[DestinationSettings], *, local: bool, lease: timedelta
) -> Iterator[tuple[Place, str]]:
    serial = [one for one in told if DESTINATIONS[type(one)].serial]
    accounts = Counter(map(_address, serial))
    for index, one in enumerate(told):
        place = ("destination", index)
        if not local and _address(one).startswith("http:"):
            yield (*place, "url"), "expected https; http is for local use"
        if one.timeout >= lease.total_seconds():
            yield (*place, "timeout"), f"expected less than LANE_LEASE, {lease.total_seconds():g}"
        can = DESTINATIONS[type(one)].erasures
        if isinstance(one, CrmSettings) and one.erase not in can:
            yield (*place, "erase"), f"expected what this system can: {', '.join(sorted(can))}"
        if one in serial and accounts[_address(one)] > 1:
            others = "no other destination at the same url, whose calls must not overlap"
            yield (*place, "url"), f"expected {others}"


def _destination(told: DestinationSettings, *, local: bool) -> Destination[Any]:
    client = guarded_client(
        timeout=told.timeout,
        allow_networks=told.allow_networks,
        local=local,
        connections=told.concurrency,
    )
    return DESTINATIONS[type(told)](told, client)


def _address(told: DestinationSettings) -> str:
    url = getattr(told, "url", "")
    return url.get_secret_value() if isinstance(url, SecretStr) else url
