"""What a Salesforce org keeps beside leads: tasks, and campaigns with their members.

The Object Reference, Task, CampaignMember and CampaignMemberStatus; [K] is what is known of
Salesforce, but was not found on a page.
"""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

from tests.destinations.salesforce.database import POINTERS, STATUSES, TASK, TOUCH

Row = dict[str, Any]

US: Final = "005000000000001AAA"

CAMPAIGN: Final = "701000000000001AAA"
CONFERENCE: Final = "701000000000002AAA"
"""A campaign with the statuses of every new one, and one with its own."""

MEMBER: Final = ("CampaignId", "LeadId", "ContactId", "Status")


def row_error(code: str, message: str = "", *fields: str) -> Row:
    """A record that is refused."""
    error = {"statusCode": code, "message": message, "fields": list(fields)}
    return {"success": False, "errors": [error]}


def taken_by(name: str, record: str) -> Row:
    """A record whose value of a unique field another one has."""
    message = f"duplicate value found: {name} duplicates value on record with id: {record}"
    return row_error("DUPLICATE_VALUE", message)


def rolled_back() -> Row:
    """What a good record is answered beside a bad one, in an org with triggers."""
    message = "Too many retries of batch save in the presence of Apex triggers with failures"
    return row_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)


def done(record: str) -> Row:
    """A record that was made."""
    return {"id": record, "success": True, "created": True, "errors": []}


class Stamps(Protocol):
    """The org's clock."""

    def stamped(self, row: Row, by: str) -> None:
        """Note who changed a row."""


class Org(Protocol):
    """The org that keeps them."""

    leads: dict[str, Row]
    lacks: set[str]
    entries_refused: bool
    campaigns_refused: bool

    @property
    def history(self) -> Stamps:
        """What happens in it."""


class Beside:
    """Its tasks, campaigns and members; what is deleted stays in the recycle bin."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.tasks: list[Row] = []
        """In the order in which they were made."""
        self.members: list[Row] = []
        self.campaigns: dict[str, tuple[str, ...]] = {
            CAMPAIGN: ("Sent", "Responded"),
            CONFERENCE: ("Eingeladen", "Dabei"),
        }
        """The statuses of each, the default one first."""

    def texts(self) -> dict[str, int]:
        """Texts of a task that our user sees."""
        hidden = {TOUCH} if self._org.entries_refused else set()
        return {n: length for n, length in TASK.items() if n not in hidden | self._org.lacks}

    def columns(self, kind: str) -> set[str]:
        """Fields of a kind of record that our user may write."""
        return {*MEMBER} if kind == "CampaignMember" else {*self.texts(), *POINTERS, "OwnerId"}

    def insert(self, kind: str, record: Row) -> Row:
        """Make a record; what its result is."""
        return self._member(record) if kind == "CampaignMember" else self._task(record)

    def _task(self, record: Row) -> Row:
        """[K] but for lengths: who is pointed at must be there, and no lead that was converted."""
        living = (row for row in self.tasks if not row.get("IsDeleted"))
        key = record.get(TOUCH)
        if same := [row["Id"] for row in living if key and row.get(TOUCH) == key]:
            return taken_by(TOUCH, same[0])
        made = {"Status": next(iter(STATUSES)), "OwnerId": US, **record}
        if wrong := self._wrong_who(record["WhoId"], record) or self._wrong_task(made):
            return wrong
        return self._made(self.tasks, "00T", made)

    def _made(self, rows: list[Row], prefix: str, record: Row) -> Row:
        rows.append({"Id": f"{prefix}{len(rows):012d}AAA", **record})
        self._org.history.stamped(rows[-1], US)
        return done(rows[-1]["Id"])

    @staticmethod
    def _wrong_task(record: Row) -> Row:
        if record["Status"] not in STATUSES:
            return row_error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value", "Status")
        if not record["OwnerId"].startswith("005"):
            return row_error(
                "INVALID_CROSS_REFERENCE_KEY", "Assigned To ID: id value of", "OwnerId"
            )
        for name, length in TASK.items():
            if len(record.get(name, "").encode("utf-16-le")) > 2 * length:
                return row_error("STRING_TOO_LONG", "data value too large", name)
        return {}

    def _wrong_who(self, who: str, record: Row) -> Row:
        lead = self._org.leads.get(who)
        if lead is None:
            gone = row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            return {} if who.startswith("003") else gone
        if lead.get("deleted"):
            return row_error("ENTITY_IS_DELETED", "entity is deleted")
        if lead["IsConverted"]:
            return row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if record.get("WhatId"):
            message = "If you've set this activity's name to a lead, it can't be related to others"
            return row_error("FIELD_INTEGRITY_EXCEPTION", message, "WhatId")
        return {}

    def _member(self, record: Row) -> Row:
        """A lead or a contact joins a campaign, once; the message as public code has it."""
        into, who = record["CampaignId"], [record[n] for n in MEMBER[1:3] if n in record]
        if wrong := self._wrong_campaign(into, record) or self._wrong_who(who[0], {}):
            return wrong
        if self.of(into, who[0]):
            return row_error("DUPLICATE_VALUE", "Already a campaign member.")
        made = {"Status": self.campaigns[into][0], **record}
        return self._made(self.members, "00v", made)

    def _wrong_campaign(self, into: str, record: Row) -> Row:
        if self._org.campaigns_refused:
            code = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
            return row_error(code, "insufficient access rights on cross-reference id")
        if not re.fullmatch(r"701\w{12,15}", into):
            return row_error("MALFORMED_ID", f"Campaign ID: id value of incorrect type: {into}")
        if into not in self.campaigns or ("LeadId" in record) == ("ContactId" in record):
            return row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if record.get("Status", self.campaigns[into][0]) not in self.campaigns[into]:
            return row_error("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value", "Status")
        return {}

    def of(self, into: str, who: str) -> list[Row]:
        """How a lead or contact is a member of a campaign."""
        living = (row for row in self.members if not row.get("IsDeleted"))
        return [row for row in living if row["CampaignId"] == into and who in row.values()]

    def merged(self, lead: str, master: str) -> None:
        """What a lead is a member of, its master is then [K]."""
        for row in self.members:
            if row.get("LeadId") == lead:
                row["LeadId"] = master

    def converted(self, lead: str, contact: str) -> None:
        """What was a lead's is the contact's, too; as public code has it, the lead's id stays."""
        for row in self.members:
            if row.get("LeadId") == lead:
                row["ContactId"] = contact

    def delete(self, record: str) -> Row:
        """resources-composite-sobjects-collections-delete; a lead's activities go with it [K]."""
        rows = [row for row in (*self.tasks, *self.members) if row["Id"] == record]
        lead = self._org.leads.get(record)
        if self._org.campaigns_refused and record.startswith("00v"):
            return row_error("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights")
        gone = lead.get("deleted") if lead else not rows or rows[0].get("IsDeleted")
        if gone:
            return row_error("ENTITY_IS_DELETED", "entity is deleted")
        for row in rows:
            row["IsDeleted"] = True
        if lead:
            lead["deleted"] = True
            self._org.history.stamped(lead, US)
            for row in (*self.tasks, *self.members):
                row["IsDeleted"] = row.get("IsDeleted") or record in row.values()
        return {"id": record, "success": True, "errors": []}
