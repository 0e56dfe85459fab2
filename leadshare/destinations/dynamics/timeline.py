"""Destinations: what a customer did since, as notes in the timeline of a Dynamics 365 record.

Vendor: developer/annotation-note-entity.md, reference/entities/annotation.md and
webapi/perform-conditional-operations-using-web-api.md (MicrosoftDocs/powerapps-docs).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Final
from uuid import UUID, uuid5

import httpx

from leadshare.deliveries.delivery import Deferred, Delivery
from leadshare.destinations.dynamics.answers import DUPLICATE_KEYS, error_in, judge, lead_is_gone
from leadshare.destinations.dynamics.batch import API, Operation
from leadshare.destinations.replies import Verdict
from leadshare.destinations.writing.mapping import cut, fit
from leadshare.destinations.writing.telling import Note, at
from leadshare.reason import Reason
from leadshare.times import to_text

SUBJECT: Final = 500
TEXT: Final = 100_000
"""MaxLength of both columns; a text grows as HTML."""

ESCAPED: Final = 6
"""Characters that one may become."""

_REFUSED: Final = {
    *(httpx.codes.BAD_REQUEST, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND),
    httpx.codes.METHOD_NOT_ALLOWED,
}


def noted(
    note: Note, target: tuple[str, str], namespace: UUID, headers: Mapping[str, str], zone: str
) -> Operation:
    """Return what tells *note* in the timeline of *target*, at most once: by its primary key.

    When it was made is when it was told, so that the subject says when the customer acted.
    """
    lookup, path = target
    own = note.touch if lookup == "objectid_lead" else f"{note.touch}/{lookup}"
    body = {
        "subject": cut(f"{at(to_text(note.at), zone)}: {note.subject}", SUBJECT),
        "notetext": _rich(note.text),
        f"{lookup}@odata.bind": path.removeprefix(API),
    }
    path = f"{API}/annotations({uuid5(namespace, own)})"
    return Operation("PATCH", path, {**headers, "If-None-Match": "*"}, body)


def _rich(text: str) -> str:
    """Return *text* as the rich text that a timeline shows, cut where a note holds no more."""
    whole = _html(text)
    if len(whole) <= TEXT:
        return whole
    return _html(str(fit({"text": text}, {"text": TEXT // ESCAPED}, notes="text")["text"]))


def _html(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def told(
    part: httpx.Response | None, delivery: Delivery, now: datetime, refused: Verdict
) -> Verdict | None:
    """Return what *part*, the answer to what comes beside a lead, means; None where it is done.

    A right or a column that is missing is no fault of the lane, and comes to *refused*: leads
    need none.
    """
    if part is None:
        return judge(part, delivery, now)
    code, message = error_in(part)
    taken = part.status_code == httpx.codes.PRECONDITION_FAILED or code in DUPLICATE_KEYS
    if part.is_success or taken:
        return None  # It is there: an earlier call made it, whose answer was lost.
    if lead_is_gone(message):
        return Verdict(Deferred(Reason.CHANGED_MEANWHILE)).saying(message)
    judged = judge(part, delivery, now)
    if judged.hold or part.status_code not in _REFUSED:
        return judged
    return refused.saying(message)
