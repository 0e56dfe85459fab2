"""Core: referrals of Partner Center: which of them are marketplace leads, told by data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from leadshare.core.mapping import cut
from leadshare.core.normal import words
from leadshare.core.record import Record

MICROSOFT: Final = "msft"
"""What stands for Microsoft where an organisation's id is expected."""


class Kind(StrEnum):
    """What a referral is; only the first is a lead of ours, the others are kept apart."""

    MARKETPLACE_LEAD = "marketplace_lead"
    QUALIFIED_LEAD = "qualified_lead"
    """A customer whom Microsoft itself, a seller or its marketing, found ready to buy."""
    CO_SELL = "co_sell"
    UNKNOWN = "unknown"
    """What Microsoft's table does not name; never taken for a lead."""


@dataclass(frozen=True, slots=True)
class _Row:
    kind: Kind
    types: frozenset[str]
    qualifications: frozenset[str]
    inviters: frozenset[str]


_NOBODY, _MICROSOFT, _PARTNER = "nobody", "microsoft", "partner"

# Microsoft, "Introduction to referrals API", the table of categories. It warns that neither
# `referralSource` nor `callToAction` may be the test.
_TABLE: Final = (
    _Row(
        Kind.MARKETPLACE_LEAD,
        frozenset({"independent"}),
        frozenset({"direct"}),
        frozenset({_NOBODY, _MICROSOFT}),
    ),
    _Row(
        Kind.QUALIFIED_LEAD,
        frozenset({"independent"}),
        frozenset({"salesqualified", "marketingqualified"}),
        frozenset({_MICROSOFT}),
    ),
    _Row(
        Kind.CO_SELL,
        frozenset({"independent", "shared"}),
        frozenset({"salesqualified", "none"}),
        frozenset({_PARTNER}),
    ),
)


def classify(referral: Mapping[str, Any]) -> Kind:
    """Return what *referral*, as Partner Center answers it, is."""
    kind = _code(referral.get("type"))
    qualification = _code(referral.get("qualification")) or "none"
    inviter = _inviter(referral)
    for row in _TABLE:
        told = kind in row.types and qualification in row.qualifications
        if told and inviter in row.inviters:
            return row.kind
    return Kind.UNKNOWN


def part(value: Any, *names: str) -> Mapping[str, Any]:
    """Return the object in *value* under *names*, an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    """Return *value* if it is a text, else ""."""
    return value if isinstance(value, str) else ""


def _inviter(referral: Mapping[str, Any]) -> str:
    organisation = _code(part(referral, "inviteContext", "invitedBy").get("organizationId"))
    if not organisation:
        return _NOBODY
    return _MICROSOFT if organisation == MICROSOFT else _PARTNER


def _code(value: Any) -> str:
    return text(value).strip().lower()


BEGIN, END = "--- leadshare ---", "--- end of leadshare ---"
"""Around what is ours in notes that people write in, too. Frozen: rows out there have them."""

_OURS: Final = re.compile(rf"\s*{re.escape(BEGIN)}.*?{re.escape(END)}\s*", re.DOTALL)


def without_ours(notes: str) -> str:
    """Return what others wrote in *notes*."""
    return _OURS.sub("\n\n", notes).strip()


def with_ours(notes: str, ours: str, length: int) -> str:
    """Return *notes* with *ours* in the place of what was ours before, in *length* at most.

    Only ours is ever cut.
    """
    ours = ours.replace(BEGIN, "").replace(END, "")
    others = without_ours(notes)
    between = "\n\n" if others else ""
    frame = f"{others}{between}{BEGIN}\n\n{END}"
    room = length - len(frame.encode("utf-16-le")) // 2
    return f"{others}{between}{BEGIN}\n{cut(ours, room)}\n{END}" if room > 0 else others


def of_lead(referrals: Iterable[Mapping[str, Any]], record: Record) -> list[Mapping[str, Any]]:
    """Return those marketplace leads among *referrals* that are *record*'s customer and listing.

    Who has the customer's e-mail goes before who has the same company's name only. What is marked
    with the lead's id is the lead's, and what is marked with another's is not.
    """
    leads = [one for one in referrals if classify(one) is Kind.MARKETPLACE_LEAD]
    if marked := [one for one in leads if mark(one) == record["lead"]]:
        return marked
    free = [one for one in leads if not LEAD_ID.fullmatch(mark(one)) and _names(one, record)]
    email = record["email"].strip().lower()
    if email and (known := [one for one in free if email in _emails(one)]):
        return known
    company = words(record["company"])
    profiles = [(one, part(one, "customerProfile")) for one in free]
    return [one for one, told in profiles if company and words(text(told.get("name"))) == company]


LEAD_ID: Final = re.compile("[0-9a-f]{32}-[0-9a-f]{16}")


def mark(referral: Mapping[str, Any]) -> str:
    """Return the owner's own id of *referral*: a lead's, where leadshare has set it."""
    return text(referral.get("externalReferenceId"))


def _emails(referral: Mapping[str, Any]) -> set[str]:
    team = part(referral, "customerProfile").get("team")
    members = team if isinstance(team, list) else []
    return {text(part(one).get("email")).strip().lower() for one in members}


def _names(referral: Mapping[str, Any], record: Record) -> bool:
    """Say whether *referral* names the listing anywhere: by its title or its `publisher.offer`."""
    details = part(referral, "details")
    told = [
        *(referral.get(name) for name in ("name", "callToAction")),
        without_ours(text(details.get("notes"))),
        details.get("requirements"),
    ]
    said = words(" ".join(_texts(told)))
    # Not by the offer's part of the id alone: "crm" is in many a text.
    names = filter(None, (words(record["listing_title"]), words(record["listing"])))
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) for name in names)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in *value*, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)
