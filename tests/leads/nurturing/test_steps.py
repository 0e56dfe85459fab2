"""A lead's track, step by step: what is done where, what is left out, and what ends it."""

from __future__ import annotations

from tests.leads.nurturing.world import DAY, HOT, Office


async def test_whole():
    """Each step is done once, at the first of the lead's own that can; then the track is over."""
    office = Office()
    lead = await office.take()
    assert "nurturing" == office.lead(lead)["stage"]

    for _ in range(20):
        await office.tick(DAY)

    assert ["task", "list", "event", "notice", "leave", "note"] == [a[0] for a in office.attempts()]
    assert {("accepted", "")} == {one[1:] for one in office.attempts()}
    assert ("new", "finished") == (office.lead(lead)["stage"], office.lead(lead)["track_why"])
    assert {"11": set()} == office.crm.lists
    assert "leave" == office.crm.steps[-1].verb


async def test_second_touch():
    """A second touch makes it sales-ready: at once nothing of the track is due any more."""
    office = Office()
    lead = await office.take()
    for _ in range(3):
        await office.tick(DAY)
    assert {lead} == office.crm.lists["11"]

    await office.take(2, **HOT)

    assert "sales_ready" == office.lead(lead)["stage"]
    assert "sales_ready" == office.lead(lead)["track_why"]
    await office.tick()
    assert {"11": set()} == office.crm.lists
    for _ in range(8):
        await office.tick(DAY)
    assert ["task", "list", "leave"] == [one.verb for one in office.crm.steps]
