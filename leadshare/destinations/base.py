"""Destinations: what every follow-up system is: it delivers, reads back, describes and erases."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar
from urllib.parse import unquote, urlsplit

import httpx

from leadshare.client.counting import count_one
from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Deferred, Delivery, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.description import Description
from leadshare.destinations.replies import Verdict, every, failed, refusal
from leadshare.destinations.settings import DestinationSettings, Erasure, LookUpSettings
from leadshare.lifecycle.outcome import Changed, Outcome, Records
from leadshare.lifecycle.step import Verb

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
    asked_every: ClassVar[timedelta] = timedelta(minutes=5)
    """How often it is asked what has changed."""
    sweep_size: ClassVar[int] = 0
    """Records that one call of `current` asks for at most."""

    verbs: ClassVar[frozenset[Verb]] = frozenset()
    """What steps of a track it can carry out."""
    erasures: ClassVar[frozenset[Erasure]] = frozenset({Erasure.TASK})
    """How a person can be taken out of its records."""

    def __init__(self, settings: S, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self.client = client
        self.campaigns: Mapping[str, str] = {}
        """Its own ids of the publisher's campaigns, by `[[campaign]]` id."""
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

        `Accepted` where the record is there, else `Rejected` as not found after it was accepted.
        """
        return await self._asked(self.find_records, deliveries, now)

    async def carry_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Carry out the steps of *deliveries*, at most `batch_size`; each step once by its id.

        What was done before is `Accepted` as well.
        """
        return await self._asked(self.take_steps, deliveries, now)

    async def forget(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Take the persons out of the records of *deliveries*, or have people do it.

        Of those only lead, `record_id` and listing are told. `Accepted.did` says what was done:
        a record that somebody else made, or that a seller has converted, is a task at most.
        """
        return await self._asked(self.take_out, deliveries, now)

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Carry out steps; see `carry_out`. Only those of its `verbs` come here."""
        raise NotImplementedError

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Take persons out; see `forget`, and `settings.erase` for how."""
        raise NotImplementedError

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
        return self.judged(await self.send(deliveries, now), deliveries, now)

    def judged(
        self, response: httpx.Response, deliveries: Sequence[Delivery], now: datetime
    ) -> Reply:
        """Return what *response* means, be the call refused as a whole or not."""
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

    async def unknown_campaigns(self, now: datetime) -> Collection[str]:
        """Read its `campaigns` by their ids there and return those that it does not have.

        They are told by our own ids, the keys of `campaigns`; one that its user may not read, or
        that takes no more members, is told as well. Only destinations whose settings say
        `has_campaigns` are asked, and only where `campaigns` is not empty. Raises as `describe`
        does, never for an id of the wrong form: that is a campaign which it does not have.
        """
        raise NotImplementedError

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Take the record of *delivery* away; only destinations that say `erases` are asked.

        Raises as `describe` does.
        """
        raise NotImplementedError

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask what has changed since *cursor*, one page of it; "" where nobody has asked yet.

        Only destinations whose settings say `tells_outcomes` are asked. Raises as `describe` does.
        """
        raise NotImplementedError

    async def current(self, records: Records, now: datetime) -> Sequence[Outcome]:
        """Read what became of the leads of *records*, at most `sweep_size`; gone is `State.GONE`.

        Raises as `describe` does.
        """
        raise NotImplementedError

    async def send(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Make the call; `httpx.TransportError` where there is no answer."""
        raise NotImplementedError

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read a 2xx or per-record answer, record by record."""
        raise NotImplementedError
