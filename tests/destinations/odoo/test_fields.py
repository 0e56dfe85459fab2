"""What a record of Odoo points at by name: campaigns, sources, tags and countries."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from leadshare.deliveries.delivery import Deferred
from tests.builders import NOW, reasons
from tests.destinations.odoo.builders import answering, later, loads, person, sent


class TestReferences:
    async def test_made(self, account, odoo):
        """Campaign and source are made where they are not there."""
        await odoo.deliver([person()], NOW)

        [found] = account.found(person())
        assert (["autumn-webinar"], ["AppSource"]) == (found["campaign_id"], found["source_id"])

    async def test_found(self, account, odoo):
        """What has the name already is used, the oldest of several."""
        first = account.store.add("utm.campaign", {"title": "autumn-webinar"})
        account.store.add("utm.campaign", {"title": "autumn-webinar"})

        one = await sent(odoo, person())

        assert first == account.leads[int(one.record_id)]["campaign_id"]
        assert 2 == len(account.store.tables["utm.campaign"])

    async def test_renamed(self, account):
        """What we made and the publisher renamed is used under its new name."""
        await account.destination().deliver([person(1)], NOW)
        [campaign] = account.store.tables["utm.campaign"].values()
        campaign["title"] = "Autumn webinar 2026"

        await account.destination().deliver([person(2)], NOW)

        assert [{"title": "Autumn webinar 2026"}] == [
            *account.store.tables["utm.campaign"].values()
        ]
        assert ["Autumn webinar 2026"] == account.found(person(2))[0]["campaign_id"]

    async def test_at_once(self, account, odoo):
        """Two batches at once make one campaign."""
        await asyncio.gather(*(odoo.deliver([person(n)], NOW) for n in range(4)))

        assert 1 == len(account.store.tables["utm.campaign"])
        assert 1 == len(loads(account, "utm.campaign"))

    async def test_refused(self, account, odoo):
        """Where a campaign cannot be made, the leads that need it wait, and no others."""
        account.blocked.add("not-ours")

        reply = await odoo.deliver([person(1), person(2, campaign_name="not-ours")], NOW)

        assert ["", "reference_refused"] == reasons(reply)
        assert Deferred("reference_refused") == reply.outcomes[1]
        assert not reply.failing

    async def test_gone(self, account, odoo):
        """A campaign that was deleted defers the lead once; then it is made anew."""
        await odoo.deliver([person(1)], NOW)
        account.store.tables["utm.campaign"].clear()
        account.store.external = {
            name: of for name, of in account.store.external.items() if of[0] != "utm.campaign"
        }

        reply = await odoo.deliver([person(2)], NOW)

        assert (Deferred("reference_gone"),) == reply.outcomes
        await sent(odoo, replace(person(2), attempts=1))
        assert ["autumn-webinar"] == account.found(person(2))[0]["campaign_id"]

    async def test_forbidden(self, account, odoo):
        """Where campaigns may not be read, every lead waits."""
        account.denied.add(("utm.campaign", "read"))

        reply = await odoo.deliver([person(1), person(2)], NOW)

        assert (Deferred("forbidden"),) * 2 == reply.outcomes
        assert reply.failing

    async def test_unknown_country(self, account, odoo):
        """A country that Odoo does not know is told in words."""
        await odoo.deliver([person(country="<Narnia>")], NOW)

        [found] = account.found(person())
        assert "country_id" not in loads(account)[0]["fields"]
        assert found["description"].startswith("<span>Country: &lt;Narnia&gt;<br>Campaigns: ")

    async def test_unknown_country_without_description(self, account):
        """Where the mapping leaves the description out, nothing is put there."""
        odoo = account.destination(fields={"description": ""})

        await sent(odoo, person(country="Narnia"))

        assert "description" not in loads(account)[0]["fields"]

    async def test_no_contact(self, account, odoo):
        """Who asked for no contact is tagged so; a seller's tags stay."""
        one = await sent(odoo, person())
        vip = account.store.add("crm.tag", {"name": "VIP"})
        account.leads[int(one.record_id)]["tag_ids"] = [vip]

        await sent(odoo, later(one, category="no_contact"))

        [found] = account.found(one)
        assert ["VIP", "Do not contact"] == found["tag_ids"]


class TestJunk:
    @pytest.mark.parametrize(
        "junk", [[None], [1], [[]], [{}], {"ids": 5}, {"ids": [1, 2]}, [{"id": 1}]]
    )
    async def test_references(self, account, junk):
        """A campaign's search or making that answers nonsense puts the lead off, no more."""

        def answer(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(200, json=junk) if "/utm." in request.url.path else None

        reply = await answering(account, answer).deliver([person()], NOW)

        assert [Deferred] == [type(outcome) for outcome in reply.outcomes]
