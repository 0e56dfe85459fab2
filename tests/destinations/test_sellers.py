"""Sellers: what they wrote stays, and a customer who comes back is told, each visit once.

A system that keeps records is in here by its simulator alone, once that is one of `Worked`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred
from leadshare.destinations.crm import Crm
from leadshare.destinations.writing.mapping import Write
from leadshare.destinations.writing.telling import MOST
from tests.builders import NOW
from tests.destinations.contract import account, told
from tests.destinations.sellers import (
    BO,
    Customer,
    edited,
    elsewhere,
    fields,
    named,
    said,
    times,
)
from tests.destinations.simulators.base import CALLING, Fault, Worked

WORKED = [kind for kind in CALLING if isinstance(account(kind), Worked)]

SEATS, TRAINING = "We need 200 seats.", "And training for all."


@pytest.fixture(name="simulator", params=WORKED)
def _simulator(request: pytest.FixtureRequest) -> Worked:
    there = account(request.param)
    assert isinstance(there, Worked)
    return there


@pytest.fixture(name="there")
def _there(simulator: Worked) -> Crm[Any]:
    there = simulator.destination()
    assert isinstance(there, Crm)
    return there


async def play(simulator: Worked) -> None:
    """A seller edits every field and clears one; the customer comes back, each time told once."""
    there: Any = simulator.destination()
    customer = Customer(there)
    first = customer.one
    await customer.arrives()
    edits = edited(there, first) | {named(there, "phone"): None}
    simulator.edit(first, edits)
    kept = fields(simulator, there, first)

    assert isinstance(await customer.comes_back(SEATS), Accepted)
    owed = customer.one
    assert isinstance(await customer.comes_back(TRAINING), Accepted)
    other = elsewhere(customer)
    assert isinstance(await other.arrives(), Accepted)
    # As after a crash before it was noted that this was taken.
    late = replace(owed, sent=1, attempts=1, entries=(said(owed, 2, SEATS),))
    await there.deliver([late], NOW)

    assert 1 == len(kept)
    assert kept == fields(simulator, there, first)
    assert [1, 1] == [times(simulator, first, words) for words in (SEATS, TRAINING)]
    [found] = simulator.found(other.one)
    assert "And reports." in told(found) + told(simulator.timeline(other.one))
    assert 1 >= times(simulator, other.one, "And reports.")


class TestEdits:
    async def test_kept(self, simulator):
        """No edit is lost, what was cleared stays clear, and each visit is told once."""
        await play(simulator)

    @pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.UNAVAILABLE])
    async def test_lost(self, simulator, fault):
        """So it is if an answer is lost, at whichever call that writes."""
        await play(simulator)
        for before in range(simulator.writes):
            anew = type(simulator)()
            anew.faults = [Fault.NONE] * before + [fault]

            await play(anew)

    async def test_fills_gaps(self, simulator):
        """What the customer says for the first time fills a gap, and takes nobody's place."""
        there: Any = simulator.destination()
        customer = Customer(there, phone="", job_title="")
        await customer.arrives()
        title, phone = named(there, "job_title"), named(there, "phone")
        simulator.edit(customer.one, {title: "Chief of all"})

        await customer.comes_back(SEATS, phone="+4930123456", job_title="CTO")

        [found] = simulator.found(customer.one)
        assert ("Chief of all", "+4930123456") == (found[title], found[phone])
        assert 1 == times(simulator, customer.one, SEATS)

    async def test_stays_clear(self, simulator):
        """What a seller cleared is not filled again by what the customer said before."""
        there: Any = simulator.destination()
        customer = Customer(there)
        await customer.arrives()
        phone = named(there, "phone")
        simulator.edit(customer.one, {phone: None})

        await customer.comes_back(SEATS)

        [found] = simulator.found(customer.one)
        assert not found.get(phone)

    async def test_nothing_to_write(self, simulator):
        """Where nothing may be written and nothing is told, no call writes."""
        there: Any = simulator.destination(timeline=False)
        customer = Customer(there)
        await customer.arrives()
        writes, kept = simulator.writes, fields(simulator, there, customer.one)

        assert isinstance(await customer.comes_back(SEATS), Accepted)

        assert writes == simulator.writes
        assert kept == fields(simulator, there, customer.one)
        assert [] == list(simulator.timeline(customer.one))

    def test_opt_outs(self, there):
        """A customer who objects later is heard: such fields may still become true."""
        objections = [
            name
            for name, source in there.mapping.items()
            if {"no_contact": True} == dict(source.values)
        ]

        assert {Write.ALWAYS} >= {there.writes[name] for name in objections}


