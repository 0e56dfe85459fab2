"""Leads: which touches of a lead say again what another has said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from leadshare.intake.message import TABLE
from leadshare.leads.touch import Touch
from leadshare.texts import words

WINDOW: Final = timedelta(hours=24)
"""The same action of the same customer within this is one touch, sent twice."""


def duplicates(touches: Sequence[Touch]) -> set[str]:
    """Return the ids of those among a lead's *touches*, in order, that repeat an earlier one."""
    anchors: dict[str, datetime] = {}
    repeated: set[str] = set()
    for touch in touches:
        anchor = anchors.get(touch.fingerprint)
        if anchor is not None and touch.received - anchor < WINDOW:
            repeated.add(touch.id)
        else:
            anchors[touch.fingerprint] = touch.received
    return repeated


def echoes(touches: Sequence[Touch]) -> set[str]:
    """Return the ids of those among a lead's *touches* that tell of another's action once more.

    A row of a table does, at a move from there, of the POST of the same action. Either may come
    first, so that the order of processing never matters.
    """
    posts = [touch for touch in touches if not touch.via]
    rows = [touch for touch in touches if touch.via == TABLE]
    return {row.id for row in rows if any(_is_posted(row, post) for post in posts)}


def _is_posted(row: Touch, post: Touch) -> bool:
    """Say whether *post* is the action that *row* tells of.

    Not by their fingerprints, for the path of a POST may name the offer where LeadSource does not.
    """
    return abs(row.received - post.received) < WINDOW and _action(row) == _action(post)


def _action(touch: Touch) -> tuple[str, ...]:
    return (touch.action.lower(), *(words(touch.facts[name]) for name in _SHARED))


_SHARED: Final = (
    *("first_name", "last_name", "email", "phone", "country", "company", "job_title", "notes"),
)
"""Facts that are the same in a row and in the POST of the same action."""
