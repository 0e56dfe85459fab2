"""Destinations: what Salesforce says of one record.

Vendor: StatusCode in the SOAP API guide; the partner WSDL has 370 of them. What is known to be the
lead's fault is rejected by its code; every other code waits.
"""

from __future__ import annotations

import re
from typing import Final

from leadshare.client.answers.json_values import first_object
from leadshare.client.answers.sentences import said_in
from leadshare.client.answers.signs import names_missing_field, names_missing_reference, sign_of
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.destinations.replies import Verdict, absent, own_words
from leadshare.destinations.salesforce.calls import QUOTA, used_up
from leadshare.reason import Reason, Vendor

VALUES: Final = frozenset(
    {
        *("FIELD_CUSTOM_VALIDATION_EXCEPTION", "FIELD_FILTER_VALIDATION_EXCEPTION"),
        *("FIELD_INTEGRITY_EXCEPTION", "INVALID_EMAIL_ADDRESS", "NUMBER_OUTSIDE_VALID_RANGE"),
        *("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        *("STRING_TOO_LONG", "TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET"),
    }
)
"""Codes of a value that is refused, by the org's lists, lengths and rules."""

LACKING: Final = frozenset({"MISSING_ARGUMENT", "REQUIRED_FIELD_MISSING"})
"""Codes of a record that lacks what the org demands."""

OPERATORS: Final = {
    "API_CURRENTLY_DISABLED": Reason.FORBIDDEN,
    "API_DISABLED_FOR_ORG": Reason.FORBIDDEN,
    "ENTITY_IS_DELETED": Reason.REFERENCE_GONE,
    "FIELD_NOT_UPDATABLE": Reason.FIELD_FORBIDDEN,
    "INACTIVE_OWNER_OR_USER": Reason.REFERENCE_GONE,
    "INSUFFICIENT_ACCESS": Reason.FORBIDDEN,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Reason.FORBIDDEN,
    "INSUFFICIENT_ACCESS_OR_READONLY": Reason.FORBIDDEN,
    "INVALID_ASSIGNMENT_RULE": Reason.REFERENCE_GONE,
    "INVALID_CROSS_REFERENCE_KEY": Reason.REFERENCE_GONE,
    "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD": Reason.REFERENCE_GONE,
    "INVALID_FIELD": Reason.FIELD_MISSING,
    "INVALID_FIELD_FOR_INSERT_UPDATE": Reason.FIELD_FORBIDDEN,
    "LICENSE_LIMIT_EXCEEDED": Vendor.SALESFORCE.reason("LICENSE_LIMIT_EXCEEDED"),
    "MALFORMED_ID": Reason.REFERENCE_GONE,
    "STORAGE_LIMIT_EXCEEDED": Reason.STORAGE_FULL,
    "TXN_SECURITY_NO_ACCESS": Reason.FORBIDDEN,
}
"""Codes that the operator must mend at Salesforce: all records wait. What a record points at (its
owner, record type, campaign) is the mapping's or a rule's, never the lead's."""

FINAL: Final = {
    "DUPLICATES_DETECTED": Reason.DUPLICATE_IN_CRM,
    "DUPLICATE_EXTERNAL_ID": Reason.SEVERAL_IN_CRM,
}
"""Codes of a record whose reason has a name of its own."""

DELETED: Final = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"})
"""The record is gone for good; or, where fields are named or there is none, what one points at."""

CONVERTED: Final = "CANNOT_UPDATE_CONVERTED_LEAD"
"""The lead was converted since it was read: the next attempt sees what it lives on as."""

TAKEN: Final = "DUPLICATE_VALUE"
"""A unique field has this value in another record; the message names the field, in English."""

CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_ID: Final = re.compile(r"00Q[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")  # the key prefix of leads
_FIELD: Final = re.compile(r"\w+__c\b")

UNREADABLE: Final = Deferred(Reason.UNREADABLE_ANSWER)


def is_id(text: str) -> bool:
    """Say whether *text* is the id of a lead."""
    return bool(_ID.fullmatch(text))


def is_there(delivery: Delivery) -> bool:
    """Say whether Salesforce has told the id of this lead."""
    return delivery.sent > 0 and is_id(delivery.record_id)


def judge(row: object, delivery: Delivery, key: str, status: int) -> Verdict:
    """Say what *row*, the result of one record, means."""
    if not isinstance(row, dict):
        return _odd(status)
    if row.get("success") is True:
        record_id = str(row.get("id"))
        ours = not is_there(delivery) or record_id[:15] == delivery.record_id[:15]
        return Verdict(Accepted(record_id), status) if ours and is_id(record_id) else _odd(status)
    error = first_object(row.get("errors"))
    code = str(error.get("statusCode"))
    if not CODE.fullmatch(code):
        return _odd(status)
    words, fields = said_in(row.get("errors")), frozenset(map(str, _list(error.get("fields"))))
    if code == QUOTA:
        return used_up(str(error.get("message")), status).saying(words)
    outcome = _outcome(code, words, fields, delivery, key)
    failing = isinstance(outcome, Deferred) and outcome.reason in _AT_FAULT
    return Verdict(outcome, status, failing=failing).saying(words)


_AT_FAULT: Final = {Reason.UNREADABLE_ANSWER, *OPERATORS.values()}


def unnamed(row: object, key: str) -> bool:
    """Say whether *row* tells that a value is taken, and not of which field."""
    error = first_object(row.get("errors")) if isinstance(row, dict) else {}
    words = str(error.get("message"))
    named = error.get("fields") or key in words or _FIELD.search(words)
    return error.get("statusCode") == TAKEN and not named


def _outcome(
    code: str, words: str, fields: frozenset[str], delivery: Delivery, key: str
) -> Outcome:
    """Say what an error means by its *code*, its *words* and the *fields* that it names."""
    own, reason = own_words(words, [delivery]), Vendor.SALESFORCE.reason(code)
    if code == TAKEN:
        # Our own key is taken only by a call of ours that was still under way.
        ours = key in words or key in fields
        return Deferred(Reason.CHANGED_MEANWHILE) if ours else Rejected(Reason.DUPLICATE_IN_CRM)
    if code == CONVERTED:
        return Deferred(Reason.CHANGED_MEANWHILE)
    if code in FINAL:
        return Rejected(FINAL[code])
    if code in DELETED and is_there(delivery) and not fields:
        return absent(delivery)
    if code in OPERATORS:
        return Deferred(OPERATORS[code])
    return Rejected(reason) if code in LACKING else _by_words(code, own, fields)


def _by_words(code: str, words: str, fields: frozenset[str]) -> Outcome:
    """Say what an error means whose code is general: a rule, a trigger or a flow may say it."""
    reason = Vendor.SALESFORCE.reason(code)
    if names_missing_field(words):
        return Deferred(Reason.FIELD_MISSING)
    if names_missing_reference(words) or any(name.endswith("Id") for name in fields):
        return Deferred(Reason.REFERENCE_GONE)
    if code in VALUES and not _passes(words):
        return Rejected(reason, fields=fields)
    return Deferred(reason)


def _passes(words: str) -> bool:
    """Say whether *words* tell of a fault that may pass, whatever code they come with."""
    return sign_of(words) is not None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _odd(status: int) -> Verdict:
    return Verdict(UNREADABLE, status, failing=True)
