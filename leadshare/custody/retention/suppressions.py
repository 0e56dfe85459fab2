"""Custody: tombstones and objections: let them go once they have been of no use for long."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadshare.custody.retention.leaving import SUPPRESSES
from leadshare.errors import Conflict
from leadshare.store.keys import contact_key, of_contact, suppressed_key
from leadshare.store.table import TRANSACTION, Change, Row, Table
from leadshare.times import from_text


@dataclass(frozen=True, slots=True)
class Suppression:
    """A suppression that is of age by its row by time, and what its contact's own row says."""

    index: Row
    row: Row | None

    @property
    def contact(self) -> str:
        """Whose it is."""
        return str(self.index.values["contact"])

    @property
    def used_at(self) -> datetime | None:
        """When it was of use since that row was written, if it was."""
        said = self._said.get("used_at")
        return from_text(said) if said else None

    def goes(self, until: datetime) -> bool:
        """Say whether it goes, used last *until* then: not with new leads, and not if used since.

        Who has come anew keeps it as long as those leads stay.
        """
        stands = not self._said.get("leads") and any(self._said.get(name) for name in SUPPRESSES)
        return stands and (self.used_at is None or self.used_at <= until)

    @property
    def _said(self) -> dict[str, Any]:
        return dict(self.row.values) if self.row else {}


async def read_suppression(table: Table, index: Row) -> Suppression:
    """Return what there is of the suppression that *index*, its row by time, tells of."""
    key = contact_key(str(index.values["contact"]))
    return Suppression(index, await table.get(index.partition, key))


async def release(table: Table, one: Suppression, until: datetime) -> int:
    """Take a suppression away if it goes; return how many went: 1, or none."""
    place, row = one.index.partition, one.row
    changes = [Change("delete", one.index.key, etag=one.index.etag)]
    with suppress(Conflict):  # It is used right now, or another process is at it.
        if row and one.goes(until):
            rows = await table.read(place, *of_contact(one.contact))
            others = [Change("delete", other.key) for other in rows if other.key != row.key]
            changes += [Change("delete", row.key, etag=row.etag), *others]
            await table.write(place, changes[:TRANSACTION])
            return 1
        if one.used_at and one.used_at > until:
            key = suppressed_key(one.used_at, one.contact)
            changes.append(Change("upsert", key, {"contact": one.contact}))
        await table.write(place, changes)
    return 0
