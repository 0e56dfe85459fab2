"""Marketo's programs: who asked for a listing is a member of its program."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from tests.builders import NOW
from tests.destinations.marketo.builders import calls, person, writing
from tests.destinations.marketo.envelope import done, skipped

PROGRAM = {"id": 1234, "status": "Engaged"}


class TestMemberships:
    async def test_both(self, account):
        """Who was accepted gets the status in the program and is in the list."""
        account.skips["buyer2@fabrikam.example"] = "1002"
        crm = account.destination(program=PROGRAM, list=1021)

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert [Accepted, Rejected] == [type(outcome) for outcome in reply.outcomes]
        assert {(1234, 1001): "Engaged"} == account.members
        assert {1001} == account.lists[1021]
        assert [
            "/rest/v1/leads.json?_method=GET",
            "/rest/v1/leads.json",
            "/rest/v1/programs/1234/members/status.json",
            "/rest/v1/lists/1021/leads.json",
        ] == calls(account)
        program, members = account.requests[-2:]
        assert {"statusName": "Engaged", "input": [{"leadId": 1001}]} == json.loads(program.content)
        assert {"input": [{"id": 1001}]} == json.loads(members.content)

    async def test_again(self, account):
        """A status already had, or passed, is as good; nobody is put back."""
        crm = account.destination(program=PROGRAM)
        await crm.deliver([person(1)], NOW)
        account.members[1234, 1001] = "Won"

        reply = await crm.deliver([replace(person(1), attempts=1)], NOW)

        assert (Accepted("1001"),) == reply.outcomes
        assert "Won" == account.members[1234, 1001]

    async def test_taken_out(self, account):
        """Who was taken out of a list is not put back when they return."""
        crm = account.destination(list=1021)
        await crm.deliver([person(1)], NOW)
        account.lists[1021].clear()

        reply = await crm.deliver([replace(person(1, version=2), sent=1)], NOW)

        assert (Accepted("1001"),) == reply.outcomes
        assert set() == account.lists[1021]

    async def test_none_accepted(self, account):
        """Where nobody was accepted, nobody is put anywhere."""
        account.skips["buyer1@fabrikam.example"] = "1002"

        await account.destination(program=PROGRAM, list=1021).deliver([person(1)], NOW)

        assert ["/rest/v1/leads.json?_method=GET", "/rest/v1/leads.json"] == calls(account)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            pytest.param({"program": {"id": 9, "status": "Engaged"}}, "1013", id="no-program"),
            pytest.param({"program": {"id": 1234, "status": "?"}}, "1025", id="no-status"),
            pytest.param({"list": 9}, "1013", id="no-list"),
        ],
    )
    async def test_wrong(self, account, changes, code):
        """A program or list that is not there keeps leads waiting; their persons are written."""
        reply = await account.destination(**changes).deliver([person(1)], NOW)

        assert (Deferred(f"marketo_{code}"),) == reply.outcomes
        assert reply.failing
        assert 1 == len(account.people)

    @pytest.mark.parametrize("setting", [{"program": PROGRAM}, {"list": 1021}])
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            pytest.param(skipped("1004"), "marketo_1004", id="not-found"),
            pytest.param({}, "unreadable_answer", id="nothing"),
        ],
    )
    async def test_one_fails(self, setting, row, reason):
        """Who could not be put in waits alone, and is then written once more."""
        people = done([{"id": 7, "status": "created"}, {"id": 8, "status": "created"}])

        crm = writing(people, done([row, {"status": "skipped"}]), **setting)
        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred(reason), Accepted("8")) == reply.outcomes
        assert not reply.failing

    async def test_throttled(self, account):
        """Where the second call is one too many, the lead is written once more, not twice."""
        crm = account.destination(list=1021)
        account.limit = (2, 20)

        reply = await crm.deliver([person(1)], NOW)
        account.limit = None
        again = await crm.deliver([person(1)], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert (Accepted("1001"),) == again.outcomes
        assert 1 == len(account.people)
