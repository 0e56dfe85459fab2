"""What rows show of what is kept for a time: bodies, suppressions, and leads that are leaving."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Values = Mapping[str, Any]
Rows = list[tuple[str, str, Values]]

_KEY: Final = re.compile(r"(?P<kind>raw|suppressed)\|(?P<at>\d{13})\|(?P<of>[0-9a-f]{32})")


@dataclass
class Kept:
    """Rows by time that belong to touches and contacts."""

    bodies: dict[str, list[str]] = field(default_factory=dict)
    """By touch: the partitions in which there is its body."""
    suppressed: list[tuple[str, str]] = field(default_factory=list)
    """Contacts, each with the partition of the row."""

    def add(self, partition: str, key: str, values: Values) -> bool:
        """Sort one row in, if it is one of these; say whether it is."""
        match = _KEY.fullmatch(key)
        if match is None:
            return False
        if match["kind"] == "raw":
            assert (match["of"], bytes) == (values["touch"], type(values["raw"])), key
            self.bodies.setdefault(match["of"], []).append(partition)
        else:
            assert match["of"] == values["contact"], key
            self.suppressed.append((match["of"], partition))
        return True


def staying(rows: Iterable[tuple[str, str, Values]]) -> Rows:
    """The rows but for those of contacts of which some are leaving: what is there of them is half
    of it, and no touch joins it.
    """
    all_rows = list(rows)
    gone = {
        key.partition("|")[0]
        for _, key, values in all_rows
        if key.endswith("|contact") and values.get("leaving")
    }
    touches = {key.split("|")[2] for _, key, _ in all_rows if key[:32] in gone and "|touch|" in key}
    return [row for row in all_rows if not _is_of(row[1], gone | touches)]


def _is_of(key: str, ids: Collection[str]) -> bool:
    return any(part[:32] in ids for part in key.split("|"))


def of_kept(contacts: Mapping[str, Values], touches: Collection[str], rows: Kept) -> Iterator[str]:
    """Tell of bodies of no touch, and of suppressions of no contact."""
    for touch, places in rows.bodies.items():
        if len(places) > 1 or touch not in touches:
            yield f"body of {touch}: in {len(places)} rows, of {touch in touches:d} touches"
    for contact, place in rows.suppressed:
        if contact not in contacts or place != contact[0]:
            yield f"suppressed {contact}: in {place}, of no contact"
