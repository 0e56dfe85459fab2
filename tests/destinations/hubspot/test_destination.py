"""HubSpot: one contact for each person, nothing of a seller's is lost, all is told and erased."""

from __future__ import annotations

import json

import httpx
import pytest
from pydantic import ValidationError

from leadshare.deliveries.delivery import Accepted, Deferred
from leadshare.destinations.description import FieldFacts, findings
from leadshare.destinations.errors import Refused
from tests.builders import NOW
from tests.destinations.hubspot.builders import (
    BEFORE,
    CONTACT,
    EMAIL,
    HOUR,
    at,
    lead,
    limited,
    paths,
    person,
    result,
    settings,
    there,
)
from tests.destinations.simulators.hubspot import TOKEN

AFTER = "2026-11-22T12:00:00.000Z"


class TestSettings:
    def test_defaults(self):
        """A name, a type and a token are all that it takes."""
        told = settings()

        assert ("https://api.hubapi.com", "leadshare_contact") == (told.url, told.key)
        assert (False, "leadshare_id") == (told.lead_object, told.lead_key)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost/"])
    def test_loopback(self, url):
        """A simulator on this machine may stand in for HubSpot."""
        assert url.removesuffix("/") == settings(url=url).url

    @pytest.mark.parametrize(
        "changes",
        [
            {"url": "https://api.hubapi.example"},
            {"url": "http://api.hubapi.com"},
            {"url": "https://api.hubapi.com/crm"},
            {"url": "http://127.0.0.1@hubapi.example"},
            {"key": "Leadshare"},
            {"key": ""},
            {"lead_key": "leadshare-id"},
            {"lead_fields": {"hs_lead_name": "no_such_lead_field"}},
            {"token": "two words"},
            {"token": "line\nbreak"},
            {"unknown": 1},
        ],
    )
    def test_refused(self, changes):
        """Anything else is an error that quotes no secret."""
        with pytest.raises(ValidationError) as caught:
            settings(**changes)

        assert "line" not in str(caught.value)


class TestRequests:
    async def test_exact(self, account, crm):
        """A search and one write leave, with the token in a header and nobody in an address."""
        await crm.deliver([lead()], NOW)

        read, write = account.requests
        base = "https://api.hubapi.com/crm/objects/2026-03/contacts/batch"
        assert [f"{base}/read", f"{base}/upsert"] == [str(read.url), str(write.url)]
        assert f"Bearer {TOKEN}" == write.headers["authorization"]
        assert "application/json" == write.headers["content-type"]
        [sent] = json.loads(write.content)["inputs"]
        assert ("leadshare_contact", CONTACT, CONTACT) == (
            sent["idProperty"],
            sent["id"],
            sent["objectWriteTraceId"],
        )


class TestReadBack:
    async def test_unsaid(self):
        """An answer that names nobody proves nothing: neither that a record is there nor not."""
        crm = at(lambda _: httpx.Response(200, json={"results": []}))

        reply = await crm.look_up([person(1)], NOW)

        assert (Deferred("no_answer"),) == reply.outcomes
        assert reply.failing

    async def test_throttled(self):
        """A throttled search holds the lane, too."""
        reply = await at(lambda _: limited("DAILY")).look_up([person(1), person(2)], NOW)

        assert (Deferred("quota_exhausted", counts=False),) * 2 == reply.outcomes
        assert HOUR == reply.hold

    async def test_people(self, crm):
        """Two leads of one person are both found by one contact."""
        both = [person(1, 1), person(1, 2)]
        await crm.deliver(both, NOW)

        assert (Accepted("101"), Accepted("101")) == (await crm.look_up(both, NOW)).outcomes


class TestDescribe:
    async def test_fields(self, crm):
        """Types, options, and what may be written are read from the properties."""
        fields = (await crm.describe(NOW)).fields or {}

        text = FieldFacts(length=65_536, label="Company")
        options = frozenset({"subscriber", "lead", "customer", "other"})
        assert text == fields["company"]
        assert FieldFacts(choices=options, label="Lifecyclestage") == fields["lifecyclestage"]
        assert FieldFacts(label="Hubspot Owner Id") == fields["hubspot_owner_id"]
        assert FieldFacts(kind="number", label="Their Score") == fields["their_score"]
        assert FieldFacts(kind="boolean", label="Their Flag") == fields["their_flag"]
        assert not fields["createdate"].writable
        assert "long_gone" not in fields

    @pytest.mark.parametrize(
        ("changes", "unique"),
        [
            ({}, True),
            ({"key": "company"}, False),
            ({"key": "nowhere"}, False),
            ({"lead_object": True}, True),
            ({"lead_object": True, "lead_key": "interest"}, False),
            ({"lead_key": "interest"}, True),
        ],
    )
    async def test_keys(self, account, changes, unique):
        """A key that is not unique is told before it loses a lead."""
        description = await there(account, **changes).describe(NOW)

        assert unique is description.key_unique

    async def test_wrong_option(self, account):
        """A value that is no option is told by name."""
        crm = there(account, fields={"lifecyclestage": {"constant": "prospect"}})
        values = [crm.values(lead())]

        description = await crm.describe(NOW)
        [finding] = findings(description, values, crm.mapping, frozenset({"lifecyclestage"}), NOW)

        assert ("value_not_allowed", "prospect") == (finding.problem, finding.value)

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (httpx.Response(401), "unauthorised"),
            (httpx.Response(403), "forbidden"),
            (httpx.Response(503), "http_503"),
            (httpx.Response(200, text="<p>"), "unreadable_answer"),
        ],
    )
    async def test_no_way_in(self, answer, reason):
        """Where the properties cannot be read, the reason is told."""
        with pytest.raises(Refused) as caught:
            await at(lambda _: answer).describe(NOW)

        assert reason == caught.value.reason


class TestErase:
    @pytest.mark.parametrize(
        "handle",
        [
            lambda _: httpx.Response(503),
            lambda request: (
                httpx.Response(403)
                if request.method == "DELETE"
                else httpx.Response(200, json={"results": [result(1, createdAt=AFTER)]})
            ),
        ],
        ids=["search", "delete"],
    )
    async def test_refused(self, handle):
        """What could not be taken away is told."""
        with pytest.raises(Refused, match="erase_refused"):
            await at(handle).erase(person(1), NOW)

    async def test_merged(self, account, crm):
        """A contact that was there before us is never taken away."""
        account.add(at=BEFORE, email=EMAIL)
        await crm.deliver([lead()], NOW)

        with pytest.raises(Refused, match="erase_refused"):
            await crm.erase(lead(), NOW)
        assert 1 == len(account.live())

    async def test_nothing_there(self, account, crm):
        """What is not there needs no erasing."""
        await crm.erase(person(1), NOW)

        assert ["contacts/batch/read"] == paths(account)
