"""The contract of campaigns: what every system promises that has campaigns or lists of its own.

A system is in here once its simulator has a `CAMPAIGN`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred
from tests.builders import NOW
from tests.destinations.contract import account, again, person
from tests.destinations.sellers import Customer
from tests.destinations.simulators.base import CALLING, Fault, Simulator, Worked

KINDS = [kind for kind in CALLING if getattr(account(kind), "CAMPAIGN", "")]
ENDS = [(kind, how) for kind in KINDS for how in account(kind).ENDS]  # type: ignore[attr-defined]  # of `Worked`


@pytest.fixture(name="simulator", params=KINDS)
def _simulator(request: pytest.FixtureRequest) -> Worked:
    return worked(request.param)


def worked(kind: str) -> Worked:
    """A system that sellers work with."""
    made: Simulator = account(kind)
    assert isinstance(made, Worked)
    return made


def joining(simulator: Worked, into: str = "") -> Any:
    """The destination, whose leads join a campaign."""
    there = simulator.destination()
    there.campaigns = {"autumn-webinar": into or simulator.CAMPAIGN}
    return there


class TestJoin:
    async def test_once(self, simulator):
        """A lead joins its campaign, and stays in it once however often it comes back."""
        customer = Customer(joining(simulator))

        assert isinstance(await customer.arrives(), Accepted)
        assert isinstance(await customer.comes_back("We need 200 seats."), Accepted)

        assert 1 == simulator.member_of(customer.one, simulator.CAMPAIGN)

    async def test_none(self, simulator):
        """A lead of a campaign that has no id there joins none, and costs no call."""
        there = joining(simulator)
        one = person(1, campaign="spring-fair")
        await simulator.destination().deliver([person(2)], NOW)
        before, asked = simulator.writes, len(simulator.requests)

        await there.deliver([one], NOW)

        assert (before, asked) == (simulator.writes - before, len(simulator.requests) - asked)
        assert 0 == simulator.member_of(one, simulator.CAMPAIGN)

    async def test_no_contact(self, simulator):
        """Who asked not to be contacted is told, and joins no campaign."""
        there = joining(simulator)
        one = person(1, category="no_contact", stage="no_contact", intent="none")

        [outcome] = (await there.deliver([one], NOW)).outcomes

        assert isinstance(outcome, Accepted)
        assert 0 == simulator.member_of(one, simulator.CAMPAIGN)

    async def test_batch(self, simulator):
        """All of a batch join by one call more."""
        there, plain = joining(simulator), simulator.destination()
        await plain.deliver([person(number) for number in range(3)], NOW)
        before = simulator.writes
        many = [person(number) for number in range(3, 6)]

        reply = await there.deliver(many, NOW)

        assert [Accepted] * 3 == [type(outcome) for outcome in reply.outcomes]
        assert [1] * 3 == [simulator.member_of(one, simulator.CAMPAIGN) for one in many]
        assert simulator.writes - before <= before + 1

    async def test_refused(self, simulator):
        """A refusal keeps its lead waiting and nobody else; once mended, the lead joins."""
        there = joining(simulator)
        one, other = person(1), person(2, campaign="")
        simulator.campaigns_refused = True

        reply = await there.deliver([one, other], NOW)

        first, second = reply.outcomes
        assert Deferred("campaign_refused") == first
        assert isinstance(second, Accepted)
        assert not reply.failing
        assert 1 == len(simulator.found(one))
        simulator.campaigns_refused = False
        [outcome] = (await there.deliver([again(one)], NOW)).outcomes
        assert isinstance(outcome, Accepted)
        assert 1 == simulator.member_of(one, simulator.CAMPAIGN)

    async def test_not_there(self, simulator):
        """A campaign that is not there keeps its leads waiting, whose records are written."""
        there = joining(simulator, simulator.CAMPAIGN[:-4] + "9999")

        reply = await there.deliver([person(1)], NOW)

        assert (Deferred("campaign_refused"),) == reply.outcomes
        assert 1 == len(simulator.found(person(1)))

    @pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.THROTTLED])
    async def test_lost(self, simulator, fault):
        """At whichever write the connection breaks, in the end there is one record and member."""
        await joining(simulator).deliver([person(1)], NOW)
        for before in range(simulator.writes):
            anew = type(simulator)()
            anew.faults = [Fault.NONE] * before + [fault]
            customer = Customer(joining(anew))

            assert isinstance(await customer.arrives(), Accepted)
            assert 1 == anew.member_of(customer.one, anew.CAMPAIGN)
            assert 1 == len(anew.found(customer.one))


class TestUnknown:
    async def test_told(self, simulator):
        """The preflight tells which campaigns are not there, by the publisher's own ids."""
        there = joining(simulator)
        away = {"gone": simulator.CAMPAIGN[:-4] + "9999", "odd": "no'id(", "empty": " "}
        there.campaigns |= away

        assert {*away} == {*await there.unknown_campaigns(NOW)}


class TestEnded:
    @pytest.mark.parametrize(("kind", "how"), ENDS)
    async def test_waits_for_nothing(self, kind, how):
        """A lead that is closed by now is told as ever, whether or not it can still join."""
        simulator = worked(kind)
        customer = Customer(joining(simulator))
        customer.there.campaigns = {}
        await customer.arrives()
        simulator.end(customer.one, how)
        customer.there = joining(simulator)

        assert isinstance(await customer.comes_back("We need 200 seats."), Accepted)

    @pytest.mark.parametrize("kind", KINDS)
    async def test_found(self, kind):
        """Whose creation was not noted joins all the same."""
        simulator = worked(kind)
        await simulator.destination().deliver([person(1)], NOW)

        await joining(simulator).deliver([replace(again(person(1)), tried=True)], NOW)

        assert 1 == simulator.member_of(person(1), simulator.CAMPAIGN)
