"""Destinations: HubSpot's batches of records, each with an answer of its own, or with none.

Vendor: the 2026-03 specifications in HubSpot/HubSpot-public-api-spec-collection, and the page
error-handling of developers.hubspot.com/docs.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from leadshare.client.answers.json_values import as_object, objects
from leadshare.client.answers.response import object_in
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.hubspot.answers import TAKEN, Record, refused, verdict
from leadshare.destinations.narrowing import Judged, Part, halves, narrow
from leadshare.destinations.replies import Verdict, unreadable
from leadshare.reason import Reason

CALLS: Final = 16
"""Calls that a refused batch is split into at most. Seven lead to one record of a hundred, so that
each hand-over judges some; what is left over is handed over again."""

LATER: Final = Verdict(Deferred(Reason.BATCH_REFUSED, counts=False))
"""For records that were not judged because of others in their batch."""

_ID: Final = re.compile(r"[0-9]{1,20}")

Post = Callable[[str, Mapping[str, Any]], Awaitable[httpx.Response]]
Place = tuple[str, str]
"""An object and its unique property."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record as a batch takes it, and whose delivery it is."""

    delivery: Delivery
    record: Record


Rows = Mapping[str, Row]
"""By the value of the unique property."""


async def write(post: Post, path: str, key: str, rows: Rows, now: datetime) -> dict[str, Verdict]:
    """POST *rows* and return the verdict of each.

    A row's name is the value of the unique property *key*, and its objectWriteTraceId. Whether one
    bad record fails a whole batch is documented for creation alone (error-handling), so what is
    refused together is sent in halves: to send a row again changes nothing.
    """

    async def call(part: Part) -> Judged:
        ours = {name: rows[name] for name in part}
        inputs = [_traced(name, row.record) for name, row in ours.items()]
        response = await post(path, {"inputs": inputs})
        if whole := refused(response, now, [row.delivery for row in ours.values()]):
            return Judged(again=[part], stop=whole)
        verdicts = judged(response, key, ours)
        return Judged(verdicts, again=halves([name for name in part if name not in verdicts]))

    return await narrow([list(rows)], call, CALLS, LATER)


def _traced(name: str, row: Record) -> Record:
    return {**row, "objectWriteTraceId": name}


async def find(
    post: Post, place: Place, values: Iterable[str], wanted: Iterable[str], now: datetime
) -> Verdict | dict[str, Record | None]:
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
    if whole := refused(response, now, ()):
        return whole
    told = _told(response)
    if told is None:
        return unreadable(response)
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


async def ours_after_all(
    post: Post, place: Place, written: Mapping[str, Verdict], now: datetime
) -> dict[str, Verdict]:
    """Return what becomes of those whose value is taken by their own record.

    Another process may have made it meanwhile, and not every refusal names the property. For the
    others it is a property of the publisher's own.
    """
    taken = [name for name, verdict in written.items() if verdict.outcome == TAKEN]
    if not taken:
        return {}
    found = await find(post, place, taken, (), now)
    if isinstance(found, Verdict):
        return dict.fromkeys(taken, found)
    later = Verdict(Deferred(Reason.CHANGED_MEANWHILE))
    return {
        name: later.saying(written[name].outcome.said)
        for name in taken
        if found.get(name) or name not in found
    }


def _values(result: Record, key: str) -> set[str]:
    """Return what *result* can be found by: a contact by its other addresses, too."""
    held = properties(result)
    others = str(held.get("hs_additional_emails") or "").split(";") if key == "email" else []
    return {text.strip().lower() for text in (str(held.get(key)), *others)}


def properties(record: Record) -> Record:
    """Return the properties of *record*."""
    return as_object(record.get("properties"))


def judged(response: httpx.Response, key: str, rows: Rows) -> dict[str, Verdict]:
    """Return what *response* says of each record; those that it must be asked again are not in."""
    status, names = response.status_code, [*rows]
    alone = len(names) == 1

    def read(error: Record, name: str) -> Verdict:
        return verdict(error, status, key, rows[name].delivery)

    if response.is_error:
        return {names[0]: read(object_in(response), names[0])} if alone else {}
    told = _told(response)
    if told is None or not any(told):
        # Empty lists: nothing was written (rudder-transformer, silentFailure.ts).
        reason = Reason.UNREADABLE_ANSWER if told is None else Reason.SILENTLY_EMPTY
        return dict.fromkeys(names, Verdict(Deferred(reason), status, failing=True))
    results, errors = told
    verdicts = {name: read(error, name) for error in errors for name in _named(error, names)}
    verdicts |= {
        name: Verdict(Accepted(_id(result)), status)
        for result in results
        if (name := _named_by(result, key)) in names and _id(result)
    }
    if alone and not verdicts and errors:
        return {names[0]: read(errors[0], names[0])}
    if all(_named(error, names) for error in errors):
        # Nothing more would come of asking: a record may have been merged into another.
        return dict.fromkeys(names, Verdict(Deferred(Reason.NO_ANSWER), status)) | verdicts
    return verdicts


def _told(response: httpx.Response) -> tuple[Sequence[Record], Sequence[Record]] | None:
    """Return results and errors; None if that cannot be read."""
    body = object_in(response)
    results, errors = body.get("results"), body.get("errors") or []
    if response.is_error or not (isinstance(results, list) and isinstance(errors, list)):
        return None
    return objects(results), objects(errors)


def _named_by(result: Record, key: str) -> str:
    """Return the name of the row that *result* answers, "" where it contradicts itself."""
    told = (result.get("objectWriteTraceId"), properties(result).get(key))
    said = {str(text) for text in told if text is not None}
    return said.pop() if len(said) == 1 else ""


def _named(error: Record, names: Sequence[str]) -> list[str]:
    """Return which of *names* are in an error's context, as ids or as objectWriteTraceId."""
    lists = as_object(error.get("context")).values()
    texts = {str(text).lower() for many in lists if isinstance(many, list) for text in many}
    return [name for name in names if name in texts]


def _id(result: Record) -> str:
    text = str(result.get("id"))
    return text if _ID.fullmatch(text) else ""
