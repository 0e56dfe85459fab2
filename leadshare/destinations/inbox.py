"""Destinations: the CRM inbox of a developer's machine, `leadshare/local/inbox/`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import httpx

from leadshare.client.answers.json_values import objects
from leadshare.client.answers.response import object_in
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.deliveries.delivery import Outcome as Result
from leadshare.destinations.base import Destination
from leadshare.destinations.replies import Verdict, every, refusal
from leadshare.destinations.settings import Erasure, LookUpSettings
from leadshare.destinations.steps import step_of
from leadshare.destinations.writing.policy import Did
from leadshare.lifecycle import cursor as cursors
from leadshare.lifecycle.outcome import Changed, Money, Outcome, Records, State
from leadshare.lifecycle.step import Verb
from leadshare.model import like
from leadshare.reason import Reason, Vendor
from leadshare.times import from_text, to_text


class InboxSettings(LookUpSettings):
    """Where the inbox listens."""

    type: Literal["inbox"]
    """The inbox of a developer's machine."""
    url: str = like(
        r"^http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?$",
        "an address on this machine without a path, such as http://127.0.0.1:7072",
    )
    """Loopback, no path, such as http://127.0.0.1:7072."""

    @property
    def tells_outcomes(self) -> bool:
        """It is always asked what became of leads."""
        return True


class Inbox(Destination[InboxSettings]):
    """One destination's drawer of the inbox."""

    verbs = frozenset({Verb.TASK, Verb.NOTE})
    erasures = frozenset({Erasure.DELETE})
    sweep_size = 1
    asked_every = timedelta(seconds=2)

    async def send(
        self,
        deliveries: Sequence[Delivery],
        now: datetime,  # noqa: ARG002 - the inbox has a clock of its own
    ) -> httpx.Response:
        """PUT one record under its lead id."""
        (delivery,) = deliveries
        # ASCII escapes, since httpx's own `json=` cannot write half a surrogate pair.
        content = json.dumps(delivery.record)
        headers = {"content-type": "application/json"}
        return await self.client.put(self._url(delivery), content=content, headers=headers)

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Take only the inbox's word that it holds this version, or a newer one."""
        (delivery,) = deliveries
        outcome = _outcome(response, delivery)
        failing = isinstance(outcome, Deferred)
        return every(deliveries, Verdict(outcome, response.status_code, failing=failing))

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """GET what the inbox holds of one lead."""
        (delivery,) = deliveries
        response = await self.client.get(self._url(delivery))
        if refused := refusal(response, now):
            return every(deliveries, refused)
        if response.status_code == httpx.codes.NOT_FOUND:
            return every(
                deliveries, Verdict(Rejected(Reason.NOT_FOUND_AFTER_ACCEPT), response.status_code)
            )
        return self.read(response, deliveries)

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """PUT one step under its id."""
        (delivery,) = deliveries
        step = step_of(delivery)
        told = {"verb": step.verb, "text": step.text, "track": step.track, "due": step.due}
        response = await self.client.put(f"{self._url(delivery)}/steps/{step.id}", json=told)
        return _simply(response, deliveries, now, gone=Rejected(Reason.DELETED_IN_CRM))

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """DELETE one lead."""
        (delivery,) = deliveries
        response = await self.client.delete(self._url(delivery))
        gone = Accepted(did=Did.NOT_THERE)
        return _simply(response, deliveries, now, gone, Accepted(did=Did.DELETED))

    async def changed(self, cursor: str, now: datetime) -> Changed:
        """Ask what sellers made of leads."""
        since = {"since": to_text(cursors.since(cursor, now))}
        url = f"{self.settings.url}/{self.name}/changes"
        answer = object_in((await self.client.get(url, params=since)).raise_for_status())
        outcomes = tuple(map(self._told, objects(answer.get("changes"))))
        newest = max((outcome.at for outcome in outcomes), default=None)
        more = answer.get("more") is True
        return Changed(outcomes, cursors.up_to(newest, cursor, now), more)

    async def current(self, records: Records, now: datetime) -> list[Outcome]:
        """Read what became of one lead."""
        [lead] = records
        response = await self.client.get(f"{self.settings.url}/{self.name}/leads/{lead}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return [Outcome(lead, self.name, now, State.GONE)]
        deal = object_in(response.raise_for_status()).get("deal")
        return [self._told(deal | {"lead": lead})] if deal else []

    def _told(self, change: Mapping[str, Any]) -> Outcome:
        amount = change["amount"]
        return Outcome(
            change["lead"],
            self.name,
            from_text(change["changed"]),
            State(change["state"]),
            money=Money(Decimal(amount), change["currency"]) if amount else None,
            signed_at=from_text(change["signed"]),
        )

    def _url(self, delivery: Delivery) -> str:
        return f"{self.settings.url}/{self.name}/leads/{delivery.lead}"


def _simply(
    response: httpx.Response,
    deliveries: Sequence[Delivery],
    now: datetime,
    gone: Result,
    done: Result = Accepted(),  # noqa: B008 - it is frozen
) -> Reply:
    """Return *done* for a 2xx, *gone* where the lead is not there, else why it was refused."""
    status = response.status_code
    if response.is_success:
        return every(deliveries, Verdict(done, status))
    if status == httpx.codes.NOT_FOUND:
        return every(deliveries, Verdict(gone, status))
    waits = Verdict(Deferred(Vendor.HTTP.reason(status)), status)
    return every(deliveries, refusal(response, now) or waits)


def _outcome(response: httpx.Response, delivery: Delivery) -> Result:
    if response.is_client_error:
        return Rejected(Vendor.HTTP.reason(response.status_code))
    answer = object_in(response)
    version = answer.get("version")
    if (
        answer.get("lead") == delivery.lead
        and isinstance(version, int)
        and version >= delivery.version
    ):
        return Accepted(str(answer.get("record", "")))
    return Deferred(Reason.UNCONFIRMED)
