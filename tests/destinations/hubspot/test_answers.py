"""HubSpot's answers: what is said is read before codes, and codes before the status."""

from __future__ import annotations

import json
from datetime import timedelta
from html import escape
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.hubspot.destination import Hubspot
from tests.builders import NOW
from tests.destinations.hubspot.builders import (
    CONTACT,
    EMAIL,
    at,
    lead,
    only,
    person,
    result,
    sole,
    there,
)
from tests.destinations.hubspot.properties import prop


def refusing(status: int, message: str, category: str = "VALIDATION_ERROR", **more: Any) -> Hubspot:
    """HubSpot that finds nobody and refuses every write."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/read"):
            names = [one["id"] for one in json.loads(request.content)["inputs"]]
            lost = {"category": "OBJECT_NOT_FOUND", "context": {"ids": names}}
            return httpx.Response(207, json={"results": [], "errors": [lost]})
        return httpx.Response(status, json={"category": category, "message": message, **more})

    return at(handle)


WAITING = [
    pytest.param(400, "You have reached your daily limit.", "quota_exhausted", id="daily"),
    pytest.param(403, "You have reached your secondly limit: too many requests", "throttled"),
    pytest.param(400, 'Property "x" does not exist', "field_missing", id="field"),
    pytest.param(400, '[{"error":"PROPERTY_DOESNT_EXIST","name":"x"}]', "field_missing"),
    pytest.param(400, "The owner 77 does not exist", "reference_gone", id="owner"),
    pytest.param(400, '"createdate" is a read only property', "field_forbidden", id="read only"),
    pytest.param(400, "Request timed out, try again later", "hubspot_VALIDATION_ERROR"),
]


class TestWaiting:
    @pytest.mark.parametrize(("status", "message", "reason"), WAITING)
    @pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
    async def test_said(self, status, message, reason, many):
        """What tells of the account, not of the lead, waits, whatever status it comes with."""
        people = [person(1), person(2)] if many else [person(1)]

        reply = await refusing(status, message).deliver(people, NOW)

        told = {o.reason for o in reply.outcomes if isinstance(o, Deferred)}
        assert ({reason}, len(people)) == (told, len(reply.outcomes))

    async def test_unknown(self):
        """A category that nobody listed waits."""
        crm = refusing(400, "Something new", "SOMETHING_NEW")

        assert Deferred("hubspot_SOMETHING_NEW") == await only(crm, lead(email=""))

    async def test_unparsed(self):
        """A body that cannot be parsed is the record's own."""
        crm = refusing(400, "Invalid input JSON on line 1, column 11", category="")

        assert Rejected("hubspot_400") == await only(crm, lead())

    @pytest.mark.parametrize("quoted", [str, json.dumps, escape])
    @pytest.mark.parametrize(
        "words",
        [
            "We have too many requests, and our owner does not exist",
            'Our form says: "error":"PROPERTY_DOESNT_EXIST", <b>"name":"x"',
        ],
    )
    async def test_customers_words(self, words, quoted):
        """What a customer wrote is not read as what HubSpot says, however it is quoted."""
        crm = refusing(400, f"{quoted(words)} is not valid")

        assert Rejected("hubspot_VALIDATION_ERROR") == await only(crm, lead(notes=words))

    async def test_interval(self):
        """A throttle without Retry-After tells its interval in a header."""
        headers = {"X-HubSpot-RateLimit-Interval-Milliseconds": "7000"}
        answer = httpx.Response(429, headers=headers)

        reply = await at(lambda _: answer).deliver([lead()], NOW)

        assert timedelta(seconds=7) == reply.hold

    async def test_one_too_large(self):
        """A contact with too many addresses keeps none of its batch from HubSpot."""

        def handle(request: httpx.Request) -> httpx.Response:
            names = [one["id"] for one in json.loads(request.content)["inputs"]]
            if request.url.path.endswith("/read"):
                lost = {"category": "OBJECT_NOT_FOUND", "context": {"ids": names}}
                return httpx.Response(207, json={"results": [], "errors": [lost]})
            if f"{2:032x}" in names:
                return httpx.Response(414, json={"message": "Cannot have more than 250 identities"})
            return httpx.Response(200, json={"results": [result(int(name, 16)) for name in names]})

        reply = await at(handle).deliver([person(number) for number in (1, 2, 3)], NOW)

        assert (Accepted("1"), Rejected("hubspot_414"), Accepted("3")) == reply.outcomes
        assert not reply.failing

    async def test_no_culprit(self):
        """A batch that is refused though each of its records passes ends in single records."""

        def handle(request: httpx.Request) -> httpx.Response:
            names = [one["id"] for one in json.loads(request.content)["inputs"]]
            if request.url.path.endswith("/read"):
                lost = {"category": "OBJECT_NOT_FOUND", "context": {"ids": names}}
                return httpx.Response(207, json={"results": [], "errors": [lost]})
            if len(names) > 1:
                return httpx.Response(400, json={"category": "VALIDATION_ERROR", "message": "no"})
            return httpx.Response(200, json={"results": [result(int(names[0], 16))]})

        reply = await at(handle).deliver([person(number) for number in range(5)], NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}


class TestLeftOut:
    @pytest.mark.parametrize("multi_status", [False, True])
    async def test_email(self, account, crm, multi_status):
        """An address that HubSpot takes for wrong keeps no lead from it: it is in the message."""
        account.multi_status, account.disliked = multi_status, {EMAIL}

        outcome = await only(crm, lead())

        assert Accepted("101", without=frozenset({"email"})) == outcome
        assert sole(account)["message"].startswith(f"Email: {EMAIL}\n")
        assert "email" not in sole(account)

    async def test_both(self, account, crm):
        """Two values that are refused, one after the other, are both left out."""
        account.disliked = {EMAIL, "Head of IT"}

        await crm.deliver([lead()], NOW)

        assert CONTACT == sole(account)["leadshare_contact"]
        assert {"email", "jobtitle"}.isdisjoint(sole(account))

    async def test_of_the_lead(self, account):
        """A value that the leads object refuses is left out of its record alone."""
        account.disliked = {"HOT"}

        outcome = await only(there(account, lead_object=True), lead())

        assert Accepted("102", without=frozenset({"leads.hs_lead_label"})) == outcome
        assert "hs_lead_label" not in sole(account, "leads")
        assert EMAIL == sole(account)["email"]

    async def test_leads_unique(self, account):
        """A property of leads that the publisher made unique is a duplicate at once."""
        account.fields["leads"].append(prop("their_number", hasUniqueValue=True))
        account.add("leads", their_number="7")
        crm = there(account, lead_object=True, lead_fields={"their_number": {"constant": 7}})

        assert Rejected("duplicate_in_crm") == await only(crm, lead())
