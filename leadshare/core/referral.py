"""Core: which referral of Partner Center is a lead's, and what is ours in its notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from leadshare.core.mapping import cut
from leadshare.core.normal import words
from leadshare.core.record import Record
from leadshare.core.referral_kind import LEAD_ID, Kind, classify, mark, part, text

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
