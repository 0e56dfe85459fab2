"""Client: read what an HTTP answer says, without believing it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from leadshare.client.answers.json_values import as_object

LONGEST_HOLD: Final = timedelta(hours=24)
"""The cap on Retry-After; a destination that asks for more is asked again after this."""


def retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """Read Retry-After, at most `LONGEST_HOLD`; None if absent or unreadable.

    RFC 9110, section 10.2.3: seconds or an HTTP date. Parts of seconds and ISO 8601 are seen, too.
    """
    return read_retry_after(response.headers.get("retry-after", ""), now)


def read_retry_after(text: str, now: datetime) -> timedelta | None:
    """Read the *text* of a Retry-After; see `retry_after`."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return min(timedelta(seconds=float(text[:12])), LONGEST_HOLD)
    at = _time(text)
    if at is None:
        return None
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return min(max(at - now, timedelta(0)), LONGEST_HOLD)


_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]+)?")


def _time(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(text)
        except (ValueError, OverflowError):
            continue
    return None


def answered_at(response: httpx.Response) -> datetime | None:
    """Return when *response* was made, by its server's clock; None where that is not told.

    RFC 9110, section 6.6.1.
    """
    at = _time(response.headers.get("date", ""))
    return at and at.replace(tzinfo=at.tzinfo or UTC)


def object_in(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object answered; whatever else it was is as good as an empty one."""
    return as_object(json_in(response))


def error_code(response: httpx.Response) -> str:
    """Return the code in the `error` that Microsoft's services answer, "" where it is no code.

    Never the message: it may hold what was sent.
    """
    code = as_object(object_in(response).get("error")).get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,59}")


def exact_json_in(response: httpx.Response) -> object:
    """Return the JSON answered, numbers with a point as `Decimal`; None where it is none."""
    try:
        return json.loads(response.content, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def json_in(response: httpx.Response) -> object:
    """Return the JSON answered, None where it is none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
