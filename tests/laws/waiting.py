"""What rows show of leads that wait for a call: where each is listed, and what is due of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from leadshare.playbook import Stage
from leadshare.store.keys import HOUSE
from leadshare.times import from_text, to_key

Values = Mapping[str, Any]

_LEAD: Final = "(?P<lead>[0-9a-f]{32}-[0-9a-f]{16})"
_KEYS: Final = (
    re.compile(rf"waiting\|\d{{13}}\|{_LEAD}"),
    re.compile(rf"due\|(?P<lane>[^|]+)\|1\|\d{{13}}\|{_LEAD}\|(?P<what>remind|escalate)"),
)

SAID: Final = {"remind": "reminded_at", "escalate": "escalated_at"}
"""Which column of a lead tells that it was told."""


@dataclass
class Waiting:
    """What is listed of leads that wait, and what is due of them besides deliveries."""

    listed: dict[str, list[tuple[str, Values]]] = field(default_factory=lambda: defaultdict(list))
    due: dict[tuple[str, str, str], list[tuple[str, Values]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By lead, lane, and what is to be told."""
    strange: list[str] = field(default_factory=list)

    def add(self, partition: str, key: str, values: Values) -> bool:
        """Sort one row in, if it is one of these; say whether it is."""
        match = next((match for one in _KEYS if (match := one.fullmatch(key))), None)
        if match is None:
            return False
        lead, parts = match["lead"], match.groupdict()
        if partition != lead[0] or values["lead"] != lead:
            self.strange.append(f"{key}: in partition {partition}, of {values['lead']}")
        if "lane" not in parts:
            self.listed[lead].append((key, values))
            return True
        if values["kind"] != parts["what"]:
            self.strange.append(f"{key}: is to {values['kind']}")
        self.due[lead, parts["lane"], parts["what"]].append((key, values))
        return True


def of_waiting(leads: Mapping[str, Values], rows: Waiting) -> Iterator[str]:
    """Tell of leads that wait otherwise than their rows say, and of rows of none."""
    yield from rows.strange
    alarms: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for (lead, lane, what), due in rows.due.items():
        if lane == HOUSE:
            alarms[lead] += ((key, what) for key, _ in due)
        elif len(due) > 1:
            yield f"lead {lead}: {lane} is to {what} {len(due)} times"
        elif lead in leads and not leads[lead][SAID[what]]:
            yield f"lead {lead}: {lane} is to {what}, and the lead does not say so"
    for lead, values in leads.items():
        wrong = [*_waits(lead, values, rows.listed[lead]), *_alarmed(values, alarms[lead])]
        yield from (f"lead {lead}: {fault}" for fault in wrong)
    for lead in {*rows.listed, *(one[0] for one in rows.due)} - leads.keys():
        yield f"waiting of {lead}: no such lead"


def _waits(lead: str, values: Values, listed: list[tuple[str, Values]]) -> Iterator[str]:
    said = values.get("waiting") or ""
    if [key for key, _ in listed] != ([said] if said else []):
        yield f"says {said or 'nothing'}, and is listed as {[key for key, _ in listed]}"
    if said and (values["stage"] != Stage.SALES_READY or values["signed_at"]):
        yield f"waits though {values['stage']}, signed {values['signed_at'] or 'never'}"
    if said and said != f"waiting|{to_key(from_text(values['ready_at']))}|{lead}":
        yield "waits since another time than it is ready"
    for key, summary in listed:
        if stale := [name for name, value in summary.items() if values.get(name, "") != value]:
            yield f"{key}: another {', '.join(stale)} than its lead"


def _alarmed(values: Values, alarms: list[tuple[str, str]]) -> Iterator[str]:
    said = values.get("alarm") or ""
    if [key for key, _ in alarms] != ([said] if said else []):
        yield f"says {said or 'no alarm'}, and has {[key for key, _ in alarms]}"
    if said and not values["waiting"]:
        yield "has an alarm and does not wait"
    if alarms and alarms[0][1] != ("escalate" if values["reminded_at"] else "remind"):
        yield f"is to {alarms[0][1]}, reminded {values['reminded_at'] or 'never'}"
    if values.get("waiting") and not said and not values["reminded_at"]:
        yield "waits without an alarm"
    if values.get("escalated_at") and (said or not values["reminded_at"]):
        yield "has an alarm though others were told, or was told of out of turn"
