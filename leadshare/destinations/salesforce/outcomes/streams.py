"""Destinations: what is asked of Salesforce to know what has changed, list by list, and how far.

Vendor: the SOQL and SOSL guide, sforce-api-calls-soql-select-comparisonoperators: a semi-join
compares an id with ids, and stands in no OR, so that what is left of a time is asked for by id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from leadshare.client.answers.json_values import as_object, text
from leadshare.destinations.salesforce.queries import Row, address
from leadshare.lifecycle.paging import Position, midway
from leadshare.times import from_text, read, to_text

PAGE: Final = 500
"""Rows of a list that one call asks for: those of all lists can be retrieved in one call."""

_NEXT: Final = timedelta(milliseconds=1)
"""From one time that Salesforce tells to the next."""

_ID: Final = re.compile(r"\w{15,18}")


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that a user did for a lead."""

    by: str
    at: datetime
    made_by: str
    """Who made what was done, such as a task; "" where that does not matter."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One list, oldest change first, whose rows each tell of a lead."""

    table: str
    lead: str
    """The field that holds the lead's id."""
    where: str
    """Which rows are of leads that have our `key`, and changed `when`."""
    time: tuple[str, ...] = ("SystemModstamp",)
    """The path to when a row changed."""
    fields: tuple[str, ...] = ()
    """What is read besides."""
    by: str = ""
    """Who did what the row is, if that is a sign of a person."""
    done: str = ""
    """When it was done; the change's own time where it does not tell."""
    made_by: str = ""
    """Who made what the row is, where that may be us: whoever closes it does what we asked for."""
    resource: str = "query"

    def url(self, position: Position, key: str, now: datetime) -> str:
        """Return where the page at *position* is asked for."""
        by_time = ".".join(self.time)
        read = (*self.fields, self.by, self.done, self.made_by)
        fields = dict.fromkeys(("Id", self.lead, by_time, *read))
        selected = ",".join(name.format(key=key) for name in fields if name)
        compared = "=" if position.after else ">="
        when = f"SystemModstamp {compared} {to_text(position.since(now))}"
        rest = f" AND Id > '{position.after}'" if position.after else ""
        query = (
            # Names are ours or as their pattern demands; ids and times are as patterns demand.
            f"SELECT {selected} FROM {self.table}"  # noqa: S608 - see above
            f" WHERE {self.where.format(key=key, when=when)}{rest}"
            f" ORDER BY {by_time},Id LIMIT {PAGE}"
        )
        return address(self.resource, query)

    def about(self, ids: Sequence[str], key: str) -> str:
        """Return where all rows of the leads with *ids* are asked for; what was done alone."""
        values = ",".join(f"'{one}'" for one in ids)
        fields = filter(None, ("Id", self.lead, *self.time, self.by, self.done, self.made_by))
        done = self.where.format(key=key, when=f"{self.lead} IN ({values})")
        return address(self.resource, f"SELECT {','.join(fields)} FROM {self.table} WHERE {done}")  # noqa: S608 - as in `url`

    def moved(
        self, before: Position, rows: Sequence[Row], answered: datetime | None, now: datetime
    ) -> Position:
        """Return how far the list was read with *rows*, the page at *before*; see `ended`.

        Raises `ValueError` where a row does not tell what is asked.
        """
        if len(rows) < PAGE and before.after:
            return midway(from_text(before.at) + _NEXT)
        if len(rows) < PAGE:
            return before.ended(self.at(rows[-1]) if rows else None, answered, now)
        since, last = before.since(now), self.at(rows[-1])
        if last > since:
            return midway(last)
        return midway(since, identity(rows[-1], "Id"))

    def at(self, row: Row) -> datetime:
        """Return when *row* changed; `ValueError` where it does not tell."""
        *path, last = self.time
        for name in path:
            row = as_object(row.get(name))
        found = read(text(row.get(last)))
        if found is None:
            raise ValueError("a row without its time")
        return found

    def sign(self, row: Row) -> Sign | None:
        """Return what *row* may be a sign of; None where it is none of a person."""
        if not self.by:
            return None
        done = read(text(row.get(self.done))) or self.at(row)
        return Sign(text(row.get(self.by)), done, text(row.get(self.made_by)))


def identity(row: Row, name: str) -> str:
    """Return the id that *row* has as *name*; `ValueError` where it is none."""
    found = text(row.get(name))
    if not _ID.fullmatch(found):
        raise ValueError("a row without its id")
    return found


_OURS: Final = "IN (SELECT Id FROM Lead WHERE {key} != null) AND {when}"

LEADS: Final = Stream(
    table="Lead",
    lead="Id",
    where="{key} != null AND {when}",
    fields=("{key}", "IsDeleted"),
    # Leads that were deleted or merged are in the recycle bin.
    resource="queryAll",
)
OPPORTUNITIES: Final = Stream(
    table="Lead",
    lead="Id",
    where="{key} != null AND ConvertedOpportunityId IN (SELECT Id FROM Opportunity WHERE {when})",
    time=("ConvertedOpportunity", "SystemModstamp"),
)
TASKS: Final = Stream(
    table="Task",
    lead="WhoId",
    where=f"IsClosed = true AND WhoId {_OURS}",
    by="LastModifiedById",
    done="CompletedDateTime",
    made_by="CreatedById",
)
EVENTS: Final = Stream(
    table="Event", lead="WhoId", where=f"WhoId {_OURS}", by="CreatedById", done="CreatedDate"
)

ACTS: Final = (TASKS, EVENTS)
"""What persons do for a lead besides changing it."""

STREAMS: Final = (LEADS, OPPORTUNITIES, *ACTS)
