"""Salesforce: one lead each; sellers' work stays; batches of any sort and size."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.destinations.description import findings
from leadshare.destinations.errors import Refused
from leadshare.reason import Reason
from tests.builders import LEAD, NOW, delivery, reasons, record
from tests.destinations.salesforce.builders import (
    ID,
    answering,
    later,
    rows,
    several,
    taken,
    writing,
)
from tests.destinations.salesforce.database import KEY
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.salesforce import API, URL, Account, refused


def writes(org: Account) -> list[httpx.Request]:
    """The requests that wrote."""
    return [request for request in org.requests if org.is_write(request)]


class TestFirstDelivery:
    async def test_request(self, org, crm):
        """A new lead goes out as one insert with our id, and with the headers that it needs."""
        await crm.deliver([delivery()], NOW)

        [request] = writes(org)
        assert "POST" == request.method
        assert f"{URL}{API}/composite/sobjects" == str(request.url)
        assert {
            "authorization": "Bearer 00D!token1",
            "content-type": "application/json",
            "sforce-auto-assign": "TRUE",
            "sforce-duplicate-rule-header": "allowSave=true",
        }.items() <= dict(request.headers).items()
        body = json.loads(request.content)
        assert body["allOrNone"] is False
        assert {"attributes": {"type": "Lead"}, KEY: LEAD}.items() <= body["records"][0].items()

    async def test_record_id(self, org, crm):
        """The record id is Salesforce's own id."""
        reply = await crm.deliver([delivery()], NOW)

        [lead] = org.leads
        assert Reply((Accepted(lead),), 200) == reply

    async def test_assignment(self, org):
        """The publisher's assignment rule picks an owner unless told not to, and only once."""
        crm = org.destination()
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        org.seller(delivery(), Phone=None)
        await crm.deliver([later(delivery(), outcome, phone="+4930123456")], NOW)
        await org.destination(assignment_rules=False).deliver([several(1)[0]], NOW)

        headers = [request.headers["sforce-auto-assign"] for request in writes(org)]
        assert ["TRUE", "FALSE", "FALSE"] == headers

    async def test_repeat_is_no_search(self, org, crm):
        """After an unclear answer the insert is repeated as it is: the unique field is atomic."""
        org.faults = [Fault.LOST_BEFORE]
        await crm.deliver([delivery()], NOW)

        reply = await crm.deliver([delivery(attempts=1)], NOW)

        assert [""] == reasons(reply)
        assert 1 == len(org.leads)
        assert ["POST", "POST", "POST"] == [request.method for request in org.requests]
        assert 2 == len(writes(org))

    async def test_is_there(self, org, crm):
        """What an unclear call has made is found by our key, and left as it is."""
        org.faults = [Fault.LOST_AFTER]
        await crm.deliver([delivery()], NOW)
        org.seller(delivery(), Title="Chief", Description="Called on Monday")

        reply = await crm.deliver([delivery(attempts=1)], NOW)

        [lead] = org.leads.values()
        assert Reply((Accepted(lead["Id"]),), 200) == reply
        assert ("Chief", "Called on Monday") == (lead["Title"], lead["Description"])
        assert 2 == len(writes(org))

    async def test_several(self, org, crm):
        """A key that several leads have, since the field is not unique, parks the lead."""
        await crm.deliver([delivery()], NOW)
        [row] = org.leads.values()
        org.leads["00Q00000000000XAAA"] = {**row, "Id": "00Q00000000000XAAA"}

        reply = await crm.deliver([delivery(sent=1)], NOW)

        assert Reply((Rejected("several_in_crm"),), 200) == reply


