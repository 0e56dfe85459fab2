"""Destinations: what HubSpot's answers mean, of a call or of one record in it.

Vendor: the 2026-03 specifications in HubSpot/HubSpot-public-api-spec-collection, and the pages
error-handling and usage-guidelines of developers.hubspot.com/docs. What neither says was seen: in
issues and tests of public repositories that talk to the real service.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.client.answers.json_values import as_object, objects
from leadshare.client.answers.response import object_in, retry_after
from leadshare.client.answers.sentences import said, said_in
from leadshare.client.answers.signs import (
    Sign,
    names_missing_field,
    names_missing_reference,
    sign_of,
)
from leadshare.client.answers.waits import told_wait
from leadshare.deliveries.delivery import Deferred, Delivery, Rejected
from leadshare.destinations.replies import (
    DEFAULT_HOLD,
    QUOTA_HOLD,
    Verdict,
    own_words,
    refusal,
    throttled_by,
    unreadable,
)
from leadshare.reason import Reason, Vendor

Record = Mapping[str, Any]

POLICIES: Final = {"TEN_SECONDLY_ROLLING": timedelta(seconds=10), "SECONDLY": DEFAULT_HOLD}
"""How long to wait by a throttle's policyName (usage-guidelines)."""

DAILY: Final = "DAILY"
"""The policy of a day, which ends at midnight in the account's time zone. Nobody tells that, and
the header of the interval is another limit's: so it is asked by the hour."""

RESTS: Final = {
    423: (Reason.LOCKED, timedelta(seconds=2)),
    477: (Reason.MIGRATING, timedelta(hours=1)),
}
"""A lock on what is written, and an account on its way to another data centre; 477 tells how long
in Retry-After (error-handling)."""

TOO_MANY_IDENTITIES: Final = 414
"""A contact with more than 250 addresses (error-handling)."""

TOO_LARGE: Final = 413

JUDGED: Final = {400, 409, 422, TOO_LARGE, TOO_MANY_IDENTITIES}
"""Statuses that refuse a batch for something in it."""

KEY_REFUSED: Final = "by non-unique"
"""In the message about an idProperty that is not there or not unique, which has no code of its own
(HubSpot/hubspot-api-nodejs, issue 548)."""

TAKEN: Final = Rejected(Reason.DUPLICATE_IN_CRM)
"""Another record has a value that must be unique."""

_TAKEN: Final = re.compile(
    r"PropertyValueCoordinates\{|already ha(s|ve) that value|already exists"
    r"|CONFLICTING_UNIQUE_VALUE|OBJECT_ALREADY_EXISTS|CONTACT_EXISTS",
    re.IGNORECASE,
)
"""Seen of a unique value that another record has, with 400 as well as with 409."""

_RIGHTS: Final = {"MISSING_SCOPES", "INVALID_AUTHENTICATION", "EXPIRED_AUTHENTICATION", "BANNED"}

_REFERENCES: Final = {"hubspot_owner_id", "hubspot_team_id", "hs_pipeline", "hs_pipeline_stage"}
"""Properties that point at what the mapping names, and no customer: an owner or stage that is gone
is an operator's to replace."""

_READ_ONLY: Final = re.compile(r"READ_ONLY|read[- ]only (property|value)", re.IGNORECASE)

_UNPARSED: Final = re.compile(r"Invalid input JSON", re.IGNORECASE)

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_PLACE: Final = re.compile(r"propertyName=([a-z0-9_]{1,100})|\"name\" ?: ?\"([a-z0-9_]{1,100})\"")


def refused(
    response: httpx.Response, now: datetime, deliveries: Sequence[Delivery]
) -> Verdict | None:
    """Return what an answer means that judges no record; None for those that do."""
    if response.is_success:
        return None
    status, words = response.status_code, said(response)
    own = own_words(words, deliveries)
    if verdict := _rested(response, now):
        return verdict
    if KEY_REFUSED in own or names_missing_field(own):
        reason = Reason.KEY_MISSING if KEY_REFUSED in own else Reason.FIELD_MISSING
        return Verdict(Deferred(reason, said=words), status, failing=True)
    if _TAKEN.search(own):
        return None  # whatever the status, it is about one record
    refused = refusal(response, now, deliveries)
    return refused if refused or status in JUDGED else unreadable(response)


