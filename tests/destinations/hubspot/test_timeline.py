"""HubSpot's timeline: each entry is one note on the contact, however often it is sent."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.hubspot.timeline import LENGTH
from leadshare.destinations.writing.telling import CUT, MOST
from tests.builders import NOW
from tests.destinations.hubspot.builders import only, paths, sole, there
from tests.destinations.sellers import Customer, times
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.hubspot import Account, Refused


async def back(crm, words: str = "200 seats", number: int = 1) -> Delivery:
    """What is owed once a customer has come back."""
    customer = Customer(crm, number)
    await customer.arrives()
    customer.writes(words)
    return customer.one


class TestCalls:
    async def test_exact(self, account, crm):
        """One call writes a note, with its own time, on the contact, under the id of its touch."""
        one = await back(crm, "200 seats\n<b> & more")
        account.requests.clear()

        await crm.deliver([one], NOW)

        assert ["contacts/batch/read", "notes/batch/create"] == paths(account)
        [sent] = json.loads(account.requests[-1].content)["inputs"]
        touch = one.entries[0]["touch"]
        assert (touch, touch) == (sent["objectWriteTraceId"], sent["properties"]["leadshare_touch"])
        assert "2026-11-22T14:00:00.000Z" == sent["properties"]["hs_timestamp"]
        type_id = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}
        assert [{"to": {"id": "101"}, "types": [type_id]}] == sent["associations"]
        body = sent["properties"]["hs_note_body"]
        assert body.startswith("<strong>Sample Buyer 1 asked to be contacted: Contoso Invoice")
        assert "</strong><br><br>200 seats<br>&lt;b&gt; &amp; more<br><br>Sample Buyer 1" in body

    async def test_zone(self, account):
        """Times are those of the people who read them."""
        crm = there(account, zone="Europe/Berlin")
        one = await back(crm)

        await crm.deliver([one], NOW)

        assert "22 Nov 2026, 15:00 CET" in account.timeline(one)[0]

    @pytest.mark.parametrize("letter", ["n", "<", "🚀"])
    async def test_long(self, account, crm, letter):
        """What a note cannot hold is cut and says so, however long its HTML is."""
        one = await back(crm, letter * 70_000)

        assert isinstance(await only(crm, one), Accepted)
        [body] = account.timeline(one)
        assert CUT in body
        assert LENGTH // 8 < len(body.encode("utf-16-le")) // 2 <= LENGTH

    async def test_hundreds(self, account, crm):
        """More notes than a call takes go in several, and all are told."""
        many = [await back(crm, number=number) for number in range(6)]
        many = [replace(one, entries=_many(one)) for one in many]
        account.requests.clear()

        reply = await crm.deliver(many, NOW)

        assert [Accepted] * 6 == [type(outcome) for outcome in reply.outcomes]
        assert 2 == paths(account).count("notes/batch/create")
        assert 6 * MOST == len(account.live("notes"))

    async def test_words_in_text(self, account, crm):
        """The words of a new contact are in its text, and in no note."""
        await Customer(crm).arrives()

        assert "Please call me." in sole(account)["message"]
        assert [] == account.live("notes")


def _many(one: Delivery):
    return tuple(one.entries[0] | {"touch": f"{one.lead[28:32]}{n:028x}"} for n in range(MOST))


class TestOnce:
    @pytest.mark.parametrize("multi_status", [True, False])
    async def test_there(self, account, crm, multi_status):
        """A note that is there already, though nobody noted it, is told; its neighbours too."""
        account.multi_status = multi_status
        known, new = await back(crm), await back(crm, number=2)
        await crm.deliver([known], NOW)

        reply = await crm.deliver([known, new], NOW)

        assert [Accepted, Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert [1, 1] == [times(account, one, "200 seats") for one in (known, new)]

    async def test_asked_first(self, account, crm):
        """After an attempt, what is there is asked for, so that nothing is sent for it."""
        one = replace(await back(crm), attempts=1)
        await crm.deliver([one], NOW)
        account.requests.clear()

        await crm.deliver([one], NOW)

        assert ["contacts/batch/read", "notes/batch/read"] == paths(account)

    async def test_not_seen(self, account, crm):
        """What is asked for in vain waits, and nothing is sent blindly."""
        one = replace(await back(crm), attempts=1)
        account.played = lambda request: (
            httpx.Response(503) if request.url.path.endswith("notes/batch/read") else None
        )
        writes = account.writes

        assert Deferred("http_503") == await only(crm, one)
        assert writes == account.writes

    async def test_lost(self, account, crm):
        """A note whose answer was lost is there once; what is new beside it is delivered."""
        one, new = await back(crm), Customer(crm, 2).one
        account.faults = [Fault.NONE, Fault.LOST_AFTER]

        reply = await crm.deliver([one, new], NOW)

        assert Deferred("connection_lost") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert not reply.failing
        assert isinstance(await only(crm, replace(one, attempts=1)), Accepted)
        assert 1 == times(account, one, "200 seats")


class TestRefused:
    @pytest.mark.parametrize("attempts", [0, 1])
    async def test_no_property(self, account, crm, attempts):
        """Without the property of notes, entries wait and the breaker is told nothing."""
        one = replace(await back(crm), attempts=attempts)
        account.lacks.add("leadshare_touch")

        reply = await crm.deliver([one], NOW)

        assert (Deferred("timeline_refused"),) == reply.outcomes
        assert not reply.failing

    async def test_one(self, account, crm):
        """A note that is refused holds up no other."""
        bad, good = await back(crm, "bad"), await back(crm, number=2)
        account.disliked = {bad.entries[0]["touch"]}

        reply = await crm.deliver([bad, good], NOW)

        assert Deferred("timeline_refused") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)

    async def test_stops(self, account, crm):
        """Once the account wants no more, no further call is made for entries."""
        many = [await back(crm, number=number) for number in range(6)]
        many = [replace(one, entries=_many(one)) for one in many]
        account.faults = [Fault.THROTTLED]
        account.requests.clear()

        reply = await crm.deliver(many, NOW)

        assert {Deferred("throttled", counts=False)} == set(reply.outcomes)
        assert 1 == paths(account).count("notes/batch/create")


class TestDescribe:
    async def test_ready(self, crm):
        """Where notes have our key, nothing lacks."""
        assert "" == (await crm.describe(NOW)).timeline_lacks

    @pytest.mark.parametrize("unique", [True, False])
    async def test_lacks(self, account, unique):
        """A property that is missing, or not unique, is named."""
        crm = there(account, touch_key="nowhere" if unique else "hs_note_body")

        assert crm.settings.touch_key == (await crm.describe(NOW)).timeline_lacks

    async def test_no_right(self, account, crm):
        """Where the properties of notes cannot be read, all else is described."""

        def refuse(request: httpx.Request) -> httpx.Response | None:
            if request.url.path.endswith("/notes"):
                return httpx.Response(403, json=Refused(403, "MISSING_SCOPES", "no").body)
            return None

        account.played = refuse

        description = await crm.describe(NOW)

        assert "leadshare_touch" == description.timeline_lacks
        assert description.fields

    async def test_not_asked(self, account: Account):
        """Without a timeline nobody asks."""
        crm = there(account, timeline=False, touch_key="nowhere")

        assert "" == (await crm.describe(NOW)).timeline_lacks
