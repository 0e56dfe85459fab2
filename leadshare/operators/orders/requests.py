"""Operators: answer orders about leads, touches and destinations; each is recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from leadshare.custody.acts import Acts
from leadshare.leads.routing import UNFOLLOWED
from leadshare.operators.models import queries
from leadshare.operators.models.orders import OfDestination, OfLead, OfTouch, Replay, read_order
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.short_ids import whole_ids, whole_lead
from leadshare.operators.orders.by_hand import ByHand
from leadshare.operators.orders.replay import Classifier, Replayer, Router, window_of
from leadshare.operators.persons import Privacy

Query = Mapping[str, str]


class Replaying(Protocol):
    """What replaying needs of a configuration that can run."""

    @property
    def classifier(self) -> Classifier: ...
    @property
    def unrouted(self) -> Router: ...


@dataclass(frozen=True, slots=True)
class OrderRequests:
    """Understands what is ordered, and has it done."""

    by_hand: ByHand
    replayer: Replayer
    acts: Acts
    privacy: Privacy
    known: Callable[[str], Awaitable[None]]
    """What raises `Unknown` if nobody has heard of a destination."""
    configured: Callable[[], Replaying]
    """What raises while the configuration is wrong."""

    async def replay(self, body: bytes) -> dict[str, Any]:
        """Replay parked deliveries, what is in quarantine, or leads; counted only, unless told."""
        order = read_order(Replay, body)
        await self.known(order.destination or "")
        lead, touch = await whole_ids(self.by_hand.table, order.lead, order.touch)
        order = order.model_copy(update={"lead": lead, "touch": touch})
        deed = self._replaying(order)
        if order.dry_run:
            return await deed()
        asked = {"what": order.what, **window_of(order).facts, "token": order.token or ""}
        return await self.acts.carry_out("replay", order.by, asked, deed)

    async def enable(self, body: bytes) -> dict[str, Any]:
        """Enable a disabled destination."""
        return await self._of_destination("enable", body, self.replayer.enable)

    async def pause(self, body: bytes) -> dict[str, Any]:
        """Let nothing leave for a destination until a person resumes it."""
        return await self._of_destination("pause", body, self.by_hand.pause)

    async def resume(self, body: bytes) -> dict[str, Any]:
        """Let what waits for a destination leave again."""
        return await self._of_destination("resume", body, self.by_hand.resume)

    async def park(self, body: bytes) -> dict[str, Any]:
        """Park what is due for one lead."""
        return await self._of_lead("park", body, self.by_hand.park)

    async def resend(self, body: bytes) -> dict[str, Any]:
        """Send one lead again to who has it already."""
        return await self._of_lead("resend", body, self.by_hand.resend)

    async def drop(self, body: bytes) -> dict[str, Any]:
        """Delete one touch in quarantine."""
        order = read_order(OfTouch, body)
        _, touch = await whole_ids(self.by_hand.table, None, order.touch)
        return await self.acts.carry_out(
            "drop", order.by, {"touch": touch}, lambda: self.by_hand.drop(touch)
        )

    async def get_quarantined(
        self, touch: str, query: Query, key: str = "", by: str = ""
    ) -> dict[str, Any]:
        """Return what is known of one touch in quarantine; *by* whom is recorded as of a lead."""
        asked = read_query(queries.Persons, query)
        persons = self.privacy.shows(key, asked=bool(asked.persons))
        named = read_query(queries.Touch, {"touch": touch}).touch
        if not persons:
            return await self.by_hand.show(named, persons=False)
        who = read_query(queries.Opening, {"by": by}).by
        _, whole = await whole_ids(self.by_hand.table, None, named)
        opened = {"touch": whole}
        return await self.acts.carry_out(
            "open", who, opened, lambda: self.by_hand.show(whole, persons=True), lambda _: opened
        )

    def _replaying(self, order: Replay) -> Callable[[], Awaitable[dict[str, Any]]]:
        """Return what replays; `ConfigurationError` where that needs one that can run."""
        window, what, dry_run = window_of(order), order.what, order.dry_run
        token = order.token or ""
        if what == "deliveries":
            return lambda: self.replayer.replay(window, dry_run=dry_run, token=token)
        configured = self.configured()
        if what in UNFOLLOWED:
            router = configured.unrouted
            return lambda: self.replayer.reroute(what, window, router, dry_run=dry_run, token=token)
        classifier = configured.classifier
        return lambda: self.replayer.reclassify(window, classifier, dry_run=dry_run, token=token)

    async def _of_destination(
        self, what: str, body: bytes, deed: Callable[[str], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """Order *what* of the destination that a *body* names."""
        order = read_order(OfDestination, body)
        await self.known(order.destination)
        asked = {"destination": order.destination}
        return await self.acts.carry_out(what, order.by, asked, lambda: deed(order.destination))

    async def _of_lead(
        self, what: str, body: bytes, deed: Callable[[str, str], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """Order *what* of the lead that a *body* names."""
        order = read_order(OfLead, body)
        to = order.destination or ""
        await self.known(to)
        lead = await whole_lead(self.by_hand.table, order.lead)
        asked = {"lead": lead, "destination": to}
        return await self.acts.carry_out(what, order.by, asked, lambda: deed(lead, to))
