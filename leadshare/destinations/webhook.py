"""Destinations: any receiver of Standard Webhooks 1.0.0, one signed event per lead version."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self

import httpx
from pydantic import Field, SecretStr, field_validator, model_validator

from leadshare.client.answers.sentences import said
from leadshare.client.standard_webhooks import key_of, signed
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.deliveries.record import Entry
from leadshare.destinations.base import Destination
from leadshare.destinations.description import Description
from leadshare.destinations.replies import Verdict, ended, every
from leadshare.destinations.settings import DestinationSettings
from leadshare.destinations.steps import step_of
from leadshare.destinations.writing.mapping import cut
from leadshare.destinations.writing.policy import Did
from leadshare.lifecycle.step import Verb
from leadshare.model import DATED, Secret, TextOrVariable
from leadshare.reason import Vendor
from leadshare.times import to_key, to_text

LARGEST_HEADERS: Final = 4096
"""Bytes in the names and values of all extra headers together."""

LARGEST_STORY: Final = 16 * 1024
"""Bytes of a story in an event, which should have 20 KiB at most ("Payload size")."""

LONGEST_WORDS: Final = 4000
"""UTF-16 units of the newest words that are told where a story of these alone is too large."""

_SYSTEM_HEADERS: Final = re.compile(
    r"accept-encoding|authorization|connection|content-.*|cookie2?|date|expect|forwarded|host|http2-settings"
    r"|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|user-agent|via|webhook-.*"
    r"|x-forwarded-.*|x-real-ip"
)
"""Headers that say who sends what and how far: ours, or the network's; or that hold a secret."""

# RFC 9110, sections 5.6.2 and 5.5: a token; printable ASCII without blanks around it.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN: Final = re.compile(r"[!-~]+([ \t]+[!-~]+)*")


