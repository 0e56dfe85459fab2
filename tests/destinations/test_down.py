"""At whichever call a system is down, breaks the line or answers with nothing: it waits, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any, Final, NamedTuple

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.settings import Erasure
from tests.builders import NOW, entry
from tests.destinations.contract import (
    account,
    again,
    check_codes,
    forgetting,
    person,
    stepping,
    told,
)
from tests.destinations.simulators.base import CALLING, Worked


class Case(NamedTuple):
    """A system with a lead in it, and what is asked of it."""

    simulator: Worked
    one: Delivery
    ask: Callable[[Delivery], Awaitable[Reply]]
    there: Any
    """The destination."""


KINDS: Final = [kind for kind in CALLING if isinstance(account(kind), Worked)]
JOBS: Final = ("arrives", "returns", "steps", *Erasure)
CASES: Final = [
    (kind, job)
    for kind in KINDS
    for job in JOBS
    if not isinstance(job, Erasure) or job in account(kind).destination().erasures
]


async def prepared(kind: str, job: str) -> Case:
    """A system in which there is what a job needs."""
    simulator = account(kind)
    assert isinstance(simulator, Worked)
    erases = isinstance(job, Erasure)
    there: Any = simulator.destination(**({"erase": job} if erases else {}))
    there.campaigns = {"autumn-webinar": simulator.CAMPAIGN} if simulator.CAMPAIGN else {}
    await there.deliver([person(2)], NOW)
    one = person(1)
    if job == "arrives":
        return Case(simulator, one, lambda order: there.deliver([order], NOW), there)
    [outcome] = (await there.deliver([one], NOW)).outcomes
    since = replace(one, sent=1, record_id=outcome.record_id)
    if erases:
        order = forgetting(one, outcome.record_id)
        return Case(simulator, order, lambda order: there.forget([order], NOW), there)
    if job == "returns":
        later = replace(since, version=2, entries=(entry(version=2, words="We need 200 seats."),))
        return Case(simulator, later, lambda order: there.deliver([order], NOW), there)

    async def steps(order: Delivery) -> Reply:
        some = [stepping(simulator, order, verb) for verb in sorted(there.verbs)]
        replies = [await there.carry_out([step], NOW) for step in some]
        return Reply(tuple(outcome for reply in replies for outcome in reply.outcomes))

    return Case(simulator, since, steps, there)


def breaks(request: httpx.Request) -> httpx.Response:
    """A line that breaks."""
    raise httpx.ReadError("connection reset", request=request)


def nothing(_request: httpx.Request) -> httpx.Response:
    """An answer with nothing in it."""
    return httpx.Response(200, json={})


def once(simulator: Worked, number: int, instead: Callable[[httpx.Request], httpx.Response]) -> Any:
    """Has call *number* from now on answered so, and all others as ever."""
    at = len(simulator.requests) + number
    return lambda request: instead(request) if len(simulator.requests) == at else None


@pytest.mark.parametrize(("kind", "job"), CASES)
class TestAnyCall:
    async def test_down(self, kind, job):
        """What was not done is tried again and then done, and nobody is rejected meanwhile."""
        case = await prepared(kind, job)
        before = len(case.simulator.requests)
        assert {Accepted} == {type(one) for one in (await case.ask(case.one)).outcomes}

        for number in range(1, len(case.simulator.requests) - before + 1):
            for instead in (breaks, lambda _: case.simulator.unavailable()):
                anew = await prepared(kind, job)
                anew.simulator.played = once(anew.simulator, number, instead)
                reply = await anew.ask(anew.one)
                assert {type(one) for one in reply.outcomes} <= {Accepted, Deferred}
                anew.simulator.played = lambda _request: None
                last = await anew.ask(again(anew.one))
                assert {Accepted} == {type(one) for one in last.outcomes}
                shown = told(anew.simulator.shows()).count("Buyer 1")
                assert bool(shown) is (job not in (Erasure.DELETE, Erasure.ANONYMISE))

    async def test_nothing(self, kind, job):
        """An answer with nothing in it is no fault of ours: each outcome has its code."""
        case = await prepared(kind, job)
        before = len(case.simulator.requests)
        count = len((await case.ask(case.one)).outcomes)

        for number in range(1, len(case.simulator.requests) - before + 1):
            anew = await prepared(kind, job)
            anew.simulator.played = once(anew.simulator, number, nothing)
            reply = await anew.ask(anew.one)
            assert count == len(reply.outcomes)
            check_codes(reply)


def questions(kind: str) -> list[str]:
    """What else a system can be asked."""
    there = account(kind).destination()
    has = {"unknown_campaigns": there.settings.has_campaigns, "erase": there.erases}
    return ["describe", *(what for what, can in has.items() if can)]


@pytest.mark.parametrize(
    ("kind", "what"), [(kind, what) for kind in KINDS for what in questions(kind)]
)
class TestAnyQuestion:
    async def test_down(self, kind, what):
        """Who asks a system that is down hears that, never that something is missing or done."""
        case = await prepared(kind, "returns")
        before = len(case.simulator.requests)
        lacks = lacks_in(await asked(case, what))

        for number in range(1, len(case.simulator.requests) - before + 1):
            for instead in (breaks, lambda _: case.simulator.unavailable()):
                anew = await prepared(kind, "returns")
                anew.simulator.played = once(anew.simulator, number, instead)
                try:
                    told_then = await asked(anew, what)
                except (Refused, httpx.TransportError):
                    continue
                assert lacks_in(told_then) == lacks, what

    async def test_nothing(self, kind, what):
        """An answer with nothing in it is understood or refused, and breaks nothing."""
        case = await prepared(kind, "returns")
        before = len(case.simulator.requests)
        await asked(case, what)

        for number in range(1, len(case.simulator.requests) - before + 1):
            anew = await prepared(kind, "returns")
            anew.simulator.played = once(anew.simulator, number, nothing)
            with suppress(Refused):
                await asked(anew, what)


async def asked(case: Case, what: str) -> Any:
    """Ask a system."""
    return await getattr(case.there, what)(*([case.one] if what == "erase" else []), NOW)


def lacks_in(answer: Any) -> Any:
    """What a description says is missing; an answer of another kind has to be refused."""
    if not isinstance(answer, Description):
        return object()
    names = [one.name for one in fields(Description) if "lack" in one.name]
    return [getattr(answer, name) for name in names]
