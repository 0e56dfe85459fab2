"""Destinations: the calls that write Marketo's persons: one makes them, another changes them.

Vendor pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from leadshare.deliveries.delivery import Deferred, Delivery, Rejected
from leadshare.destinations.marketo.answers import CallRefused, rows_in, written
from leadshare.destinations.marketo.api import PEOPLE, Api
from leadshare.destinations.marketo.fields import OF_COMPANY
from leadshare.destinations.marketo.settings import MarketoSettings
from leadshare.destinations.narrowing import Judged, Part, halves, narrow
from leadshare.destinations.replies import Verdict
from leadshare.reason import Reason, Vendor

CREATE: Final = "create"
UPDATE: Final = "update"

LARGEST: Final = 1_000_000
"""Bytes that a body may have: "1 MB" (error-codes.md, 413)."""

CALLS: Final = 24
"""Calls that a batch is split into at most; nine lead to one record of 300."""

LATER: Final = Verdict(Deferred(Reason.BATCH_REFUSED, counts=False))
"""For records that were not judged because of others in their batch."""

TOO_LARGE: Final = Verdict(Rejected(Vendor.MARKETO.reason(413)), httpx.codes.OK)
"""For one record that is larger than a body may be."""


@dataclass(frozen=True, slots=True)
class There:
    """A person who is there."""

    row: Mapping[str, object]
    several: bool = False
    """Whether others have the same address."""
    moved: bool = False
    """Whether it is another than we wrote, into which somebody merged that."""


@dataclass(frozen=True, slots=True)
class Write:
    """What is written for one lead."""

    action: str
    delivery: Delivery
    record: Mapping[str, object]


def body_of(part: Sequence[Write], settings: MarketoSettings) -> bytes:
    """Return the body of the call that writes *part*, of one action.

    Who is there is written under the id that the search has found, and nobody is made then. Who
    is not is made and, by `createOnly`, never changed; a key of ours finds nobody else's.
    """
    body: dict[str, object] = {"action": "updateOnly", "lookupField": "id"}
    if part[0].action == CREATE:
        of_email = settings.lookup_field == "email"
        action = "createOnly" if of_email else "createOrUpdate"
        body = {"action": action, "lookupField": settings.lookup_field}
        if settings.partition:
            body["partitionName"] = settings.partition
    body["input"] = [write.record for write in part]
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


async def write(
    writes: Sequence[Write], api: Api, settings: MarketoSettings, now: datetime
) -> dict[str, Verdict]:
    """Write, in halves where it is too large or refused for what may be one record's."""
    ours = {one.delivery.lead: one for one in writes}

    async def ask(part: Part) -> Judged:
        body = body_of([ours[lead] for lead in part], settings)
        if len(body) > LARGEST:
            return _halved(part, TOO_LARGE)
        kind = {"Content-Type": "application/json"}
        try:
            response = await api.ask("POST", PEOPLE, now, content=body, headers=kind)
            if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
                return _halved(part, TOO_LARGE)
            # The results come in the order of the records.
            rows = rows_in(response, len(part))
        except CallRefused as refused:
            if not refused.may_be_one:
                raise
            return _halved(part, refused.verdict)
        return Judged(
            {lead: _written(row, ours[lead]) for lead, row in zip(part, rows, strict=True)}
        )

    return await narrow([list(ours)], ask, CALLS, LATER)


def _halved(part: Part, alone: Verdict) -> Judged:
    """Return the halves of *part*, which come to the verdict only for one that is *alone*."""
    return Judged({part[0]: alone}) if len(part) == 1 else Judged(again=halves(part))


def _written(row: dict[str, object], one: Write) -> Verdict:
    return written(row, one.delivery, OF_COMPANY & {*one.record})
