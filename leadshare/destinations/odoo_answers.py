"""Destinations: what Odoo's answers mean: HTTP 200 may refuse, HTTP 500 may be a field's fault.

All of it was seen in a real Odoo 19; tests/odoo shows it anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import httpx

from leadshare.core.delivery import Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.destinations.answers import every, object_in, refusal

FORBIDDEN: Final = "You are not allowed to "
"""How `load` begins, with HTTP 200, where the user lacks a right."""

NO_FIELD: Final = "Invalid field name "
"""How HTTP 500 begins where a column is no field of the model."""

NO_EXTERNAL_ID: Final = "External ID not found in the system"
"""How HTTP 500 begins where nothing has this external id."""

NO_REFERENCE: Final = "No matching record found for database id"
"""How `load` begins where a record that a field points at is gone."""

TRANSIENT: Final = ("could not serialize access", "deadlock detected", "could not obtain lock")
"""PostgreSQL's words for two transactions at once; `load` hands them on with HTTP 200.

The first was seen; the others are what PostgreSQL says of the other ways to collide.
"""

BROKEN: Final = ("Unknown error during import", "Unknown database error")
"""How `load` begins where code of Odoo's or the publisher's broke: HTTP 500 in all but status."""

_NAME: Final = re.compile(r"([A-Za-z0-9_]+\.)*([A-Za-z][A-Za-z0-9_]{0,49})")
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,49}")


class Unusable(Exception):
    """A call's answer is not what was asked for, so that it says nothing of any lead."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def judge(
    response: httpx.Response, deliveries: Sequence[Delivery], now: datetime
) -> Reply | frozenset[int]:
    """Say what the answer to `load` means for *deliveries*, which it took all or none of.

    Where it took none, the indices of those that it names: `load` blames the first of a batch for
    what another one did, so that only what is refused alone is known to be at fault.
    """
    status = response.status_code
    if status == httpx.codes.OK:
        return _loaded(object_in(response), deliveries)
    name, message = fault(response)
    if message.startswith(NO_FIELD):
        return every(deliveries, Deferred("field_missing"), status=status, failing=True)
    broken = bool(name) and response.is_server_error
    refused = response.is_client_error and not refusal(response, deliveries, now)
    if not (broken or refused) or status == httpx.codes.NOT_FOUND:
        return whole(response, deliveries, now)
    if len(deliveries) > 1:
        return frozenset()
    if broken:
        # This tells no broken record from a broken server: the schedule ends it.
        return every(deliveries, Deferred(f"odoo_{name}"), status=status, failing=True)
    return every(deliveries, Rejected(f"odoo_{name or status}"), status=status)


def whole(response: httpx.Response, deliveries: Sequence[Delivery], now: datetime) -> Reply:
    """Return what an answer means that says nothing of any record."""
    if reply := refusal(response, deliveries, now):
        return reply
    reason = f"http_{response.status_code}"
    if response.is_success:
        reason = "unreadable_answer"
    elif response.status_code == httpx.codes.NOT_FOUND:
        reason = "crm_missing"  # no such database, or no CRM in it
    return every(deliveries, Deferred(reason), status=response.status_code, failing=True)


def fault(response: httpx.Response) -> tuple[str, str]:
    """Return the error's class without its module, and the message, which may hold lead data.

    The answer's `debug` is a traceback and is never read.
    """
    if response.is_success:
        return "", ""
    answer = object_in(response)
    found = _NAME.fullmatch(str(answer.get("name", "")))
    return (found[2], str(answer.get("message", ""))) if found else ("", "")


def _loaded(answer: dict[str, Any], deliveries: Sequence[Delivery]) -> Reply | frozenset[int]:
    ids, messages = answer.get("ids"), answer.get("messages")
    if isinstance(ids, list) and len(ids) == len(deliveries) and _all_ids(ids):
        return Reply(tuple(Accepted(str(one)) for one in ids), httpx.codes.OK)
    if ids is not False or not isinstance(messages, list):
        return _unreadable(deliveries)
    errors = [one for one in messages if isinstance(one, dict) and one.get("type") == "error"]
    if any(_text(error).startswith(FORBIDDEN) for error in errors):
        return every(deliveries, Deferred("forbidden"), status=httpx.codes.OK, failing=True)
    if len(deliveries) > 1:
        named = (error.get("record") for error in errors)
        count = len(deliveries)
        return frozenset(n for n in named if isinstance(n, int) and 0 <= n < count)
    return _alone(errors[0], deliveries) if errors else _unreadable(deliveries)


def _alone(error: dict[str, Any], deliveries: Sequence[Delivery]) -> Reply:
    """Judge a record that was refused alone."""
    text, field = _text(error), str(error.get("field", ""))
    if text.startswith(BROKEN):
        outcome = Deferred("odoo_error")
        return every(deliveries, outcome, status=httpx.codes.OK, failing=True)
    if any(words in text for words in TRANSIENT):
        return every(deliveries, Deferred("concurrent_update"), status=httpx.codes.OK)
    if field == ".id":
        # Archived or deleted since it was read; the next attempt sees which.
        return every(deliveries, Deferred("changed_meanwhile"), status=httpx.codes.OK)
    if text.startswith(NO_REFERENCE):
        return every(deliveries, Deferred("reference_gone"), status=httpx.codes.OK)
    reason = f"odoo_refused.{field}" if _FIELD.fullmatch(field) else "odoo_refused"
    return every(deliveries, Rejected(reason), status=httpx.codes.OK)


def _all_ids(ids: list[Any]) -> bool:
    return all(isinstance(one, int) and one > 0 for one in ids)


def _text(error: dict[str, Any]) -> str:
    return str(error.get("message", ""))


def _unreadable(deliveries: Sequence[Delivery]) -> Reply:
    outcome = Deferred("unreadable_answer")
    return every(deliveries, outcome, status=httpx.codes.OK, failing=True)
