"""Destinations: what Odoo's answers mean: HTTP 200 may refuse, HTTP 500 may be a field's fault.

All of it was seen in a real Odoo 19; tests/odoo shows it anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from leadshare.client.answers.json_values import objects
from leadshare.client.answers.response import object_in
from leadshare.client.answers.signs import Sign, names_missing_field, sign_of
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.destinations.narrowing import Judged, Part, halves
from leadshare.destinations.replies import (
    Verdict,
    own_words,
    refusal,
    throttled_by,
    unreadable,
)
from leadshare.reason import Reason, Vendor

FORBIDDEN: Final = "You are not allowed to "
"""How `load` begins, with HTTP 200, where the user lacks a right."""

NO_EXTERNAL_ID: Final = "External ID not found in the system"
"""How HTTP 500 begins where nothing has this external id."""

LACKING: Final = "Missing required value"
"""How `load` begins where a required field is empty: no value of ours is refused."""

NO_REFERENCE: Final = "No matching record found for "
"""How `load` begins where a record that a field points at is gone."""

NO_RECORD: Final = "Record does not exist or has been deleted"
"""How `load` begins where what it writes to, such as a chatter's lead, is gone."""

OUR_NAMES: Final = "ir_model_data"
"""The table of external ids: in an error, another process has just made this very lead."""

_TAKEN: Final = re.compile(r"unique constraint|duplicate key|already exists", re.IGNORECASE)
"""PostgreSQL's words and Odoo's for a value that must be unique."""

REFUSED: Final = {413, 422}
"""Statuses by which Odoo judges what is in a record: too large, or against one of its rules."""

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


def reason_of(response: httpx.Response) -> str:
    """Return why an answer is not what was asked for, where there is no delivery to tell it of."""
    status = response.status_code
    return _REFUSED.get(status, Vendor.HTTP.reason(status))


_REFUSED: Final[Mapping[int, str]] = {
    200: Reason.UNREADABLE_ANSWER,
    401: Reason.UNAUTHORISED,
    403: Reason.FORBIDDEN,
    404: Reason.CRM_MISSING,
}


def judge(response: httpx.Response, ours: Mapping[str, Delivery], now: datetime) -> Judged:
    """Say what the answer to `load` means for our records, which it took all or none of.

    Where it took none, those that it names are asked about again: `load` blames the first of a
    batch for what another one did, so that only what is refused alone is known to be at fault.
    """
    status, leads = response.status_code, [*ours]
    if status == httpx.codes.OK:
        return _loaded(object_in(response), ours)
    name, message = fault(response)
    told = whole(response, now, [*ours.values()])
    broken = bool(name) and response.is_server_error
    judged = broken or (response.is_client_error and told.reason == Vendor.HTTP.reason(status))
    if not judged or told.hold or told.reason == Reason.FIELD_MISSING:
        return alike(leads, told)
    if len(leads) > 1:
        return Judged(again=halves(leads))
    reason = Vendor.ODOO.reason(name or status)
    if status in REFUSED:
        fields = frozenset[str]() if name else None
        return alike(leads, Verdict(Rejected(reason, said=message, fields=fields), status))
    if not name:
        return alike(leads, told)
    # This tells no broken record from a broken server: the schedule ends it.
    return alike(leads, Verdict(Deferred(reason, said=message), status, failing=True))


def alike(leads: Part, verdict: Verdict) -> Judged:
    """Return one *verdict* for all of *leads*; it says whether there is use in asking Odoo more.

    A record that breaks Odoo's code, alone, leaves the others; who is silent has no word for them.
    """
    silent = verdict.failing and (len(leads) > 1 or not verdict.status)
    stops = silent or verdict.hold is not None or verdict.gone
    return Judged(dict.fromkeys(leads, verdict), stop=verdict if stops else None)


def whole(response: httpx.Response, now: datetime, deliveries: Sequence[Delivery] = ()) -> Verdict:
    """Return what an answer means that says nothing of any record."""
    words = fault(response)[1]
    if names_missing_field(own_words(words, deliveries)):
        outcome = Deferred(Reason.FIELD_MISSING, said=words)
        return Verdict(outcome, response.status_code, failing=True)
    if verdict := refusal(response, now, deliveries):
        return verdict
    if response.status_code == httpx.codes.NOT_FOUND:
        # No such database, or no CRM in it.
        outcome = Deferred(Reason.CRM_MISSING, said=words)
        return Verdict(outcome, response.status_code, failing=True)
    return unreadable(response)


