"""What rows show of tracks: which leads are nurtured, and what is due of each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from leadshare.store.keys import HOUSE

Values = Mapping[str, Any]

_KEY: Final = re.compile(
    r"due\|(?P<lane>[^|]+)\|1\|\d{13}\|(?P<lead>[0-9a-f]{32}-[0-9a-f]{16})\|(?P<what>step|leave-\d)"
)


@dataclass
class Tracked:
    """What is due of tracks, by lead."""

    house: dict[str, dict[str, Values]] = field(default_factory=lambda: defaultdict(dict))
    sent: dict[str, dict[str, Values]] = field(default_factory=lambda: defaultdict(dict))
    strange: list[str] = field(default_factory=list)

    def add(self, partition: str, key: str, values: Values) -> bool:
        """Sort one row in, if it is one of these; say whether it is."""
        match = _KEY.fullmatch(key)
        if match is None:
            return False
        lead = match["lead"]
        if partition != lead[0] or values["lead"] != lead or values["kind"] != "step":
            self.strange.append(f"{key}: in {partition}, a {values['kind']} of {values['lead']}")
        if match["what"] != "step":
            if values["house"] or '"verb":"leave"' not in values["step"]:
                self.strange.append(f"{key}: no leave of a track that was left")
            return True
        (self.house if match["lane"] == HOUSE else self.sent)[lead][key] = values
        return True


def of_tracks(
    leads: Mapping[str, Values], contacts: Mapping[str, Values], rows: Tracked
) -> Iterator[str]:
    """Tell of leads that are nurtured otherwise than their rows say, and of rows of none."""
    yield from rows.strange
    for lead, values in leads.items():
        contact = contacts.get(lead.partition("-")[0], {})
        wrong = _wrong(values, contact, rows.house.get(lead, {}), rows.sent.get(lead, {}))
        yield from (f"lead {lead}: {fault}" for fault in wrong)
    for lead in {*rows.house, *rows.sent} - leads.keys():
        yield f"track of {lead}: no such lead"


def _wrong(
    lead: Values, contact: Values, house: Mapping[str, Values], sent: Mapping[str, Values]
) -> Iterator[str]:
    due, handed = lead.get("track_due") or "", lead.get("track_sent") or ""
    if [*house] != ([due] if due else []):
        yield f"its track is due at {due or 'no time'}, and has {[*house]}"
    if [*sent] != ([handed] if handed else []):
        yield f"its step is at {handed or 'no destination'}, and has {[*sent]}"
    if bool(due) != (lead["stage"] == "nurturing"):
        yield f"{lead['stage']} with a track due at {due or 'no time'}"
    if due and contact.get("opted_out"):
        yield "a track runs, and the customer wants to hear no more"
    for row in house.values():
        if (row["track"], row["number"]) != (lead["track"], lead["track_step"]):
            yield f"step {row['number']} of {row['track']} is due, the lead says another"
    for row in sent.values():
        if (row["house"], row["number"]) != (due, lead["track_step"]):
            yield f"step {row['number']} is sent, the lead says another"
    yield from () if due else _over(lead)


def _over(lead: Values) -> Iterator[str]:
    ended, why = lead.get("track_ended"), lead.get("track_why")
    if lead.get("track") and not (ended and why and lead["track_lists"] == "[]"):
        yield "its track has ended, and does not say why, or it is on lists"
