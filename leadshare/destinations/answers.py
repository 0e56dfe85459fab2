"""Destinations: what plain HTTP answers mean, and replies made of one outcome or of several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from leadshare.core.delivery import THROTTLED, Accepted, Deferred, Delivery, Outcome, Reply
from leadshare.destinations.errors import NOTHING_LEFT, AddressRefused

LONGEST_HOLD: Final = timedelta(hours=24)
"""The cap on Retry-After; a destination that asks for more is asked again after this."""

DEFAULT_HOLD: Final = timedelta(seconds=30)
"""How long a lane waits on a 429 that names no time."""


def refusal(
    response: httpx.Response, deliveries: Sequence[Delivery], now: datetime
) -> Reply | None:
    """Return what a whole-call refusal means for every delivery; None if records were judged."""
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        hold = retry_after(response, now) or DEFAULT_HOLD
        return every(deliveries, Deferred(THROTTLED, counts=False), status=status, hold=hold)
    if status == httpx.codes.GONE:
        return every(deliveries, Deferred("gone", counts=False), status=status, gone=True)
    if status in _FAILING or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        reason = _FAILING.get(status, f"http_{status}")
        asked = retry_after(response, now)
        return every(deliveries, Deferred(reason), status=status, hold=asked, failing=True)
    if 300 <= status < 400:  # noqa: PLR2004 - the 3xx class
        return every(deliveries, Deferred("redirected"), status=status, failing=True)
    return None


_FAILING: Final = {
    401: "unauthorised",
    403: "forbidden",
    407: "proxy_refused",
    408: "timeout",
    423: "locked",
    425: "too_early",
}


def failed(deliveries: Sequence[Delivery], error: httpx.TransportError) -> Reply:
    """Return the reply to a call that got no answer: all unclear, the destination failing.

    Where no connection was had, no request left, so the attempt does not count.
    """
    if isinstance(error, NOTHING_LEFT):
        reason = "address_refused" if isinstance(error, AddressRefused) else "unreachable"
        return every(deliveries, Deferred(reason, counts=False), failing=True)
    timed_out = isinstance(error, httpx.TimeoutException)
    reason = "timeout" if timed_out else "connection_lost"
    return every(deliveries, Deferred(reason), failing=True)


def every(  # noqa: PLR0913 - the fields of a reply
    deliveries: Sequence[Delivery],
    outcome: Outcome,
    *,
    status: int = 0,
    hold: timedelta | None = None,
    failing: bool = False,
    gone: bool = False,
) -> Reply:
    """Return a reply with the same *outcome* for all *deliveries*."""
    return Reply((outcome,) * len(deliveries), status, hold, failing, gone)


def singly(reply: Reply, deliveries: Sequence[Delivery]) -> dict[str, Reply]:
    """Return the *reply* for *deliveries* as one for each lead."""
    pairs = zip(deliveries, reply.outcomes, strict=True)
    return {delivery.lead: replace(reply, outcomes=(outcome,)) for delivery, outcome in pairs}


def together(replies: Sequence[Reply]) -> Reply:
    """Return one reply of several, in their order; the system is at fault only if it took none."""
    outcomes = tuple(outcome for reply in replies for outcome in reply.outcomes)
    took_one = any(isinstance(outcome, Accepted) for outcome in outcomes)
    return Reply(
        outcomes,
        max((reply.status for reply in replies), default=0),
        max((reply.hold for reply in replies if reply.hold), default=None),
        failing=any(reply.failing for reply in replies) and not took_one,
        gone=any(reply.gone for reply in replies),
    )


def retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """Read Retry-After in both its forms, at most `LONGEST_HOLD`; None if absent or unreadable.

    RFC 9110, section 10.2.3.
    """
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = min(int(text[:9]), LONGEST_HOLD.total_seconds())
        return timedelta(seconds=seconds)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return min(max(at - now, timedelta(0)), LONGEST_HOLD)


def object_in(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object answered; whatever else it was is as good as an empty one."""
    return as_object(json_in(response))


def as_object(value: Any) -> dict[str, Any]:
    """Return *value*, or an empty object where it is none."""
    return value if isinstance(value, dict) else {}


def error_code(response: httpx.Response) -> str:
    """Return the code in the `error` that Microsoft's services answer, "" where it is no code.

    Never the message: it may hold what was sent.
    """
    code = as_object(object_in(response).get("error")).get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,59}")


def json_in(response: httpx.Response) -> Any:
    """Return the JSON answered, None where it is none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
