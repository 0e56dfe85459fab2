"""Operators: ids as people copy them: the beginning of a lead's or a touch's is enough."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import StringConstraints

from leadshare.errors import BadRequest, Unknown
from leadshare.operators.models.base import Expected
from leadshare.store.keys import (
    all_quarantined,
    contact_of,
    kind_in,
    partition_of,
)
from leadshare.store.table import Row, Table

WHOLE: Final = 49
"""Characters of a lead's id."""

_MOST: Final = 5
"""Ids that are named where several begin alike."""

LeadRef = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[0-9a-f]{8,32}(-[0-9a-f]{0,16})?$"),
    Expected("the id of a lead, as lists tell it, or at least 8 characters of its beginning"),
]
"""A lead's id or its beginning; of its second half some of the beginning may follow."""

TouchRef = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[0-9a-f]{8,32}$"),
    Expected("the id of a touch, as lists tell it, or at least 8 characters of its beginning"),
]
"""A touch's id or its beginning."""


async def whole_lead(table: Table, lead: str) -> str:
    """Return the id of the lead that *lead* names; one read, unless it is whole already.

    `Unknown` where no lead's id begins so, `BadRequest` where several do.
    """
    if len(lead) == WHOLE:
        return lead
    contact, _, listing = lead.partition("-")
    # All rows of the contacts whose ids begin so.
    rows = await table.read(partition_of(lead), contact, f"{contact}~", columns=("lead",))
    leads = (row.values["lead"] for row in rows if kind_in(row.key) == "lead")
    found = (one for one in leads if one[len(contact_of(one)) + 1 :].startswith(listing))
    return _the_one("lead", found)


async def whole_ids(table: Table, lead: str | None, touch: str | None) -> tuple[str, str]:
    """Return the ids of the lead and of the touch in quarantine that are named, if they are."""
    return (
        await whole_lead(table, lead) if lead else "",
        str((await quarantined(table, touch)).values["touch"]) if touch else "",
    )


async def quarantined(table: Table, touch: str) -> Row:
    """Return the row of the touch in quarantine that *touch* names; as `whole_lead` does."""
    rows = await table.read(partition_of(touch), *all_quarantined())
    found = {row.values["touch"]: row for row in rows if row.values["touch"].startswith(touch)}
    return found[_the_one("touch", found)]


def _the_one(what: str, found: Iterable[str]) -> str:
    ids = sorted(set(found))
    if not ids:
        raise Unknown(f"no such {what}")
    if len(ids) > 1:
        more = " and more" if len(ids) > _MOST else ""
        raise BadRequest(f"{what}: several begin so: {', '.join(ids[:_MOST])}{more}")
    return ids[0]
