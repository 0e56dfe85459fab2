"""What operators ask: every lead, delivery and quarantined touch can be listed, and no person."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadshare.core.delivery import Deferred, Rejected
from leadshare.errors import BadRequest, Unknown
from tests.builders import NOW, PERSON, Office, minutes, touch

ROBOT, KIT = "SPZA-PLT|contoso.robot", "AzureMarketplace-INS|contoso.kit"
LESS = ("FirstName", "Company", "Phone", "Title")


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


async def pages(ask: Any, name: str, limit: int, where: Mapping[str, str] | None = None) -> Any:
    """All entries that come by pages of so many, and how many each page had."""
    found: list[Any] = []
    sizes, after = [], ""
    while True:
        page = await ask(where or {}, limit, after)
        found += page[name]
        sizes.append(len(page[name]))
        if "next" not in page:
            return found, sizes
        after = page["next"]


class TestLeads:
    async def test_newest_first(self, office):
        """
        Leads of all partitions come newest first, each once, in pages of the size asked for.
        """
        for number in range(1, 41):
            await office.take(number)
        ask = lambda where, limit, after: office.management.leads(where, None, limit, after)  # noqa: E731 - one ask of two

        found, sizes = await pages(ask, "leads", 7)

        times = [f"2026-11-22T12:{number:02d}:00.000Z" for number in range(40, 0, -1)]
        assert times == [lead["last_seen"] for lead in found]
        assert [7, 7, 7, 7, 7, 5] == sizes
        assert 10 < len({partition for partition, _ in office.table.rows})

    async def test_last_page_is_full(self, office):
        """
        A last page that is just full says nothing of a next one.
        """
        for number in range(1, 5):
            await office.take(number)

        assert "next" not in await office.management.leads({}, None, 4, "")

    async def test_seen_again(self, office):
        """
        A lead that is seen again comes to the top, once.
        """
        for number in (1, 2):
            await office.take(number)
        await office.take(3, Email="person-1@fabrikam.example", Company="Other GmbH")

        page = await office.management.leads({}, None, 9, "")

        assert [(2, 2), (1, 1)] == [(lead["touches"], lead["version"]) for lead in page["leads"]]

    async def test_what_is_told(self, office):
        """
        An entry tells class, stage, score and counts.
        """
        await office.take(1)

        [told] = (await office.management.leads({}, None, 9, ""))["leads"]

        assert {
            "lead": touch(Email="person-1@fabrikam.example").lead,
            "storefront": "appsource",
            "listing": "contoso.invoice-robot",
            "listing_title": "Contoso Invoice Robot",
            "stage": "sales_ready",
            "score": 90,
            "intent": "contact_request",
            "lane": "normal",
            "campaign_kind": "nurture",
            "version": 1,
            "touches": 1,
            "duplicates": 0,
            "last_seen": "2026-11-22T12:01:00.000Z",
        } == told

    @pytest.mark.parametrize(
        ("where", "numbers"),
        [
            pytest.param({}, [4, 3, 2, 1], id="all"),
            pytest.param({"storefront": "appsource"}, [4, 3, 1], id="storefront"),
            pytest.param({"listing": "contoso.kit"}, [2], id="listing"),
            pytest.param({"stage": "nurture"}, [3], id="stage"),
            pytest.param({"stage": "no_contact"}, [4], id="special-stage"),
            pytest.param({"storefront": "appsource", "stage": "sales_ready"}, [1], id="both"),
            pytest.param({"listing": "contoso.nothing"}, [], id="none"),
        ],
    )
    async def test_filters(self, office, where, numbers):
        """
        Storefront, listing and stage narrow the list.
        """
        await office.take(1, LeadSource=ROBOT)
        await office.take(2, LeadSource=KIT)
        await office.take(3, LeadSource=ROBOT, **dict.fromkeys(LESS, ""))
        await office.take(4, LeadSource=ROBOT, ActionCode="DNC")

        page = await office.management.leads(where, None, 9, "")

        times = [f"2026-11-22T12:0{number}:00.000Z" for number in numbers]
        assert times == [lead["last_seen"] for lead in page["leads"]]

    async def test_filter_and_pages(self, office):
        """
        Pages of a filtered list are full, though others lie in between.
        """
        for number in range(1, 13):
            await office.take(number, LeadSource=ROBOT if number % 3 else KIT)

        manages = office.management
        ask = lambda where, limit, after: manages.leads(where, None, limit, after)  # noqa: E731 - one ask of two
        found, sizes = await pages(ask, "leads", 3, {"listing": "contoso.robot"})

        assert [3, 3, 2] == sizes
        assert {"contoso.robot"} == {lead["listing"] for lead in found}

    @pytest.mark.parametrize(
        ("since", "count"),
        [
            pytest.param(NOW + minutes(2), 2, id="just-then"),
            pytest.param(NOW + minutes(2) + timedelta(milliseconds=1), 1, id="just-after"),
            pytest.param(NOW, 3, id="before-all"),
            pytest.param(NOW + minutes(9), 0, id="after-all"),
        ],
    )
    async def test_since(self, office, since, count):
        """
        Since a time means seen then or later.
        """
        for number in (1, 2, 3):
            await office.take(number)

        assert count == len((await office.management.leads({}, since, 9, ""))["leads"])

    @pytest.mark.parametrize(
        "token",
        [
            pytest.param("!", id="no-base64"),
            pytest.param("a", id="cut-off"),
            pytest.param("é", id="not-ascii"),
            pytest.param(urlsafe_b64encode(b"\xff\xfe").decode(), id="no-text"),
        ],
    )
    async def test_wrong_token(self, office, token):
        """
        A token that no page has given is refused, and not repeated.
        """
        with pytest.raises(BadRequest) as caught:
            await office.management.leads({}, None, 9, token)

        assert "after: expected the token that a page gave as `next`" == str(caught.value)

    @pytest.mark.parametrize("key", ["", "0", "due|crm|1|x", "zzz"])
    async def test_token_of_another_list(self, office, key):
        """
        A token of another list is refused, and shows nothing of either.
        """
        await office.take(1)
        token = urlsafe_b64encode(key.encode()).decode() or "="

        with pytest.raises(BadRequest, match="after: expected the token"):
            await office.management.leads({}, None, 9, token)


class TestLead:
    async def test_story(self, office):
        """
        A lead's story has its receipt, touches, deliveries and attempts.
        """
        await office.take(1)
        await office.finish("crm")
        lead = touch(Email="person-1@fabrikam.example").lead

        told = await office.management.lead(lead)

        assert (lead, 90, 1) == tuple(told["lead"][name] for name in ("lead", "score", "version"))
        assert ["crm", "sellers"] == told["lead"]["route"]
        assert ["listing_unknown"] == told["lead"]["flags"]
        assert office.configuration.scoring.version == told["lead"]["receipt"]["rules"]
        assert 90 == sum(line["points"] for line in told["lead"]["receipt"]["lines"])
        assert "2026-11-22T12:01:00.000Z" == told["lead"]["first_touch"]
        assert [
            {
                "touch": f"{1:032x}",
                "lead": lead,
                "received": "2026-11-22T12:01:00.000Z",
                "storefront": "appsource",
                "listing": "contoso.invoice-robot",
                "action": "PLT",
                "intent": "contact_request",
                "lane": "normal",
                "via": "",
                "flags": ["listing_unknown"],
                "facts_given": sorted(touch().facts),
            }
        ] == told["touches"]
        assert [("crm", "delivered", 1, "r-1"), ("sellers", "due", 0, "")] == [
            (one["destination"], one["state"], one["sent"], one["receipt"])
            for one in told["deliveries"]
        ]
        assert [
            {
                "destination": "crm",
                "at": "2026-11-22T12:01:00.000Z",
                "version": 1,
                "outcome": "accepted",
                "reason": "",
                "status": 200,
                "milliseconds": 0,
            }
        ] == told["attempts"]

    async def test_facts_given(self, office):
        """
        Of the facts about a person it is told which were given, and none of them.
        """
        await office.take(1, Title="", Phone=None)
        lead = touch(Email="person-1@fabrikam.example").lead

        [told] = (await office.management.lead(lead))["touches"]

        assert {"job_title", "phone"} == set(touch().facts) - set(told["facts_given"])

    async def test_sibling_apart(self, office):
        """
        What belongs to another lead of the same contact is not in the story.
        """
        for number, source in ((1, ROBOT), (2, KIT)):
            await office.take(number, LeadSource=source, Email=PERSON["Email"])
        await office.finish("crm")
        await office.finish("sellers")

        told = await office.management.lead(touch(LeadSource=KIT).lead)

        assert ["contoso.kit"] == [one["listing"] for one in told["touches"]]
        assert ["sellers"] == [one["destination"] for one in told["deliveries"]]
        assert ["sellers"] == [one["destination"] for one in told["attempts"]]

    @pytest.mark.parametrize(
        "lead",
        [
            pytest.param("0" * 32 + "-" + "0" * 16, id="well-formed"),
            pytest.param("contoso.robot", id="a-listing"),
            pytest.param("-", id="dash"),
            pytest.param("sample.buyer@fabrikam.example", id="an-address"),
            pytest.param("0' or '1' eq '1", id="a-query"),
        ],
    )
    async def test_unknown(self, office, lead):
        """
        A lead that is not there is told as such; what was asked for is not repeated.
        """
        await office.take(1)

        with pytest.raises(Unknown) as caught:
            await office.management.lead(lead)

        assert "Buyer".lower() not in str(caught.value).lower()

    async def test_contact_is_no_lead(self, office):
        """
        A contact id alone is no lead.
        """
        await office.take(1)

        with pytest.raises(Unknown):
            await office.management.lead(touch(Email="person-1@fabrikam.example").contact)


class TestDeliveries:
    @pytest.fixture(name="some")
    async def _some(self, office):
        """Deliveries in all four states, of two destinations."""
        await office.take(1)
        await office.finish("crm")
        await office.take(2)
        await office.finish("crm", Rejected("bad_email"))
        await office.take(3)
        await office.finish("crm", Deferred("timeout"))
        await office.take(4, ActionCode="DNC")
        return office.management

    @pytest.mark.parametrize(
        ("state", "where", "found"),
        [
            pytest.param("parked", {}, [("crm", "bad_email")], id="parked"),
            pytest.param(
                "due",
                {},
                [("crm", ""), ("sellers", ""), ("sellers", ""), ("sellers", "")],
                id="due",
            ),
            pytest.param("delivered", {}, [("crm", "")], id="delivered"),
            pytest.param(
                "suppressed",
                {},
                [("crm", "no_contact"), ("sellers", "no_contact")],
                id="suppressed",
            ),
            pytest.param("due", {"destination": "crm"}, [("crm", "")], id="due-at"),
            pytest.param("parked", {"destination": "sellers"}, [], id="parked-at"),
            pytest.param("parked", {"reason": "bad_email"}, [("crm", "bad_email")], id="reason"),
            pytest.param("parked", {"reason": "too_old"}, [], id="other-reason"),
            pytest.param(
                "suppressed", {"destination": "crm"}, [("crm", "no_contact")], id="suppressed-at"
            ),
        ],
    )
    async def test_by_state(self, some, state, where, found):
        """
        Deliveries are listed by state, and narrowed by destination and reason.
        """
        told = (await some.deliveries(state, where, 9, ""))["deliveries"]

        assert {state} <= {one["state"] for one in told} | {state}
        assert found == sorted((one["destination"], one.get("reason", "")) for one in told)
        assert {state} == {one["state"] for one in told} or not told

    @pytest.mark.parametrize("state", ["due", "parked", "delivered", "suppressed"])
    async def test_pages(self, office, state):
        """
        In any state, pages have each delivery once.
        """
        for number in range(1, 21):
            await office.take(number, ActionCode="DNC" if state == "suppressed" else "PLT")
        for destination in ("crm", "sellers"):
            if state in ("parked", "delivered"):
                outcome = Rejected("bad") if state == "parked" else None
                await office.finish(destination, outcome)
        ask = lambda where, limit, after: office.management.deliveries(state, where, limit, after)  # noqa: E731 - one ask of two

        found, sizes = await pages(ask, "deliveries", 9)

        assert [9, 9, 9, 9, 4] == sizes
        assert 40 == len({(one["lead"], one["destination"]) for one in found})

    async def test_oldest_first(self, office):
        """
        What is due or parked at a destination comes oldest first.
        """
        for number in (1, 2, 3):
            await office.take(number)

        told = await office.management.deliveries("due", {"destination": "crm"}, 9, "")

        times = [one["owed_since"] for one in told["deliveries"]]
        assert sorted(times) == times
        assert 3 == len(times)

    async def test_what_is_told(self, some):
        """
        An entry tells lead, destination, state, reason, versions and attempts.
        """
        [told] = (await some.deliveries("parked", {}, 9, ""))["deliveries"]

        expected = {
            "lead": touch(Email="person-2@fabrikam.example").lead,
            "destination": "crm",
            "state": "parked",
            "reason": "bad_email",
            "version": 1,
            "sent": 0,
            "attempts": 1,
        }
        assert expected == {name: told[name] for name in expected}


class TestQuarantine:
    async def test_list(self, office):
        """
        What could not be classified is listed oldest first, with its reason and id.
        """
        await office.take(2, b"[1]")
        await office.take(1, b"no json")

        told = (await office.management.quarantine({}, 9, ""))["quarantine"]

        assert [
            {"touch": f"{1:032x}", "reason": "not_json", "updated": "2026-11-22T12:01:00.000Z"},
            {
                "touch": f"{2:032x}",
                "reason": "not_an_object",
                "updated": "2026-11-22T12:02:00.000Z",
            },
        ] == told

    async def test_reason(self, office):
        """
        A reason narrows the list.
        """
        await office.take(1, b"no json")
        await office.take(2, b"[1]")

        told = (await office.management.quarantine({"reason": "not_json"}, 9, ""))["quarantine"]

        assert [f"{1:032x}"] == [one["touch"] for one in told]


class TestNoPersons:
    async def test_no_answer(self, office):
        """
        No answer holds anything about a person, whatever was taken.
        """
        canaries: dict[str, Any] = {name: f"canary{name}".lower() for name in PERSON}
        canaries["Email"] = "canary-email@canary-domain.example"
        await office.take(1, Description="Campaigns: canary", **canaries)
        await office.finish("crm", Rejected("bad"))
        await office.take(2, b'["canary"]')
        desk = office.management

        told = [
            await desk.leads({}, None, 9, ""),
            await desk.lead(touch(**canaries).lead),
            *[
                await desk.deliveries(state, {}, 9, "")
                for state in ("due", "parked", "delivered", "suppressed")
            ],
            await desk.quarantine({}, 9, ""),
            await office.health.tell(["crm"]),
        ]

        assert 1 == len(told[0]["leads"])
        assert "canary" not in json.dumps(told).lower()

    async def test_next_names_no_person(self, office):
        """
        The token of the next page holds ids and a time only.
        """
        for number in (1, 2):
            await office.take(number)
        page = await office.management.leads({}, None, 1, "")

        assert "fabrikam" not in page["next"]
        assert datetime.fromisoformat(page["leads"][0]["last_seen"]).astimezone(UTC) <= office.now
