"""Destinations: what Marketo's answers mean: errors come in an HTTP 200, of a call or of a record.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.client.answers.json_values import as_object, first_object
from leadshare.client.answers.response import object_in
from leadshare.client.answers.sentences import said_in
from leadshare.client.answers.signs import Sign, names_missing_field, sign_of
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.destinations.replies import (
    DEFAULT_HOLD,
    Verdict,
    own_words,
    refusal,
    throttled_by,
    unreadable,
)
from leadshare.reason import Reason, Vendor

ENDED: Final = {"601", "602"}
"""Access token invalid, expired (error-codes.md)."""

DENIED: Final = "603"
"""The user lacks a permission, or its address is not on the allow-list (error-codes.md)."""

THROTTLED: Final = {"606": timedelta(seconds=20), "615": timedelta(seconds=5)}
"""100 calls in 20 seconds; ten calls at once (error-codes.md): how long others' calls last."""

QUOTA: Final = "607"
"""The calls of the day are used up (error-codes.md)."""

TOO_MANY: Final = "1003"
"""What a search is answered that more than 1,000 persons match (leads.md)."""

ALREADY: Final = "1037"
"""The person is in that status of the program, or past it (program-members.md)."""

COMPANY_REFUSED: Final = "1021"
"""This person's company is not ours to change (error-codes.md): the rest of the record may be."""

NO_FIELD: Final = {"1006", "1011"}
"""A field is not there, or not supported (error-codes.md), of a call or of a record."""

SEVERAL: Final = "1007"
"""Several persons match (error-codes.md)."""

CHANGED: Final = {"1004", "1005"}
"""A person is not there, or already there (error-codes.md): since it was looked up."""

OF_A_VALUE: Final = {"1001", "1003"}
MISSING: Final = "1002"
"""A value's type, or the value, is invalid; one is missing (error-codes.md): no repeat can help.
All other codes of a record are tried again."""

UNREADABLE: Final = Deferred(Reason.UNREADABLE_ANSWER)

_CODE: Final = re.compile(r"[0-9]{3,4}")

# "12:00 AM CST" (marketo-integration-best-practices.md), which may be meant all year round, or as
# Chicago's midnight: that is 05:00 UTC in summer. Whichever comes first is tried; a call too early
# is refused, not counted, and held until the other.
_RESETS: Final = (timedelta(hours=5), timedelta(hours=6))


class CallRefused(Exception):
    """Marketo refused a whole call: the same happens to each of its records."""

    def __init__(self, verdict: Verdict, code: str = "") -> None:
        super().__init__(code)
        self.verdict = verdict
        self.code = code

    @property
    def may_be_one(self) -> bool:
        """Whether one record of several may be what is refused: its codes are those of records."""
        told = self.verdict.hold or self.verdict.reason == Reason.FIELD_MISSING
        return self.code.startswith("1") and not told


def checked(response: httpx.Response, now: datetime) -> httpx.Response:
    """Return *response*; raise `CallRefused` where it refuses the call, by HTTP or by its body."""
    if verdict := refusal(response, now):
        raise CallRefused(verdict)
    errors = object_in(response).get("errors")
    if errors and object_in(response).get("success") is not True:
        code, words = code_of(errors), said_in(errors)
        raise CallRefused(_refusal(code, words, now).saying(words), code)
    return response


def _refusal(code: str, words: str, now: datetime) -> Verdict:
    """Say what it means that a whole call was refused with *code*; no record was judged."""
    status = httpx.codes.OK
    if code in ENDED:
        return Verdict(Deferred(Reason.UNAUTHORISED), httpx.codes.UNAUTHORIZED, failing=True)
    if code == QUOTA or (code not in THROTTLED and sign_of(words) is Sign.QUOTA):
        return Verdict(Deferred(Reason.QUOTA_EXHAUSTED, counts=False), status, until_reset(now))
    if code in THROTTLED or sign_of(words) is Sign.THROTTLED:
        hold = THROTTLED.get(code, DEFAULT_HOLD)
        return Verdict(Deferred(Reason.THROTTLED, counts=False), status, hold)
    if code == DENIED:
        return Verdict(Deferred(Reason.FORBIDDEN), status, failing=True)
    if code in NO_FIELD or names_missing_field(words):
        return Verdict(Deferred(Reason.FIELD_MISSING), status, failing=True)
    # Even what is our own fault waits: for a version of ours that has mended it.
    outcome = Deferred(Vendor.MARKETO.reason(code)) if code else UNREADABLE
    return Verdict(outcome, status, failing=True)


