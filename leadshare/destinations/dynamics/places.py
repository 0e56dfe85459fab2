"""Destinations: where a lead of Dynamics 365 lives on once sellers have worked with it.

Vendor: ce/developer/entities/lead.md (MicrosoftDocs/dynamics-365-customer-engagement), the Lead
Entity Reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import httpx

from leadshare.client.answers.response import object_in
from leadshare.destinations.dynamics.batch import API

OPEN: Final = 0
"""statecode: 1 is qualified, 2 disqualified (the Lead Entity Reference)."""

STANDING: Final = (
    *("statecode", "merged", "_masterid_value", "_qualifyingopportunityid_value"),
    *("_campaignid_value", "_owninguser_value", "_owningteam_value"),
)
"""Columns that say what became of a lead, what it came by, and whose it is."""

_ETAG: Final = re.compile(r'(W/)?"[!#-~]*"')
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """What is there of a lead, and who hears of its customer."""

    path: str
    """The lead that tells of it: its own, or the one that it was merged into."""
    record_id: str = ""
    """The id of the lead that was made for it."""
    there: Mapping[str, Any] = field(default_factory=dict)
    """What the columns hold that may be written, or tell whom it shows."""
    etag: str = ""
    """Under which it may be written; "" where its columns are nobody's to write any more."""
    opportunity: str = ""
    """The opportunity that it was qualified to."""
    master: str = ""
    """The lead that it was merged into, which is still to be read."""

    @property
    def closed(self) -> bool:
        """Whether nobody works on it any more as a lead."""
        return self.there.get("statecode", OPEN) != OPEN or bool(self.master)

    @property
    def lead_id(self) -> str:
        """The id of the lead that tells of it."""
        return _id(self.there, "leadid")

    @property
    def targets(self) -> list[tuple[str, str]]:
        """Where news goes: names of lookups of a note, and paths."""
        lead = [("objectid_lead", self.path)]
        opportunity = f"{API}/opportunities({self.opportunity})"
        return [*lead, ("objectid_opportunity", opportunity)] if self.opportunity else lead


def place_in(part: httpx.Response, path: str) -> Place | None:
    """Return what *part*, the answer to a search for the lead at *path*, shows; None if nothing."""
    row = object_in(part)
    state, etag = row.get("statecode"), str(row.get("@odata.etag"))
    if part.status_code != httpx.codes.OK or not isinstance(state, int):
        return None
    if state == OPEN and not _ETAG.fullmatch(etag):
        return None
    master = _id(row, "_masterid_value") if row.get("merged") else ""
    writable = state == OPEN and not master
    return Place(
        path,
        _id(row, "leadid"),
        row,
        etag if writable else "",
        _id(row, "_qualifyingopportunityid_value"),
        master,
    )


def followed(place: Place, found: Place) -> Place:
    """Return *place* with where its master lives on, whose columns are another lead's."""
    return replace(found, record_id=place.record_id, etag="")


def selected(compared: Sequence[str]) -> str:
    """Return what a search asks for, *compared* among it."""
    return f"?$select={','.join(dict.fromkeys((*STANDING, *compared)))}"


def _id(row: Mapping[str, Any], name: str) -> str:
    found = str(row.get(name))
    return found.lower() if _GUID.fullmatch(found) else ""
