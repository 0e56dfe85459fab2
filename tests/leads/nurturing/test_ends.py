"""What ends a track, for which leads, and when a customer is not reached."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from leadshare.deliveries.delivery import Deferred, Rejected
from leadshare.lifecycle.outcome import State
from tests.leads.nurturing.world import DAY, Office, told, track
from tests.leads.office import HOUR

LIST = {"do": "list", "at": "crm", "into": "11"}
OTHER = {"LeadSource": "SPZA-PLT|pub.two"}


async def test_opted_out():
    """Who wants to hear no more leaves each track of each lead, and each list."""
    office = Office(told(track(LIST, {"after_days": 1, "do": "note", "text": "n"})))
    lead, other = await office.take(), await office.take(2, **OTHER)
    await office.tick()
    assert {lead} == office.crm.lists["11"]

    await office.record(lead, opted_out=True)

    assert {"opted_out"} == {office.lead(one)["track_why"] for one in (lead, other)}
    await office.tick(30 * DAY)
    assert set() == office.crm.lists["11"]
    assert ["list", "leave"] == [one.verb for one in office.crm.steps]
    again = await office.take(3, **OTHER | {"LeadSource": "SPZA-PLT|pub.three"})
    assert {"new"} == {office.lead(one)["stage"] for one in (lead, other, again)}


async def test_outcome():
    """What a source tells ends it."""
    office = Office()
    lead = await office.take()
    await office.record(lead, state=State.WORKING)

    assert ("working", "outcome") == tuple(office.lead(lead)[n] for n in ("stage", "track_why"))
    await office.tick(DAY)
    assert [] == office.crm.steps


async def test_again():
    """A track that has come to its end begins again with a new touch, and not without."""
    office = Office(told(track({"do": "note", "text": "n"})))
    lead = await office.take()
    await office.tick()
    assert "finished" == office.lead(lead)["track_why"]

    await office.tick(30 * DAY)
    await office.take(2, FirstName="Ann", LastName="Other")

    assert ("nurturing", 2) == tuple(office.lead(lead)[name] for name in ("stage", "track_run"))
    await office.tick()
    assert 2 == len({step.id for step in office.crm.steps})


async def test_hours():
    """What may reach a customer waits for the hours of the country; a task does not."""
    office = Office(told(track({"do": "task", "text": "t"}, LIST)))
    office.now = datetime.fromisoformat("2026-11-28T12:00:00Z")  # a Saturday
    await office.take()
    await office.tick()
    assert ["task"] == [one.verb for one in office.crm.steps]

    await office.tick(timedelta(hours=43, minutes=59))
    assert 1 == len(office.crm.steps)
    await office.tick(timedelta(minutes=1))  # Monday, 9:00 in Berlin
    assert ["task", "list"] == [one.verb for one in office.crm.steps][:2]


async def test_hours_over():
    """One that could not leave in its hours leaves in the next."""
    office = Office(told(track(LIST)))
    await office.take()
    office.crm.answer = Deferred("unreachable", counts=False)
    await office.tick()
    for _ in range(6):
        await office.tick(2 * HOUR)
    office.crm.answer = Rejected("bad")
    await office.tick(DAY - 12 * HOUR)

    hours = [at.hour for at, _ in office.crm.taken]
    assert len(hours) > 2
    assert all(8 <= hour < 16 for hour in hours), hours  # 9 to 17 in Berlin
    assert ("list", "rejected", "bad") in office.attempts()


@pytest.mark.parametrize(
    ("steps", "changes", "why"),
    [
        ([LIST], {"ActionCode": "INS", "LeadSource": "SPZA-INS|pub.one"}, "no_basis"),
        ([LIST], {"Country": "RU"}, "no_hours"),
        ([{"do": "notice", "at": "desk", "text": "n"}], {}, ""),
        ([{"do": "notice", "at": "crm", "text": "n"}], {}, "no_destination"),
        (
            [{**LIST, "when": [{"field": "interest", "op": "at_least", "value": 90}]}],
            {},
            "condition_not_met",
        ),
    ],
)
async def test_left_out(steps, changes, why):
    """A step is left out where it may not be done, or asks what is not so."""
    office = Office(told(track(*steps)))
    lead = await office.take(**changes)
    assert "nurturing" == office.lead(lead)["stage"]
    await office.tick()
    await office.tick(HOUR)

    [(_, outcome, reason)] = office.attempts()
    assert (("left_out", why) if why else ("accepted", "")) == (outcome, reason)
    assert "finished" == office.lead(lead)["track_why"]
