"""Bench: leads read, classified and scored in memory, beside the two libraries that cost most."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, Final, TypeVar

import phonenumbers
from email_validator import validate_email

from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.held import Held
from leadshare.leads.planning.touches import plan
from leadshare.leads.routing import Routes
from leadshare.times import utc_now
from tests.bench import due, people
from tests.bench.alone import alone
from tests.bench.report import Figure, Target

ROUNDS: Final = 5
COUNT: Final = 2000

T = TypeVar("T")


def reading() -> Iterator[Figure]:
    """Leads a second on one core, from the queue message to the outgoing record."""
    rounds = alone(measure)
    ours, planned, libraries = (median(rates) for rates in zip(*rounds, strict=True))
    yield Figure(
        "leads read and scored",
        f"{ours:,.0f} leads/s, {planned:,.0f} with all rows planned",
        f"{libraries:,.0f} e-mails and phones/s by their libraries",
        ours,
        Target("at least", 5000),
        {"rounds": rounds},
    )


async def measure() -> list[tuple[float, float, float]]:
    """Return for each round the rates of ours, of planning and of the libraries alone."""
    now = utc_now()
    messages = list(people.messages(COUNT, now))
    under, identity = due.UNDER, due.IDENTITY
    facts = [touches.read(open_envelope(m), under.catalogue, identity).facts for m in messages]

    def planned(message: bytes) -> None:
        envelope = open_envelope(message)
        plan(
            Held(),
            touches.read(envelope, under.catalogue, identity),
            envelope.body,
            Routes.of(under),
            under.scoring,
            now,
        )

    return [
        (_rate(due.outgoing_of, messages), _rate(planned, messages), _rate(_libraries, facts))
        for _ in range(ROUNDS)
    ]


def _libraries(facts: Any) -> None:
    validate_email(facts["email"], check_deliverability=False, test_environment=True)
    number = phonenumbers.parse(facts["phone"], facts["country"])
    phonenumbers.is_valid_number(number)
    phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _rate(do: Callable[[T], object], items: Sequence[T]) -> float:
    """Return how many *items* a second of processor time are done."""
    started = time.process_time()
    for item in items:
        do(item)
    return len(items) / (time.process_time() - started)
