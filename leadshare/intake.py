"""Intake: take one POST from the marketplace; the standard library only."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from leadshare.body import read_object
from leadshare.errors import Unreadable

LARGEST: Final = 32 * 1024
"""Bytes of body that fit one queue message: base64 in an envelope, base64 again (64 KiB)."""

TRACE: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""A W3C traceparent, which is all that is ever carried of a trace."""

_LONGEST_LISTING: Final = 200
"""Characters of the path that are kept: more than Partner Center's ids can have."""


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


def take(body: bytes, listing: str | None, *, touch: str, now: datetime, trace: str = "") -> Answer:
    """Take *body*, posted to the path of *listing* if any, as the touch with this id.

    *trace* is the traceparent of the POST, for what follows to go on with.
    Nothing is judged beyond size: it is kept whatever it is, for it will not be sent again.
    """
    if not body:
        return _refusal(400, "Empty body", "Send the lead as a JSON object.")
    if len(body) > LARGEST:
        return _refusal(413, "Body too large", f"Send at most {LARGEST} bytes.")
    message = envelope(body, listing, touch, now, **traced(trace))
    try:
        read_object(body)
    except Unreadable as error:
        kept = {"status": "quarantined", "touch": touch, "reason": error.reason}
        return Answer(202, kept, message)
    return Answer(202, {"status": "accepted", "touch": touch}, message)


def traced(trace: str) -> dict[str, str]:
    """Return what an envelope says of its trace: nothing unless *trace* is a traceparent."""
    return {"trace": trace} if TRACE.fullmatch(trace) else {}


def _refusal(status: int, title: str, detail: str) -> Answer:
    return Answer(status, {"title": title, "status": status, "detail": detail})


def envelope(body: bytes, listing: str | None, touch: str, now: datetime, **more: str) -> bytes:
    """Return the queue message: versioned, with no name at its top that the host would take."""
    received = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = {
        "id": touch,
        "received": received,
        "listing": (listing or "")[:_LONGEST_LISTING],
        "body": b64encode(body).decode(),
        **more,
    }
    return json.dumps({"v": 1, "touch": content}, separators=(",", ":")).encode()
