"""The contract of steps: what every system promises that carries out steps of tracks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus
from uuid import NAMESPACE_URL, uuid5

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW
from tests.destinations.contract import account, again, check_codes, forgetting, person
from tests.destinations.simulators.base import CALLING, Fault, Simulator, Worked

KINDS = [
    kind
    for kind in CALLING
    if isinstance(account(kind), Worked) and account(kind).destination().verbs
]
DOES = [
    pytest.param(kind, verb, id=f"{kind}-{verb}")
    for kind in KINDS
    for verb in sorted(account(kind).destination().verbs)
]
LISTS = [kind for kind in KINDS if Verb.LIST in account(kind).destination().verbs]
TELLS = [kind for kind in KINDS if account(kind).destination().settings.tells_outcomes]

WORDS = "Send them the price list."


def worked(kind: str) -> Worked:
    """A system that sellers work with."""
    made: Simulator = account(kind)
    assert isinstance(made, Worked)
    return made


async def delivered(there: Any, number: int = 1) -> Delivery:
    """A lead whose record is there."""
    one = person(number)
    [outcome] = (await there.deliver([one], NOW)).outcomes
    assert isinstance(outcome, Accepted)
    return replace(one, sent=1, record_id=outcome.record_id)


def stepped(simulator: Worked, one: Delivery, verb: Verb, number: int = 1) -> Delivery:
    """A step that is due for a lead."""
    into = simulator.LIST if verb in (Verb.LIST, Verb.LEAVE) else ""
    due = "2026-11-25T09:00:00.000Z" if verb is Verb.TASK else ""
    name = uuid5(NAMESPACE_URL, f"{one.lead} {verb} {number}").hex
    return replace(one, step=Step(name, "nurture", verb, WORDS, into, due))


def done(simulator: Worked, one: Delivery, verb: Verb) -> int:
    """How often it was done."""
    told = {Verb.TASK: simulator.tasks_of, Verb.NOTE: simulator.timeline}
    if verb in told:
        return sum(WORDS in text for text in told[verb](one))
    return simulator.member_of(one, simulator.LIST)


def once(verb: Verb) -> int:
    """What is there once it is done."""
    return 0 if verb is Verb.LEAVE else 1


async def prepared(simulator: Worked, there: Any, one: Delivery, verb: Verb) -> None:
    """Put somebody on the list who is to leave it."""
    if verb is Verb.LEAVE:
        await there.carry_out([stepped(simulator, one, Verb.LIST)], NOW)
        assert 1 == simulator.member_of(one, simulator.LIST)


@pytest.mark.parametrize(("kind", "verb"), DOES)
class TestStep:
    async def test_once(self, kind, verb):
        """A step is done once, however often it is tried."""
        there = (simulator := worked(kind)).destination()
        one = await delivered(there)
        await prepared(simulator, there, one, verb)
        step = stepped(simulator, one, verb)

        replies = [await there.carry_out([each], NOW) for each in (step, step, again(step))]

        assert [Accepted] * 3 == [type(reply.outcomes[0]) for reply in replies]
        assert once(verb) == done(simulator, one, verb)

    async def test_batch(self, kind, verb):
        """Steps of several leads, and two of one, are each done."""
        there = (simulator := worked(kind)).destination()
        many = [await delivered(there, number) for number in (1, 2)]
        for one in many:
            await prepared(simulator, there, one, verb)
        steps = [stepped(simulator, one, verb) for one in many]

        reply = await there.carry_out([*steps, stepped(simulator, many[0], verb, 2)], NOW)

        assert [Accepted] * 3 == [type(outcome) for outcome in reply.outcomes]
        twice = 2 if verb in (Verb.TASK, Verb.NOTE) else once(verb)
        assert [twice, once(verb)] == [done(simulator, one, verb) for one in many]

    @pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.THROTTLED])
    async def test_lost(self, kind, verb, fault):
        """Whenever the connection breaks, in the end it is done once."""
        there = (simulator := worked(kind)).destination()
        one = await delivered(there)
        await prepared(simulator, there, one, verb)
        step = stepped(simulator, one, verb)
        simulator.faults = [fault]

        first = await there.carry_out([step], NOW)
        second = await there.carry_out([again(step)], NOW)

        if fault is Fault.THROTTLED and simulator.faults == []:
            assert (Deferred("throttled", counts=False),) == first.outcomes
        assert [Accepted] == [type(outcome) for outcome in second.outcomes]
        assert once(verb) == done(simulator, one, verb)

    async def test_refused(self, kind, verb):
        """What a right is missing for waits, and the system is not at fault."""
        there = (simulator := worked(kind)).destination()
        one = await delivered(there)
        await prepared(simulator, there, one, verb)
        simulator.entries_refused = simulator.campaigns_refused = True

        reply = await there.carry_out([stepped(simulator, one, verb)], NOW)

        assert (Deferred("step_refused"),) == reply.outcomes
        assert not reply.failing

    async def test_gone(self, kind, verb):
        """Where the record is gone, the step says so, and holds up no other."""
        there = (simulator := worked(kind)).destination()
        one, other = await delivered(there), await delivered(there, 2)
        await there.erase(one, NOW)

        steps = [stepped(simulator, each, verb) for each in (one, other)]
        reply = await there.carry_out(steps, NOW)

        assert [Rejected("deleted_in_crm"), Accepted()] == [
            replace(outcome, record_id="") if isinstance(outcome, Accepted) else outcome
            for outcome in reply.outcomes
        ]
        check_codes(reply)

    async def test_down(self, kind, verb):
        """A system that is down is at fault itself, and nothing is rejected."""
        there = (simulator := worked(kind)).destination()
        one = await delivered(there)
        simulator.blind = Fault.UNAVAILABLE
        simulator.faults = [Fault.UNAVAILABLE]

        reply = await there.carry_out([stepped(simulator, one, verb)], NOW)

        assert [Deferred] == [type(outcome) for outcome in reply.outcomes]
        assert reply.failing


@pytest.mark.parametrize("kind", LISTS)
async def test_no_such_list(kind):
    """A list that is not there keeps the step waiting, and nobody else."""
    there = (simulator := worked(kind)).destination()
    one = await delivered(there)
    step = stepped(simulator, one, Verb.LIST)
    assert step.step is not None
    wrong = replace(step, step=replace(step.step, into=simulator.LIST[:-4] + "9999"))

    reply = await there.carry_out([wrong], NOW)

    assert (Deferred("step_refused"),) == reply.outcomes
    assert not reply.failing


@pytest.mark.parametrize("kind", TELLS)
async def test_no_sign(kind):
    """Nothing that we do for a lead is a sign that a person has begun to work it."""
    there = (simulator := worked(kind)).destination()
    there.campaigns = {"autumn-webinar": simulator.CAMPAIGN} if simulator.CAMPAIGN else {}
    one = await delivered(there)
    for verb in sorted(there.verbs - {Verb.LEAVE}):
        reply = await there.carry_out([stepped(simulator, one, verb)], NOW)
        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]

    told = await there.current({one.lead: one.record_id}, NOW)

    assert [None] == [outcome.signed_at for outcome in told]


@pytest.mark.parametrize("kind", KINDS)
async def test_addresses(kind):
    """No address that is called tells of the person, and no text of a task or list does."""
    there = (simulator := worked(kind)).destination()
    there.campaigns = {"autumn-webinar": simulator.CAMPAIGN} if simulator.CAMPAIGN else {}
    one = await delivered(there)
    before = len(simulator.requests)
    for verb in sorted(there.verbs):
        await there.carry_out([stepped(simulator, one, verb)], NOW)
    bodies = [r.content.decode() for r in simulator.requests[before:] if simulator.is_write(r)]
    await there.forget([forgetting(one, one.record_id)], NOW)

    addresses = [unquote_plus(str(request.url)) for request in simulator.requests]
    facts = [one.record[name] for name in ("email", "last_name", "company")]
    assert [] == [fact for fact in facts for text in (*addresses, *bodies) if fact in text]
