"""Intake: the queue's message, both halves of it: a touch as it was queued, and as it is read."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from leadshare import texts
from leadshare.errors import Unread, Unreadable
from leadshare.intake.body import read_object
from leadshare.intake.key import PRINT
from leadshare.times import from_text, to_text

VERSION: Final = 1
"""Of what is in our queues' messages, numbers read as the texts that were sent."""

LARGEST: Final = 32 * 1024
"""Bytes of body that fit one queue message: base64 in an envelope, base64 again (64 KiB)."""

TRACE: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""A W3C traceparent, which is all that is ever carried of a trace."""

LENGTH: Final = "length"
CHUNKED: Final = "chunked"
FRAMINGS: Final = (LENGTH, CHUNKED)
"""How the body of a POST was framed: its length went before it, or it came in chunks."""

_LONGEST_LISTING: Final = 200
"""Characters of the path that are kept: more than Partner Center's ids can have."""

TABLE: Final = "table"
"""The way of a touch that the marketplace wrote into a table of the publisher's."""

_TOUCH_ID: Final = re.compile(r"[0-9a-f]{32}")


def traced(trace: str) -> dict[str, str]:
    """Return what an envelope says of its trace: nothing unless *trace* is a traceparent."""
    return {"trace": trace} if TRACE.fullmatch(trace) else {}


def to_message(kind: str, content: Mapping[str, object]) -> bytes:
    """Return *content* as our queues have it, with no name at its top that the host would take."""
    return json.dumps({"v": VERSION, kind: content}, separators=(",", ":")).encode()


def content_of(message: bytes, kind: str) -> dict[str, Any]:
    """Return what `to_message` made *message* of; `Unreadable` where it is of another kind."""
    outer = read_object(message)
    content = outer.get(kind)
    if outer.get("v") != str(VERSION) or not isinstance(content, dict):
        raise Unreadable(Unread.NOT_AN_ENVELOPE)
    return content


def envelope(body: bytes, listing: str | None, touch: str, now: datetime, **more: str) -> bytes:
    """Return the queue message of a touch."""
    content = {
        "id": touch,
        "received": to_text(now),
        "listing": (listing or "")[:_LONGEST_LISTING],
        "body": b64encode(body).decode(),
        **more,
    }
    return to_message("touch", content)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A touch as intake queued it."""

    id: str
    received: datetime
    path: str
    """The listing that the URL named, or nothing."""
    body: bytes = field(repr=False)
    via: str = ""
    """Who told of it: nothing for the marketplace's own POST, or `TABLE`."""
    trace: str = ""
    """The traceparent of its POST, where there was one."""
    framed: str = ""
    """How its POST was framed, one of `FRAMINGS`, where there was one that told."""
    key: str = ""
    """The print of the key that its POST came with, where there was one."""


def open_envelope(message: bytes) -> Envelope:
    """Return the touch in a queue *message*; `Unreadable` (`not_an_envelope`) if there is none."""
    try:
        inner = content_of(message, "touch")
        return Envelope(
            id=_touch_id(inner["id"]),
            received=from_text(inner["received"]),
            path=texts.cut(texts.clean(inner["listing"])),
            body=b64decode(inner["body"], validate=True),
            via=_WAYS[inner.get("via", "")],
            trace=_trace(inner.get("trace")),
            framed=_framed(inner.get("framed")),
            key=_key(inner.get("key")),
        )
    except (
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
        OverflowError,
        Base64Error,
        Unreadable,
    ):
        raise Unreadable(Unread.NOT_AN_ENVELOPE) from None


_WAYS: Final = {way: way for way in ("", TABLE)}


def _touch_id(text: str) -> str:
    if not _TOUCH_ID.fullmatch(text):
        raise Unreadable(Unread.NOT_AN_ENVELOPE)
    return text


def _trace(value: object) -> str:
    """Return a traceparent; a touch is worth more than its trace, so anything else is none."""
    return value if isinstance(value, str) and TRACE.fullmatch(value) else ""


def _framed(value: object) -> str:
    """Return how a POST was framed; older envelopes say nothing, and a touch is worth more."""
    return str(value) if value in FRAMINGS else ""


def _key(value: object) -> str:
    """Return the print of a key; what is none, is as if there had been no key."""
    return value if isinstance(value, str) and PRINT.fullmatch(value) else ""
