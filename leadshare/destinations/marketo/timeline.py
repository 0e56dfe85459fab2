"""Destinations: what customers do later, as records of a custom object of Marketo's persons.

Its dedupe field keeps each touch to one record; custom activities have none (activities.md).
Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from leadshare.client.answers.json_values import objects
from leadshare.destinations.marketo.answers import CallRefused, kept, rows_in
from leadshare.destinations.marketo.api import API, Api
from leadshare.destinations.narrowing import NOT_SENT, Judged, Part, halves, narrow
from leadshare.destinations.replies import UNTOLD, Verdict, failed
from leadshare.destinations.writing.timeline import Owed, within
from leadshare.reason import Reason

KEY: Final = "touchId"
"""The dedupe field."""

PERSON: Final = "leadId"
"""The link to the person, by its Marketo id."""

FIELDS: Final = (KEY, PERSON, "subject", "text", "at")

BATCH: Final = 300
"""Records of a call (custom-objects.md)."""

CALLS: Final = 24
"""Calls that the entries of one hand-over take at most."""

LENGTHS: Final = {"subject": 255, "text": 10_000}
"""UTF-16 units: a string, and 30,000 bytes of a text area (field-types.md)."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The custom object whose records are entries."""

    api: Api
    name: str

    async def tell(self, owed: Sequence[Owed], now: datetime) -> dict[str, Verdict]:
        """Put entries in; return what became of each, by touch.

        Written again, an entry says the same.
        """
        ours = {one.note.touch: one for one in owed}

        async def write(part: Part) -> Judged:
            try:
                verdicts = await self._write([ours[touch] for touch in part], now)
            except CallRefused as refused:
                if refused.may_be_one and len(part) > 1:
                    return Judged(again=halves(part))
                verdict = of_call(refused, UNTOLD)
                rests = verdict.hold is not None or verdict.failing
                return Judged(dict.fromkeys(part, verdict), stop=verdict if rests else None)
            except httpx.TransportError as error:
                verdict = failed(error)  # the persons are written all the same
                return Judged(dict.fromkeys(part, verdict), stop=verdict)
            return Judged(verdicts)

        touches = list(ours)
        parts = [touches[start : start + BATCH] for start in range(0, len(touches), BATCH)]
        return await narrow(parts, write, CALLS, NOT_SENT)

    async def _write(self, owed: Sequence[Owed], now: datetime) -> dict[str, Verdict]:
        body = {
            "action": "createOrUpdate",
            "dedupeBy": "dedupeFields",
            "input": [_record(one) for one in owed],
        }
        path = f"{API}/customobjects/{self.name}.json"
        rows = rows_in(await self.api.ask("POST", path, now, json=body), len(owed))
        return {one.note.touch: kept(row) for one, row in zip(owed, rows, strict=True)}

    async def clear(self, person: str, now: datetime) -> None:
        """Delete all entries of a person; none where there is no object. May raise `CallRefused`.

        Entries are found by the link to their person (custom-objects.md, Query and Delete).
        """
        path = f"{API}/customobjects/{self.name}.json"
        asked = {"filterType": PERSON, "filterValues": person, "fields": KEY}
        for _ in range(CALLS):
            try:
                rows = rows_in(await self.api.ask("GET", path, now, params=asked))
            except CallRefused as refused:
                if refused.code == NO_OBJECT:
                    return
                raise
            if not rows:
                return
            body = {"deleteBy": "dedupeFields", "input": [{KEY: row.get(KEY)} for row in rows]}
            gone = f"{API}/customobjects/{self.name}/delete.json"
            rows_in(await self.api.ask("POST", gone, now, json=body), len(rows))

    async def lacks(self, now: datetime) -> str:
        """Return what is missing of the object: its name, a field of it, or nothing."""
        path = f"{API}/customobjects/{self.name}/describe.json"
        try:
            [told] = rows_in(await self.api.ask("GET", path, now), 1)
        except CallRefused as refused:
            if of_call(refused, UNTOLD).reason != Reason.TIMELINE_REFUSED:
                raise
            return self.name
        names = {field.get("name") for field in objects(told.get("fields"))}
        missing = next((name for name in FIELDS if name not in names), "")
        unique = told.get("dedupeFields") == [KEY]
        return f"{self.name}.{missing or KEY}" if missing or not unique else ""


def of_call(refused: CallRefused, instead: Verdict) -> Verdict:
    """Return what it means for what comes beside persons that a call was refused.

    The object or list is not there, or not ours to write, or it is not what it must be: that comes
    to *instead*; else it is as elsewhere.
    """
    verdict, code = refused.verdict, refused.code
    beside = code.startswith("1") or code in _OF_OBJECT
    return instead.saying(verdict.outcome.said) if verdict.hold is None and beside else verdict


NO_OBJECT: Final = "1013"
"""An object is not there (error-codes.md)."""

_OF_OBJECT: Final = {"603", "610"}
"""Access denied, and no such resource (error-codes.md)."""


def _record(owed: Owed) -> dict[str, Any]:
    note = owed.note
    return {
        KEY: note.touch,
        PERSON: int(owed.record_id),
        "subject": within(note.subject, LENGTHS["subject"]),
        "text": within(note.text, LENGTHS["text"]),
        "at": f"{note.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
