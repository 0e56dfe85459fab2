"""The check of what rows show of tracks finds each way of breaking it, and no other."""

from __future__ import annotations

import re
from typing import Any

import pytest

from leadshare.deliveries.delivery import Deferred
from tests.laws.checker import violations
from tests.leads.nurturing.world import DAY, Office

Rows = dict[tuple[str, str], dict[str, Any]]


async def rows() -> Rows:
    """All rows: of a lead whose step is on its way to a CRM that is down."""
    office = Office()
    await office.take()
    await office.tick()
    office.crm.answer = Deferred("timeout")
    await office.tick(DAY)
    return {place: dict(values) for place, (values, _) in office.table.rows.items()}


def wrong(told: Rows) -> list[str]:
    """What is wrong with *told*."""
    all_rows = [(partition, key, values) for (partition, key), values in told.items()]
    return violations(all_rows, settled=True, notices=["desk"])


def at(told: Rows, pattern: str) -> tuple[str, str]:
    """Where the first row is whose key is like *pattern*."""
    return next(place for place in sorted(told) if re.search(pattern, place[1]))


def spoil(told: Rows, what: str) -> None:
    """Break one thing."""
    house, sent = at(told, r"^due\|_house\|"), at(told, r"^due\|crm\|")
    lead, contact = told[at(told, r"\|lead\|")], told[at(told, r"\|contact$")]
    if what == "no house":
        del told[house]
    elif what == "two houses":
        told[house[0], house[1].replace("|1|1", "|1|0")] = dict(told[house])
    elif what == "not sent":
        del told[sent]
    elif what == "sent and over":
        lead["track_sent"] = ""
    elif what == "another step":
        told[house]["number"] = told[sent]["number"] = 4
    elif what == "another kind":
        told[house]["kind"] = "remind"
    elif what == "objects":
        contact["opted_out"] = "2026-11-30T09:00:00.000Z"
    elif what == "silent":
        del told[house], told[sent]
        lead["track_due"] = lead["track_sent"] = ""
        lead["track_lists"] = '[["crm","11","r",1]]'
    elif what == "nobody's":
        moved = house[1].replace(lead["lead"], lead["lead"][:-16] + "0" * 16)
        told[house[0], moved] = told[house] | {"lead": lead["lead"][:-16] + "0" * 16}


BROKEN = {
    "no house": "and has []",
    "two houses": "its track is due at",
    "not sent": "its step is at",
    "sent and over": "its step is at no destination",
    "another step": "the lead says another",
    "another kind": "a remind of",
    "objects": "wants to hear no more",
    "silent": "has ended, and does not say why",
    "nobody's": "no such lead",
}


async def test_kept():
    """Nothing is wrong where nothing is."""
    assert [] == wrong(await rows())


@pytest.mark.parametrize("what", BROKEN)
async def test_broken(what):
    told = await rows()
    spoil(told, what)

    assert any(BROKEN[what] in fault for fault in wrong(told)), wrong(told)
