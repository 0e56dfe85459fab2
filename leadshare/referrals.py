"""Use case: referrals of Partner Center; they are no leads, and kept in a table of their own.

Only a marketplace lead among them leaves: for the queue of touches, as one more source of its POST.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from leadshare import intake
from leadshare.body import read_object
from leadshare.core.configuration import Configuration
from leadshare.core.envelope import REFERRAL
from leadshare.core.identity import Identity
from leadshare.core.referral_kind import Kind, classify, text
from leadshare.core.referral_touch import Told, acted, touch_of
from leadshare.core.times import to_text
from leadshare.errors import ConfigurationError, Unreachable, Unreadable, Unsigned
from leadshare.shelf import GONE, Shelf, read_message

log = logging.getLogger("leadshare.referrals")

TEST: Final = "test-created"
EVENTS: Final = frozenset({"referral-created", "referral-updated"})

SETTLED: Final = timedelta(hours=1)
"""For how long a referral that is not there may only be not there yet."""

MISSING: Final = "partner_center: expected this section in leadshare.toml"

# Only the id is taken from an address, which is never called (Microsoft, "Partner Center webhook
# events", referral created; "Get a referral" has the other path).
_RESOURCE: Final = re.compile(
    r"https://api\.(?:partnercenter|partner)\.microsoft\.com"
    r"/(?:engagements/v1|v1\.0/engagements)/referrals/([0-9A-Za-z-]{1,64})"
)


class Signatures(Protocol):
    """What proves that Partner Center sent an event."""

    async def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Return if *body* is signed; raise `Unsigned`, or `Unreachable` if none can say."""


class Partner(Protocol):
    """What the use case needs of Partner Center."""

    async def fetch(self, referral: str, now: datetime) -> Mapping[str, Any] | None:
        """Return a referral, None where there is none; `Unreachable` where none can say."""


class Running(Protocol):
    """What the webhook needs of a configuration that can run."""

    @property
    def referrals(self) -> Referrals: ...


@dataclass(frozen=True, slots=True)
class Webhook:
    """Takes events: proves them and hands on which referral is meant, no more."""

    signatures: Signatures
    running: Callable[[], Running]
    clock: Callable[[], datetime]

    async def take(self, headers: Mapping[str, str], body: bytes) -> intake.Answer:
        """Answer one event. Partner Center sends it ten times until it is answered 2xx."""
        if len(body) > intake.LARGEST:
            return _refusal(413, "Body too large", "")
        try:
            await self.signatures.verify(headers, body, self.clock())
        except Unsigned as error:
            return _refusal(401, "Not signed by Partner Center", error.reason)
        except Unreachable as error:
            return _refusal(503, "Not verified", str(error))
        return self._take(body)

    def _take(self, body: bytes) -> intake.Answer:
        """Answer an event that Partner Center did send."""
        if self._unconfigured():
            return _refusal(503, ConfigurationError.__name__, MISSING)
        try:
            event = read_object(body)
        except Unreadable as error:
            return _refusal(400, "Not an event", error.reason)
        name = text(event.get("EventName")).lower()
        if name == TEST:
            return intake.Answer(200, {"status": "tested"})
        if name not in EVENTS:
            return intake.Answer(200, {"status": "ignored"})
        found = _RESOURCE.fullmatch(text(event.get("ResourceUri")))
        if not found:
            return _refusal(400, "Not a referral", "resource_refused")
        message = _message(found[1].lower(), name, self.clock())
        return intake.Answer(202, {"status": "accepted", "referral": found[1].lower()}, message)

    def _unconfigured(self) -> bool:
        """Say whether nothing could ever be done with an event.

        Under a file that is wrong it can once that is mended: until then it waits in the queue.
        """
        try:
            return self.running().referrals.partner is None
        except ConfigurationError:
            return False


@dataclass(frozen=True, slots=True)
class Referrals:
    """Fetches referrals and classifies them, under one configuration."""

    shelf: Shelf
    partner: Partner | None
    """None where the configuration does not say how to sign in."""
    configuration: Configuration[Any]
    identity: Identity
    clock: Callable[[], datetime]

    async def classify(self, message: bytes, trace: str = "") -> bytes | None:
        """Keep the referral that *message* names; return what to queue as a touch, if anything.

        *trace* is the traceparent that the touch goes on with.

        What is raised brings the message back, and doing all of it again changes nothing.
        """
        if self.partner is None:
            raise ConfigurationError(MISSING)
        event = read_message(message)
        if event is None:
            await self.shelf.give_up(message)
            return None
        key, received = event
        referral = await self._fetch(self.partner, key)
        if referral is None:
            if self.clock() < received + SETTLED:
                raise Unreachable("a referral: not there, perhaps not yet")
            await self.shelf.note(key, GONE)
            return None
        return await self._classify(key, referral, received, trace)

    async def _fetch(self, partner: Partner, key: str) -> Mapping[str, Any] | None:
        try:
            return await partner.fetch(key, self.clock())
        except Unreachable as error:
            log.warning("referral.unreachable", extra={"referral": key, "reason": str(error)})
            raise

    async def _classify(
        self, key: str, referral: Mapping[str, Any], received: datetime, trace: str
    ) -> bytes | None:
        """Keep *referral* by what it is; only a marketplace lead becomes a touch."""
        kind = classify(referral)
        touch: Told | str = ""
        if kind is Kind.MARKETPLACE_LEAD:
            touch = touch_of(key, referral, self.configuration, self.identity)
        told = {"kind": kind.value, "touch": "", "lead": "", "note": ""}
        told |= (
            {"note": touch} if isinstance(touch, str) else {"touch": touch.id, "lead": touch.lead}
        )
        await self.shelf.keep(key, referral, told)
        log.info("referral.classified", extra={"referral": key, **told})
        if isinstance(touch, str):
            return None
        at = acted(referral, received)
        more = {"via": REFERRAL, **intake.traced(trace)}
        return intake.envelope(touch.body, touch.listing, touch.id, at, **more)


def _message(key: str, event: str, now: datetime) -> bytes:
    content = {"id": key, "event": event, "received": to_text(now)}
    return json.dumps({"v": 1, "referral": content}, separators=(",", ":")).encode()


def _refusal(status: int, title: str, detail: str) -> intake.Answer:
    return intake.Answer(status, {"title": title, "status": status, "detail": detail})
