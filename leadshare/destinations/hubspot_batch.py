"""Destinations: HubSpot's batches of records, each with an answer of its own, or with none.

Vendor: the 2026-03 specifications in HubSpot/HubSpot-public-api-spec-collection, and the pages
error-handling and usage-guidelines of developers.hubspot.com/docs.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.core.delivery import Accepted, Deferred, Outcome, Rejected, Reply
from leadshare.destinations.answers import DEFAULT_HOLD, as_object, object_in, refusal, retry_after

CALLS: Final = 16
"""Calls that a refused batch is split into at most. Seven lead to one record of a hundred, so that
each hand-over judges some; what is left over is handed over again."""

POLICIES: Final = {
    "TEN_SECONDLY_ROLLING": ("throttled", timedelta(seconds=10)),
    "DAILY": ("quota_exhausted", timedelta(hours=1)),
}
"""What a 429's policyName means, and how long to wait (usage-guidelines). The day ends at midnight
in the account's time zone, which nobody tells: so it is asked by the hour."""

RESTS: Final = {423: ("locked", timedelta(seconds=2)), 477: ("migrating", timedelta(hours=1))}
"""A lock on what is written, and an account on its way to another data centre; 477 tells how long
in Retry-After (error-handling)."""

JUDGED: Final = {400, 409, 413}
"""Statuses that refuse a batch for something in it."""

KEY_REFUSED: Final = "by non-unique"
"""In the message about an idProperty that is not there or not unique, which has no code of its own
(HubSpot/hubspot-api-nodejs, issue 548)."""

TAKEN: Final = Rejected("duplicate_in_crm")
"""Another record has a value that must be unique."""

LATER: Final = Reply((Deferred("batch_refused", counts=False),))
"""For records that were not judged because of others in their batch."""

_ROW: Final[dict[str, Outcome]] = {
    "CONFLICT": TAKEN,
    "OBJECT_NOT_FOUND": Deferred("changed_meanwhile"),
    "RATE_LIMITS": Deferred("throttled", counts=False),
}
"""Categories of errors that say more than that a record is wrong."""

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_ID: Final = re.compile(r"[0-9]{1,20}")

# `refusal` only counts what it is given.
_ONE: Final[Sequence[Any]] = (None,)

Post = Callable[[str, Mapping[str, Any]], Awaitable[httpx.Response]]
Record = Mapping[str, Any]
Place = tuple[str, str]
"""An object and its unique property."""


async def write(
    post: Post, path: str, key: str, rows: Mapping[str, Record], now: datetime
) -> dict[str, Reply]:
    """POST *rows* and return a reply of one outcome for each.

    A row's name is the value of the unique property *key*, and its objectWriteTraceId. Whether one
    bad record fails a whole batch is documented for creation alone (error-handling), so what is
    refused together is sent in halves: to send a row again changes nothing.
    """
    replies: dict[str, Reply] = {}
    waiting = [list(rows)] if rows else []
    for _ in range(CALLS):
        if not waiting:
            break
        names = waiting.pop()
        response = await post(path, {"inputs": [_traced(name, rows[name]) for name in names]})
        if reply := refused(response, now):
            waiting.append(names)
            return replies | {name: reply for part in waiting for name in part}
        replies |= judged(response, key, names)
        rest = [name for name in names if name not in replies]
        half = len(rest) // 2
        waiting += [part for part in (rest[half:], rest[:half]) if part]
    return replies | {name: LATER for part in waiting for name in part}


def _traced(name: str, row: Record) -> Record:
    return {**row, "objectWriteTraceId": name}


async def find(
    post: Post, place: Place, values: Iterable[str], wanted: Iterable[str], now: datetime
) -> Reply | dict[str, Record | None]:
    """Return the records with these values of a unique property, or why there is no telling.

    None stands for a record that is not there, and nothing for what was not said; HubSpot says
    either in a 207 and names all that it does not find.
    """
    kind, key = place
    names = list(dict.fromkeys(values))
    asked = {
        "idProperty": key,
        "inputs": [{"id": name} for name in names],
        "properties": [key, *wanted],
        "propertiesWithHistory": [],
    }
    response = await post(f"{kind}/batch/read", asked)
    if reply := refused(response, now):
        return reply
    told = _told(response)
    if told is None:
        status = response.status_code
        reason = f"http_{status}" if response.is_error else "unreadable_answer"
        return Reply((Deferred(reason),), status, failing=True)
    results, errors = told
    found: dict[str, Record | None] = {
        name: None
        for error in errors
        if error.get("category") == "OBJECT_NOT_FOUND"
        for name in _named(error, names)
    }
    for result in results:
        found |= {name: result for name in _values(result, key) if name in names and _id(result)}
    return found


