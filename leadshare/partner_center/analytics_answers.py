"""Partner Center: what its analytics answers: reports, datasets, ids, and why it does not.

Vendor pages are cited by their file names in MicrosoftDocs/azure-docs, articles/marketplace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.books.faults import Untold
from leadshare.books.reading import Execution
from leadshare.client.answers.json_values import text
from leadshare.client.answers.response import object_in, retry_after
from leadshare.client.errors import AddressRefused, AnswerTooLarge
from leadshare.reason import Reason, Vendor
from leadshare.times import read as read_time


@dataclass(frozen=True, slots=True)
class ScheduledReport:
    """A report: its id, and when it is executed first and last."""

    id: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Dataset:
    """What can be asked of a dataset: columns and metrics, and time spans, in upper case."""

    columns: frozenset[str]
    timespans: frozenset[str]


_MEANING: Final[Mapping[int, Reason]] = {
    401: Reason.UNAUTHORISED,
    403: Reason.FORBIDDEN,
    429: Reason.THROTTLED,
}


def check(response: httpx.Response, now: datetime | None = None) -> None:
    """Raise `Untold` where *response* is no success; its words are not repeated."""
    if not response.is_success:
        status = response.status_code
        reason = _MEANING.get(status) or Vendor.HTTP.reason(status)
        if status == httpx.codes.BAD_REQUEST and "exceeded" in _message(response):
            reason = Reason.QUOTA_EXHAUSTED
        raise Untold(reason, retry_after(response, now) if now else None)


def _message(response: httpx.Response) -> str:
    """Return what is told, to look for the one word by which quotas are known.

    Of 100 queries, 50 active reports (analytics-programmatic-faq.md).
    """
    answer = object_in(response)
    return text(answer.get("message") or answer.get("Message")).lower()


def reason_of(error: httpx.HTTPError) -> Reason:
    """Return why a call had no answer."""
    match error:
        case AddressRefused():
            return Reason.ADDRESS_REFUSED
        case AnswerTooLarge():
            return Reason.ANSWER_TOO_LARGE
        case httpx.TimeoutException():
            return Reason.TIMEOUT
        case httpx.ConnectError():
            return Reason.UNREACHABLE
    return Reason.CONNECTION_LOST


def goes_on(one: Mapping[str, Any], query: str) -> bool:
    """Say whether a report in a list is of *query*, and neither paused nor at its end."""
    return one.get("queryId") == query and one.get("reportStatus") == "Active"


def report_in(one: Mapping[str, Any]) -> ScheduledReport | None:
    """Return a report as a list tells it, None where that cannot be read."""
    begins, identity = read_time(text(one.get("startTime"))), text(one.get("reportId"))
    hours, count = one.get("recurrenceInterval"), one.get("recurrenceCount")
    if not (
        begins and _ID.fullmatch(identity) and isinstance(hours, int) and isinstance(count, int)
    ):
        return None
    try:
        return ScheduledReport(identity, begins, begins + timedelta(hours=hours * (count - 1)))
    except OverflowError:
        return None


def id_of(made: list[dict[str, Any]], name: str) -> str:
    """Return the id of what was made; `Untold` where the answer names none."""
    identity = text(made[0].get(name)) if made else ""
    if not _ID.fullmatch(identity):
        raise Untold(Reason.UNREADABLE_ANSWER)
    return identity


def execution_in(one: Mapping[str, Any]) -> Execution | None:
    """Return an execution that has ended and has a file, else None."""
    told_at = read_time(text(one.get("reportGeneratedTime")))
    link, identity = text(one.get("reportAccessSecureLink")), text(one.get("executionId"))
    return Execution(identity, told_at, link) if link and identity and told_at else None


_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


def upper(names: object) -> frozenset[str]:
    """Return the *names* of a list in upper case: theirs do not tell the cases apart."""
    return (
        frozenset(str(name).upper() for name in names) if isinstance(names, list) else frozenset()
    )
