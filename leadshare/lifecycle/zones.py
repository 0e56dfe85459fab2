"""Lifecycle: the time zones of a country, by the list that comes with the tz database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


def zones_of(country: str) -> tuple[ZoneInfo, ...]:
    """Return the time zones of a *country*, by its ISO 3166 code; none where it has none there."""
    return tuple(map(ZoneInfo, _by_country().get(country.upper(), ())))


@cache
def _by_country() -> Mapping[str, tuple[str, ...]]:
    """Read `zone.tab` of the package tzdata: country, coordinates and zone, between tabs."""
    found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country] += (zone,)
    return found
