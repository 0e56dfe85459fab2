"""Destinations: what Marketo's answers mean: errors come in an HTTP 200, of a call or of a record.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.core.delivery import Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.destinations.answers import as_object, every, object_in, refusal, together

ENDED: Final = {"601", "602"}
"""Access token invalid, expired (error-codes.md)."""

DENIED: Final = "603"
"""The user lacks a permission, or its address is not on the allow-list (error-codes.md)."""

THROTTLED: Final = {"606": timedelta(seconds=20), "615": timedelta(seconds=5)}
"""100 calls in 20 seconds; ten calls at once (error-codes.md): how long others' calls last."""

QUOTA: Final = "607"
"""The calls of the day are used up (error-codes.md)."""

TOO_MANY: Final = "1003"
"""What a look-up is answered that more than 1,000 persons match (leads.md)."""

ALREADY: Final = "1037"
"""The person is in that status of the program, or past it (program-members.md)."""

COMPANY_REFUSED: Final = Deferred("marketo_1021")
"""This person's company is not ours to change (error-codes.md): the rest of the record may be."""

RECORDS: Final[dict[str, Outcome]] = {
    # A type, a missing value, invalid data, an unknown field, an unsupported field.
    **{code: Rejected(f"marketo_{code}") for code in ("1001", "1002", "1003", "1006", "1011")},
    "1007": Rejected("several_in_crm"),
}
"""What no repeat can help, by the record's code; all others are tried again (error-codes.md)."""

UNREADABLE: Final = Deferred("unreadable_answer")

_CODE: Final = re.compile(r"[0-9]{3,4}")

# "12:00 AM CST" (marketo-integration-best-practices.md), which may be meant all year round, or as
# Chicago's midnight: that is 05:00 UTC in summer. Whichever comes first is tried; a call too early
# is refused, not counted, and held until the other.
_RESETS: Final = (timedelta(hours=5), timedelta(hours=6))


class Refused(Exception):
    """Marketo refused a whole call: the same happens to each of its records."""

    def __init__(self, reply: Reply, code: str = "") -> None:
        super().__init__(code)
        self.reply = reply
        self.code = code

    @property
    def outcome(self) -> Deferred:
        """What it means for each record: nothing is rejected wholesale."""
        [outcome] = self.reply.outcomes
        return outcome if isinstance(outcome, Deferred) else UNREADABLE


# Of a refused call the same is true for each of its records, so one stands for all.
_ONE: Final[Sequence[Any]] = (None,)


def checked(response: httpx.Response, now: datetime) -> httpx.Response:
    """Return *response*; raise `Refused` where it refuses the call, by HTTP or by its body."""
    if reply := refusal(response, _ONE, now):
        raise Refused(reply)
    errors = object_in(response).get("errors")
    if errors and object_in(response).get("success") is not True:
        code = code_of(errors)
        raise Refused(_refusal(code, now), code)
    return response


def _refusal(code: str, now: datetime) -> Reply:
    """Say what it means that a whole call was refused with *code*; no record was judged."""
    if code in THROTTLED:
        return _reply(Deferred("throttled", counts=False), hold=THROTTLED[code])
    if code == QUOTA:
        return _reply(Deferred("quota_exhausted", counts=False), hold=until_reset(now))
    if code == DENIED:
        return _reply(Deferred("forbidden"), failing=True)
    # Even what is our own fault waits: for a version of ours that has mended it.
    return _reply(Deferred(f"marketo_{code}") if code else UNREADABLE, failing=True)


def _reply(outcome: Outcome, *, hold: timedelta | None = None, failing: bool = False) -> Reply:
    return every(_ONE, outcome, status=httpx.codes.OK, hold=hold, failing=failing)


def until_reset(now: datetime) -> timedelta:
    """Return how long it is until the daily quota may be fresh."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    resets = (midnight + timedelta(days=day) + hours for day in (0, 1) for hours in _RESETS)
    return min(reset for reset in resets if reset > now) - now


def rows_in(response: httpx.Response, count: int | None = None) -> list[dict[str, Any]]:
    """Return the results, *count* of them where that is known, as Marketo keeps their order.

    Raises `Refused` where that is not what was answered.
    """
    body = object_in(response)
    rows = body.get("result") if body.get("success") is True else None
    if not isinstance(rows, list) or count not in (None, len(rows)):
        raise unreadable(response)
    return [as_object(row) for row in rows]


def unreadable(response: httpx.Response) -> Refused:
    """Return what to raise for an answer that is not Marketo's."""
    status = response.status_code
    outcome = UNREADABLE if response.is_success else Deferred(f"http_{status}")
    return Refused(every(_ONE, outcome, status=status, failing=True))


def code_of(reasons: Any) -> str:
    """Return the code of the first of *reasons*, nothing if it cannot be read.

    Never the message: it quotes values.
    """
    first = reasons[0] if isinstance(reasons, list) and reasons else {}
    code = str(first.get("code")) if isinstance(first, dict) else ""
    return code if _CODE.fullmatch(code) else ""


def written(row: dict[str, Any]) -> Outcome:
    """Read the result of a record that was to be created or updated."""
    status, person = row.get("status"), row.get("id")
    if status in ("created", "updated") and type(person) is int:
        return Accepted(str(person))
    code = code_of(row.get("reasons"))
    if status != "skipped" or not code:
        return UNREADABLE
    return RECORDS.get(code) or Deferred(f"marketo_{code}")


def joined(row: dict[str, Any]) -> Outcome | None:
    """Return why a person is not in the program or list as wished; None who is.

    Who is skipped without a reason is in it already: each failure has one (error-codes.md).
    """
    code = code_of(row.get("reasons"))
    if row.get("status") not in ("added", "created", "updated", "skipped"):
        return UNREADABLE
    return Deferred(f"marketo_{code}") if code and code != ALREADY else None


def combined(
    deliveries: Sequence[Delivery], outcomes: Mapping[str, Outcome], refused: Refused | None
) -> Reply:
    """Return the reply to several calls, of which *refused*, if any, was the last."""
    rest = refused.reply if refused else _reply(UNREADABLE, failing=True)
    told = {lead: _reply(o, failing=o == UNREADABLE) for lead, o in outcomes.items()}
    return together([told.get(delivery.lead, rest) for delivery in deliveries])
