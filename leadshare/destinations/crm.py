"""Destinations: what every system is that keeps a record for each lead, in mapped fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, TypeVar
from urllib.parse import quote

import httpx

from leadshare.deliveries.delivery import Delivery, Reply
from leadshare.destinations.base import Destination
from leadshare.destinations.settings import CrmSettings
from leadshare.destinations.writing.leaving_out import leave_out, send_again
from leadshare.destinations.writing.mapping import Source, Value, Write, fill, fit, mapped
from leadshare.destinations.writing.policy import WHO, changes, policies, shown
from leadshare.destinations.writing.telling import Note, Shown, View, notes

C = TypeVar("C", bound=CrmSettings)


class Crm(Destination[C]):
    """A system that keeps a record for each lead, in fields that a mapping fills."""

    FIELDS: ClassVar[Mapping[str, Source]]
    """The default mapping: what each field is filled from."""
    LENGTHS: ClassVar[Mapping[str, int]] = {}
    """UTF-16 units that a field takes at most."""
    WHOLE: ClassVar[tuple[str, ...]] = ()
    """Fields whose text is wrong once it is cut."""
    LINK: ClassVar[str] = ""
    """The address at which people see a record, of the system's `url` and the record's `id`."""
    NOTES: ClassVar[str] = ""
    """The field of free text, which takes what is too long for another, and what is refused."""
    SELLERS: ClassVar[tuple[str, ...]] = ()
    """Fields of the system's own, beside those of the default mapping, that sellers decide."""
    COMPOUNDS: ClassVar[tuple[frozenset[str], ...]] = ()
    """Fields that the system judges as one, such as the parts of an address, with its names."""

    def __init__(self, settings: C, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self.mapping = mapped(self.FIELDS, settings.fields)
        self.writes = policies(self.mapping, {*self.FIELDS, *self.SELLERS})
        self._labels: Mapping[str, str] | None = None

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Hand over, and once more without them where values of optional fields are refused."""
        return await send_again(super().deliver, self, deliveries, now)

    def view(self, delivery: Delivery) -> View:
        """Return the lead of *delivery* as the people who use this system are told of it."""
        return View(delivery.record, delivery.entries, self.settings.zone)

    def values(self, delivery: Delivery) -> dict[str, Value]:
        """Return the fields of a new record, filled and fitted; see `Delivery.without`."""
        filled = fill(self.mapping, self.view(delivery))
        notes = self.NOTES if self.NOTES in self.mapping else ""
        kept = leave_out(filled, delivery.without, self.mapping, notes)
        return fit(kept, self.LENGTHS, whole=self.WHOLE, notes=notes)

    async def labels(self, now: datetime) -> Mapping[str, str]:
        """Return what the system's users call each field, by field; asked for once."""
        if self._labels is None:
            described = (await self.describe(now)).fields or {}
            self._labels = {name: facts.label for name, facts in described.items() if facts.label}
        return self._labels

    def link(self, record_id: str) -> str:
        """Return where people see a record, "" where that cannot be known."""
        return self.LINK.format(url=getattr(self.settings, "url", ""), id=quote(record_id, safe=""))

    @property
    def compared(self) -> tuple[str, ...]:
        """The fields that are read of a record that is there: what may be written, and whose."""
        return tuple(
            name
            for name, source in self.mapping.items()
            if self.writes[name] is not Write.ONCE or source.field in WHO
        )

    def changes(self, delivery: Delivery, there: Mapping[str, object]) -> dict[str, Value]:
        """Return what is written in a record that holds *there*, by the names of `compared`."""
        return changes(self.values(delivery), self.mapping, self.writes, there, delivery)

    def told_late(self, delivery: Delivery, there: Mapping[str, object]) -> list[Note]:
        """Return the entries for the timeline of a record that was there, holding *there*."""
        if not self.settings.timeline:
            return []
        return notes(self.view(delivery), shown(self.mapping, there))

    def told_at_once(self, delivery: Delivery) -> list[Note]:
        """Return the entries of a record that was just made: of what its text did not hold."""
        written, view = self.values(delivery), self.view(delivery)
        texts = [(s, written.get(n)) for n, s in self.mapping.items() if s.field == "summary"]
        if not self.settings.timeline or any(
            str(text).endswith(str(source.of(view))) for source, text in texts
        ):
            return []
        spoken = [entry for entry in view.entries if entry["words"]]
        return notes(replace(view, entries=spoken), Shown())

    @property
    def sources(self) -> Mapping[str, Source]:
        """What fills each field of whatever is written; of another object as `object.field`."""
        return self.mapping

    def written(self, delivery: Delivery) -> Mapping[str, Value]:
        """Return what is written for *delivery*, by the names of `sources`."""
        return self.values(delivery)
