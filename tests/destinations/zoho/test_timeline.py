"""Zoho's timeline: each entry is one note, found again by the tag in its title."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected
from leadshare.destinations.writing.telling import CUT, MOST
from leadshare.destinations.zoho.timeline import LOOKS
from tests.builders import NOW
from tests.destinations.sellers import Customer, times
from tests.destinations.simulators.base import Fault
from tests.destinations.zoho.builders import only, zoho_at

SEATS = "We need 200 seats."


async def back(zoho: Any, words: str = SEATS, number: int = 1, **told: Any) -> Delivery:
    """What is owed once a customer has come back."""
    customer = Customer(zoho, number, **told)
    await customer.arrives()
    customer.writes(words)
    return customer.one


def asked(account: Any) -> list[tuple[str, str]]:
    """Methods and paths of what was asked."""
    return [(r.method, r.url.path.removeprefix("/crm/v8")) for r in account.requests]


class TestCalls:
    async def test_exact(self, account, zoho):
        """The record's notes are read, and one is made; nothing is written in the record."""
        one = await back(zoho)
        account.requests.clear()

        await zoho.deliver([one], NOW)

        path = f"/Leads/{one.record_id}/Notes"
        reads = [("POST", "/coql"), ("GET", "/Leads"), ("GET", path)]
        assert [*reads, ("POST", "/Notes")] == asked(account)
        assert {"fields": "Note_Title", "per_page": "200"} == dict(account.requests[2].url.params)
        tag = one.entries[0]["touch"][:8]
        subject = "Sample Buyer 1 asked to be contacted: Contoso Invoice Robot"
        assert [
            {
                "Note_Title": f"{subject} (score 75, sales ready) [{tag}]",
                "Note_Content": f"{SEATS}\n\nSample Buyer 1, Head of IT, Fabrikam GmbH, "
                "+4930123456, DE\nCampaign: autumn-webinar\n22 Nov 2026, 14:00 UTC",
                "Parent_Id": {"module": {"api_name": "Leads"}, "id": one.record_id},
            }
        ] == json.loads(account.requests[-1].content)["data"]

    async def test_long(self, account, zoho):
        """A title that is cut keeps its tag and stands in the text; a text says that it is cut."""
        one = await back(zoho, "n" * 40_000, listing_title="Robot " * 50)

        assert isinstance(await only(zoho, one), Accepted)
        [note] = account.notes
        assert note["Note_Title"].endswith(f" [{one.entries[0]['touch'][:8]}]")
        assert note["Note_Content"].startswith("Sample Buyer 1 asked to be contacted: Robot")
        assert note["Note_Content"].endswith(CUT)

    async def test_hundreds(self, account, zoho):
        """More notes than a call takes go in several, and all are told."""
        many = [await back(zoho, number=number) for number in range(6)]
        many = [replace(one, entries=_many(one)) for one in many]
        account.requests.clear()

        reply = await zoho.deliver(many, NOW)

        assert [Accepted] * 6 == [type(outcome) for outcome in reply.outcomes]
        assert 2 == asked(account).count(("POST", "/Notes"))
        assert 6 * MOST == len(account.notes)

    async def test_looks(self, account, zoho):
        """A hand-over reads the notes of so many leads at most; the others' turn comes next."""
        many = [await back(zoho, number=number) for number in range(LOOKS + 1)]

        reply = await zoho.deliver(many, NOW)

        assert [Accepted] * LOOKS == [type(outcome) for outcome in reply.outcomes[:LOOKS]]
        assert Deferred("not_sent", counts=False) == reply.outcomes[-1]
        assert isinstance(await only(zoho, many[-1]), Accepted)
        assert LOOKS + 1 == len(account.notes)


def _many(one: Delivery) -> tuple[Any, ...]:
    touches = [f"{one.lead[28:32]}{number:04x}{0:024x}" for number in range(MOST)]
    return tuple(one.entries[0] | {"touch": touch} for touch in touches)


class TestConverted:
    @pytest.mark.parametrize(
        "tells",
        [
            lambda contact, _: {"Converted_Contact": {"id": contact, "name": "Buyer"}},
            lambda _, detail: {"$converted_detail": detail},
            lambda contact, _: {"$converted_detail": {"contact": {"id": contact}}},
        ],
    )
    async def test_told(self, account, zoho, tells):
        """The contact that a lead has become is told, however Zoho says which it is."""
        account.tells_contact = tells
        one = await back(zoho)
        account.convert(one)

        assert isinstance(await only(zoho, one), Accepted)
        [note] = account.notes
        assert [note["parent"]] == [f"Contacts/{contact}" for contact in account.contacts]

    async def test_no_contact(self, account, zoho):
        """Where nobody says which contact, there is no place for news."""
        account.tells_contact = lambda _contact, _detail: {}
        one = await back(zoho)
        account.convert(one)

        assert Rejected("closed_in_crm") == await only(zoho, one)
        assert [] == account.notes


class TestRefused:
    async def test_one(self, account, zoho):
        """A note that is refused holds up no other."""
        bad, good = await back(zoho), await back(zoho, number=2)
        text = "Sample Buyer 1 asked to be contacted: Contoso Invoice Robot"
        account.disliked = {f"{text} (score 75, sales ready) [{bad.entries[0]['touch'][:8]}]"}

        reply = await zoho.deliver([bad, good], NOW)

        assert Deferred("timeline_refused") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)

    async def test_no_right(self, account, zoho):
        """Without the scope one look is enough, no token is had for it, and no breaker is told."""
        many = [await back(zoho, number=number) for number in range(3)]
        account.entries_refused = True
        account.requests.clear()

        reply = await zoho.deliver(many, NOW)

        assert (Deferred("timeline_refused"),) * 3 == reply.outcomes
        assert not reply.failing
        assert 1 == sum(path.endswith("/Notes") for _, path in asked(account))
        assert 1 == account.sign_ins

    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_lost(self, account, zoho, method):
        """Where the line breaks, those that are owed wait, and what is new is delivered."""
        one, new = await back(zoho), Customer(zoho, 2).one

        def handle(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/Notes") and request.method == method:
                raise httpx.ReadTimeout("slow", request=request)
            answer: httpx.Response = account.handle(request)
            return answer

        reply = await zoho_at(handle).deliver([one, new], NOW)

        assert Deferred("timeout") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert not reply.failing
        assert isinstance(await only(zoho, one), Accepted)
        assert 1 == times(account, one, SEATS)

    async def test_stops(self, account, zoho):
        """Once Zoho wants no more calls, no other is made for entries."""
        many = [await back(zoho, number=number) for number in range(6)]
        many = [replace(one, entries=_many(one)) for one in many]
        account.faults = [Fault.THROTTLED]
        account.requests.clear()

        reply = await zoho.deliver(many, NOW)

        assert {Deferred("throttled", counts=False)} == set(reply.outcomes)
        assert 1 == asked(account).count(("POST", "/Notes"))


class TestDescribe:
    async def test_ready(self, zoho):
        """Where notes can be read, nothing lacks."""
        assert "" == (await zoho.describe(NOW)).timeline_lacks

    async def test_no_right(self, account, zoho):
        """A scope that is missing is named, and all else is described."""
        account.entries_refused = True

        description = await zoho.describe(NOW)

        assert "ZohoCRM.modules.notes" == description.timeline_lacks
        assert description.key_unique

    async def test_not_asked(self, account):
        """Without a timeline nobody asks."""
        account.entries_refused = True

        assert "" == (await zoho_at(account.handle, timeline=False).describe(NOW)).timeline_lacks
