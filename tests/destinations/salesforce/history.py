"""What happens in an org besides our deliveries: who changed what and when, and what it tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any, Final, Protocol

import httpx

from tests.builders import NOW
from tests.destinations.salesforce.beside import MEMBER, US, Beside
from tests.destinations.salesforce.database import (
    ACTIVITY,
    BOOLEANS,
    LEAD,
    OPPORTUNITY,
    POINTERS,
    STAMPS,
    STATUSES,
)
from tests.destinations.salesforce.soql import Row, Wrong, told

SELLER: Final = "005000000000002AAA"
AUTOMATION: Final = "005000000000009AAA"

_ID: Final = re.compile(r"\w{15}(\w{3})?")


class Leads(Protocol):
    """The org that it happens in."""

    leads: dict[str, Row]
    beside: Beside
    lacks: set[str]

    def names(self) -> set[str]:
        """The fields of a lead that our user may write, and sees."""


class History:
    """Its objects besides leads, its clock, and its users."""

    def __init__(self, org: Leads) -> None:
        self._org = org
        self.now = NOW
        """The org's clock, which is not ours."""
        self.opportunities: dict[str, Row] = {}
        self.acts: dict[str, list[Row]] = {"Task": [], "Event": []}
        """What others than we have done."""
        self.absent = {"FirstCallDateTime", "FirstEmailDateTime", "CurrencyIsoCode"}
        """Fields of what the org has not bought, or not turned on."""
        self.hidden: set[str] = set()
        """Objects that our user may not see."""
        self.currency = "EUR"
        """The one that it counts in; "" where it has several."""
        self.speaks_soap = True

    def later(self, **by: float) -> datetime:
        """Let time go by; return what the org's clock shows then."""
        self.now += timedelta(**by)
        return self.now

    def stamped(self, row: Row, by: str) -> None:
        """Note who changed a row, to the second."""
        now = self.now.replace(microsecond=0)
        row |= {"SystemModstamp": now, "LastModifiedDate": now, "LastModifiedById": by}
        for name, made in (("CreatedDate", now), ("CreatedById", by)):
            row.setdefault(name, made)

    def deal(self, lead: str, opportunity: str = "", /, **fields: Any) -> str:
        """A seller converts a lead to an opportunity, or changes that; its id."""
        one = opportunity or f"006{len(self.opportunities) + 1:012d}AAA"
        fresh = {"Id": one, "StageName": "Prospecting", "IsWon": False, "IsClosed": False}
        row = self.opportunities.setdefault(one, fresh)
        row |= fields
        self.stamped(row, SELLER)
        if not opportunity:
            changes = {"IsConverted": True, "ConvertedOpportunityId": one, "Status": "Won over"}
            self._org.leads[lead] |= changes
            self.stamped(self._org.leads[lead], SELLER)
        return one

    def act(self, kind: str, who: str, by: str = SELLER, **fields: Any) -> None:
        """Somebody does something for a lead."""
        rows = self.acts[kind]
        row = {"Id": f"00{'T' if kind == 'Task' else 'U'}{len(rows) + 900:012d}AAA", "WhoId": who}
        self.stamped(row, by)
        rows.append(row | fields)

    def rows(self, table: str, *, deleted: bool) -> Iterable[Row]:
        """All rows of an object."""
        match table:
            case "Lead":
                rows = [
                    {**dict.fromkeys(BOOLEANS, False), **r, "IsDeleted": bool(r.get("deleted"))}
                    for r in self._org.leads.values()
                ]
            case "Opportunity":
                rows = [*self.opportunities.values()]
            case "Task":
                ours = [
                    {"IsClosed": STATUSES[task["Status"]], **task}
                    for task in self._org.beside.tasks
                ]
                rows = [{"IsDeleted": False, **row} for row in (*ours, *self.acts["Task"])]
            case "Event":
                rows = [*self.acts["Event"]]
            case "LeadStatus":
                rows = [{"ApiName": "Offen", "IsDefault": True}, {"ApiName": "In Arbeit"}]
            case "CampaignMember":
                rows = [*self._org.beside.members]
            case "Campaign":
                rows = [{"Id": one} for one in self._org.beside.campaigns]
            case "CampaignMemberStatus":
                rows = [
                    {"CampaignId": one, "Label": label, "IsDefault": label == labels[0]}
                    for one, labels in self._org.beside.campaigns.items()
                    for label in labels
                ]
            case "User":
                rows = [
                    {"Id": US, "UserType": "Standard"},
                    {"Id": SELLER, "UserType": "Standard"},
                    {"Id": AUTOMATION, "UserType": "AutomatedProcess"},
                ]
            case _:
                rows = [{"ApiName": n, "IsClosed": c, "SortOrder": 1} for n, c in STATUSES.items()]
        return [row for row in rows if deleted or not row.get("IsDeleted")]

    def fields(self, table: str) -> set[str]:
        """The fields of an object."""
        known = {
            "Lead": {*STAMPS, *LEAD, *self._org.names()},
            "Opportunity": {*STAMPS, *OPPORTUNITY},
            "Task": {*STAMPS, *ACTIVITY, *POINTERS},
            "Campaign": {*STAMPS},
            "CampaignMember": {*STAMPS, *MEMBER},
            "CampaignMemberStatus": {"Id", "CampaignId", "Label", "IsDefault"},
            "Event": {*STAMPS, *ACTIVITY, *POINTERS} - {"IsClosed", "CompletedDateTime"},
            "LeadStatus": {"Id", "ApiName", "IsDefault", "IsConverted"},
            "TaskStatus": {"Id", "ApiName", "IsClosed", "SortOrder"},
            "User": {"Id", "UserType"},
        }
        if table not in known or table in self.hidden:
            # errorcodes; the words as seen
            raise Wrong("INVALID_TYPE", f"sObject type '{table}' is not supported.")
        return known[table] - self.absent - self._org.lacks

    def retrieve(self, table: str, request: httpx.Request) -> httpx.Response:
        """resources-composite-sobjects-collections-retrieve-post."""
        asked = json.loads(request.content)
        ids, names = asked["ids"], asked["fields"]
        try:
            self._check(table, ids, names)
        except Wrong as wrong:
            code, message = wrong.args
            return httpx.Response(400, json=[{"errorCode": code, "message": message}])
        there = {row["Id"][:15]: row for row in self.rows(table, deleted=False)}
        found = [there.get(one[:15]) for one in ids]
        kind = {"attributes": {"type": table}}
        shown = [row and {**kind, **{name: told(row.get(name)) for name in names}} for row in found]
        return httpx.Response(200, json=[_exact(row) for row in shown])

    def _check(self, table: str, ids: list[str], names: list[str]) -> None:
        if missing := [name for name in names if name not in self.fields(table)]:
            raise Wrong("INVALID_FIELD", f"No such column '{missing[0]}' on entity '{table}'.")
        if not 1 <= len(ids) <= 2000:
            raise Wrong("EXCEEDED_ID_LIMIT", "record limit reached")
        if not all(_ID.fullmatch(one) for one in ids):
            raise Wrong("MALFORMED_ID", "malformed id")

    def soap(self, request: httpx.Request, tokens: set[str]) -> httpx.Response:
        """sforce-api-calls-getuserinfo of the partner WSDL; faults come with 500."""
        body = request.content.decode()
        session = re.search(r"<SessionHeader><sessionId>(.+?)</sessionId></SessionHeader>", body)
        kind = request.headers.get("content-type", "").partition(";")[0]
        known = session is not None and session[1] in tokens and "<getUserInfo/>" in body
        if not known or kind != "text/xml" or "soapaction" not in request.headers:
            return httpx.Response(500, text="<faultcode>sf:INVALID_SESSION_ID</faultcode>")
        if not self.speaks_soap:
            return httpx.Response(500, text="<faultcode>sf:API_DISABLED_FOR_ORG</faultcode>")
        name = "orgDefaultCurrencyIsoCode"
        told = f"<{name}>{self.currency}</{name}>" if self.currency else f'<{name} xsi:nil="true"/>'
        return httpx.Response(200, text=f"<result>{told}<userId>{US}</userId></result>")

    def dated(self, answer: httpx.Response) -> httpx.Response:
        """The answer with when it was made."""
        answer.headers["Date"] = format_datetime(self.now, usegmt=True)
        return answer


def _exact(row: Row | None) -> Row | None:
    """A row whose sums are numbers as they were written."""
    return row and {k: float(v) if isinstance(v, Decimal) else v for k, v in row.items()}