class TestLaterDelivery:
    async def test_updates(self, org, crm):
        """What the customer said since fills a gap, by the id that Salesforce told, keyless."""
        first = delivery(record=record(job_title=""))
        [outcome] = (await crm.deliver([first], NOW)).outcomes

        reply = await crm.deliver([later(first, outcome, job_title="CTO")], NOW)

        [row] = org.leads.values()
        request = writes(org)[-1]
        assert Reply((outcome,), 200) == reply
        assert "CTO" == row["Title"]
        assert ("PATCH", f"{URL}{API}/composite/sobjects") == (request.method, str(request.url))
        [sent] = json.loads(request.content)["records"]
        assert {"attributes", "id", "Title"} == sent.keys()
        assert outcome.record_id == sent["id"]

    async def test_own(self, org):
        """What is leadshare's own is written with every version that changes it."""
        crm = org.destination(fields={"NumberOfEmployees": "score"})
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        before = len(writes(org))

        await crm.deliver([later(delivery(), outcome)], NOW)
        await crm.deliver([later(delivery(), outcome, score=90)], NOW)

        [row] = org.leads.values()
        assert (90, before + 1) == (row["NumberOfEmployees"], len(writes(org)))

    async def test_objection(self, org, crm):
        """A customer who objects is left alone from then on; nobody is ever freed of that."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        org.seller(delivery(), HasOptedOutOfEmail=True)

        await crm.deliver([later(delivery(), outcome)], NOW)
        [row] = org.leads.values()
        assert (None, True) == (row.get("DoNotCall"), row["HasOptedOutOfEmail"])
        await crm.deliver([later(delivery(), outcome, category="no_contact")], NOW)

        [row] = org.leads.values()
        assert (True, True) == (row["DoNotCall"], row["HasOptedOutOfEmail"])

    async def test_keeps_names(self, org, crm):
        """A placeholder never takes the place of what a seller found out."""
        one = delivery(record=record(last_name="", company=""))
        [outcome] = (await crm.deliver([one], NOW)).outcomes
        org.seller(one, LastName="Buyer", Company="Contoso")

        await crm.deliver([later(one, outcome, last_name="", company="")], NOW)

        [found] = org.found(one)
        assert ("Buyer", "Contoso") == (found["LastName"], found["Company"])

    async def test_deleted(self, org, crm):
        """A lead in the recycle bin is parked, left as it is, and not made anew."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        org.seller(delivery(), deleted=True)

        reply = await crm.deliver([later(delivery(), outcome, job_title="CTO")], NOW)

        [row] = org.leads.values()
        assert Reply((Rejected("deleted_in_crm"),), 200) == reply
        assert "Head of IT" == row["Title"]

    async def test_purged(self, org, crm):
        """A lead that is no longer even in the recycle bin is parked too."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        org.leads.clear()

        reply = await crm.deliver([later(delivery(), outcome)], NOW)

        assert Reply((Rejected("deleted_in_crm"),), 200) == reply
        assert {} == org.leads

    async def test_converted_unseen(self, org, crm):
        """A lead that was converted before its first answer arrived is there."""
        org.faults = [Fault.LOST_AFTER]
        await crm.deliver([delivery()], NOW)
        org.seller(delivery(), IsConverted=True)

        reply = await crm.deliver([delivery(attempts=1)], NOW)

        assert [""] == reasons(reply)

    async def test_status_is_the_sellers(self, org, crm):
        """An update never changes where a seller has put the lead."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        org.seller(delivery(), Status="Closed - Not Converted", OwnerId="005")

        await crm.deliver([later(delivery(), outcome)], NOW)

        [row] = org.leads.values()
        assert ("Closed - Not Converted", "005") == (row["Status"], row["OwnerId"])

    async def test_mixed(self, org, crm):
        """New leads and known ones of one batch go out in a call each, answered in order."""
        first, known, last = several(3)
        [outcome] = (await crm.deliver([known], NOW)).outcomes
        org.seller(known, Phone="")

        reply = await crm.deliver([first, later(known, outcome, phone="+4930123456"), last], NOW)

        assert ["", "", ""] == reasons(reply)
        assert outcome == reply.outcomes[1]
        assert [1, 1, 1] == [len(org.found(one)) for one in (first, known, last)]
        assert [1, 2, 1] == [len(json.loads(w.content)["records"]) for w in writes(org)]

    @pytest.mark.parametrize("record_id", ["", "003000000000001AAA", "junk"])
    async def test_unknown_id(self, org, crm, record_id):
        """Without a lead's id, our key finds the lead."""
        await crm.deliver([delivery()], NOW)

        reply = await crm.deliver([delivery(version=2, sent=1, record_id=record_id)], NOW)

        assert [""] == reasons(reply)
        assert 1 == len(org.leads)

    async def test_short_id(self, crm):
        """An id of fifteen characters is that of eighteen."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes

        short = replace(later(delivery(), outcome), record_id=outcome.record_id[:15])

        assert [""] == reasons(await crm.deliver([short], NOW))

    async def test_many_unknown_ids(self, org, crm):
        """However long the keys of what is read, no call asks more than Salesforce answers."""
        many = several(200)
        await crm.deliver(many, NOW)

        reply = await crm.deliver([replace(one, sent=1) for one in many], NOW)

        assert {""} == set(reasons(reply))
        assert [200] == [len(json.loads(w.content)["records"]) for w in writes(org)]

    async def test_not_accepted(self, org, crm):
        """An id alone does not make a lead one that is there: it must have been accepted."""
        await crm.deliver([delivery(record_id=ID)], NOW)

        assert 1 == len(org.found(delivery()))

    async def test_other_id(self, org, crm):
        """An update that is answered with another lead's id is not believed."""
        [outcome] = (await crm.deliver([delivery(record=record(phone=""))], NOW)).outcomes
        org.played = writing(rows(taken("00Q000000000009AAA")))

        reply = await crm.deliver([later(delivery(), outcome, phone="+4930123456")], NOW)

        assert Reply((Deferred("unreadable_answer"),), 200, failing=True) == reply


