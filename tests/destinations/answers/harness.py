"""How a row is played: an answer in the place of one of the simulator's, and what it is read as.

Everything else is real: the destination signs in, looks up and writes, and its simulator answers
all that the row does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import Any, Final, Protocol

import httpx

from leadshare.client.answers.sentences import said
from leadshare.deliveries.delivery import Accepted, Delivery, Outcome, Rejected, Reply
from leadshare.reason import Reason, Vendor
from tests.builders import NOW, record
from tests.destinations.contract import account, check_codes, person
from tests.destinations.simulators.base import Simulator

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Read(Enum):
    """What an answer is to be read as."""

    ACCEPT = "taken"
    MERGE = "taken, by what was there already"
    WITHOUT = "taken, once more and without what was refused"
    RETRY = "later, by the schedule"
    THROTTLE = "later and uncounted: the lane rests"
    QUOTA = "later and uncounted: the day's calls are used up"
    CONFIG = "waits for an operator, and the lane fails"
    AUTH = "waits for an operator: nobody lets us in, or lets us do it"
    REJECT = "parked by the vendor's code: it is the lead's fault"
    PARK = "parked under a reason of ours"
    GONE = "never to be called again"


@dataclass(frozen=True, slots=True)
class Row:
    """One answer, where it comes, and what it is read as."""

    id: str
    read: Read
    answer: Answer
    source: str
    """Where the answer is from: the vendor's page, a public issue or a public fixture's number."""
    reason: str = ""
    """The exact reason, where the kind says too little."""
    to: str = "write"
    """Which call is answered so: one of the module's `PLACES`."""
    hold: float | None = None
    """Seconds that the lane is held, where they are certain."""
    look_up: bool = False
    """Whether the record is read back, not handed over."""
    known: str = ""
    """`sent` for a lead whose record is there, `tried` after an attempt of unknown outcome."""
    times: int | None = None
    """How often it is answered, then the simulator answers; None for always, and for once where
    the record is to be taken in the end."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the lead says that others do not."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Any, Delivery], object] | None = None
    """What is done to the account before: it and the delivery are told."""


class Rows(Protocol):
    """What a module of rows has."""

    KIND: str
    """The type of destination, which names its simulator."""
    PLACES: Mapping[str, Callable[[httpx.Request], bool]]
    """The calls that can be answered, by name; `write` is what hands records over."""
    ROWS: Sequence[Row]


TAKEN: Final = frozenset({Read.ACCEPT, Read.MERGE, Read.WITHOUT})
_LET_IN: Final = {
    *(Reason.UNAUTHORISED, Reason.FORBIDDEN, Reason.FIELD_FORBIDDEN),
    *(Reason.SIGN_IN_FAILED, Reason.PROXY_REFUSED),
}


async def play(rows: Rows, row: Row) -> tuple[Reply, Simulator]:
    """Deliver one lead to an account that gives the row's answer; return the reply."""
    simulator = account(rows.KIND)
    there = simulator.destination(**row.settings)
    one = person(1, **row.facts)
    if row.known == "sent":
        # With a gap, which the next version fills: else nothing would be written.
        first = person(1, **{**row.facts, "phone": ""})
        [outcome] = (await there.deliver([first], NOW)).outcomes
        assert isinstance(outcome, Accepted)
        since = record()["since"] | {"phone": 2}
        later = person(1, version=2, **{"since": since, **row.facts})
        one = replace(later, sent=1, record_id=outcome.record_id)
    elif row.known:
        one = replace(one, attempts=1)
    if row.prepare:
        row.prepare(simulator, one)
    left = [row.times or (1 if row.read in TAKEN else 99)]

    def played(request: httpx.Request) -> httpx.Response | None:
        if not left[0] or not rows.PLACES[row.to](request):
            return None
        left[0] -= 1
        if isinstance(row.answer, Exception):
            raise row.answer
        return row.answer(request) if callable(row.answer) else row.answer

    simulator.played = played
    ask = there.look_up if row.look_up else there.deliver
    return await ask([one], NOW), simulator


def check(row: Row, reply: Reply) -> None:
    """Check that *reply* is what the row's answer is to be read as."""
    [outcome] = reply.outcomes
    assert row.read in _readings(outcome, reply), (outcome, reply)
    reason = "" if isinstance(outcome, Accepted) else outcome.reason
    if row.reason:
        assert row.reason == reason
    if row.hold is not None:
        assert timedelta(seconds=row.hold) == reply.hold
    check_codes(reply)
    if isinstance(row.answer, httpx.Response) and said(row.answer):
        assert outcome.said or row.read in {Read.ACCEPT, Read.MERGE}


def _readings(outcome: Outcome, reply: Reply) -> set[Read]:
    """Say as what the answer may have been read."""
    if reply.gone:
        return {Read.GONE}
    if isinstance(outcome, Accepted):
        return {Read.WITHOUT} if outcome.without else {Read.ACCEPT, Read.MERGE}
    if isinstance(outcome, Rejected):
        return {Read.REJECT} if outcome.reason.startswith(_CODES) else {Read.PARK}
    if outcome.reason in _HELD:
        free = reply.hold and not outcome.counts and not reply.failing
        return {_HELD[outcome.reason]} if free else set()
    if not reply.failing:
        return {Read.RETRY}
    return {Read.AUTH, Read.CONFIG} if outcome.reason in _LET_IN else {Read.RETRY, Read.CONFIG}


_HELD: Final[Mapping[str, Read]] = {
    Reason.THROTTLED: Read.THROTTLE,
    Reason.QUOTA_EXHAUSTED: Read.QUOTA,
}
_CODES: Final = tuple(f"{vendor}_" for vendor in Vendor)
