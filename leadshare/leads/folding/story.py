"""Leads: the story of a lead, an entry for each touch that made a version of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from leadshare.deliveries.record import Entry
from leadshare.leads.touch import Touch
from leadshare.times import to_text

DATED: Final = (
    *("first_name", "last_name", "email", "job_title", "phone", "company", "country"),
    "company_domain",
)
"""Facts that say who the customer is; of each a record tells which version gave it first."""


def entries(touches: Iterable[Touch]) -> list[Entry]:
    """Return the entries of *touches*, all of a lead's category, newest first."""
    told = [touch for touch in touches if touch.version > 0]
    told.sort(key=lambda touch: (touch.received, touch.id), reverse=True)
    return [_entry(touch) for touch in told]


def since(facts: Mapping[str, str], touches: Iterable[Touch], version: int) -> dict[str, int]:
    """Return which version first gave each of *facts*, as they stand at *version*.

    What no touch that made a version has given is new with this one.
    """
    told = [touch for touch in touches if touch.version > 0]
    return {
        name: min((t.version for t in told if t.facts[name] == facts[name]), default=version)
        for name in DATED
    }


def _entry(touch: Touch) -> Entry:
    facts = touch.facts
    return Entry(
        touch=touch.id,
        version=touch.version,
        received=to_text(touch.received),
        action=touch.action,
        intent=touch.intent.value,
        first_name=facts["first_name"],
        last_name=facts["last_name"],
        job_title=facts["job_title"],
        phone=facts["phone"],
        company=facts["company"],
        country=facts["country"],
        words=touch.words,
        campaign=touch.campaign,
    )
