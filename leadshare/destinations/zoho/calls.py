"""Destinations: what Zoho CRM's answer to a call as a whole means, and the rows in it.

Codes are from the vendor's own description of the API (zoho/crm-oas, v8.0/record.json).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from leadshare.client.answers.json_values import all_objects, as_object
from leadshare.client.answers.response import object_in
from leadshare.client.answers.sentences import said
from leadshare.client.answers.signs import names_missing_reference
from leadshare.client.answers.waits import told_wait
from leadshare.deliveries.delivery import Deferred, Delivery
from leadshare.destinations.replies import QUOTA_HOLD, Verdict, own_words, refusal, throttled
from leadshare.reason import Reason, Vendor

LIMITS: Final = {"LIMIT_EXCEEDED", "LIMIT_REACHED"}
"""Of a call: the credits, where the status or the words say so; else that it asks for too much. Of
a record: that one of its fields has too many of something."""

THROTTLED: Final = "TOO_MANY_REQUESTS"
"""Of too many calls at once, and of used-up credits, too (api-limits.html)."""

_DAY: Final = re.compile(r"(?<!\d)24(?!\d)")
"""The hours after which credits come back, in whatever language the rest is said."""

_TOO_MANY: Final = {httpx.codes.FORBIDDEN, httpx.codes.TOO_MANY_REQUESTS}

AT_FAULT: Final = {
    "INVALID_TOKEN": Reason.UNAUTHORISED,
    "AUTHENTICATION_FAILURE": Reason.UNAUTHORISED,
    # The client's scopes or the user's profile lack something, whatever status says so.
    "OAUTH_SCOPE_MISMATCH": Reason.FORBIDDEN,
    "NO_PERMISSION": Reason.FORBIDDEN,
    "AUTHORIZATION_FAILED": Reason.FORBIDDEN,
    "INVALID_MODULE": Reason.MODULE_MISSING,
    "INVALID_QUERY": Reason.KEY_MISSING,
    "STORAGE_SPACE_EXCEEDED": Reason.STORAGE_FULL,
    "INTERNAL_ERROR": Vendor.ZOHO.reason("INTERNAL_ERROR"),
}
"""What is not the record's fault."""

_POINTERS: Final = {"Layout", "Owner", "lar_id"}
_LOST: Final = "id given seems to be invalid"

NAMES: Final = 50
"""Fields that one read may name (get-records.html)."""

IN: Final = 50
"""Values that one `in` of a query may have (COQL-Limitations.html)."""

MOST: Final = 200
"""Records that a query answers with at most, for one credit (COQL-Overview.html)."""

_ID: Final = re.compile(r"[0-9]{1,20}")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_]")


def query_for(key: str, leads: Sequence[str]) -> str:
    """Return the query for the records that hold *leads* in the field *key*."""
    quoted = [f"'{lead}'" for lead in leads]
    chunks = [",".join(quoted[i : i + IN]) for i in range(0, len(quoted), IN)]
    where = " or ".join(f"{key} in ({chunk})" for chunk in chunks)
    # The key is a name by its pattern, and lead ids are hexadecimal.
    return f"select id, {key} from Leads where {where} limit {MOST}"  # noqa: S608 - see above


def data(answer: httpx.Response, name: str = "data") -> list[dict[str, object]] | None:
    """Return the rows answered, None if the call was refused as a whole or makes no sense.

    Nothing found is 204. Where every record is refused, the status may be 400 all the same.
    """
    if answer.status_code == httpx.codes.NO_CONTENT:
        return []
    if not answer.is_success and answer.status_code != httpx.codes.BAD_REQUEST:
        return None
    return all_objects(object_in(answer).get(name))


def by_key(answer: httpx.Response, key: str) -> dict[str, list[str]] | None:
    """Return the ids of the records found by what they hold in the field *key*."""
    rows = data(answer)
    if rows is None or not all(id_in(row) for row in rows):
        return None
    ids: dict[str, list[str]] = {}
    for row in rows:
        ids.setdefault(str(row.get(key)), []).append(id_in(row))
    return ids


def sole(ids: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the record of each lead that has no more than one."""
    return {lead: places[0] for lead, places in ids.items() if len(places) == 1}


def id_in(row: Mapping[str, object]) -> str:
    """Return the record's id, nothing if it is none: it goes into an address."""
    text = str(row.get("id", ""))
    return text if _ID.fullmatch(text) else ""


def refused(answer: httpx.Response, now: datetime, deliveries: Sequence[Delivery] = ()) -> Verdict:
    """Return what a call that judged no record means for all of them."""
    status, told = answer.status_code, object_in(answer)
    code = clean(told.get("code"))
    by_the_day = code == THROTTLED and _DAY.search(own_words(said(answer), deliveries))
    if (code in LIMITS and status in _TOO_MANY) or by_the_day:
        # Credits come back over 24 hours, little by little (api-limits.html).
        hold = told_wait(answer, now) or QUOTA_HOLD
        used_up = Deferred(Reason.QUOTA_EXHAUSTED, counts=False)
        return Verdict(used_up, status, hold).saying(said(answer))
    verdict = throttled(answer, now, deliveries)
    if verdict is None and code not in AT_FAULT:
        verdict = refusal(answer, now, deliveries)
    waits = Verdict(Deferred(refusal_code(answer)), status, failing=True)
    return (verdict or waits).saying(said(answer))


def refusal_code(answer: httpx.Response) -> str:
    """Name why a call as a whole was refused."""
    told = object_in(answer)
    code = clean(told.get("code"))
    if code in AT_FAULT:
        return AT_FAULT[code]
    if answer.is_success:
        return Reason.UNREADABLE_ANSWER
    if points_nowhere(field_in(told), said(answer)):
        return Reason.REFERENCE_GONE
    return Vendor.ZOHO.reason(code) if code else Vendor.HTTP.reason(answer.status_code)


def points_nowhere(field: str, words: str) -> bool:
    """Say whether what a record points at is gone, by the *field* that is named and the *words*."""
    return field in _POINTERS or _LOST in words or names_missing_reference(words)


def field_in(row: Mapping[str, object]) -> str:
    """Return the field that *row* names, by its name or by the end of a path, `$.data[0].Email`."""
    details = as_object(row.get("details"))
    path = str(details.get("json_path") or "").rpartition(".")[2]
    named = details.get("api_name") or re.sub(r"\[.*", "", path)
    return "" if named == "data" else clean(named)


def clean(code: object) -> str:
    """Return a code or name of the vendor's that is fit for a reason."""
    return _UNSAFE.sub("", code)[:30] if isinstance(code, str) else ""


@dataclass(frozen=True, slots=True)
class Line:
    """Calls of one hand-over."""

    ask: Callable[..., Awaitable[httpx.Response]]
    """Calls by method, path and time, with more for the request."""
    now: datetime

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Make a call."""
        return await self.ask(method, path, self.now, **more)

    def refuses(self, answer: httpx.Response, whose: Sequence[Delivery]) -> Verdict:
        """Return what it means that a call refused all of those that it was for."""
        return refused(answer, self.now, whose)
