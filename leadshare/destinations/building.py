"""Destinations: build those that the file names, each with a client of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from leadshare.destinations import DESTINATIONS
from leadshare.destinations.base import Destination
from leadshare.destinations.guard import guarded_client
from leadshare.destinations.settings import DestinationSettings
from leadshare.errors import ConfigurationError


def build_destinations(
    told: Sequence[DestinationSettings], *, local: bool, lease: timedelta
) -> list[Destination[Any]]:
    """Build all destinations; `ConfigurationError` for what cannot work, alone or together."""
    built = [_destination(one, local=local, lease=lease) for one in told]
    accounts = Counter(_address(d.settings) for d in built if d.serial)
    for destination in built:
        if destination.serial and accounts[_address(destination.settings)] > 1:
            raise ConfigurationError(
                f"destination {destination.name}: expected no other destination at the same url,"
                " whose calls must not overlap"
            )
    return built


def _destination(told: DestinationSettings, *, local: bool, lease: timedelta) -> Destination[Any]:
    if not local and _address(told).startswith("http:"):
        raise ConfigurationError(f"destination {told.name}: expected https; http is for local use")
    if told.timeout >= lease.total_seconds():
        raise ConfigurationError(f"destination {told.name}: expected a timeout below LANE_LEASE")
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
