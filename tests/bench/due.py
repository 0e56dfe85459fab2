"""Bench: rows of deliveries that are due, or finished long ago, made as leadshare makes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, Final

from leadshare.configuration.models import Configuration
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted
from leadshare.deliveries.ledger import Attempt
from leadshare.deliveries.record import Record
from leadshare.identity import Identity
from leadshare.intake.message import open_envelope
from leadshare.leads import touch
from leadshare.leads.lead import facts_of, fold
from leadshare.leads.outgoing import outgoing
from leadshare.leads.routing import Routes, route
from leadshare.scoring import receipt as scoring
from leadshare.store.keys import partition_of
from leadshare.store.table import Change, Row
from tests.bench.people import messages
from tests.builders import Named, moved

KEY: Final = "an identity key for benchmarks only"
IDENTITY: Final = Identity(KEY.encode())
UNDER: Final[Configuration[Any]] = Configuration[Named].model_validate(
    {
        "listing": [
            {"id": "contoso.invoice-robot", "title": "Contoso Invoice Robot", "kind": "app"},
            {"id": "contoso.vm-suite", "title": "Contoso VM Suite", "kind": "offer"},
        ],
        "destination": [{"name": "crm", "channel": "crm", "accepts": []}],
    }
)
"""A publisher with a catalogue and one destination for all leads."""

PEOPLE: Final = 500

Unit = tuple[str, list[Change]]
"""A lead and changes of its rows."""


def records(count: int, now: datetime, first: int = 0) -> Iterator[Record]:
    """Yield what goes out for *count* leads: people come again, but each time as another lead."""
    people = cycle([outgoing_of(message) for message in messages(PEOPLE, now)])
    for number, record in zip(range(first, first + count), people, strict=False):
        contact = hashlib.sha256(str(number).encode()).hexdigest()[:32]
        yield {**record, "lead": f"{contact}-{record['lead'].partition('-')[2]}"}


def outgoing_of(message: bytes) -> Record:
    """Return what goes out for a queue message: all of reading, scoring and routing a lead."""
    one = touch.read(open_envelope(message), UNDER.catalogue, IDENTITY)
    [lead] = fold([one]).values()
    facts = facts_of(lead)
    receipt = scoring.score(facts, UNDER.scoring)
    stage = UNDER.scoring.stage(lead.category, lead.storefront, receipt.score)
    route(facts, receipt.score, (stage,), Routes.of(UNDER))
    return outgoing(lead, receipt, moved(stage), 1)


def due(records: Iterator[Record], destination: str, now: datetime) -> Iterator[Unit]:
    """Yield the rows of deliveries of *records* that are due by *now*, a millisecond apart."""
    for number, record in enumerate(records):
        at = now - timedelta(minutes=5) + timedelta(milliseconds=number)
        yield record["lead"], ledger.owe(None, record["lead"], destination, record, at)


def finished(units: Iterator[Unit], now: datetime) -> Iterator[Unit]:
    """Yield the deliveries of *units* as they are once they have been accepted.

    Their attempts are left out: they lie with the contact, far from what a tick reads.
    """
    for lead, [delivery, due] in units:
        row = Row(partition_of(lead), due.key, due.values)
        attempt = Attempt(ledger.to_delivery(row), Accepted(), now)
        _, finish, _ = ledger.finish(row, attempt, SCHEDULE, now, 0)
        yield lead, [Change("insert", delivery.key, {**delivery.values, **finish.values})]