def _rested(response: httpx.Response, now: datetime) -> Verdict | None:
    """Return what it means that the lane is to rest, by status or policy; else None."""
    status, body, words = response.status_code, object_in(response), said(response)
    policy = str(body.get("policyName"))
    if status in RESTS:
        reason, rest = RESTS[status]
        hold = retry_after(response, now) or rest
    elif policy == DAILY or _is_used_up(response):
        reason, hold = Reason.QUOTA_EXHAUSTED, retry_after(response, now) or QUOTA_HOLD
    elif policy in POLICIES or body.get("errorType") == "RATE_LIMIT":
        usual = POLICIES.get(policy, DEFAULT_HOLD)
        reason, hold = Reason.THROTTLED, told_wait(response, now) or usual
    else:
        return None
    return Verdict(Deferred(reason, counts=False, said=words), status, hold)


def _is_used_up(response: httpx.Response) -> bool:
    """Say whether a throttle without a policy leaves no call of the day (usage-guidelines)."""
    left = response.headers.get("x-hubspot-ratelimit-daily-remaining")
    return response.status_code == httpx.codes.TOO_MANY_REQUESTS and left == "0"


def verdict(error: Record, status: int, key: str, delivery: Delivery) -> Verdict:
    """Read the error of the record of *delivery*, whose name is the value of property *key*.

    What is said is read before codes, and codes before the status.
    """
    words = said_in(error)
    own = own_words(words, [delivery])
    category, codes, named = str(error.get("category")), _codes(error), _named(error, own)
    taken = status == httpx.codes.CONFLICT or category == "CONFLICT" or bool(_TAKEN.search(own))
    if rested := throttled_by(words, delivery, status) or _rested_by(category, words, status):
        return rested
    if fault := _systems_fault(own, category, named):
        return Verdict(Deferred(fault, said=words), status, failing=True)
    if category == "OBJECT_NOT_FOUND" or (taken and key in named):
        return Verdict(Deferred(Reason.CHANGED_MEANWHILE, said=words), status)
    whole = status in _OF_ONE
    stable = [] if whole else [text for text in (*codes, category) if _CODE.fullmatch(text)]
    reason = Vendor.HUBSPOT.reason(next(iter(stable), status))
    ours = category == "VALIDATION_ERROR" or whole or bool(_UNPARSED.search(own))
    if sign_of(own) is Sign.MOMENT or not (taken or ours):
        return Verdict(Deferred(reason, said=words), status)
    if taken:
        return Verdict(TAKEN, status).saying(words)
    # Without a value it is refused for what is not there.
    lacking = any("REQUIRED" in text for text in codes)
    fields = frozenset(named) if category == "VALIDATION_ERROR" and not (whole or lacking) else None
    return Verdict(Rejected(reason, said=words, fields=fields), status)


def _rested_by(category: str, words: str, status: int) -> Verdict | None:
    if category != "RATE_LIMITS":
        return None
    return Verdict(Deferred(Reason.THROTTLED, counts=False, said=words), status, DEFAULT_HOLD)


_OF_ONE: Final = {TOO_LARGE, TOO_MANY_IDENTITIES}


def _systems_fault(own: str, category: str, named: Collection[str]) -> Reason | None:
    """Return why no record like this can be taken, until an operator has mended it; else None."""
    if category in _RIGHTS:
        return Reason.FORBIDDEN
    if names_missing_field(own):
        return Reason.FIELD_MISSING
    if _REFERENCES.intersection(named) or names_missing_reference(own):
        return Reason.REFERENCE_GONE
    return Reason.FIELD_FORBIDDEN if _READ_ONLY.search(own) else None


def _codes(error: Record) -> list[str]:
    return [str(one.get("code")) for one in objects(error.get("errors"))]


def _named(error: Record, own: str) -> set[str]:
    """Return the properties that *error* names: in a context, as coordinates, as JSON in a text."""
    details = (error, *objects(error.get("errors")))
    lists = [as_object(one.get("context")).get("propertyName") for one in details]
    told = {str(name) for many in lists for name in (many if isinstance(many, list) else [many])}
    return told.union(*(set(found) for found in _PLACE.findall(own))) - {"", "None"}
