"""The contract of erasing: what every system promises that can take a person out of its records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.base import Destination
from leadshare.destinations.settings import CrmSettings, Erasure
from tests.builders import NOW, entry
from tests.destinations.contract import account, again, check_codes, forgetting, person, told
from tests.destinations.simulators.base import CALLING, Fault, Simulator, Worked

THERE: Final = {kind: account(kind).destination() for kind in CALLING}
CAN: Final = [kind for kind, one in THERE.items() if type(one).take_out is not Destination.take_out]
CRMS: Final = [kind for kind in CAN if isinstance(THERE[kind].settings, CrmSettings)]
WAYS: Final = [
    pytest.param(kind, how, id=f"{kind}-{how}")
    for kind in CRMS
    for how in sorted(THERE[kind].erasures - {Erasure.TASK})
]
DID: Final = {Erasure.DELETE: "deleted", Erasure.ANONYMISE: "anonymised"}

PERSON: Final[dict[str, Any]] = {
    "email": "erika@erased.example",
    "first_name": "Erika",
    "last_name": "Erasable",
    "company": "Erased Widgets",
    "company_domain": "erased.example",
    "phone": "+4930987654",
    "job_title": "Chief Eraser",
    "notes": "Words of Erika",
}
"""Who is erased: no other record tells of any of it."""


async def delivered(there: Destination[Any], number: int = 1, **changes: Any) -> Delivery:
    """A lead whose record is there, and what it said since."""
    one = person(number, **{**PERSON, **changes})
    [outcome] = (await there.deliver([one], NOW)).outcomes
    if isinstance(outcome, Deferred):  # it was there before, and is looked at next
        [outcome] = (await there.deliver([again(one)], NOW)).outcomes
    assert isinstance(outcome, Accepted)
    names: Any = {name: PERSON[name] for name in ("first_name", "last_name", "company")}
    words = "Later words of Erika"
    since = entry(version=2, touch=f"{number:032x}", words=words, **names)
    later = replace(one, version=2, sent=1, record_id=outcome.record_id, entries=(since,))
    [outcome] = (await there.deliver([later], NOW)).outcomes
    assert isinstance(outcome, Accepted)
    return forgetting(one, outcome.record_id)


async def forgotten(there: Destination[Any], *orders: Delivery) -> list[str]:
    """What was done for each order."""
    reply = await there.forget(orders, NOW)
    check_codes(reply)
    return [one.did if isinstance(one, Accepted) else one.reason for one in reply.outcomes]


def words_of(shown: Any) -> list[str]:
    """What is told of the person."""
    text = told(shown).lower()
    return [value for value in (*PERSON.values(), "Later words") if value.lower() in text]


def worked(kind: str) -> Worked:
    """A system that sellers work with."""
    made: Simulator = account(kind)
    assert isinstance(made, Worked)
    return made


WON: Final = [way for way in WAYS if type(worked(str(way.values[0]))).win is not Worked.win]
"""Where somebody makes something of a lead."""

FOUND: Final = [way for way in WAYS if worked(str(way.values[0])).FINDS and way.values[0] != "zoho"]
"""Where a delivery may find a record that is not its own: at Zoho what it finds is."""


@pytest.mark.parametrize("kind", CRMS)
class TestTask:
    async def test_once(self, kind):
        """By default people are given the task, once for each order, which names no person."""
        there = (simulator := worked(kind)).destination()
        order = await delivered(there)

        did = [await forgotten(there, one) for one in (order, order, again(order))]

        assert [["task"]] * 3 == did
        [task] = simulator.tasks_of(order)
        assert [] == words_of(task)
        assert words_of(simulator.shows())

    async def test_lost(self, kind):
        """Whenever the connection breaks, in the end there is one task."""
        for fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER):
            there = (simulator := worked(kind)).destination()
            order = await delivered(there)
            simulator.faults = [fault]

            reply = await there.forget([order], NOW)
            assert [Deferred] == [type(outcome) for outcome in reply.outcomes]
            assert ["task"] == await forgotten(there, again(order))
            assert 1 == len(simulator.tasks_of(order))

    async def test_not_there(self, kind):
        """Of whom nothing is there, nothing is done."""
        there = worked(kind).destination()

        assert ["not_there"] == await forgotten(there, forgetting(person(1)))


@pytest.mark.parametrize(("kind", "how"), WAYS)
class TestWays:
    async def test_ours(self, kind, how):
        """Nothing tells of a person any more whose record leadshare made and nobody converted."""
        there = (simulator := worked(kind)).destination(erase=how)
        order = await delivered(there)
        assert len(words_of(simulator.shows())) >= len(PERSON) - 1

        assert [DID[how]] == await forgotten(there, order)

        assert [] == words_of(simulator.shows())
        assert [] == list(simulator.tasks_of(order))

    async def test_others(self, kind, how):
        """Nobody else is touched, in one batch or not."""
        there = (simulator := worked(kind)).destination(erase=how)
        order = await delivered(there)
        other = person(2, last_name="Keepable")
        await there.deliver([other], NOW)

        assert [DID[how], "not_there"] == await forgotten(there, order, forgetting(person(9)))

        assert "Keepable" in told(simulator.shows())

    async def test_down(self, kind, how):
        """Who cannot see what is there erases nothing, and the system is at fault."""
        there = (simulator := worked(kind)).destination(erase=how)
        order = await delivered(there)
        simulator.blind = Fault.UNAVAILABLE

        reply = await there.forget([order], NOW)

        assert [Deferred] == [type(outcome) for outcome in reply.outcomes]
        assert words_of(simulator.shows())

    async def test_lost(self, kind, how):
        """Whenever the connection breaks, in the end nothing tells of the person."""
        for fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER):
            there = (simulator := worked(kind)).destination(erase=how)
            order = await delivered(there)
            simulator.faults = [fault]

            await there.forget([order], NOW)
            assert set(await forgotten(there, again(order))) <= {DID[how], "not_there"}
            assert [] == words_of(simulator.shows())


@pytest.mark.parametrize(("kind", "how"), WON)
async def test_converted(kind, how):
    """What sellers have made something of is a task."""
    there = (simulator := worked(kind)).destination(erase=how)
    order = await delivered(there)
    simulator.win(order)

    assert ["task"] == await forgotten(there, order)

    assert words_of(simulator.shows())
    assert 1 == len(simulator.tasks_of(order))


@pytest.mark.parametrize(("kind", "how"), FOUND)
async def test_before_us(kind, how):
    """What was there before leadshare is a task."""
    simulator = worked(kind)
    there = simulator.destination(erase=how)
    held = there.values(person(1, **PERSON))  # type: ignore[attr-defined]  # a Crm
    # The text of a lead is leadshare's alone: nobody else would write one.
    kept = {name: value for name, value in held.items() if name != there.NOTES}  # type: ignore[attr-defined]  # as above
    simulator.put_before(person(1, **PERSON), kept)
    order = await delivered(there)

    assert ["task"] == await forgotten(there, order)

    assert words_of(simulator.shows())
