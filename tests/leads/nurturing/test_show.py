"""What operators see of tracks: what was, what comes next, how many are where."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.errors import Unknown
from leadshare.operators.tracks.requests import TrackRequests
from tests.leads.nurturing.world import DAY, HOT, Office, told, track


def requests(office: Office) -> TrackRequests:
    """What answers about an office's leads."""
    steps: Any = SimpleNamespace(steps=office.steps.terms)
    return TrackRequests(office.table, office.clock, lambda: steps)


async def test_show():
    """It tells what was done, and what comes next, when, why and what would end it."""
    office = Office()
    lead = await office.take()
    for _ in range(2):
        await office.tick(DAY)

    told = await requests(office).get_track(lead[:10], {})

    assert ["task", "list"] == [one["verb"] for one in told["been"]]
    assert [{"destination": "crm", "into": "11"}] == told["lists"]
    following = told["next"]
    assert (3, "event", "hook") == tuple(following[n] for n in ("step", "verb", "destination"))
    assert told["interest"] < told["score"]
    assert 3 == len(told["ended_by"])
    assert "fabrikam" not in str(told)

    await office.take(2, **HOT)
    told = await requests(office).get_track(lead, {})
    assert ("sales_ready", {}, []) == (told["why"], told["next"], told["ended_by"])


async def test_last():
    """After the last step nothing comes but the end; of a lead not there nothing is told."""
    never = {"field": "interest", "op": "at_least", "value": 100}
    office = Office(told(track({"do": "end", "when": [never]})))
    lead = await office.take()
    await office.house.work()

    following = (await requests(office).get_track(lead, {}))["next"]

    assert (2, "end", "") == tuple(following[name] for name in ("step", "verb", "destination"))
    with pytest.raises(Unknown, match="no such lead"):
        await requests(office).get_track("0" * 32 + "-" + "0" * 16, {})


async def test_count():
    """Leads are counted by their next step, from the rows of the house lane."""
    office = Office()
    await office.take()
    await office.take(2, Email="b@x.example", Phone="")
    await office.tick(DAY)
    await office.take(3, Email="c@x.example", Phone="")

    told = await requests(office).list_tracks({})

    assert [("nurture", 1, 1), ("nurture", 2, 2)] == [
        (one["track"], one["step"], one["leads"]) for one in told["tracks"]
    ]
    assert (3, False) == (told["count"], told["more"])
