"""Destinations: steps of tracks in Marketo: entries in the timeline, and static lists.

Marketo gives people no tasks: what they are to do is an entry. Vendor pages are cited by their file
names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected, Reply
from leadshare.destinations.marketo.answers import CallRefused, joined, rows_in, verdict
from leadshare.destinations.marketo.api import API, Api
from leadshare.destinations.marketo.timeline import Timeline, of_call
from leadshare.destinations.replies import Verdict, absent
from leadshare.destinations.steps import UNDONE, Take, each, note, step_of, take
from leadshare.destinations.writing.timeline import Owed, eased
from leadshare.lifecycle.step import Verb
from leadshare.reason import Reason

VERBS: Final = frozenset({Verb.NOTE, Verb.LIST, Verb.LEAVE})

Person = Mapping[str, object]
"""A person as Marketo tells of it."""

Persons = Mapping[str, Person | Verdict]
"""By lead: who is there, or what it means that nobody is."""


async def persons_of(
    api: Api, key: str, deliveries: Sequence[Delivery], asked: Sequence[str], now: datetime
) -> dict[str, Person | Verdict]:
    """Return who is there: by their ids, and else by our key, as one merged into another is."""
    fields = ["id", key, *asked]
    ids = {one.lead: one.record_id for one in deliveries if one.record_id.isdecimal()}
    rows = await api.people("id", [*dict.fromkeys(ids.values())], fields, now)
    by_id = {str(row.get("id")): row for row in rows}
    found = {lead: by_id[one] for lead, one in ids.items() if one in by_id}
    rest = [one for one in deliveries if one.lead not in found]
    by_key: dict[str, list[Person]] = defaultdict(list)
    for row in await api.people(key, [one.lead for one in rest], fields, now):
        by_key[str(row.get(key))].append(row)
    return {**found, **{one.lead: _only(by_key[one.lead], one) for one in rest}}


def _only(rows: Sequence[Person], one: Delivery) -> Person | Verdict:
    if len(rows) > 1:
        return verdict(Rejected(Reason.SEVERAL_IN_CRM))
    return rows[0] if rows else verdict(absent(one))


async def take_steps(
    api: Api, timeline: Timeline, key: str, deliveries: Sequence[Delivery], now: datetime
) -> Reply:
    """Find the persons, and carry out the steps of *deliveries*."""
    found = await persons_of(api, key, deliveries, (), now)
    return await Steps(api, timeline, found, now).take(deliveries)


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of leads whose persons are known."""

    api: Api
    timeline: Timeline
    persons: Persons
    now: datetime

    async def take(self, deliveries: Sequence[Delivery]) -> Reply:
        """Carry out the steps of *deliveries*."""
        ways: dict[Verb, Take] = {
            Verb.NOTE: self.notes,
            Verb.LIST: self.enlist,
            Verb.LEAVE: self.leave,
        }
        return await take(deliveries, ways)

    async def notes(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Tell something in timelines; written again, it says the same."""
        owed = [
            Owed(one, str(person.get("id")), note(step_of(one), one.owed_since))
            for one, person in self._there(deliveries)
        ]
        told = await self.timeline.tell(owed, self.now)
        return self._missing(deliveries) | {name: _of_note(one) for name, one in told.items()}

    async def enlist(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Put persons on static lists (list-membership.md)."""
        return await self._change(deliveries, "POST")

    async def leave(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        """Take persons off static lists; who is on none is off it."""
        return await self._change(deliveries, "DELETE")

    async def _change(self, deliveries: Sequence[Delivery], method: str) -> dict[str, Verdict]:
        verdicts, lists = self._missing(deliveries), defaultdict[str, dict[str, Any]](dict)
        for one, person in self._there(deliveries):
            step = step_of(one)
            if step.into.isdecimal():
                lists[step.into][step.id] = person.get("id")
            else:
                verdicts[step.id] = UNDONE.saying("expected the number of a static list")
        for into, members in lists.items():
            ids = [*dict.fromkeys(members.values())]
            became = await self._changed(method, f"{API}/lists/{into}/leads.json", ids)
            verdicts |= {step: became[one] for step, one in members.items()}
        return verdicts

    async def _changed(self, method: str, path: str, ids: Sequence[Any]) -> dict[Any, Verdict]:
        body: dict[str, Any] = {"json": {"input": [{"id": one} for one in ids]}}
        what = body if method == "POST" else {"params": [("id", one) for one in ids]}
        try:
            rows = rows_in(await self.api.ask(method, path, self.now, **what), len(ids))
        except CallRefused as refused:
            return dict.fromkeys(ids, of_call(refused, UNDONE))
        outcomes = zip(ids, map(joined, rows), strict=True)
        return {one: verdict(outcome or Accepted()) for one, outcome in outcomes}

    def _there(self, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, Person]]:
        pairs = ((one, self.persons[one.lead]) for one in deliveries)
        return [(one, person) for one, person in pairs if not isinstance(person, Verdict)]

    def _missing(self, deliveries: Sequence[Delivery]) -> dict[str, Verdict]:
        pairs = ((one, self.persons[one.lead]) for one in deliveries)
        found = [each([one], person) for one, person in pairs if isinstance(person, Verdict)]
        return {name: verdict for one in found for name, verdict in one.items()}


def _of_note(told: Verdict) -> Verdict:
    if told.reason == Reason.TIMELINE_REFUSED:
        return UNDONE.saying(told.outcome.said)
    return eased(told, UNDONE)
