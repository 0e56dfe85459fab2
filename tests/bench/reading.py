"""Bench: leads read, classified and scored in memory, beside what is not ours in that."""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Final, TypeVar

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

HASHED: Final = ("email", "phone", "company", "country", "first_name", "last_name")
"""As many as a lead is hashed for: ids of contact and lead, fingerprint, names it is found by."""

T = TypeVar("T")


def reading() -> Iterator[Figure]:
    """Leads a second on one core, from the queue message to the outgoing record."""
    rounds = alone(measure)
    ours, planned, given = (median(rates) for rates in zip(*rounds, strict=True))
    yield Figure(
        "leads read and scored",
        f"{ours:,.0f} leads/s, {planned:,.0f} with all rows planned",
        f"{given:,.0f} leads/s by JSON, hashes and the libraries of e-mail and phone alone",
        ours,
        Target("at least", 5000),
        {"rounds": rounds},
    )


async def measure() -> list[tuple[float, float, float]]:
    """Return for each round the rates of ours, of planning and of what is not ours alone."""
    now = utc_now()
    messages = list(people.messages(COUNT, now))
    under, identity = due.UNDER, due.IDENTITY
    facts = [touches.read(open_envelope(m), under.catalogue, identity).facts for m in messages]
    told = list(zip(messages, facts, strict=True))

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
        (_rate(due.outgoing_of, messages), _rate(planned, messages), _rate(_alone, told))
        for _ in range(ROUNDS)
    ]


def _alone(told: tuple[bytes, Mapping[str, str]]) -> None:
    """Do for a lead what JSON, hashes and libraries do, each once, and nothing of ours."""
    message, facts = told
    body = json.loads(b64decode(json.loads(message)["touch"]["body"]))
    json.dumps(body, ensure_ascii=False)
    for name in HASHED:
        hmac.digest(b"a key", facts[name].encode(), "sha256")
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
