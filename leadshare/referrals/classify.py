"""Referrals: referrals of Partner Center; they are no leads, and kept in a table of their own."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from leadshare import intake, times
from leadshare.client.answers.json_values import text
from leadshare.errors import ConfigurationError, Unreachable, Unreadable, Unsigned
from leadshare.intake.body import read_object
from leadshare.intake.message import to_message
from leadshare.partner_center.referral import classify
from leadshare.referrals.kept import GONE, ReferralStore, read_message
from leadshare.times import to_text

log = logging.getLogger("leadshare.referrals.classify")

TEST: Final = "test-created"
EVENTS: Final = frozenset({"referral-created", "referral-updated"})

SETTLED: Final = timedelta(hours=1)
"""For how long a referral that is not there may only be not there yet."""

OLD: Final = timedelta(days=7)
"""How long ago what an event tells of may have happened. A signature has no time, so that whoever
has an event can send it for ever; Partner Center tries ten times."""

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

    async def fetch(self, referral: str, now: datetime) -> Mapping[str, object] | None:
        """Return a referral, None where there is none; `Unreachable` where none can say."""


class Configured(Protocol):
    """What the webhook needs of a configuration that can run."""

    @property
    def referrals(self) -> Referrals: ...


@dataclass(frozen=True, slots=True)
class Webhook:
    """Takes events: proves them and hands on which referral is meant, no more."""

    signatures: Signatures
    configured: Callable[[], Configured]
    clock: Callable[[], datetime]

    async def accept(self, headers: Mapping[str, str], body: bytes) -> intake.Answer:
        """Answer one event. Partner Center sends it ten times until it is answered 2xx."""
        if len(body) > intake.LARGEST:
            return _refusal(413, "Body too large", f"Send at most {intake.LARGEST} bytes.")
        if self._unconfigured():
            # First, for what nobody will fetch needs no proof, which would cost a call.
            return _refusal(503, ConfigurationError.__name__, MISSING)
        try:
            await self.signatures.verify(headers, body, self.clock())
        except Unsigned as error:
            return _refusal(401, "Not signed by Partner Center", error.reason)
        except Unreachable as error:
            return _refusal(503, "Not verified", str(error))
        return self._accept(body)

    def _accept(self, body: bytes) -> intake.Answer:
        """Answer an event that Partner Center did send."""
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
        changed = times.read(text(event.get("ResourceChangeUtcDate")))
        if changed and changed < self.clock() - OLD:
            return intake.Answer(200, {"status": "old"})
        message = _message(found[1].lower(), name, self.clock())
        return intake.Answer(202, {"status": "accepted", "referral": found[1].lower()}, message)

    def _unconfigured(self) -> bool:
        """Say whether nothing could ever be done with an event.

        Under a file that is wrong it can once that is mended: until then it waits in the queue.
        """
        try:
            return self.configured().referrals.partner is None
        except ConfigurationError:
            return False


@dataclass(frozen=True, slots=True)
class Referrals:
    """Fetches referrals and classifies them, under one configuration."""

    referral_store: ReferralStore
    partner: Partner | None
    """None where the configuration does not say how to sign in."""
    clock: Callable[[], datetime]
    heard: Callable[[Mapping[str, object]], Awaitable[None]]
    """What is told of each referral, as it is now."""

    async def classify(self, message: bytes) -> None:
        """Keep the referral that *message* names, by what it is.

        What is raised brings the message back, and doing all of it again changes nothing.
        """
        if self.partner is None:
            raise ConfigurationError(MISSING)
        event = read_message(message)
        if event is None:
            await self.referral_store.mark_unfetched(message)
            return
        key, received = event
        referral = await self._fetch(self.partner, key)
        if referral is None:
            if self.clock() < received + SETTLED:
                raise Unreachable("a referral: not there, perhaps not yet")
            await self.referral_store.note(key, GONE)
            return
        facts = {"kind": classify(referral).value, "note": ""}
        await self.referral_store.keep(key, referral, facts)
        await self.heard(referral)
        log.info("referral.classified", extra={"referral": key, **facts})

    async def _fetch(self, partner: Partner, key: str) -> Mapping[str, object] | None:
        try:
            return await partner.fetch(key, self.clock())
        except Unreachable as error:
            log.warning("referral.unreachable", extra={"referral": key, "reason": str(error)})
            raise


def _message(key: str, event: str, now: datetime) -> bytes:
    content = {"id": key, "event": event, "received": to_text(now)}
    return to_message("referral", content)


def _refusal(status: int, title: str, detail: str) -> intake.Answer:
    return intake.Answer(status, {"title": title, "status": status, "detail": detail})
