"""What operators ask about leads: every lead can be found, and no answer names a person unasked."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadshare.deliveries.delivery import Rejected
from leadshare.errors import BadRequest, Unknown
from tests.builders import NOW, PERSON, Office, minutes, touch
from tests.operators.pages import pages

ROBOT, KIT = "SPZA-PLT|contoso.robot", "AzureMarketplace-INS|contoso.kit"

LESS = ("FirstName", "Company", "Phone", "Title")


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


class TestLeads:
    async def test_newest_first(self, office):
        """Leads of all partitions come newest first, each once, in pages of the size asked for."""
        for number in range(1, 41):
            await office.take(number)
        ask = lambda where, limit, after: office.lists.leads(where, None, limit, after)  # noqa: E731 - one ask of two

        found, sizes = await pages(ask, "leads", 7)

        times = [f"2026-11-22T12:{number:02d}:00.000Z" for number in range(40, 0, -1)]
        assert times == [lead["last_seen"] for lead in found]
        assert [7, 7, 7, 7, 7, 5] == sizes
        assert 10 < len({partition for partition, _ in office.table.rows})

    async def test_last_page_is_full(self, office):
        """A last page that is just full says nothing of a next one."""
        for number in range(1, 5):
            await office.take(number)

        assert "next" not in await office.lists.leads({}, None, 4, "")

    async def test_seen_again(self, office):
        """A lead that is seen again comes to the top, once."""
        for number in (1, 2):
            await office.take(number)
        await office.take(3, Email="person-1@fabrikam.example", Company="Other GmbH")

        page = await office.lists.leads({}, None, 9, "")

        assert [(2, 2), (1, 1)] == [(lead["touches"], lead["version"]) for lead in page["leads"]]

    async def test_what_is_told(self, office):
        """An entry tells class, stage, score and counts."""
        await office.take(1)

        [told] = (await office.lists.leads({}, None, 9, ""))["leads"]

        assert {
            "lead": touch(Email="person-1@fabrikam.example").lead,
            "storefront": "appsource",
            "listing": "contoso.invoice-robot",
            "stage": "sales_ready",
            "score": 64,
            "intent": "contact_request",
            "category": "normal",
            "campaign": "",
            "campaign_kind": "nurture",
            "routing": "routed",
            "version": 1,
            "touches": 1,
            "duplicates": 0,
            "last_seen": "2026-11-22T12:01:00.000Z",
            "framed": "length",
        } == told

    @pytest.mark.parametrize(
        ("where", "numbers"),
        [
            pytest.param({}, [4, 3, 2, 1], id="all"),
            pytest.param({"storefront": "appsource"}, [4, 3, 1], id="storefront"),
            pytest.param({"listing": "contoso.kit"}, [2], id="listing"),
            pytest.param({"stage": "new"}, [3], id="stage"),
            pytest.param({"stage": "no_contact"}, [4], id="special-stage"),
            pytest.param({"storefront": "appsource", "stage": "sales_ready"}, [1], id="both"),
            pytest.param({"listing": "contoso.nothing"}, [], id="none"),
        ],
    )
    async def test_filters(self, office, where, numbers):
        """Storefront, listing and stage narrow the list."""
        await office.take(1, LeadSource=ROBOT)
        await office.take(2, LeadSource=KIT)
        await office.take(3, LeadSource=ROBOT, **dict.fromkeys(LESS, ""))
        await office.take(4, LeadSource=ROBOT, ActionCode="DNC")

        page = await office.lists.leads(where, None, 9, "")

        times = [f"2026-11-22T12:0{number}:00.000Z" for number in numbers]
        assert times == [lead["last_seen"] for lead in page["leads"]]

    async def test_filter_and_pages(self, office):
        """Pages of a filtered list are full, though others lie in between."""
        for number in range(1, 13):
            await office.take(number, LeadSource=ROBOT if number % 3 else KIT)

        lists = office.lists
        ask = lambda where, limit, after: lists.leads(where, None, limit, after)  # noqa: E731 - one ask of two
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
        """Since a time means seen then or later."""
        for number in (1, 2, 3):
            await office.take(number)

        assert count == len((await office.lists.leads({}, since, 9, ""))["leads"])

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
        """A token that no page has given is refused, and not repeated."""
        with pytest.raises(BadRequest) as caught:
            await office.lists.leads({}, None, 9, token)

        assert "after: expected the token that a page gave as `next`" == str(caught.value)

    @pytest.mark.parametrize("key", ["", "0", "due|crm|1|x", "zzz"])
    async def test_token_of_another_list(self, office, key):
        """A token of another list is refused, and shows nothing of either."""
        await office.take(1)
        token = urlsafe_b64encode(key.encode()).decode() or "="

        with pytest.raises(BadRequest, match="after: expected the token"):
            await office.lists.leads({}, None, 9, token)


class TestUnfollowed:
    @pytest.fixture(name="lost")
    async def _lost(self, office):
        """An office with leads that nobody takes, told of only, and followed up."""
        bell = {"name": "bell", "follows_up": False, "storefronts": ["azure_marketplace"]}
        office.configure(bell)
        for number in range(1, 5):
            await office.take(number, LeadSource=ROBOT)
        await office.take(5, LeadSource=KIT)
        office.configure({"name": "crm"})
        await office.take(6, LeadSource=ROBOT)
        return office

    async def test_oldest_first(self, lost):
        """Those that nobody takes are listed by when that began, oldest first, in pages."""
        ask = lambda where, limit, after: lost.lists.unfollowed(  # noqa: E731 - one ask
            "unrouted", where, None, limit, after
        )

        found, sizes = await pages(ask, "leads", 3)

        times = [f"2026-11-22T12:0{number}:00.000Z" for number in range(1, 5)]
        assert (times, [3, 1]) == ([lead["since"] for lead in found], sizes)
        assert {"unrouted"} == {lead["routing"] for lead in found}
        assert {"contoso.robot"} == {lead["listing"] for lead in found}

    async def test_told_of_only(self, lost):
        """Those that are told of only have a list of their own."""
        page = await lost.lists.unfollowed("notice_only", {}, None, 9, "")

        assert [("contoso.kit", "notice_only")] == [
            (lead["listing"], lead["routing"]) for lead in page["leads"]
        ]

    async def test_narrowed(self, lost):
        """Storefront, listing, stage and time narrow the list."""

        async def found(since: datetime | None, **where: str) -> int:
            page = await lost.lists.unfollowed("unrouted", where, since, 9, "")
            return len(page["leads"])

        assert 4 == await found(None, storefront="appsource", stage="sales_ready")
        assert 0 == await found(None, listing="contoso.kit")
        assert 2 == await found(NOW + minutes(3))

    async def test_in_the_list_of_all(self, lost):
        """The list of all leads says of each whether it is followed up, and so does its story."""
        page = await lost.lists.leads({}, None, 9, "")

        assert ["routed", "notice_only", *["unrouted"] * 4] == [
            lead["routing"] for lead in page["leads"]
        ]
        stories = [await lost.lists.lead(lead["lead"]) for lead in page["leads"]]
        assert [lead["routing"] for lead in page["leads"]] == [
            story["lead"]["routing"] for story in stories
        ]


class TestLead:
    async def test_story(self, office):
        """A lead's story has its receipt, touches, deliveries and attempts."""
        await office.take(1)
        await office.finish("crm")
        lead = touch(Email="person-1@fabrikam.example").lead

        told = await office.lists.lead(lead)

        assert (lead, 64, 1) == tuple(told["lead"][name] for name in ("lead", "score", "version"))
        assert ["crm", "sellers"] == told["lead"]["route"]
        assert ["listing_unknown"] == told["lead"]["flags"]
        assert office.configuration.scoring.version == told["lead"]["receipt"]["rules"]
        assert 64 == sum(line["points"] for line in told["lead"]["receipt"]["lines"])
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
                "category": "normal",
                "via": "",
                "framed": "length",
                "flags": ["listing_unknown"],
                "facts_given": sorted(touch().facts.keys() - {"notes"}),
                "repeat": False,
            }
        ] == told["touches"]
        assert [("crm", "delivered", 1, "r-1"), ("sellers", "due", 0, "")] == [
            (one["destination"], one["state"], one["sent"], one["record_id"])
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
                "without": "",
            }
        ] == told["attempts"]

    async def test_framed(self, office):
        """Each touch tells how it was framed, and their lead how its last one was."""
        for number, framed in ((1, "chunked"), (2, "length")):
            await office.take(number, framed=framed, Email=PERSON["Email"])

        told = await office.lists.lead(touch().lead)

        assert ["chunked", "length"] == [one["framed"] for one in told["touches"]]
        assert "length" == told["lead"]["framed"]

    async def test_older(self, office):
        """A lead of before that was told is told without it."""
        await office.take(1)
        for values, _ in office.table.rows.values():
            values.pop("framed", None)
            if "data" in values:
                data = json.loads(values["data"])
                del data["framed"]
                values["data"] = json.dumps(data)

        [listed] = (await office.lists.leads({}, None, 9, ""))["leads"]
        told = await office.lists.lead(listed["lead"])

        assert "framed" not in listed
        assert not told["lead"]["framed"]
        assert [""] == [one["framed"] for one in told["touches"]]

    async def test_facts_given(self, office):
        """Of the facts about a person it is told which were given, and none of them."""
        await office.take(1, Title="", Phone=None)
        lead = touch(Email="person-1@fabrikam.example").lead

        [told] = (await office.lists.lead(lead))["touches"]

        assert {"job_title", "phone", "notes"} == set(touch().facts) - set(told["facts_given"])

    async def test_sibling_apart(self, office):
        """What belongs to another lead of the same contact is not in the story."""
        for number, source in ((1, ROBOT), (2, KIT)):
            await office.take(number, LeadSource=source, Email=PERSON["Email"])
        await office.finish("crm")
        await office.finish("sellers")

        told = await office.lists.lead(touch(LeadSource=KIT).lead)

        assert ["contoso.kit"] == [one["listing"] for one in told["touches"]]
        assert ["crm", "sellers"] == [one["destination"] for one in told["deliveries"]]
        assert ["crm", "sellers"] == [one["destination"] for one in told["attempts"]]

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
        """A lead that is not there is told as such; what was asked for is not repeated."""
        await office.take(1)

        with pytest.raises(Unknown) as caught:
            await office.lists.lead(lead)

        assert "Buyer".lower() not in str(caught.value).lower()

    async def test_short(self, office):
        """The beginning of an id is enough, with some of its second half where that is needed."""
        await office.take(1)
        lead = touch(Email="person-1@fabrikam.example").lead
        for short in (lead[:8], lead[:9], lead[:32], f"{lead[:8]}-{lead[33:37]}"):
            assert lead == (await office.lists.lead(short))["lead"]["lead"]

        with pytest.raises(Unknown, match="no such lead"):
            await office.lists.lead(f"{lead[:8]}-ffff")

    async def test_ambiguous(self, office):
        """What may be several leads is none of them; all are named."""
        await office.take(1, LeadSource=ROBOT)
        await office.take(2, LeadSource=KIT, Email="person-1@fabrikam.example")
        leads = sorted(row["lead"] for row in office.table.values("lead"))

        with pytest.raises(BadRequest) as caught:
            await office.lists.lead(leads[0][:8])
        assert f"lead: several begin so: {leads[0]}, {leads[1]}" == str(caught.value)

    async def test_order(self, office):
        """Touches are told as they came, whatever their ids, and what repeats one is marked."""
        for number in (9, 3, 5):
            await office.take(number, Email="one@fabrikam.example", OfferTitle="Robot")

        [lead] = office.table.values("lead")
        told = await office.lists.lead(lead["lead"])

        times = [one["received"] for one in told["touches"]]
        assert sorted(times) == times
        assert [False, True, True] == [one["repeat"] for one in told["touches"]]


class TestNoPersons:
    async def test_no_answer(self, office):
        """No answer holds anything about a person, whatever was taken."""
        canaries: dict[str, Any] = {name: f"canary{name}".lower() for name in PERSON}
        canaries["Email"] = "canary-email@canary-domain.example"
        await office.take(1, Description="Campaigns: canary", **canaries)
        await office.finish("crm", Rejected("bad"))
        await office.take(2, b'["canary"]')
        lists = office.lists

        told = [
            await lists.leads({}, None, 9, ""),
            await lists.lead(touch(**canaries).lead),
            *[
                await lists.deliveries(state, {}, 9, "")
                for state in ("due", "parked", "delivered", "suppressed")
            ],
            await lists.quarantine({}, 9, ""),
            await office.health.report(["crm"]),
        ]

        assert 1 == len(told[0]["leads"])
        assert "canary" not in json.dumps(told).lower()

    async def test_next_names_no_person(self, office):
        """The token of the next page holds ids and a time only."""
        for number in (1, 2):
            await office.take(number)
        page = await office.lists.leads({}, None, 1, "")

        assert "fabrikam" not in page["next"]
        assert datetime.fromisoformat(page["leads"][0]["last_seen"]).astimezone(UTC) <= office.now
