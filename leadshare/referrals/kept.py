"""Referrals: keep referrals, which are no leads, in a table of their own, and list them."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare import times
from leadshare.client.answers.json_values import part, text
from leadshare.errors import Unreadable
from leadshare.intake.message import content_of
from leadshare.partner_center.referral import Kind
from leadshare.store.keys import REFERRAL, whole_partition
from leadshare.store.paging import ListQuery, page
from leadshare.store.retrying import until_written
from leadshare.store.table import Row, Table, put
from leadshare.times import from_text, to_text

log = logging.getLogger("leadshare.referrals.kept")

GONE: Final = "gone"
UNFETCHED: Final = "unfetched"
NOT_AN_ENVELOPE: Final = "not_an_envelope"
"""Notes: no longer there; could not be had for long, still tried; a message of nobody's."""

_KEY: Final = re.compile(r"[0-9a-z-]{1,64}")
_CODE: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_ETAG: Final = re.compile(r"[!-~]{1,100}")


@dataclass(frozen=True, slots=True)
class ReferralStore:
    """The table of referrals: writes them down and lists them."""

    table: Table
    clock: Callable[[], datetime]

    async def keep(
        self, key: str, referral: Mapping[str, object], facts: Mapping[str, str]
    ) -> None:
        """Write down *referral* with more *facts* of it, unless something newer is known."""
        values = {**_facts(referral), **facts}
        await self._put(key, lambda before: values if _is_news(values, before) else None)

    async def note(self, key: str, note: str) -> None:
        """Note on a referral what became of it; what was known of it stays."""
        unknown = {"kind": Kind.UNKNOWN.value, "changed": ""}
        await self._put(key, lambda before: {**unknown, **before, "note": note})

    async def mark_unfetched(self, message: bytes) -> bytes | None:
        """Note that what a queue *message* is about could not be had for long.

        Returns what to queue, so that it is tried on and on: nothing but a referral's id.
        """
        event = read_message(message)
        key = event[0] if event else hashlib.sha256(message).hexdigest()[:32]
        note = UNFETCHED if event else NOT_AN_ENVELOPE
        await self.note(key, note)
        log.error("referral.given_up", extra={"referral": key, "note": note})
        return message if event else None

    async def page(self, where: Mapping[str, str], limit: int, after: str) -> dict[str, object]:
        """Return a page of referrals in the order of their ids."""
        rows = ListQuery("referrals", whole_partition(), where, _COLUMNS, _shown, (REFERRAL,))
        return await page(self.table, rows, limit, after)

    async def _put(
        self, key: str, change: Callable[[Mapping[str, object]], Mapping[str, object] | None]
    ) -> None:
        """Write a row as *change* makes it of what it held, if it makes anything."""

        async def write() -> None:
            before = await self.table.get(REFERRAL, key)
            values = change(before.values if before else {})
            if values is not None:
                row = {**values, "referral": key, "updated": to_text(self.clock())}
                await self.table.write(REFERRAL, [put(before, key, row)])

        await until_written("a referral", write)


def read_message(message: bytes) -> tuple[str, datetime] | None:
    """Return which referral a queue *message* is about and when it was taken, or None."""
    try:
        inner = content_of(message, "referral")
        key, received = inner["id"], from_text(inner["received"])
        return (key, received) if is_key(key) else None
    except (KeyError, TypeError, ValueError, OverflowError, Unreadable):
        return None


def _facts(referral: Mapping[str, object]) -> dict[str, str]:
    """Return what is kept of a referral: ids, codes, times and a sum, but no text of anybody's."""
    details = part(referral, "details")
    codes = {
        "status": referral.get("status"),
        "substatus": referral.get("substatus"),
        "qualification": referral.get("qualification"),
        "type": referral.get("type"),
        "direction": referral.get("direction"),
        "engagement": referral.get("engagementId"),
        "currency": details.get("currency"),
    }
    return {
        **{name: _matching(_CODE, value) for name, value in codes.items()},
        "etag": _matching(_ETAG, referral.get("eTag")),
        "created": _time(referral.get("createdDateTime")),
        "changed": _time(referral.get("updatedDateTime")),
        "expires": _time(referral.get("expirationDateTime")),
        "deal_value": _money(details.get("dealValue")),
    }


def _matching(pattern: re.Pattern[str], value: object) -> str:
    return text(value) if pattern.fullmatch(text(value)) else ""


def _money(value: Any) -> str:
    """Return a sum as text, for rows hold no decimals; nothing for what is no sum."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.2f}" if known and abs(value) < _MOST else ""


_MOST: Final = 10**15


def _time(value: object) -> str:
    """Return a time as rows have it, in UTC where it names no zone; nothing for what is none."""
    instant = times.read(text(value))
    return to_text(instant) if instant else ""


def _is_news(values: Mapping[str, object], before: Mapping[str, Any]) -> bool:
    """Say whether *values* are of no older state of the referral than what is there *before*."""
    return bool(values["changed"] >= before.get("changed", ""))


def _shown(row: Row) -> dict[str, object]:
    return {name: row.values[name] for name in _COLUMNS if name in row.values}


_COLUMNS: Final = (
    *("referral", "kind", "note", "status", "substatus", "qualification", "type", "direction"),
    *("engagement", "deal_value", "currency", "created", "changed", "expires", "etag"),
    "updated",
)


def is_key(value: object) -> bool:
    """Say whether *value* can be a referral's id in lower case, as rows have it."""
    return isinstance(value, str) and _KEY.fullmatch(value) is not None