def fault(response: httpx.Response) -> tuple[str, str]:
    """Return the error's class without its module, and the message, which may hold lead data.

    The answer's `debug` is a traceback and is never read.
    """
    if response.is_success:
        return "", ""
    answer = object_in(response)
    found = _NAME.fullmatch(str(answer.get("name", "")))
    return (found[2], str(answer.get("message", ""))) if found else ("", "")


def _loaded(answer: dict[str, object], ours: Mapping[str, Delivery]) -> Judged:
    ids, messages, leads = answer.get("ids"), answer.get("messages"), [*ours]
    if isinstance(ids, list) and len(ids) == len(leads) and _all_ids(ids):
        taken = {lead: _ok(Accepted(str(one))) for lead, one in zip(leads, ids, strict=True)}
        return Judged(taken)
    if ids is not False or not isinstance(messages, list):
        return alike(leads, _UNREADABLE)
    errors = [one for one in objects(messages) if one.get("type") == "error"]
    if denied := next((error for error in errors if _text(error).startswith(FORBIDDEN)), None):
        verdict = _ok(Deferred(Reason.FORBIDDEN), failing=True)
        return alike(leads, verdict.saying(_text(denied)))
    if len(leads) > 1:
        named = [error.get("record") for error in errors]
        return Judged(again=apart(leads, [n for n in range(len(leads)) if n in named]))
    if not errors:
        return alike(leads, _UNREADABLE)
    text, [delivery] = _text(errors[0]), ours.values()
    rested = throttled_by(text, delivery, httpx.codes.OK)
    return alike(leads, rested or _alone(errors[0], own_words(text, [delivery])).saying(text))


def apart(leads: Part, named: Sequence[int]) -> list[Part]:
    """Return parts of *leads*: those *named* each alone, after all others; halves if none is."""
    if not named:
        return halves(leads)
    rest = [lead for number, lead in enumerate(leads) if number not in named]
    return [rest, *([leads[number]] for number in named)]


def _alone(error: dict[str, object], own: str) -> Verdict:
    """Judge a record that was refused alone; *own* is the message without what it quotes."""
    text, field = _text(error), str(error.get("field", "")).partition("/")[0]
    if reason := _systems_fault(text, own):
        return _ok(Deferred(reason), failing=True)
    if any(words in text for words in TRANSIENT) or sign_of(own) is Sign.MOMENT:
        return _ok(Deferred(Reason.CONCURRENT_UPDATE))
    if field == ".id" or OUR_NAMES in text or text.startswith(NO_RECORD):
        # Archived or deleted since it was read, or just made; the next attempt sees which.
        return _ok(Deferred(Reason.CHANGED_MEANWHILE))
    if _TAKEN.search(own):
        return _ok(TAKEN)
    known = bool(_FIELD.fullmatch(field))
    reason = Vendor.ODOO.reason(f"refused.{field}" if known else "refused")
    fields = None if text.startswith(LACKING) else frozenset({field} if known else ())
    return _ok(Rejected(reason, fields=fields))


def _systems_fault(text: str, own: str) -> str:
    """Return why no record like this can be taken, until an operator has mended it; "" else."""
    if text.startswith(BROKEN):
        return Vendor.ODOO.reason("error")
    if names_missing_field(own):
        return Reason.FIELD_MISSING
    return Reason.REFERENCE_GONE if text.startswith(NO_REFERENCE) else ""


TAKEN: Final = Rejected(Reason.DUPLICATE_IN_CRM)
"""Another record has a value that must be unique."""

UNMADE: Final = Verdict(Deferred(Reason.REFERENCE_REFUSED))
"""For a lead whose campaign or the like could not be made."""


def _ok(outcome: Outcome, *, failing: bool = False) -> Verdict:
    return Verdict(outcome, httpx.codes.OK, failing=failing)


_UNREADABLE: Final = _ok(Deferred(Reason.UNREADABLE_ANSWER), failing=True)


def _all_ids(ids: list[object]) -> bool:
    return all(isinstance(one, int) and one > 0 for one in ids)


def _text(error: dict[str, object]) -> str:
    return str(error.get("message", ""))
