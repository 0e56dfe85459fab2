"""The check of what rows show of leads that wait finds each way of breaking it, and no other."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.laws.checker import violations
from tests.leads.office import HOUR
from tests.leads.waiting.world import Office

Rows = dict[tuple[str, str], dict[str, Any]]


async def rows(hours: int) -> Rows:
    """All rows after so many hours: of a lead that waits, one that was called, one of nobody's."""
    office = Office()
    await office.take()
    called = await office.take(2, Email="b@x.example", Phone="")
    await office.tick()
    await office.record(called, signed_at=office.now)
    await office.take(3, Email="c@x.example", Phone="", Description="no", ActionCode="DNC")
    for _ in range(hours):
        await office.tick(1 * HOUR)
    return {place: dict(values) for place, (values, _) in office.table.rows.items()}


def wrong(told: Rows) -> list[str]:
    """What is wrong with *told*."""
    all_rows = [(partition, key, values) for (partition, key), values in told.items()]
    return violations(all_rows, settled=True, notices=["desk", "boss"])


def at(told: Rows, pattern: str) -> tuple[str, str]:
    """Where the first row is whose key is like *pattern*."""
    return next(place for place in sorted(told) if re.search(pattern, place[1]))


def waiting(told: Rows) -> dict[str, Any]:
    """The row of the lead that waits."""
    return next(v for (_, key), v in told.items() if "|lead|" in key and v["waiting"])


def spoil(told: Rows, what: str) -> None:
    """Break one thing."""
    lead = waiting(told)
    listed = at(told, r"^waiting\|")
    if what == "unlisted":
        del told[listed]
    elif what == "listed twice":
        told[listed[0], listed[1].replace("|1", "|0", 1)] = dict(told[listed])
    elif what == "stale":
        told[listed]["score"] = 1
    elif what == "signed":
        lead["signed_at"] = lead["ready_at"]
    elif what == "other time":
        lead["ready_at"] = "2026-11-30T08:00:00.000Z"
    elif what == "nobody's":
        moved = re.sub(r"[0-9a-f]{16}$", "0" * 16, listed[1])
        told[listed[0], moved] = told.pop(listed) | {"lead": moved.split("|")[2]}
        lead["waiting"] = ""
    elif what == "elsewhere":
        told["z", listed[1]] = told.pop(listed)
    else:
        of_alarm(told, lead, what)


def of_alarm(told: Rows, lead: dict[str, Any], what: str) -> None:
    """Break something about what is due."""
    alarm = at(told, r"^due\|_house\|")
    if what == "no alarm":
        del told[alarm]
    elif what == "no alarm said":
        del told[alarm]
        lead["alarm"] = ""
    elif what == "two alarms":
        told[alarm[0], alarm[1].replace("|1|1", "|1|0")] = dict(told[alarm])
    elif what == "another kind":
        told[alarm]["kind"] = "escalate"
    elif what == "told already":
        lead["reminded_at"] = lead["ready_at"]
        told[at(told, r"^waiting\|")]["reminded_at"] = lead["ready_at"]
    elif what == "does not wait":
        lead["waiting"] = ""
        del told[at(told, r"^waiting\|")]
    elif what == "reminded and does not say so":
        told[alarm[0], alarm[1].replace("_house", "desk")] = dict(told[alarm])
    elif what == "reminded twice":
        lead["reminded_at"] = lead["ready_at"]
        told[at(told, r"^waiting\|")]["reminded_at"] = lead["ready_at"]
        for time in ("|1|1", "|1|0"):
            key = alarm[1].replace("_house", "desk").replace("|1|1", time)
            told[alarm[0], key] = dict(told[alarm])


ALWAYS = {
    "unlisted": "is listed as",
    "listed twice": "is listed as",
    "stale": "another score than its lead",
    "signed": "waits though",
    "other time": "since another time",
    "nobody's": "no such lead",
    "elsewhere": "in partition z",
}
ALARMED = {
    "no alarm": "and has []",
    "no alarm said": "waits without an alarm",
    "two alarms": "and has [",
    "another kind": "is to escalate",
    "told already": "is to remind, reminded",
    "does not wait": "has an alarm and does not wait",
    "reminded and does not say so": "does not say so",
    "reminded twice": "is to remind 2 times",
}


@pytest.mark.parametrize("hours", [0, 8, 33])
async def test_kept(hours):
    """Nothing is wrong where nothing is: while it waits, once it is reminded of, and after that."""
    assert [] == wrong(await rows(hours))


@pytest.mark.parametrize("what", ALWAYS | ALARMED)
async def test_broken(what):
    told = await rows(0)
    spoil(told, what)

    assert any((ALWAYS | ALARMED)[what] in fault for fault in wrong(told)), wrong(told)


async def test_escalated_out_of_turn():
    """Others are not told before the first are."""
    told = await rows(33)
    lead = waiting(told)
    lead["reminded_at"] = told[at(told, r"^waiting\|")]["reminded_at"] = ""

    assert any("out of turn" in fault for fault in wrong(told))
