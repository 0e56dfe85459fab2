"""A customer who comes back, and what an account is told of it, visit by visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome
from leadshare.deliveries.record import Entry
from leadshare.destinations.crm import Crm
from leadshare.times import to_text
from tests.builders import NOW, entry
from tests.destinations.contract import again, person
from tests.destinations.simulators.base import Worked

OTHER: Final = "-0123456789abcdef"
"""Ends the id of a lead of another listing."""

BO: Final = {"first_name": "Bo", "last_name": "Li", "company": "Contoso Ltd"}
"""Somebody else at the address of whoever wrote first."""

GIVEN: Final = ("first_name", "last_name", "job_title", "phone", "company", "country")


class Customer:
    """One who writes, and the delivery that is owed for it."""

    def __init__(self, there: Crm[Any], number: int = 1, **told: Any) -> None:
        self.there = there
        first = person(number, **told)
        self.one = replace(first, entries=(said(first, 1, "Please call me."),))

    async def arrives(self) -> Outcome:
        """Hand over what is owed until it is taken, or known to stay."""
        for _ in range(9):
            [outcome] = (await self.there.deliver([self.one], NOW)).outcomes
            self.became(outcome)
            if not isinstance(outcome, Deferred):
                return outcome
        return outcome

    async def comes_back(self, words: str, **told: Any) -> Outcome:
        """Write once more, with other facts of the same person or of somebody else."""
        self.writes(words, **told)
        return await self.arrives()

    def writes(self, words: str, **told: Any) -> None:
        """Owe the next version, and what was owed before."""
        version = self.one.version + 1
        new = {name: version for name in told if name in self.one.record["since"]}
        record: Any = self.one.record | told
        record |= {"version": version, "touches": version, "notes": words}
        record["since"] = self.one.record["since"] | new
        one = replace(self.one, version=version, record=record)
        self.one = replace(one, entries=(*one.entries, said(one, version, words)))

    def became(self, outcome: Outcome) -> None:
        """Note what became of the hand-over."""
        if isinstance(outcome, Accepted):
            taken: dict[str, Any] = {
                "sent": self.one.version,
                "record_id": outcome.record_id,
                "entries": (),
            }
            self.one = replace(self.one, attempts=0, **taken)
        else:
            self.one = again(self.one)


def said(one: Delivery, version: int, words: str) -> Entry:
    """What the story tells of a visit, an hour after the one before."""
    facts = {name: one.record[name] for name in GIVEN}
    received = to_text(NOW + timedelta(hours=version))
    touch = uuid5(NAMESPACE_URL, f"{one.lead}/{version}").hex
    return entry(touch=touch, version=version, received=received, words=words, **facts)


def elsewhere(one: Customer) -> Customer:
    """The same customer, on another listing."""
    lead = one.one.lead.partition("-")[0] + OTHER
    other = Customer(one.there)
    record: Any = other.one.record | {"lead": lead, "listing": "contoso.reports"}
    record |= {"listing_title": "Contoso Reports"}
    first = replace(other.one, lead=lead, record=record)
    other.one = replace(first, entries=(said(first, 1, "And reports."),))
    return other


def named(there: Crm[Any], field: str) -> str:
    """The account's name of what is filled from a lead field."""
    return next(name for name, source in there.mapping.items() if source.field == field)


def edited(there: Crm[Any], one: Delivery) -> dict[str, Any]:
    """What a seller makes of every field, whoever the customer stays."""
    made: dict[str, Any] = {}
    for name, value in there.values(one).items():
        if isinstance(value, bool):
            made[name] = not value
        else:
            made[name] = value + 1 if isinstance(value, int) else f"{value} edited"
    return made


def fields(simulator: Worked, there: Crm[Any], one: Delivery) -> list[Mapping[str, Any]]:
    """What the account's records of a lead hold, of what may be written there."""
    return [{name: row.get(name) for name in there.mapping} for row in simulator.found(one)]


def times(simulator: Worked, one: Delivery, words: str) -> int:
    """How many entries of the timeline say so."""
    return sum(words in text for text in simulator.timeline(one))
