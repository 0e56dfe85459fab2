"""Deliveries: a story in a column of a row: what of it fits, and what is above a version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from leadshare.deliveries.record import Entry
from leadshare.store.table import to_json

LARGEST: Final = 40 * 1024
"""Bytes that a story takes in a row at most."""

SHORT: Final = 200
"""Characters of the words of an entry that are kept where the whole does not fit."""

NO_STORY: Final = b"[]"

HINT: Final = " ... (whole: leadshare show)"


def pack(entries: Iterable[Entry]) -> bytes:
    """Return *entries*, newest first, as JSON in UTF-8: older words are cut where they must be.

    What does not fit even so is left out, the oldest first.
    """
    parts: list[str] = []
    left, whole = LARGEST - len("[]"), True
    for entry in entries:
        part = to_json(entry)
        whole = whole and _size(part) <= left
        part = part if whole else to_json(_shortened(entry))
        if _size(part) > left:
            break
        parts.append(part)
        left -= _size(part)
    return f"[{','.join(parts)}]".encode()


def unpack(column: bytes) -> list[Entry]:
    """Return the entries in a row's column, newest first."""
    found: list[Entry] = json.loads(column)
    return found


def above(entries: Sequence[Entry], version: int) -> list[Entry]:
    """Return those of *entries* that a version later than *version* brought."""
    return [entry for entry in entries if entry["version"] > version]


def _size(part: str) -> int:
    return len(part.encode()) + len(",")


def _shortened(entry: Entry) -> Entry:
    words = entry["words"]
    return {**entry, "words": words if len(words) <= SHORT else words[:SHORT] + HINT}