class TestCannotBeParsed:
    async def test_one(self, org):
        """A value that cannot be parsed stops all records; halving finds it, the rest is taken."""
        crm = org.destination(fields={"NumberOfEmployees": "job_title"})
        many = [plain(one) for one in several(8)]
        many[5] = replace(many[5], record=record(lead=many[5].lead))

        reply = await crm.deliver(many, NOW)

        expected = [""] * 8
        expected[5] = "salesforce_JSON_PARSER_ERROR"
        assert expected == reasons(reply)
        assert Rejected(expected[5]) == reply.outcomes[5]
        assert 7 == len(org.leads)
        assert not reply.failing

    async def test_all(self, org):
        """Where all are like that, a call or two each decide them, so many at a time."""
        crm = org.destination(fields={"NumberOfEmployees": "job_title"})

        reply = await crm.deliver(several(200), NOW)

        told = reasons(reply)
        assert 44 == len(writes(org))
        assert {"salesforce_JSON_PARSER_ERROR", "not_sent"} == set(told)
        assert Deferred("not_sent", counts=False) == reply.outcomes[-1]


def plain(one: Delivery) -> Delivery:
    """A delivery without a job title."""
    return replace(one, record=record(lead=one.lead, job_title=""))


class TestAgain:
    async def test_smaller(self, org, crm):
        """Records that were tried before go out in smaller calls, lest time run out again."""
        reply = await crm.deliver([*several(60, attempts=1), delivery()], NOW)

        assert {""} == set(reasons(reply))
        assert [25, 25, 10, 1] == [len(json.loads(w.content)["records"]) for w in writes(org)]

    async def test_keeps_what_was_told(self, org, crm):
        """When a later call gets no answer, what an earlier one was told stays so."""
        org.faults = [Fault.NONE, Fault.LOST_AFTER]

        reply = await crm.deliver(several(60, attempts=1), NOW)

        told = reasons(reply)
        assert [""] * 25 == told[:25]
        assert ["connection_lost"] * 25 == told[25:50]
        assert ["not_sent"] * 10 == told[50:]
        assert 2 == len(writes(org))

    async def test_largest(self, crm):
        """A full batch of every sort is within the calls that one hand-over makes."""
        known = several(99)
        accepted = (await crm.deliver(known, NOW)).outcomes
        told = [later(one, o) for one, o in zip(known, accepted, strict=True)]
        others = [delivery(lead=f"{n:032x}-0123456789abcdef") for n in range(101)]
        again = [replace(one, attempts=2) for one in (*told[1:], *others[1:])]

        reply = await crm.deliver([told[0], others[0], *again], NOW)

        assert [""] * 200 == reasons(reply)


