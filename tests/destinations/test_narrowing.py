"""Narrowing: whoever spoils a batch is found, in few calls, and the others are not held up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.destinations.narrowing import (
    MOST_CALLS,
    Judged,
    Part,
    halves,
    in_parts,
    in_turns,
    narrow,
)
from leadshare.destinations.replies import Verdict
from tests.builders import NOW
from tests.destinations.contract import person

TAKEN, WRONG = Verdict(Accepted()), Verdict(Rejected("crm_BAD"))
LEFT, DOWN = Verdict(Deferred("not_sent")), Verdict(Deferred("http_503"), failing=True)


class System:
    """Takes a batch or refuses it whole, for those in it that are *wrong*; is down once in *at*."""

    def __init__(self, wrong: str, at: int | None = None) -> None:
        self.wrong, self.at = wrong, at
        self.calls: list[str] = []

    async def call(self, part: Part) -> Judged:
        """Answer one call."""
        self.calls.append("".join(part))
        if len(self.calls) == self.at:
            return Judged(again=[part], stop=DOWN)
        if not set(part) & set(self.wrong):
            return Judged(dict.fromkeys(part, TAKEN))
        return Judged({part[0]: WRONG}) if len(part) == 1 else Judged(again=halves(part))


async def became(system: System, parts: Sequence[str], most: int = 20) -> dict[str, Verdict]:
    """What becomes of the records in *parts*, each of which is a letter."""
    return await narrow([list(part) for part in parts], system.call, most, LEFT)


class TestNarrow:
    @pytest.mark.parametrize("wrong", ["", "a", "d", "h", "ah", "abcdefgh"])
    async def test_found(self, wrong):
        """Only who is wrong is refused, wherever in the batch."""
        verdicts = await became(System(wrong), ["abcdefgh"])

        assert {name: WRONG if name in wrong else TAKEN for name in "abcdefgh"} == verdicts

    async def test_order(self):
        """What is narrowed goes before what has not been asked about; nothing is no call."""
        system = System("a")

        await became(system, ["abc", "", "de"])

        assert ["abc", "a", "bc", "de"] == system.calls

    async def test_most(self):
        """Calls are bounded; who is left comes to what is told of the rest."""
        system = System("a")

        verdicts = await became(system, ["abcd", "e"], most=3)

        assert ["abcd", "ab", "a"] == system.calls
        assert {"a": WRONG, "b": LEFT, "c": LEFT, "d": LEFT, "e": LEFT} == verdicts

    async def test_stop(self):
        """Where asking on is of no use, all that are left come to what was told last."""
        system = System("", at=2)

        verdicts = await became(system, ["a", "b", "c"])

        assert ["a", "b"] == system.calls
        assert {"a": TAKEN, "b": DOWN, "c": DOWN} == verdicts

    def test_halves(self):
        """An odd one is in the second half."""
        assert [[1], [2, 3]] == halves([1, 2, 3])


def refused(status: int = 400, reason: str = "acs_NO", **more: Any) -> Verdict:
    """What a call came to that judged no record."""
    return Verdict(Deferred(reason), status, **{"failing": True, **more})


class Poisoned:
    """Refuses whatever has a poisoned record in it, as a whole."""

    def __init__(self, *poisoned: Delivery, verdict: Verdict | None = None) -> None:
        self.poisoned = {one.lead for one in poisoned}
        self.verdict = verdict or refused()
        self.sizes: list[int] = []

    async def write(self, some: Sequence[Delivery]) -> dict[str, Verdict]:
        """Write some records."""
        self.sizes.append(len(some))
        if self.poisoned & {one.lead for one in some}:
            return dict.fromkeys((one.lead for one in some), self.verdict)
        return {one.lead: Verdict(Accepted("1"), 200) for one in some}


class TestInParts:
    async def test_alone(self):
        """Who spoils a batch waits alone; all others are taken."""
        many = [person(number) for number in range(20)]
        system = Poisoned(many[7])

        verdicts = await in_parts(many, system.write)

        left = [lead for lead, one in verdicts.items() if not one.record_id]
        assert [many[7].lead] == left
        assert [20, 10] == system.sizes[:2]
        assert 1 in system.sizes

    @pytest.mark.parametrize(
        ("verdict", "attempts", "calls"),
        [
            (refused(), 0, MOST_CALLS),
            (refused(413, "http_413"), 0, MOST_CALLS),
            (refused(400, "forbidden"), 0, 1),
            (refused(401), 0, 1),
            (refused(404, "http_404"), 0, 1),
            (refused(400, hold=timedelta(seconds=9)), 0, 1),
            (refused(400, failing=False), 0, 1),
            (refused(500, "http_500"), 1, 1),
            (refused(500, "http_500"), 2, MOST_CALLS),
            (refused(503, "http_503"), 2, 1),
        ],
    )
    async def test_only_where_it_may_help(self, verdict, attempts, calls):
        """What a smaller batch would be told as well is asked once; no more calls than allowed."""
        many = [replace(person(number), attempts=attempts) for number in range(40)]
        system = Poisoned(*many, verdict=verdict)

        verdicts = await in_parts(many, system.write)

        assert calls == len(system.sizes)
        assert {one.lead for one in many} == verdicts.keys()

    async def test_lost(self):
        """What an earlier call was told stays so when the line breaks."""
        many = [person(number) for number in range(4)]
        system = Poisoned(many[3])

        async def write(some: Sequence[Delivery]) -> dict[str, Verdict]:
            if len(system.sizes) == 2:
                raise httpx.ReadError("reset")
            return await system.write(some)

        verdicts = await in_parts(many, write)

        assert ["", "", "connection_lost", "connection_lost"] == [
            verdicts[one.lead].reason for one in many
        ]


class TestTurns:
    async def test_one_lead_twice(self):
        """Two steps of one lead go one after the other, and each has its own outcome."""
        asked: list[int] = []
        first, other, second = person(1), person(2), replace(person(1), attempts=1)

        async def take(some: Sequence[Delivery], _now: Any) -> Reply:
            asked.append(len(some))
            return Reply(tuple(Accepted(f"{one.lead[31]}{one.attempts}") for one in some))

        reply = await in_turns(take, [first, other, second], NOW)

        assert [2, 1] == asked
        assert (Accepted("10"), Accepted("20"), Accepted("11")) == reply.outcomes

    async def test_at_rest(self):
        """Who asks for a rest is left alone, and nobody has lost an attempt by that."""

        async def take(some: Sequence[Delivery], _now: Any) -> Reply:
            outcome = Deferred("throttled", counts=False)
            return Reply((outcome,) * len(some), 429, timedelta(seconds=9))

        reply = await in_turns(take, [person(1), person(1)], NOW)

        assert ["throttled", "not_sent"] == [one.reason for one in reply.outcomes]  # type: ignore[union-attr]  # deferred
        assert (429, timedelta(seconds=9)) == (reply.status, reply.hold)