class WebhookSettings(DestinationSettings):
    """A receiver's address and what it verifies events with."""

    type: Literal["webhook"]
    """A receiver of Standard Webhooks."""
    url: TextOrVariable = Field(repr=False)  # receivers like to hide tokens in their addresses
    """The receiver's address; `{ environment = "NAME" }` where it holds a secret."""
    secret: Secret
    """`whsec_` and base64, as the receiver shows it."""
    previous_secret: Secret | None = None
    """The secret being replaced: each event carries both signatures, until the day below."""
    previous_secret_until: Annotated[date, DATED] | None = None
    """The last day, in UTC, on which it signs as well."""
    headers: dict[str, TextOrVariable] = Field(default_factory=dict, repr=False)
    """Further headers, as the receiver or its gateway asks for; `{ environment = "NAME" }` for a
    value that is a secret."""

    @field_validator("url")
    @classmethod
    def _absolute(cls, url: str) -> str:
        try:
            parts = httpx.URL(url)
        except httpx.InvalidURL:
            raise ValueError("url must be an https address") from None  # the cause quotes it
        local = parts.scheme == "http" and parts.host in {"localhost", "127.0.0.1", "::1"}
        if not (parts.host and (parts.scheme == "https" or local)):
            raise ValueError("url must be an https address (http for loopback in local mode)")
        if parts.userinfo or parts.fragment:
            raise ValueError("url must hold neither user name nor password nor fragment")
        return url

    @field_validator("secret", "previous_secret")
    @classmethod
    def _readable(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            key_of(secret)
        return secret

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if (self.previous_secret is None) != (self.previous_secret_until is None):
            raise ValueError("previous_secret and previous_secret_until belong together")
        return self

    @field_validator("headers")
    @classmethod
    def _additional(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name):
                raise ValueError("a header's name must be letters, digits and hyphens")
            # Many servers take one for the other.
            if _SYSTEM_HEADERS.fullmatch(name.lower().replace("_", "-")):
                raise ValueError(f"header {name} is set by leadshare and cannot be overridden")
            if not _PLAIN.fullmatch(value):
                raise ValueError(f"header {name} must be printable ASCII, without blanks around")
        if len({name.lower() for name in headers}) < len(headers):
            raise ValueError("a header is named twice: case does not count")
        if sum(len(name) + len(value) for name, value in headers.items()) > LARGEST_HEADERS:
            raise ValueError(f"headers must have at most {LARGEST_HEADERS} bytes together")
        return headers


class Webhook(Destination[WebhookSettings]):
    """One receiver of signed events."""

    verbs = frozenset({Verb.EVENT})

    async def send(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """POST the event of one version."""
        (delivery,) = deliveries
        return await self._post(event_id(delivery), event(delivery), now)

    async def take_steps(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """POST the event of one step, whose id is the step's."""
        (delivery,) = deliveries
        step = step_of(delivery)
        return self.judged(await self._post(step.id, step_event(delivery), now), deliveries, now)

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """POST that the receiver is to erase a lead: what it does then is its own."""
        (delivery,) = deliveries
        number = f"{delivery.lead}-erased-{to_key(delivery.owed_since)}"
        response = await self._post(number, erased_event(delivery), now)
        reply = self.judged(response, deliveries, now)
        [outcome] = reply.outcomes
        if not isinstance(outcome, Accepted):
            return reply
        return replace(reply, outcomes=(replace(outcome, did=Did.TASK),))

    async def _post(self, number: str, body: bytes, now: datetime) -> httpx.Response:
        """POST an event, signed by every live secret; *number* is its idempotency key."""
        keys = [key_of(secret) for secret in self._secrets(now)]
        return await self.client.post(
            self.settings.url,
            content=body,
            headers={
                **self.settings.headers,
                "content-type": "application/json",
                **signed(number, now, body, keys),
            },
        )

    def _secrets(self, now: datetime) -> Iterator[SecretStr]:
        """Yield the secrets that sign at *now*."""
        yield self.settings.secret
        older, until = self.settings.previous_secret, self.settings.previous_secret_until
        if older is not None and until is not None and now.date() <= until:
            yield older

    async def describe(self, now: datetime) -> Description:  # noqa: ARG002 - nobody signs in
        """See that the address can be reached; a HEAD means nothing to a receiver of events."""
        await self.client.head(self.settings.url)
        return Description(replaced_until=self.settings.previous_secret_until)

    def refused(self, response: httpx.Response, now: datetime) -> Verdict | None:  # noqa: ARG002 - no clock is needed
        """Take a 410 for the wish never to be called again."""
        return ended(response)

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Take any 2xx as kept, and any other answer as worth another try: so the specification."""
        status = response.status_code
        if response.is_success:
            return every(deliveries, Verdict(Accepted(), status))
        outcome = Deferred(Vendor.HTTP.reason(status), said=said(response))
        return every(deliveries, Verdict(outcome, status))


def event(delivery: Delivery) -> bytes:
    """Return the body for *delivery*: the same bytes at every attempt."""
    return _body(event_type(delivery), delivery, {**delivery.record, **story(delivery.entries)})


def step_event(delivery: Delivery) -> bytes:
    """Return the body for a step of a track, with the lead as it is now."""
    step = step_of(delivery)
    told = {"id": step.id, "track": step.track, "text": step.text}
    return _body("lead.step", delivery, {**delivery.record, "step": told})


def erased_event(delivery: Delivery) -> bytes:
    """Return the body that says which lead was erased, and nothing of the person."""
    return _body("lead.erased", delivery, {"lead": delivery.lead})


def _body(kind: str, delivery: Delivery, told: Mapping[str, object]) -> bytes:
    # The timestamp is when it happened; when it was sent is in the header.
    body = {"type": kind, "timestamp": to_text(delivery.owed_since), "data": told}
    # Half a surrogate pair, which JSON's \u can smuggle in, has no UTF-8.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def story(entries: Sequence[Entry]) -> dict[str, object]:
    """Return *entries*, oldest first, as an event tells them: newest first, as many as fit."""
    told: list[Entry] = []
    left = LARGEST_STORY
    for entry in reversed(entries):
        left -= len(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace"))
        if left < 0:
            newest = [{**entry, "words": cut(entry["words"], LONGEST_WORDS)}]
            return {"story": told or newest, "story_cut": True}
        told.append(entry)
    return {"story": told}


def event_type(delivery: Delivery) -> str:
    """Name what happened, from the receiver's point of view."""
    if delivery.record["category"] == "test":
        return "lead.test"
    return "lead.updated" if delivery.sent else "lead.created"


def event_id(delivery: Delivery) -> str:
    """Return the idempotency key: one for each version of a lead, and no dot in it."""
    return f"{delivery.lead}-{delivery.version}"
