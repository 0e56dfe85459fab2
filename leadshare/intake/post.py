"""Intake: take one POST from the marketplace; the standard library only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare.errors import Unreadable
from leadshare.intake.body import read_object
from leadshare.intake.message import CHUNKED, LARGEST, LENGTH, envelope, traced

_LISTING: Final = re.compile(
    r"(?=.*[a-z])[a-z0-9][a-z0-9_-]{0,49}\.[a-z0-9][a-z0-9_-]{0,49}", re.ASCII | re.IGNORECASE
)
"""A publisher's id and an offer's, each of at most 50 characters: no key and no address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer, and the message to queue before it, if the touch is taken."""

    status: int
    body: dict[str, Any]
    message: bytes | None = None

    @property
    def mimetype(self) -> str:
        """The answer's media type; refusals are problem details (RFC 9457)."""
        return "application/problem+json" if "title" in self.body else "application/json"

    @property
    def text(self) -> str:
        """The answer's JSON text."""
        return json.dumps(self.body, separators=(",", ":"))


def take(  # noqa: PLR0913 - what a POST is made of
    body: bytes,
    listing: str | None,
    *,
    touch: str,
    now: datetime,
    trace: str = "",
    framed: str = LENGTH,
    key: str = "",
) -> Answer:
    """Take *body*, posted to the path of *listing* if any, as the touch with this id.

    *trace* is the traceparent of the POST, for what follows to go on with, *framed* one of
    `FRAMINGS`, *key* the print of the key that it came with. Nothing is judged beyond size: it is
    kept whatever it is, for it will not be sent again.
    """
    if not body and framed == CHUNKED:
        # The host hands a body over only if its length was told (azure-functions-host#7930).
        return _refusal(411, CHUNKED, "Length required", "Send the body whole, with its length.")
    if not body:
        return _refusal(400, "empty", "Empty body", "Send the lead as a JSON object.")
    if len(body) > LARGEST:
        return _refusal(413, "too_large", "Body too large", f"Send at most {LARGEST} bytes.")
    message = envelope(body, listing, touch, now, framed=framed, key=key, **traced(trace))
    try:
        read_object(body)
    except Unreadable as error:
        kept = {"status": "quarantined", "touch": touch, "reason": error.reason}
        return Answer(202, kept, message)
    return Answer(202, {"status": "accepted", "touch": touch}, message)


def framing(headers: Mapping[str, str]) -> str:
    """Return which of `FRAMINGS` a body with these *headers*, by names in lower case, has.

    Transfer-Encoding goes before Content-Length (RFC 9112, section 6.3).
    """
    return CHUNKED if "transfer-encoding" in headers else LENGTH


def listing_code(path: str | None) -> str:
    """Return the listing that a *path* names, if it can be nothing else; a log line may tell it."""
    return path.lower() if path and _LISTING.fullmatch(path) else ""


def _refusal(status: int, reason: str, title: str, detail: str) -> Answer:
    return Answer(status, {"title": title, "status": status, "reason": reason, "detail": detail})