class TestLookUp:
    async def test_request(self, org, crm):
        """A full batch is looked up by one call, whose body holds five short queries."""
        many = several(200)
        await crm.deliver(many, NOW)

        reply = await crm.look_up([replace(one, sent=1) for one in many], NOW)

        request = org.requests[-1]
        asked = json.loads(request.content)["compositeRequest"]
        assert ("POST", f"{URL}{API}/composite") == (request.method, str(request.url))
        assert 5 == len(asked)
        assert 2500 > max(len(part["url"]) for part in asked)
        assert list(org.leads) == [outcome.record_id for outcome in reply.outcomes]

    async def test_some(self, org, crm):
        """Each lead is found or missing by itself; one in the recycle bin is missing."""
        first, missing, deleted, last = several(4)
        await crm.deliver([first, deleted, last], NOW)
        org.seller(deleted, deleted=True)

        reply = await crm.look_up([first, missing, deleted, last], NOW)

        assert ["", Reason.NOT_FOUND_AFTER_ACCEPT, Reason.NOT_FOUND_AFTER_ACCEPT, ""] == reasons(
            reply
        )

    @pytest.mark.parametrize(
        ("part", "reason"),
        [
            pytest.param({"httpStatusCode": 400, "body": [{}]}, "salesforce_400", id="refused"),
            pytest.param({"httpStatusCode": 200, "body": []}, "unreadable_answer", id="no-body"),
            pytest.param(
                {"httpStatusCode": 200, "body": {"done": False, "records": []}},
                "unreadable_answer",
                id="not-all",
            ),
            pytest.param(
                {"httpStatusCode": 200, "body": {"done": True, "records": [1]}},
                "unreadable_answer",
                id="odd-record",
            ),
            pytest.param(
                {"httpStatusCode": 200, "body": {"done": True, "records": [{KEY: LEAD}]}},
                "unreadable_answer",
                id="no-id",
            ),
            pytest.param("part", "unreadable_answer", id="no-part"),
        ],
    )
    async def test_odd_part(self, part, reason):
        """A query that cannot be read says nothing about its leads."""
        crm = answering(httpx.Response(200, json={"compositeResponse": [part]}))

        reply = await crm.look_up([delivery(sent=1)], NOW)

        assert (Deferred(reason),) == reply.outcomes

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(httpx.Response(200, text="<p>"), id="page"),
            pytest.param(httpx.Response(200, json={"compositeResponse": []}), id="fewer"),
            pytest.param(httpx.Response(200, json=[]), id="list"),
        ],
    )
    async def test_odd_answer(self, answer):
        """An answer that cannot be read says nothing about any lead."""
        reply = await answering(answer).look_up(several(2, sent=1), NOW)

        assert [Deferred("unreadable_answer")] * 2 == list(reply.outcomes)
        assert reply.failing

    async def test_escapes(self):
        """No lead id, whatever is in it, ends the query's text."""
        asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(json.loads(request.content)["compositeRequest"][0]["url"])
            return httpx.Response(500)

        await answering(answer).look_up([delivery(lead="a\\'b")], NOW)

        assert asked[0].endswith("IN+('a%5C%5C%5C'b')")


class TestDescribe:
    async def test_facts(self, org, crm):
        """Lengths, kinds, live choices and what may be written are told as Salesforce has them."""
        fields = (await crm.describe(NOW)).fields

        assert fields is not None
        assert 40 == fields["FirstName"].length
        assert frozenset({"Hot", "Warm", "Cold"}) == fields["Rating"].choices
        assert fields["LeadSource"].choices is None
        assert ("boolean", "number") == (
            fields["DoNotCall"].kind,
            fields["NumberOfEmployees"].kind,
        )
        assert {"LastName", "Company"} == {n for n, facts in fields.items() if facts.required}
        assert {"Id", "IsConverted"} == {n for n, facts in fields.items() if not facts.writable}
        assert 2 == sum(request.method == "GET" for request in org.requests)

    @pytest.mark.parametrize("lacks", [True, False], ids=["missing", "not-unique"])
    async def test_key(self, org, crm, lacks):
        """A key field that is missing or not unique is found before a lead is."""
        org.unique = False
        org.lacks |= {KEY} if lacks else set()

        description = await crm.describe(NOW)

        found, *_ = findings(description, [], crm.mapping, frozenset(), NOW)
        assert "key_not_unique" == found.problem

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            pytest.param(refused(404, "NOT_FOUND"), "salesforce_NOT_FOUND", id="no-leads"),
            pytest.param(httpx.Response(503), "http_503", id="down"),
            pytest.param(
                refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
                "quota_exhausted",
                id="quota",
            ),
            pytest.param(httpx.Response(200, text="<p>"), "unreadable_answer", id="page"),
            pytest.param(
                httpx.Response(200, json={"fields": [{"name": "X"}]}), "unreadable_answer", id="odd"
            ),
            pytest.param(
                httpx.Response(200, json={"fields": ["X"]}), "unreadable_answer", id="texts"
            ),
        ],
    )
    async def test_refused(self, answer, reason):
        """Where there is no description, a code says why."""
        with pytest.raises(Refused, match=reason):
            await answering(answer).describe(NOW)


class TestErase:
    async def test_request(self, org, crm):
        """A canary is deleted by its key; one that is gone already is no fault."""
        await crm.deliver([delivery()], NOW)

        await crm.erase(delivery(), NOW)
        await crm.erase(delivery(), NOW)

        assert [] == org.found(delivery())
        assert f"{URL}{API}/sobjects/Lead/{KEY}/{LEAD}" == str(org.requests[-1].url)

    async def test_refused(self):
        """A deletion that is refused is told."""
        with pytest.raises(Refused, match="erase_refused"):
            await answering(refused(403, "INSUFFICIENT_ACCESS")).erase(delivery(), NOW)
