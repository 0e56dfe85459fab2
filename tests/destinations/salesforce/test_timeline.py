"""The timeline in Salesforce: closed tasks, each once, where the lead lives on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.description import findings
from leadshare.destinations.writing.telling import CUT
from tests.builders import NOW, delivery, entry, reasons
from tests.destinations.salesforce.beside import row_error
from tests.destinations.salesforce.builders import rows, several
from tests.destinations.salesforce.database import TOUCH
from tests.destinations.sellers import Customer
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.salesforce import Account, refused

WORDS = "We need 200 seats."


def tasks(org: Account) -> list[dict[str, Any]]:
    """What the calls that told have sent."""
    sent = [json.loads(r.content)["records"] for r in org.requests if is_telling(r)]
    return [one for records in sent for one in records]


def is_telling(request: httpx.Request) -> bool:
    """Whether a call makes tasks."""
    return b'"type":"Task"' in request.content


async def back(org: Account, answer: httpx.Response | None = None, **told: Any) -> Reply:
    """What becomes of the return of a customer, where the call that tells it is answered so."""
    crm: Any = org.destination(**told)
    customer = Customer(crm)
    await customer.arrives()
    customer.writes(WORDS)
    org.played = lambda request: answer if is_telling(request) else None
    return await customer.there.deliver([customer.one], NOW)


class TestTask:
    async def test_request(self, org):
        """An entry is one task that is done, on the day of the customer, and known by its touch."""
        await back(org, zone="Pacific/Auckland")

        [task] = tasks(org)
        assert {
            "attributes": {"type": "Task"},
            "WhoId": next(iter(org.leads)),
            "Subject": "Sample Buyer 1 asked to be contacted: Contoso Invoice Robot"
            " (score 75, sales ready)",
            "Status": "Erledigt",
            "ActivityDate": "2026-11-23",
        } == {name: task[name] for name in task if name not in (TOUCH, "Description")}
        assert 32 == len(task[TOUCH])
        assert task["Description"].startswith(WORDS)

    async def test_long(self, org):
        """A subject is cut to what a task holds; words are, too, and the text says so."""
        customer = Customer(org.destination())
        await customer.arrives()

        await customer.comes_back("w" * 40_000, listing_title="t" * 400)

        [task] = org.beside.tasks
        assert (255, True) == (len(task["Subject"]), task["Description"].endswith(CUT))

    async def test_at_once(self, org):
        """Words that the text of a new lead did not hold are told at once, of that lead."""
        long = replace(delivery(), entries=(entry(words="w" * 40_000),))

        await org.destination().deliver([long, *several(1)], NOW)

        [task] = org.beside.tasks
        assert next(iter(org.leads)) == task["WhoId"]

    async def test_status(self, org):
        """What a task is called that is done is asked for once; without a word it is the usual."""
        crm = org.destination()
        org.played = lambda r: httpx.Response(404) if r.url.path.endswith("/query/") else None
        customer = Customer(crm)
        await customer.arrives()
        for _ in range(2):
            customer.writes(WORDS)
            await crm.deliver([customer.one], NOW)

        assert ["Completed"] * 3 == [task["Status"] for task in tasks(org)]
        assert 1 == sum(request.url.path.endswith("/query/") for request in org.requests)

    async def test_calls(self, org):
        """A batch of returns costs a call to read, one to write if anything is, and one to tell."""
        crm = org.destination()
        many = [Customer(crm, number, phone="") for number in range(1, 101)]
        await crm.deliver([one.one for one in many], NOW)
        for lead, one in zip(org.leads, many, strict=True):
            one.one = replace(one.one, sent=1, record_id=lead, entries=())
            one.writes(WORDS, phone="+4930123456")
        await crm.deliver([many[0].one], NOW)  # asks for the status
        before = len(org.requests)

        reply = await crm.deliver([one.one for one in many], NOW)

        assert {""} == set(reasons(reply))
        assert 3 == len(org.requests) - before
        assert 100 == len(org.beside.tasks)

    async def test_halted(self, org):
        """Where Salesforce wants no more calls now, what is left is not sent, and costs nothing."""
        crm = org.destination()
        many = [Customer(crm, number) for number in range(1, 12)]
        for one in many:
            await one.arrives()
            for number in range(20):
                one.writes(f"Question {number}.")
        org.faults, before = [Fault.THROTTLED], org.writes

        reply = await crm.deliver([one.one for one in many], NOW)

        assert before + 1 == org.writes
        assert ["throttled"] * 10 + ["not_sent"] == reasons(reply)


class TestPlace:
    async def test_converted(self, org):
        """News of a converted lead goes to the contact that it became, at its opportunity."""
        customer = Customer(org.destination())
        await customer.arrives()
        org.end(customer.one, "converted")

        await customer.comes_back(WORDS)

        [task] = org.beside.tasks
        assert ("003A", "006A") == (task["WhoId"], task["WhatId"])

    @pytest.mark.parametrize("contact", [None, "003A"], ids=["no-contact", "no-timeline"])
    async def test_no_place(self, org, contact):
        """Where a converted lead has no place for news, it is parked; without news, it is well."""
        customer = Customer(org.destination(timeline=contact is None))
        await customer.arrives()
        org.end(customer.one, "converted")
        org.leads[customer.one.record_id]["ConvertedContactId"] = contact

        without = await customer.there.deliver([replace(customer.one, version=2)], NOW)
        outcome = await customer.comes_back(WORDS)

        assert [""] == reasons(without)
        assert Rejected("closed_in_crm") == outcome
        assert [] == org.beside.tasks

    async def test_merged(self, org):
        """A lead that was merged is looked up as one that is there, and its master not changed."""
        customer = Customer(org.destination(), phone="")
        await customer.arrives()
        org.end(customer.one, "merged")
        [master] = [row for row in org.leads.values() if row["LastName"] == "Master"]
        before = dict(master)

        await customer.comes_back(WORDS, phone="+4930123456")
        found = await customer.there.look_up([customer.one], NOW)

        assert before == master
        assert [""] == reasons(found)
        assert master["Id"] == org.beside.tasks[0]["WhoId"]
        assert "not Master," in org.beside.tasks[0]["Subject"]

    async def test_merged_same(self, org):
        """Not even a gap is filled in the lead of the same person that it was merged into."""
        customer = Customer(org.destination(), phone="")
        await customer.arrives()
        ours = customer.one.record_id
        org.end(customer.one, "merged")
        [master] = [row for row in org.leads.values() if row["LastName"] == "Master"]
        master |= {"LastName": "Buyer 1", "Company": "Fabrikam GmbH"}
        before = dict(master)

        outcome = await customer.comes_back(WORDS, phone="+4930123456")

        assert isinstance(outcome, Accepted)
        assert (before, ours) == (master, customer.one.record_id)

    async def test_merged_and_deleted(self, org):
        """One whose master is deleted is gone."""
        customer = Customer(org.destination())
        await customer.arrives()
        org.end(customer.one, "merged")
        [master] = [row for row in org.leads.values() if row["LastName"] == "Master"]
        master["deleted"] = True

        assert Rejected("deleted_in_crm") == await customer.comes_back(WORDS)


class TestRefused:
    @pytest.mark.parametrize(
        ("code", "message", "reason"),
        [
            ("INSUFFICIENT_ACCESS_OR_READONLY", "", "timeline_refused"),
            ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No tasks", "timeline_refused"),
            ("REQUIRED_FIELD_MISSING", "Department__c", "timeline_refused"),
            ("DUPLICATE_VALUE", "duplicate value found: Tax__c", "timeline_refused"),
            ("DUPLICATE_VALUE", "<unknown>", "timeline_refused"),
            ("CANNOT_UPDATE_CONVERTED_LEAD", "", "changed_meanwhile"),
            ("ENTITY_IS_DELETED", "", "changed_meanwhile"),
            ("UNABLE_TO_LOCK_ROW", "", "salesforce_UNABLE_TO_LOCK_ROW"),
            ("someone@fabrikam.example", "", "unreadable_answer"),
        ],
    )
    async def test_task(self, org, code, message, reason):
        """A task that is refused waits by itself, and the lane is well."""
        reply = await back(org, rows(row_error(code, message)))

        assert ([reason], False) == (reasons(reply), reply.failing)
        assert isinstance(reply.outcomes[0], Deferred)

    @pytest.mark.parametrize("bad", [0, 1], ids=["first", "last"])
    async def test_one_of_two(self, org, crm, bad):
        """All that is owed must be told: one task that is refused keeps the lead waiting."""
        customer = Customer(crm)
        await customer.arrives()
        customer.writes(WORDS)
        customer.writes("And more.")
        told = [{"id": "00T", "success": True, "errors": []}] * 2
        told[bad] = row_error("INSUFFICIENT_ACCESS")
        org.played = lambda request: rows(*told) if is_telling(request) else None

        reply = await crm.deliver([customer.one], NOW)

        assert ["timeline_refused"] == reasons(reply)

    @pytest.mark.parametrize(
        ("answer", "reason", "failing"),
        [
            (refused(400, "INVALID_FIELD", f"No such column '{TOUCH}'"), "timeline_refused", False),
            (refused(403, "INSUFFICIENT_ACCESS"), "timeline_refused", False),
            (refused(404, "NOT_FOUND"), "timeline_refused", False),
            (refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests"), "quota_exhausted", False),
            (refused(503, "SERVER_UNAVAILABLE"), "http_503", True),
            (rows(), "unreadable_answer", True),
            (httpx.Response(200, text="<p>"), "unreadable_answer", True),
        ],
        ids=["field", "right", "object", "quota", "down", "fewer", "page"],
    )
    async def test_call(self, org, answer, reason, failing):
        """What keeps all tasks out keeps no lead; what ails the org is told as ever."""
        reply = await back(org, answer)

        assert ([reason], failing) == (reasons(reply), reply.failing)

    async def test_neighbours(self, org):
        """With triggers, one bad task takes others along; alone, each of them is told."""
        org.triggers = True
        crm = org.destination()
        many = [Customer(crm, number) for number in (1, 2)]
        for one in many:
            await one.arrives()
            one.writes(WORDS)
        org.leads[many[1].one.record_id]["IsConverted"] = True
        org.leads[many[1].one.record_id]["ConvertedContactId"] = "007"  # no contact

        first = await crm.deliver([one.one for one in many], NOW)
        second = await crm.deliver([replace(one.one, attempts=3) for one in many], NOW)

        assert "salesforce_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" == reasons(first)[0]
        assert ["", "changed_meanwhile"] == reasons(second)

    async def test_written(self, org, crm):
        """What was written stays so when the call that tells gets no answer; no repeat."""
        customer = Customer(crm, phone="")
        await customer.arrives()
        customer.writes(WORDS, phone="+4930123456")
        org.faults = [Fault.NONE, Fault.LOST_BEFORE]

        reply = await crm.deliver([customer.one], NOW)
        before = org.writes
        await customer.arrives()

        assert (["connection_lost"], True) == (reasons(reply), reply.failing)
        assert "+4930123456" == org.found(customer.one)[0]["Phone"]
        assert before + 1 == org.writes


class TestPreflight:
    @pytest.mark.parametrize(
        ("prepare", "lacks"),
        [
            ({}, ""),
            ({"lacks": {TOUCH}}, TOUCH),
            ({"unique": False}, TOUCH),
        ],
        ids=["well", "missing", "not-unique"],
    )
    async def test_key(self, org, crm, prepare, lacks):
        """The field that keeps an entry from being told twice is asked for."""
        for name, value in prepare.items():
            setattr(org, name, value)

        assert lacks == (await crm.describe(NOW)).timeline_lacks

    async def test_no_right(self, org, crm):
        """So is the right to make tasks; nobody is asked who wants no timeline."""
        org.played = lambda r: refused(404, "NOT_FOUND") if "/Task/" in r.url.path else None

        described = await crm.describe(NOW)
        [found] = findings(described, [], crm.mapping, frozenset(), NOW)

        assert ("timeline_not_ready", "Task") == (found.problem, found.field)
        assert "" == (await org.destination(timeline=False).describe(NOW)).timeline_lacks
