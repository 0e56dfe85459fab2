"""Destinations: HubSpot's contacts, one for each person, however the person got there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.crm import Crm
from leadshare.destinations.hubspot.answers import TAKEN, Record
from leadshare.destinations.hubspot.batch import (
    Post,
    Row,
    Rows,
    find,
    ours_after_all,
    properties,
    write,
)
from leadshare.destinations.hubspot.fields import (
    Found,
    contact_of,
    created,
    free,
    held,
    missed,
    told,
)
from leadshare.destinations.replies import Verdict, same
from leadshare.destinations.writing.mapping import Value, Write
from leadshare.reason import Reason

OWNER: Final = "hubspot_owner_id"
"""The property that says whose a record is."""

Held = Mapping[str, object]
"""What a contact shows, by the names of the mapping."""


@dataclass(slots=True)
class Standing:
    """What became of the contact of each lead, and what it showed when it was found."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    there: dict[str, Held] = field(default_factory=dict)
    """By lead; nothing for a lead whose own contact was just made."""
    shared: set[str] = field(default_factory=set)
    """Leads whose contact is another person's, too, so that nothing is written in it."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """How persons are kept there."""

    post: Post
    key: str
    crm: Crm[Any]
    """Whose mapping says what a contact holds."""

    async def write(self, deliveries: Sequence[Delivery], now: datetime) -> Standing:
        """Return what became of the contact of each lead.

        The search tells what sellers wrote, and which contacts they deleted or merged.
        """
        found = await self._find(self.key, map(contact_of, deliveries), now)
        if isinstance(found, Verdict):
            return Standing(same(deliveries, found))
        lost = {d.lead: v for d in deliveries if d.sent and (v := missed(found, contact_of(d)))}
        left = [delivery for delivery in deliveries if delivery.lead not in lost]
        people = _people(left)
        standing = Standing()
        known = {name: there for name in people if (there := found.get(name))}
        await self._update(standing, people, known, now)
        await self._create(standing, {n: p for n, p in people.items() if n not in known}, now)
        # What has another's key now was merged into theirs, by sellers: the news goes there.
        gone = [d for d in deliveries if d.lead in lost and contact_of(d) in found]
        await self._merge(standing, _people(gone), now)
        standing.verdicts = lost | standing.verdicts
        return standing

    async def _create(
        self, standing: Standing, people: Mapping[str, list[Delivery]], now: datetime
    ) -> None:
        """Create contacts: atomic by our key, so that a lost answer doubles nobody."""
        values = {name: self.crm.values(latest) for name, [latest, *_] in people.items()}
        rows = {
            name: Row(latest, created(name, values[name], self.key))
            for name, [latest, *_] in people.items()
        }
        written = await self._write("contacts/batch/upsert", rows, now)
        for name, (_, *others) in people.items():
            standing.there |= {delivery.lead: values[name] for delivery in others}
        _settle(standing, people, written)
        # The person may be there under the e-mail alone, which a seller typed in: it gets our key.
        taken = {name: people[name] for name, v in written.items() if v.outcome == TAKEN}
        await self._merge(standing, taken, now)
        became = {name: standing.verdicts[latest.lead] for name, [latest, *_] in people.items()}
        after = await ours_after_all(self.post, ("contacts", self.key), became, now)
        _settle(standing, people, after)

    async def _update(
        self,
        standing: Standing,
        people: Mapping[str, list[Delivery]],
        there: Mapping[str, Record],
        now: datetime,
    ) -> None:
        """Write what may be written in the contacts that are *there*, with our key.

        Found by key or e-mail, written by record id: an update may not be keyed by e-mail, which
        HubSpot does not hold for unique (HubSpot/hubspot-api-nodejs, issue 548).
        """
        verdicts: dict[str, Verdict] = {}
        rows: dict[str, Row] = {}
        for name, record in there.items():
            old = properties(record)
            changes, shown = self._changes(people[name], old)
            standing.there |= {delivery.lead: shown for delivery in people[name]}
            if changes or old.get(self.key) != name:
                texts = told(changes, self.key, name)
                rows[name] = Row(people[name][0], {"id": record["id"], "properties": texts})
            else:
                verdicts[name] = Verdict(Accepted(record["id"]))
        written = await self._write("contacts/batch/update", rows, now)
        _settle(standing, people, verdicts | written)

    def _changes(
        self, leads: Sequence[Delivery], old: Record
    ) -> tuple[dict[str, Value], dict[str, object]]:
        """Return what *leads* of one person change in a contact, and what it shows.

        The lead touched last goes first; others may fill what it leaves.
        """
        changes: dict[str, Value] = {}
        shown: dict[str, object] = {}
        for number, delivery in enumerate(leads):
            shown = held(old, self.crm.values(delivery))
            # What a contact of ours lacks, another lead of this person may have told, and a seller
            # cleared: no lead that is new fills it.
            stale = bool(old.get(self.key)) and not delivery.sent
            told_before = replace(delivery, sent=delivery.version) if stale else delivery
            new = self.crm.changes(told_before, {**shown, **changes})
            fills = {n: v for n, v in new.items() if self.crm.writes[n] is Write.FILL}
            changes |= fills if number else new
        return changes, shown

    async def _merge(
        self, standing: Standing, people: Mapping[str, list[Delivery]], now: datetime
    ) -> None:
        """Find contacts by the e-mail, and give those our key that have none yet.

        One that is another person's as well, such as after sellers merged two, is left as it is.
        """
        emails = {
            name: self.crm.values(latest).get("email") for name, [latest, *_] in people.items()
        }
        names = {str(email).lower(): name for name, email in emails.items() if email}
        found = await self._find("email", names, now) if names else {}
        if isinstance(found, Verdict):
            _settle(standing, people, dict.fromkeys(names.values(), found))
            return
        verdicts: dict[str, Verdict] = {}
        free_ones: dict[str, Record] = {}
        for email, name in names.items():
            there, claimed = found.get(email), {one["id"] for one in free_ones.values()}
            if email not in found:
                verdicts[name] = Verdict(Deferred(Reason.NO_ANSWER))
            elif there is None:
                continue  # it was another property that must be unique
            elif free(there, self.key, name, claimed):
                free_ones[name] = there
            else:
                verdicts[name] = Verdict(Accepted(there["id"]))
                for delivery in people[name]:
                    standing.there[delivery.lead] = held(properties(there), {})
                    standing.shared.add(delivery.lead)
        _settle(standing, people, verdicts)
        await self._update(standing, people, free_ones, now)

    async def find(self, deliveries: Sequence[Delivery], now: datetime) -> Verdict | Found:
        """Return the contacts of *deliveries*, by the ids of the persons.

        By our key, which the index of a search would lag behind, then by the e-mail.
        """
        found = await self._find(self.key, map(contact_of, deliveries), now)
        if isinstance(found, Verdict):
            return found
        missing = {
            str(email).lower(): contact_of(delivery)
            for delivery in deliveries
            if contact_of(delivery) in found and found[contact_of(delivery)] is None
            if (email := self.crm.values(delivery).get("email"))
        }
        if not missing:
            return found
        merged = await self._find("email", missing, now)
        if isinstance(merged, Verdict):
            return merged
        return found | {name: merged[email] for email, name in missing.items() if email in merged}

    async def _find(
        self, key: str, names: Iterable[str], now: datetime
    ) -> Verdict | dict[str, Record | None]:
        wanted = (self.key, "hs_additional_emails", OWNER, *self.crm.compared)
        return await find(self.post, ("contacts", key), names, wanted, now)

    async def _write(self, path: str, rows: Rows, now: datetime) -> dict[str, Verdict]:
        return await write(self.post, path, self.key, rows, now)


def _people(deliveries: Iterable[Delivery]) -> dict[str, list[Delivery]]:
    """Return leads by person, the one touched last first.

    HubSpot refuses a batch that names anybody twice.
    """
    people: dict[str, list[Delivery]] = {}
    for one in sorted(deliveries, key=lambda d: d.record["last_touch"], reverse=True):
        people.setdefault(contact_of(one), []).append(one)
    return people


def _settle(
    standing: Standing, people: Mapping[str, list[Delivery]], verdicts: Mapping[str, Verdict]
) -> None:
    standing.verdicts |= {
        delivery.lead: verdict for name, verdict in verdicts.items() for delivery in people[name]
    }