def until_reset(now: datetime) -> timedelta:
    """Return how long it is until the daily quota may be fresh."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    resets = (midnight + timedelta(days=day) + hours for day in (0, 1) for hours in _RESETS)
    return min(reset for reset in resets if reset > now) - now


def rows_in(response: httpx.Response, count: int | None = None) -> list[dict[str, Any]]:
    """Return the results, *count* of them where that is known, as Marketo keeps their order.

    Raises `CallRefused` where that is not what was answered.
    """
    body = object_in(response)
    rows = body.get("result") if body.get("success") is True else None
    if not isinstance(rows, list) or count not in (None, len(rows)):
        raise CallRefused(unreadable(response))
    return [as_object(row) for row in rows]


def code_of(reasons: object) -> str:
    """Return the code of the first of *reasons*, nothing if it cannot be read.

    Never the message: it quotes values.
    """
    code = str(first_object(reasons).get("code"))
    return code if _CODE.fullmatch(code) else ""


def written(row: dict[str, object], delivery: Delivery, company: frozenset[str]) -> Verdict:
    """Read the result of the record of *delivery*; *company* are the fields of it in that."""
    status, person = row.get("status"), row.get("id")
    if status in ("created", "updated") and type(person) is int:
        return verdict(Accepted(str(person)))
    code = code_of(row.get("reasons"))
    if status != "skipped" or not code:
        return verdict(UNREADABLE)
    words = said_in(row.get("reasons"))
    return _skipped(code, words, delivery, company).saying(words)


def _skipped(code: str, words: str, delivery: Delivery, company: frozenset[str]) -> Verdict:
    """Say what it means that a record was skipped with *code* and *words*."""
    own = own_words(words, [delivery])
    if rested := throttled_by(words, delivery, httpx.codes.OK):
        return rested
    if code in NO_FIELD or names_missing_field(own):
        return Verdict(Deferred(Reason.FIELD_MISSING), httpx.codes.OK, failing=True)
    if code in CHANGED:
        return verdict(Deferred(Reason.CHANGED_MEANWHILE))
    reason = Vendor.MARKETO.reason(code)
    rejected = {
        SEVERAL: Rejected(Reason.SEVERAL_IN_CRM),
        MISSING: Rejected(reason),
        **dict.fromkeys(OF_A_VALUE, Rejected(reason, fields=frozenset())),
    }
    if company:
        rejected[COMPANY_REFUSED] = Rejected(reason, fields=company)
    known = None if sign_of(own) is Sign.MOMENT else rejected.get(code)
    return verdict(known or Deferred(reason))


def kept(row: dict[str, object]) -> Verdict:
    """Read the result of a custom object's record; one that is skipped is refused."""
    if row.get("status") in ("created", "updated"):
        return verdict(Accepted())
    code = code_of(row.get("reasons"))
    if row.get("status") != "skipped" or not code:
        return verdict(UNREADABLE)
    return verdict(Rejected(Vendor.MARKETO.reason(code), said=said_in(row.get("reasons"))))


def joined(row: dict[str, object]) -> Outcome | None:
    """Return why a person is not in the program or list as wished; None who is.

    Who is skipped without a reason is in it already: each failure has one (error-codes.md).
    """
    code, words = code_of(row.get("reasons")), said_in(row.get("reasons"))
    if row.get("status") not in ("added", "created", "removed", "updated", "skipped"):
        return UNREADABLE
    if not code or code == ALREADY:
        return None
    return Deferred(Vendor.MARKETO.reason(code), said=words)


def verdict(outcome: Outcome) -> Verdict:
    """Return the verdict of a record: Marketo is at fault where its result cannot be read."""
    return Verdict(outcome, httpx.codes.OK, failing=outcome == UNREADABLE)