class TestPersons:
    async def test_another(self, simulator, there):
        """Somebody else at the address is told as such, and the record shows whom it showed."""
        customer = Customer(there)
        await customer.arrives()
        kept = fields(simulator, there, customer.one)

        await customer.comes_back(SEATS, phone="+14255550100", job_title="", **BO)

        assert kept == fields(simulator, there, customer.one)
        [entry] = [text for text in simulator.timeline(customer.one) if SEATS in text]
        assert "Bo Li, not Sample Buyer 1," in entry
        assert "+14255550100" in entry

    async def test_another_fills_nothing(self, simulator, there):
        """A gap in somebody's record is not filled with what somebody else said."""
        customer = Customer(there, phone="")
        await customer.arrives()

        await customer.comes_back(SEATS, phone="+14255550100", **BO)

        [found] = simulator.found(customer.one)
        assert not found.get(named(there, "phone"))


class TestBefore:
    async def test_gaps(self, simulator, there):
        """A record that was there before us gets what it lacks, and the news in its timeline."""
        if not simulator.FINDS:
            return
        customer = Customer(there)
        names = {name: named(there, name) for name in ("email", "job_title", "phone", "last_name")}
        theirs = {names["email"]: customer.one.record["email"], names["job_title"]: "Chief"}
        simulator.put_before(customer.one, theirs | {names["last_name"]: "Buyer 1"})

        assert isinstance(await customer.arrives(), Accepted)

        [found] = simulator.found(customer.one)
        assert ("Chief", "+4930123456") == (found[names["job_title"]], found[names["phone"]])
        assert "Please call me." not in told(dict(found))
        assert 1 == times(simulator, customer.one, "Please call me.")

    async def test_another(self, simulator, there):
        """A record of somebody else that was there before us is left as it is."""
        if not simulator.FINDS:
            return
        customer = Customer(there)
        theirs = {named(there, "email"): customer.one.record["email"]}
        simulator.put_before(customer.one, theirs | {named(there, "last_name"): "Li"})
        kept = fields(simulator, there, customer.one)

        assert isinstance(await customer.arrives(), Accepted)

        assert kept == fields(simulator, there, customer.one)
        assert 1 == times(simulator, customer.one, "Please call me.")


class TestEnded:
    @pytest.mark.parametrize(
        ("kind", "how"),
        [(kind, how) for kind in WORKED for how in account(kind).ENDS],  # type: ignore[attr-defined]  # of `Worked`
    )
    async def test_told(self, kind, how):
        """What was closed before the customer came back is left alone, and the news told there."""
        simulator: Any = account(kind)
        there = simulator.destination()
        customer = Customer(there, phone="")
        await customer.arrives()
        simulator.end(customer.one, how)
        kept = fields(simulator, there, customer.one)

        outcome = await customer.comes_back(SEATS, phone="+4930123456")

        assert isinstance(outcome, Accepted)
        assert kept == fields(simulator, there, customer.one)
        assert 1 == times(simulator, customer.one, SEATS)


class TestTimeline:
    async def test_many(self, simulator, there):
        """Of many entries the newest are told, the oldest of them first, and how many were left."""
        customer = Customer(there)
        await customer.arrives()
        for number in range(MOST + 5):
            customer.writes(f"Question {number}.")

        assert isinstance(await customer.arrives(), Accepted)

        entries = simulator.timeline(customer.one)
        assert [f"Question {n}." for n in range(5, MOST + 5)] == [
            next(part for part in (f"Question {n}." for n in range(MOST + 5)) if part in text)
            for text in entries
        ]
        assert "and 5 earlier" in entries[0]

    async def test_refused(self, simulator, there):
        """Entries that are refused wait, and keep neither their record nor other leads waiting."""
        customer, new = Customer(there, phone=""), Customer(there, 2)
        await customer.arrives()
        simulator.entries_refused = True
        customer.writes(SEATS, phone="+4930123456")

        replies = [await there.deliver([one.one], NOW) for one in (customer, new)]

        assert (Deferred("timeline_refused"),) == replies[0].outcomes
        assert [Accepted] == [type(outcome) for outcome in replies[1].outcomes]
        assert [False, False] == [reply.failing for reply in replies]
        [found] = simulator.found(customer.one)
        assert "+4930123456" == found[named(there, "phone")]
        simulator.entries_refused = False
        customer.one = replace(customer.one, attempts=1)
        assert isinstance(await customer.arrives(), Accepted)
        assert 1 == times(simulator, customer.one, SEATS)

    async def test_throttled(self, simulator, there):
        """Where the timeline wants no more calls now, the lane waits, and all is told once."""
        customer = Customer(there)
        await customer.arrives()
        customer.writes(SEATS)
        before = simulator.writes
        await there.deliver([customer.one], NOW)
        of_one = simulator.writes - before
        simulator.faults = [Fault.NONE] * (of_one - 1) + [Fault.THROTTLED]
        customer.writes(TRAINING)

        reply = await there.deliver([customer.one], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert reply.hold is not None
        assert isinstance(await customer.arrives(), Accepted)
        assert [1, 1] == [times(simulator, customer.one, words) for words in (SEATS, TRAINING)]
