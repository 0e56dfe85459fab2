"""Destinations: what every follow-up system is: it delivers, reads back, describes and erases."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Generic, TypeVar
from urllib.parse import quote, unquote, urlsplit

import httpx

from leadshare.client.counting import count_one
from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Deferred, Delivery, Reply
from leadshare.deliveries.rate import Rate
from leadshare.destinations.description import Description
from leadshare.destinations.leaving_out import leave_out, send_again
from leadshare.destinations.mapping import Source, Value, Write, fill, fit, mapped
from leadshare.destinations.policy import WHO, changes, policies, shown
from leadshare.destinations.replies import Verdict, every, failed, refusal
from leadshare.destinations.settings import CrmSettings, DestinationSettings, LookUpSettings
from leadshare.destinations.telling import Note, Shown, View, notes

S = TypeVar("S", bound=DestinationSettings)


async def _count(_request: httpx.Request) -> None:
    """Count what leaves, sign-ins included, for rate budgets to spend."""
    count_one()


class Destination(Generic[S]):
    """One configured follow-up system; a subclass holds only what is peculiar to it."""

    batch_size: ClassVar[int] = 1
    """Deliveries that one call takes at most."""
    RATE: ClassVar[Rate | None] = None
    """The vendor's limit, less what others need of it."""
    SHOWN: ClassVar[re.Pattern[str] | None] = None
    """The address of the page that shows a record: its `id`, and whose it is, as `org`."""
    serial: ClassVar[bool] = False
    """Whether calls to one account must never overlap: one destination for each, then."""
    erases: ClassVar[bool] = False
    """Whether `erase` takes a record away again, so that a canary can be sent."""

    def __init__(self, settings: S, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self.client = client
        client.event_hooks = {"request": [_count]}

    @property
    def name(self) -> str:
        """The destination's name in configuration, table and log."""
        return self.settings.name

    @property
    def rate(self) -> Rate | None:
        """The budget of calls: as configured, else the vendor's."""
        return self.settings.rate or self.RATE

    def record_in(self, link: str) -> str:
        """Return the id of the record whose page is at *link*, "" if it shows none of ours."""
        found = self.SHOWN.match(unquote(link).strip()) if self.SHOWN else None
        if not found:
            return ""
        # The organisation is the first label of all its hosts, be they for people or for us.
        ours = urlsplit(getattr(self.settings, "url", "")).hostname or ""
        org = found.groupdict().get("org", "").lower()
        return found["id"] if org in ("", ours.partition(".")[0]) else ""

    def looks_up(self, lead: str) -> bool:
        """Say whether the accepted record of *lead* is to be read back: always the same."""
        share = self.settings.look_ups if isinstance(self.settings, LookUpSettings) else 0
        # A lead id is a keyed hash, so that its digits are as good as drawn.
        return int(lead[:8], 16) < share * 16**8

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Hand over *deliveries*, at most `batch_size`, and say what became of each."""
        return await self._asked(self.hand_over, deliveries, now)

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read the records of *deliveries*, at most `batch_size`, back by their keys.

        `Accepted` where the record is there, `Rejected` with `MISSING` where it is not.
        """
        return await self._asked(self.find_records, deliveries, now)

    async def _asked(
        self,
        ask: Callable[[Sequence[Delivery], datetime], Awaitable[Reply]],
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> Reply:
        try:
            return await ask(deliveries, now)
        except SignInFailed as error:
            outcome = Deferred(error.reason, counts=False, said=error.said)
            verdict = Verdict(outcome, hold=error.hold, failing=not error.throttled)
            return every(deliveries, verdict)
        except httpx.TransportError as error:
            return every(deliveries, failed(error))

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Make the call and read its answer; a subclass that needs several calls makes them here.

        Raises `SignInFailed`, or `httpx.TransportError` where there is no answer.
        """
        response = await self.send(deliveries, now)
        if refused := self.refused(response, now) or refusal(response, now, deliveries):
            return every(deliveries, refused)
        return self.read(response, deliveries)

    def refused(self, response: httpx.Response, now: datetime) -> Verdict | None:  # noqa: ARG002 - subclasses need it
        """Return what is peculiar to how a call was refused; None for what all do alike."""
        return None

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back; see `look_up`. Only destinations with `LookUpSettings` are asked."""
        raise NotImplementedError

    async def describe(self, now: datetime) -> Description:  # noqa: ARG002 - subclasses need it
        """Sign in and say what records must look like.

        Raises as `hand_over` does, and `Refused` where the system answers something else.
        """
        return Description()

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Take the record of *delivery* away; only destinations that say `erases` are asked.

        Raises as `describe` does.
        """
        raise NotImplementedError

    async def send(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Make the call; `httpx.TransportError` where there is no answer."""
        raise NotImplementedError

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read a 2xx or per-record answer, record by record."""
        raise NotImplementedError


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