def _values(result: Record, key: str) -> set[str]:
    """Return what *result* can be found by: a contact by its other addresses, too."""
    held = properties(result)
    others = str(held.get("hs_additional_emails") or "").split(";") if key == "email" else []
    return {text.strip().lower() for text in (str(held.get(key)), *others)}


def properties(record: Record) -> Record:
    """Return the properties of *record*."""
    return as_object(record.get("properties"))


def refused(response: httpx.Response, now: datetime) -> Reply | None:
    """Return what an answer means that judges no record; None for those that do."""
    status = response.status_code
    body = object_in(response)
    policy = str(body.get("policyName"))
    known = RESTS.get(status)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        known = POLICIES.get(policy, ("throttled", DEFAULT_HOLD))
    if known is not None:
        reason, rest = known
        hold = retry_after(response, now) or rest
        return Reply((Deferred(reason, counts=False),), status, hold)
    if response.is_error and KEY_REFUSED in str(body.get("message")):
        return Reply((Deferred("key_missing"),), status, failing=True)
    if reply := refusal(response, _ONE, now):
        return reply
    if response.is_error and status not in JUDGED:
        return Reply((Deferred(f"http_{status}"),), status, failing=True)
    return None


def judged(response: httpx.Response, key: str, names: Sequence[str]) -> dict[str, Reply]:
    """Return what *response* says of each record; those that it must be asked again are not in."""
    status = response.status_code
    alone = len(names) == 1
    if response.is_error:
        return {names[0]: _reply(object_in(response), status)} if alone else {}
    told = _told(response)
    if told is None or not any(told):
        # Empty lists: nothing was written (rudder-transformer, silentFailure.ts).
        reason = "unreadable_answer" if told is None else "silently_empty"
        return dict.fromkeys(names, Reply((Deferred(reason),), status, failing=True))
    results, errors = told
    replies = {name: _reply(error, status) for error in errors for name in _named(error, names)}
    replies |= {
        name: Reply((Accepted(_id(result)),), status)
        for result in results
        if (name := _named_by(result, key)) in names and _id(result)
    }
    if alone and not replies and errors:
        return {names[0]: _reply(errors[0], status)}
    if all(_named(error, names) for error in errors):
        # Nothing more would come of asking: a record may have been merged into another.
        return dict.fromkeys(names, Reply((Deferred("no_answer"),), status)) | replies
    return replies


def _told(response: httpx.Response) -> tuple[list[Record], list[Record]] | None:
    """Return results and errors; None if that cannot be read."""
    body = object_in(response)
    results, errors = body.get("results"), body.get("errors") or []
    if response.is_error or not (isinstance(results, list) and isinstance(errors, list)):
        return None
    return _objects(results), _objects(errors)


def _objects(many: list[Any]) -> list[Record]:
    return [one for one in many if isinstance(one, dict)]


def _named_by(result: Record, key: str) -> str:
    """Return the name of the row that *result* answers, "" where it contradicts itself."""
    told = (result.get("objectWriteTraceId"), properties(result).get(key))
    said = {str(text) for text in told if text is not None}
    return said.pop() if len(said) == 1 else ""


def _named(error: Record, names: Sequence[str]) -> list[str]:
    """Return which of *names* are in an error's context, as ids or as objectWriteTraceId."""
    context = error.get("context")
    lists = context.values() if isinstance(context, dict) else ()
    texts = {str(text).lower() for many in lists if isinstance(many, list) for text in many}
    return [name for name in names if name in texts]


def _id(result: Record) -> str:
    text = str(result.get("id"))
    return text if _ID.fullmatch(text) else ""


def _reply(error: Record, status: int) -> Reply:
    """Read the error of one record; its message may hold lead data."""
    category = str(error.get("category"))
    if status == httpx.codes.CONFLICT or category in _ROW:
        return Reply((_ROW.get(category, TAKEN),), status)
    if category == "MISSING_SCOPES":
        return Reply((Deferred("forbidden"),), status, failing=True)
    details = error.get("errors")
    codes = [one.get("code") for one in _objects(details if isinstance(details, list) else [])]
    stable = (text for text in map(str, (*codes, category)) if _CODE.fullmatch(text))
    return Reply((Rejected(f"hubspot_{next(stable, status)}"),), status)
