"""Destinations: what every follow-up system is: it delivers, reads back, describes and erases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

import httpx

from leadshare.core.delivery import Deferred, Delivery, Reply
from leadshare.core.lane import Rate
from leadshare.core.mapping import Source, Value, fill, fit, mapped
from leadshare.core.preflight import Description
from leadshare.destinations.answers import every, failed, refusal
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.settings import CrmSettings, DestinationSettings, LandingSettings

S = TypeVar("S", bound=DestinationSettings)


class Destination(Generic[S]):
    """One configured follow-up system; a subclass holds only what is peculiar to it."""

    batch_size: ClassVar[int] = 1
    """Deliveries that one call takes at most."""
    RATE: ClassVar[Rate | None] = None
    """The vendor's limit, less what others need of it."""
    serial: ClassVar[bool] = False
    """Whether calls to one account must never overlap: one destination for each, then."""
    erases: ClassVar[bool] = False
    """Whether `erase` takes a record away again, so that a canary can be sent."""

    def __init__(self, settings: S, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self.client = client
        self.requests = 0
        """Requests that have left, sign-ins included: what rate budgets count."""
        client.event_hooks = {"request": [self._count]}

    async def _count(self, _request: httpx.Request) -> None:
        self.requests += 1

    @property
    def name(self) -> str:
        """The destination's name in configuration, table and log."""
        return self.settings.name

    @property
    def rate(self) -> Rate | None:
        """The budget of calls: as configured, else the vendor's."""
        return self.settings.rate or self.RATE

    def lands(self, lead: str) -> bool:
        """Say whether the accepted record of *lead* is to be read back: always the same."""
        share = self.settings.landing if isinstance(self.settings, LandingSettings) else 0
        # A lead id is a keyed hash, so that its digits are as good as drawn.
        return int(lead[:8], 16) < share * 16**8

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Hand over *deliveries*, at most `batch_size`, and say what became of each."""
        return await self._asked(self.hand_over, deliveries, now)

    async def check(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read the records of *deliveries*, at most `batch_size`, back by their keys.

        `Accepted` where the record is there, `Rejected` with `MISSING` where it is not.
        """
        return await self._asked(self.look_up, deliveries, now)

    async def _asked(
        self,
        ask: Callable[[Sequence[Delivery], datetime], Awaitable[Reply]],
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> Reply:
        try:
            return await ask(deliveries, now)
        except SignInFailed as error:
            return every(deliveries, Deferred(error.reason, counts=False), failing=True)
        except httpx.TransportError as error:
            return failed(deliveries, error)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Make the call and read its answer; a subclass that needs several calls makes them here.

        Raises `SignInFailed`, or `httpx.TransportError` where there is no answer.
        """
        response = await self.send(deliveries, now)
        return refusal(response, deliveries, now) or self.read(response, deliveries)

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back; see `check`. Only destinations with `LandingSettings` are asked."""
        raise NotImplementedError

    async def describe(self, now: datetime) -> Description:  # noqa: ARG002 - subclasses need it
        """Sign in and say what records must look like; raises as `hand_over` does."""
        return Description()

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Take the record of *delivery* away; only destinations that say `erases` are asked."""
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
    NOTES: ClassVar[str] = ""
    """The field of free text, which takes what is too long for another."""

    def __init__(self, settings: C, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self.mapping = mapped(self.FIELDS, settings.fields)

    def values(self, delivery: Delivery) -> dict[str, Value]:
        """Return the fields of *delivery*'s record, filled and fitted."""
        filled = fill(self.mapping, delivery.record)
        notes = self.NOTES if self.NOTES in self.mapping else ""
        return fit(filled, self.LENGTHS, whole=self.WHOLE, notes=notes)

    @property
    def sources(self) -> Mapping[str, Source]:
        """What fills each field of whatever is written; of another object as `object.field`."""
        return self.mapping

    def written(self, delivery: Delivery) -> Mapping[str, Value]:
        """Return what is written for *delivery*, by the names of `sources`."""
        return self.values(delivery)
