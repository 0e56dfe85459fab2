"""What a Dataverse of our own keeps beside leads: tasks, campaigns with responses, static lists.

task.md, campaignresponse.md, list.md and listmember.md of the Web API reference, and the action
AddListMembersList (MicrosoftDocs/dynamics-365-customer-engagement); [K] is what is known of
Dynamics 365, but was not found on a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.destinations.annotations import APP, Notes, Refused
from tests.destinations.multipart import ODATA
from tests.destinations.odata import API, Row, Tables

CAMPAIGN: Final = "00000000-0000-4000-8000-0000000000c1"
LIST: Final = "00000000-0000-4000-8000-000000000111"
LOCKED: Final = "00000000-0000-4000-8000-000000000112"
"""A static list of leads, and one that takes no more."""

_GUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LENGTHS: Final = {"subject": 200, "description": 2000}
_TASK: Final = {
    *("subject", "description", "scheduledend", "ownerid@odata.bind"),
    *("regardingobjectid_lead_task@odata.bind", "regardingobjectid_opportunity_task@odata.bind"),
}
_RESPONSE: Final = {
    *("subject", "receivedon", "campaignresponse_activity_parties"),
    "regardingobjectid_campaign_campaignresponse@odata.bind",
}


def absent(table: str, guid: str) -> Refused:
    """A row that is not there (web-api-client-errors.md)."""
    return Refused(404, "0x80040217", f"Entity '{table}' With Id = {guid} Does Not Exist")


def told(kind: str, body: Row) -> httpx.Response:
    """An answer that is an object."""
    content = json.dumps({"@odata.context": f"https://x{API}/$metadata#{kind}", **body})
    headers = {"Content-Type": "application/json; odata.metadata=minimal"}
    return httpx.Response(200, headers=ODATA | headers, content=content)


@dataclass
class Beside:
    """What is kept beside leads in one environment."""

    notes: Notes
    tables: Tables
    lead_at: Callable[[str], str]
    """Finds the GUID of the lead at a path, "" for none."""
    tasks: dict[str, Row] = field(default_factory=dict)
    responses: dict[str, Row] = field(default_factory=dict)
    campaigns: set[str] = field(default_factory=lambda: {CAMPAIGN})
    members: dict[str, Row] = field(default_factory=dict)
    """Who is on lists, by the id of the membership."""
    lacks: set[str] = field(default_factory=set)
    """Privileges that our user's roles do not have."""
    privileged: bool = True
    """Whether our user may put somebody in campaigns and on lists."""

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response | None:
        """Answer what concerns them; None for what does not. `Refused` as the service does."""
        more = r"(?:\?\$select=\w+|/Microsoft\.Dynamics\.CRM\.RetrieveUserPrivileges\(\))?"
        found = re.fullmatch(rf"{API}/(\w+)(?:\(({_GUID})\){more})?", path)
        match method, found and found[1], found and found[2]:
            case "PATCH", "tasks", str(guid):
                self._create(self.tasks, guid, headers, self._task(json.loads(body)))
            case "PATCH", "campaignresponses", str(guid):
                self._create(self.responses, guid, headers, self._response(json.loads(body)))
            case "POST", "AddListMembersList", None:
                self._enlist(json.loads(body))
            case "DELETE", "annotations", str(guid):
                self._delete(self.notes.rows, guid)
            case "DELETE", "listmembers", str(guid):
                self._allow()
                self._delete(self.members, guid)
            case "GET", "campaigns", str(guid):
                self.campaign(f"/campaigns({guid})")
                return told("campaigns/$entity", {"@odata.etag": 'W/"1"', "campaignid": guid})
            case "GET", "WhoAmI", None:
                ids = dict.fromkeys(("BusinessUnitId", "UserId", "OrganizationId"), APP)
                return told("Microsoft.Dynamics.CRM.WhoAmIResponse", ids)
            case "GET", "systemusers", str(guid) if guid == APP:
                rows = [{"Depth": "Global", "PrivilegeName": one} for one in self.privileges()]
                kind = "Microsoft.Dynamics.CRM.RetrieveUserPrivilegesResponse"
                return told(kind, {"RolePrivileges": rows})
            case _:
                return None
        return httpx.Response(204, headers=ODATA)

    def privileges(self) -> set[str]:
        """The privileges of our user's roles."""
        notes = {f"prv{one}Note" for one in ("Create", "Read", "Append", "Delete")}
        activities = {"prvCreateActivity", "prvAppendActivity"}
        given = notes | activities if self.notes.privileged else set()
        return {*given, "prvAppendToLead", "prvDeleteLead"} - self.lacks

    def campaign(self, target: str) -> str:
        """Return the id of the campaign at a path; `Refused` where there is none."""
        self._allow()
        found = re.fullmatch(rf"/campaigns\(({_GUID})\)", target)
        if found is None:
            raise Refused(400, "0x80060888", f"Resource not found for the segment '{target}'.")
        if found[1] not in self.campaigns:
            raise Refused(
                404, "0x80040217", f"Entity 'campaign' With Id = {found[1]} Does Not Exist"
            )
        return found[1]

    def _allow(self) -> None:
        if not self.privileged:
            raise Refused(403, "0x80040220", "Principal user is missing prvAppendToCampaign.")

    @staticmethod
    def _create(rows: dict[str, Row], guid: str, headers: Mapping[str, str], columns: Row) -> None:
        if headers.get("if-none-match") != "*":
            raise Refused(400, "0x80060888", "Nobody has a reason to change one.")
        if guid in rows:
            raise Refused(412, "0x80040237", "A record with matching key values already exists.")
        for name, length in _LENGTHS.items():
            if len(columns.get(name, "").encode("utf-16-le")) > 2 * length:
                raise Refused(400, "0x80044331", f"The length of the '{name}' attribute exceeded.")
        rows[guid] = columns

    def _lead(self, target: str) -> str:
        lead = self.lead_at(target)
        if not lead:
            raise absent("lead", target)
        return lead

    def _task(self, columns: Row) -> Row:
        self._known(columns, _TASK, "task")
        if not self.notes.privileged:
            raise Refused(403, "0x80040220", "Principal user is missing prvCreateActivity.")
        owner = columns.get("ownerid@odata.bind", f"/systemusers({APP})")
        if not re.fullmatch(rf"/(systemusers|teams)\({_GUID}\)", owner):
            raise Refused(400, "0x80048d19", "Invalid property 'ownerid' was found.")
        if target := columns.get("regardingobjectid_lead_task@odata.bind"):
            return {**columns, "of": self._lead(target)}
        opportunity = columns["regardingobjectid_opportunity_task@odata.bind"]
        found = opportunity.removeprefix("/opportunities(").removesuffix(")")
        if found not in self.notes.opportunities:
            raise Refused(
                404, "0x80040217", f"Entity 'opportunity' With Id = {found} Does Not Exist"
            )
        return {**columns, "of": found}

    def _response(self, columns: Row) -> Row:
        self._known(columns, _RESPONSE, "campaignresponse")
        campaign = self.campaign(columns["regardingobjectid_campaign_campaignresponse@odata.bind"])
        [party] = columns["campaignresponse_activity_parties"]
        # activityparty.md: 11 is the customer
        if party["participationtypemask"] != 11:
            raise Refused(400, "0x80040203", "The part that a lead has in it is another.")
        return {**columns, "campaign": campaign, "of": self._lead(party["partyid_lead@odata.bind"])}

    @staticmethod
    def _known(columns: Row, known: set[str], table: str) -> None:
        if unknown := columns.keys() - known:
            named = f"Invalid property '{min(unknown)}' was found in entity '{table}'."
            raise Refused(400, "0x80048d19", named)

    def _enlist(self, body: Row) -> None:
        """That one who is on a list is added again changes nothing [K]."""
        self._allow()
        into, [member] = body["List"]["listid"], body["Members"]
        types = {body["List"]["@odata.type"], member["@odata.type"]}
        if types != {"Microsoft.Dynamics.CRM.list", "Microsoft.Dynamics.CRM.lead"}:
            raise Refused(400, "0x80048d19", "Error identified in Payload provided by the user.")
        if into == LOCKED:
            raise Refused(400, "0x80040304", "The list is locked; no members can be added.")
        if into != LIST:
            raise absent("list", into)
        lead = self._lead(f"/leads({member['leadid']})")
        if not self.on(into, lead):
            number = f"{len(self.members) + 1:08x}-1157-4000-8000-000000000000"
            self.members[number] = {"listid": into, "entityid": lead}

    def on(self, into: str, lead: str) -> list[Row]:
        """How a lead is on a list."""
        return [r for r in self.members.values() if (r["listid"], r["entityid"]) == (into, lead)]

    @staticmethod
    def _delete(rows: dict[str, Any], guid: str) -> None:
        if rows.pop(guid, None) is None:
            raise Refused(404, "0x80040217", f"Entity With Id = {guid} Does Not Exist")

    def cascade(self, lead: str) -> None:
        """What is about a lead that is deleted goes with it (lead.md, cascade of deletion)."""
        for rows in (self.notes.rows, self.tasks):
            for guid in [guid for guid, row in rows.items() if row["of"] == lead]:
                del rows[guid]
        for guid in [guid for guid, row in self.members.items() if row["entityid"] == lead]:
            del self.members[guid]

    def acts(self) -> Mapping[str, Row]:
        """Our tasks and responses as activities, which outcomes are read of."""
        stamps = {"modifiedon": self.tables.now, "modifiedby": APP, "createdby": APP}
        told = (("task", self.tasks), ("campaignresponse", self.responses))
        return {
            guid: {
                **stamps,
                "statecode": 0,
                "activitytypecode": kind,
                "regardingobjectid": row["of"] if kind == "task" else row["campaign"],
                **row.get("act", {}),
            }
            for kind, rows in told
            for guid, row in rows.items()
        }
