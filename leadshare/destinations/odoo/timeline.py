"""Destinations: what customers do later, as messages of Odoo's chatter.

By `load`, whose external ids keep each touch to one message; `message_post` has nothing of the
kind. A message that is there stays as it is, so that a seller may edit it. Nobody is notified.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from html import unescape
from typing import Final

from leadshare.destinations.odoo.fields import CREATE_ONLY, LEAD, MODULE
from leadshare.destinations.odoo.load import Row
from leadshare.destinations.replies import UNTOLD, Verdict
from leadshare.destinations.writing.mapping import TRANSFORMS
from leadshare.destinations.writing.timeline import Owed
from leadshare.reason import Vendor

MESSAGE: Final = "mail.message"

CONTEXT: Final[Mapping[str, object]] = {**CREATE_ONLY, "tz": "UTC"}
"""`load` reads times in the zone of its context."""


def holds(text: object, ours: object) -> bool:
    """Say whether the *text* of a lead is all of *ours*, so that it tells the entries, too.

    `load` does not say whether it made a lead, or has left one as it was. Odoo marks texts up anew.
    """
    return bool(ours) and _words(text) == _words(ours)


def _words(html: object) -> list[str]:
    return unescape(re.sub("<[^>]*>", " ", str(html))).split()


def message(owed: Owed) -> Row:
    """Return an entry in the chatter of its lead, as `load` takes it (mail_message.py)."""
    note = owed.note
    cells = {
        "id": f"{MODULE}.touch_{note.touch}",
        "model": LEAD,
        "res_id": owed.record_id,
        "subject": note.subject,
        "body": TRANSFORMS["html"](note.text),
        "message_type": "comment",
        "subtype_id/id": "mail.mt_note",  # an internal note
        "date": f"{note.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
    }
    return Row(note.touch, owed.delivery, cells)


def told(verdict: Verdict) -> Verdict:
    """Return what became of an entry: what breaks Odoo's code is no reason to leave it alone."""
    broken = verdict.reason.startswith(Vendor.ODOO.reason(""))
    return UNTOLD.saying(verdict.outcome.said) if broken else verdict
