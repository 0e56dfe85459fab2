"""Destinations: what is asked of Dataverse to know what has changed, and what became of leads.

Vendor: webapi/query/filter-rows.md, order-rows.md, page-results.md and join-tables.md, and
webapi/use-web-api-functions.md (MicrosoftDocs/powerapps-docs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadshare.destinations.dynamics.batch import Operation, get
from leadshare.destinations.dynamics.environment import HEADERS
from leadshare.destinations.dynamics.outcomes.statuses import CURRENCY, LEAD, OPPORTUNITY, USER
from leadshare.times import to_text

PAGE: Final = 100
"""Rows of a list that one call asks for."""

CHUNK: Final = 100
"""Leads that one question names: it may have 500 conditions (filter-rows.md)."""

_PAGED: Final = HEADERS | {"Prefer": f"odata.maxpagesize={PAGE}"}
_LABELLED: Final = HEADERS | {
    "Prefer": 'odata.include-annotations="OData.Community.Display.V1.FormattedValue"'
}

_BY_OTHERS: Final = "Microsoft.Dynamics.CRM.NotEqualUserId(PropertyName='modifiedby')"
"""Whether another user than ours, whom the service knows, changed a row last."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One list, whose rows each tell of a lead."""

    table: str
    lead: str
    """The column that holds the lead's id."""
    ours: str
    """The path to the lead's columns."""
    columns: tuple[str, ...]
    expand: str
    where: str = ""
    """Which rows count, if not all do."""

    def since(self, since: datetime, key: str) -> Operation:
        """Return the question for what changed *since* of leads that have our *key*.

        Without one, of whatever lead, if another than our user changed it last: what we write
        ourselves is no news, and whose lead a row is has to be looked for.

        By time alone: Dataverse shows whole seconds and compares what it has, and a GUID is
        greater than no other.
        """
        ours = f"{self.ours}{key or LEADS.lead} ne null and modifiedon ge {to_text(since)}"
        if not key:
            ours = f"{ours} and {_BY_OTHERS}"
        asked = f"$select={self.lead},modifiedon&$filter={self._where(ours)}"
        return get(f"{self.table}?{asked}&$orderby=modifiedon asc", _PAGED)

    def about(self, ids: Sequence[str], key: str) -> Operation:
        """Return the question for all that is told of the leads with *ids*, oldest change first."""
        columns = [self.lead, *self.columns, *([key] if key and not self.ours else [])]
        named = " or ".join(f"{self.lead} eq {one}" for one in ids)
        asked = f"$select={','.join(columns)}&$expand={self.expand}"
        where = self._where(f"({named})")
        return get(f"{self.table}?{asked}&$filter={where}&$orderby=modifiedon asc", _LABELLED)

    def _where(self, condition: str) -> str:
        return f"{self.where} and {condition}" if self.where else condition


LEADS: Final = Stream("leads", "leadid", "", LEAD, USER)
OPPORTUNITIES: Final = Stream(
    "opportunities", "_originatingleadid_value", "originatingleadid/", OPPORTUNITY, CURRENCY
)
ACTS: Final = (
    Stream(
        "activitypointers",
        "_regardingobjectid_value",
        "regardingobjectid_lead/",
        ("actualend", "modifiedon"),
        USER,
        # What we gave people to do is no sign, whoever does it.
        "statecode eq 1 and (activitytypecode eq 'phonecall' or activitytypecode eq 'appointment'"
        " or activitytypecode eq 'task')"
        " and Microsoft.Dynamics.CRM.NotEqualUserId(PropertyName='createdby')",
    ),
    Stream(
        "emails",
        "_regardingobjectid_value",
        "regardingobjectid_lead_email/",
        ("actualend", "modifiedon"),
        USER,
        # One that came in is the customer's.
        "statecode eq 1 and directioncode eq true",
    ),
)
"""What persons do for a lead besides changing it; 1 is completed."""

STREAMS: Final = (LEADS, OPPORTUNITIES, *ACTS)


def going_on(path: str) -> Operation:
    """Return the question for the page at *path*, which the one before it named."""
    return Operation("GET", path, _PAGED)
