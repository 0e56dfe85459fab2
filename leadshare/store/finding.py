"""Store: the index by which people find leads: what rows a lead has in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from leadshare.store.keys import found_key
from leadshare.store.table import Change

Groups = Iterable[Iterable[str]]
"""The names under which a lead is found, each group those of one text."""


def index_rows(lead: str, found: Groups) -> dict[str, dict[str, object]]:
    """Return by key the rows of a *lead* that is found under these names.

    Each repeats its group, so that for several words the rows of one are read.
    """
    rows: dict[str, dict[str, object]] = {}
    for group in found:
        names = " ".join(sorted(group))
        about = hashlib.sha256(names.encode()).hexdigest()[:16]
        rows |= {found_key(name, lead, about): {"lead": lead, "names": names} for name in group}
    return rows


def index(lead: str, found: Groups, before: Iterable[Groups]) -> list[Change]:
    """Return what puts a *lead* into the index where it is not yet, *before* being all told so."""
    there = index_rows(lead, (group for groups in before for group in groups))
    rows = index_rows(lead, found)
    return [Change("insert", key, rows[key]) for key in rows if key not in there]
