"""Core: the envelope in which a touch was queued, and the way that the touch came."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from leadshare.body import read_object
from leadshare.core import normal
from leadshare.core.times import from_text
from leadshare.errors import Unreadable
from leadshare.intake import TRACE

REFERRAL: Final = "referral"
"""The way of a touch that a referral of Partner Center told of, beside or without its POST."""

TABLE: Final = "table"
"""The way of a touch that the marketplace wrote into a table of the publisher's."""

_TOUCH_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A touch as intake queued it."""

    id: str
    received: datetime
    path: str
    """The listing that the URL named, or nothing."""
    body: bytes = field(repr=False)
    via: str = ""
    """Who told of it: nothing for the marketplace's own POST, `TABLE` or `REFERRAL`."""
    trace: str = ""
    """The traceparent of its POST, where there was one."""


def open_envelope(message: bytes) -> Envelope:
    """Return the touch in a queue *message*; `Unreadable` (`not_an_envelope`) if there is none."""
    try:
        outer = read_object(message)
        inner = outer["touch"]
        return Envelope(
            id={"1": _touch_id}[outer["v"]](inner["id"]),
            received=from_text(inner["received"]),
            path=normal.cut(normal.clean(inner["listing"])),
            body=b64decode(inner["body"], validate=True),
            via=_WAYS[inner.get("via", "")],
            trace=_trace(inner.get("trace")),
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
        raise Unreadable("not_an_envelope") from None


_WAYS: Final = {way: way for way in ("", TABLE, REFERRAL)}


def _touch_id(text: str) -> str:
    if not _TOUCH_ID.fullmatch(text):
        raise Unreadable("not_an_envelope")
    return text


def _trace(value: Any) -> str:
    """Return a traceparent; a touch is worth more than its trace, so anything else is none."""
    return value if isinstance(value, str) and TRACE.fullmatch(value) else ""
