"""Law 16, as far as rows show: what was erased is not there, and what is left to do is due."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from leadshare.leads.touch import Touch
from leadshare.times import from_text

Values = Mapping[str, Any]

_LEAD: Final = "(?P<lead>[0-9a-f]{32}-[0-9a-f]{16})"
_KEYS: Final = (
    re.compile(r"due\|_house\|1\|\d{13}\|(?P<contact>[0-9a-f]{32})\|erase"),
    re.compile(rf"due\|(?P<lane>[^|]+)\|1\|\d{{13}}\|{_LEAD}\|forget"),
    re.compile(r"(?P<of>[0-9a-f]{32})\|forget\|(?P<listing>[0-9a-f]{16})\|(?P<kept>[^|]+)"),
)

KEPT: Final = ("lead", "destination", "listing", "record_id", "index", "did", "reason")
"""All that is kept of a delivery until its record is erased, but for when that was done."""


@dataclass
class Erased:
    """What is still to be done of erasures."""

    going_on: list[str] = field(default_factory=list)
    """The contacts whose erasure goes on."""
    due: set[str] = field(default_factory=set)
    kept: dict[str, Values] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    def add(self, partition: str, key: str, values: Values) -> bool:
        """Sort one row in, if it is one of these; say whether it is."""
        match = next((match for one in _KEYS if (match := one.fullmatch(key))), None)
        if match is None:
            return False
        parts = match.groupdict()
        if "contact" in parts:
            self.going_on.append(parts["contact"])
        elif "lane" in parts:
            self.due.add(key)
        else:
            self.kept[key] = values
            if {*values} - {"done_at"} != {*KEPT}:
                self.strange.append(f"{key}: keeps {', '.join(sorted(values))}")
        if partition != values["lead"][0]:
            self.strange.append(f"{key}: in partition {partition}")
        return True


def leave_out(table: Any) -> None:
    """Forget of *table* the leads and touches of contacts whose rows are just being erased.

    What is due or parked of them stays, and so belongs to nothing: nothing may leave.
    """
    going = {name for name, values in table.contacts.items() if values.get("erasing")}
    for rows in (table.leads, table.seen, table.listed, table.found):
        for lead in [one for one in rows if one.partition("-")[0] in going]:
            del rows[lead]
    for deliveries in (table.deliveries, table.attempts):
        for place in [one for one in deliveries if one[0].partition("-")[0] in going]:
            del deliveries[place]
    table.outcomes = [one for one in table.outcomes if one["lead"].partition("-")[0] not in going]
    for touch, found in [*table.touches.items()]:
        if all(contact in going for contact, _ in found):
            del table.touches[touch]
            table.kept.bodies.pop(touch, None)


def of_erased(
    contacts: Mapping[str, Values], touches: Mapping[str, list[tuple[str, Touch]]], rows: Erased
) -> Iterator[str]:
    """Tell of what was erased and is there, and of erasures that nobody goes on with."""
    yield from rows.strange
    dead = {name: from_text(at) for name, row in contacts.items() if (at := row.get("erased_at"))}
    for contact, touch in (one for found in touches.values() for one in found):
        if contact in dead and touch.received <= dead[contact]:
            yield f"touch {touch.id}: there, and of before its contact was erased"
    for contact in {*rows.going_on} - dead.keys():
        yield f"contact {contact}: its erasure goes on, and it is none"
    for contact, times in Counter(rows.going_on).items():
        if times > 1:
            yield f"contact {contact}: is erased {times} times at once"
    for contact, values in contacts.items():
        if values.get("erasing") and contact not in rows.going_on:
            yield f"contact {contact}: its erasure was left lying"
    yield from _kept(rows)


def _kept(rows: Erased) -> Iterator[str]:
    for key, values in rows.kept.items():
        if key.partition("|")[0] not in rows.going_on:
            yield f"{key}: kept for nothing"
        if values["index"] and (values["did"] or values["index"] not in rows.due):
            yield f"{key}: says {values['index']} is due, and it is not, or it is done"
    for key in rows.due - {values["index"] for values in rows.kept.values()}:
        yield f"{key}: is due for nothing"
