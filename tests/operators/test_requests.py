"""Requests: what a request asks for is read, and what is wrong with it told, but never quoted."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.deliveries.delivery import Rejected
from leadshare.errors import ConfigurationError, Unknown
from leadshare.operators.models.queries import LARGEST_PAGE, PAGE
from leadshare.partner_center.referral import classify
from tests.builders import Office, touch
from tests.operators.requests import Configured, body, wrong
from tests.referrals.builders import REFERRALS, referral

BELL = {"name": "bell", "channel": "field_seller", "follows_up": False}

FRENCH = {"when": [{"field": "country", "op": "eq", "value": "FR"}], "to": ["bell"]}
"""A notice, and the leads that are told of by it."""


class TestPages:
    async def test_default(self, requests, office):
        """A page has fifty entries unless another size is asked for."""
        for number in range(1, PAGE + 3):
            await office.take(number)

        assert 50 == PAGE == len((await requests.list_leads({}))["leads"])
        assert 7 == len((await requests.list_leads({"limit": "7"}))["leads"])

    async def test_next(self, requests, office):
        """The token that a page gives leads to the next."""
        for number in (1, 2, 3):
            await office.take(number)

        first = await requests.list_leads({"limit": "2"})
        second = await requests.list_leads({"limit": "2", "after": first["next"]})

        times = [lead["last_seen"] for page in (first, second) for lead in page["leads"]]
        assert [f"2026-11-22T12:0{number}:00.000Z" for number in (3, 2, 1)] == times

    @pytest.mark.parametrize(
        "limit",
        [
            pytest.param("0", id="none"),
            pytest.param("201", id="too-many"),
            pytest.param("-1", id="negative"),
            pytest.param("1.5", id="fraction"),
            pytest.param("canary", id="words"),
            pytest.param("00501", id="zeros-in-front"),
            pytest.param("0001" + "0" * 1000, id="longer-than-any-integer"),
            pytest.param("", id="empty"),
            pytest.param(" 5", id="space"),
        ],
    )
    @pytest.mark.parametrize("ask", ["leads", "deliveries", "quarantine"])
    async def test_wrong_limit(self, requests, ask, limit):
        """A size that is no whole number from 1 to 200 is refused."""
        said = await wrong(getattr(requests, f"list_{ask}")({"limit": limit}))

        assert f"limit: expected a whole number from 1 to {LARGEST_PAGE}" == said
        assert 200 == LARGEST_PAGE

    @pytest.mark.parametrize("ask", ["leads", "deliveries", "quarantine"])
    async def test_wrong_token(self, requests, ask):
        """A token that no page gave is refused."""
        said = await wrong(getattr(requests, f"list_{ask}")({"after": "canary!"}))

        assert "after: expected the token that a page gave as `next`" == said

    @pytest.mark.parametrize("limit", ["1", "200"])
    async def test_limits(self, requests, limit):
        """One and two hundred are sizes."""
        assert {"leads": []} == await requests.list_leads({"limit": limit})


class TestUnrouted:
    @pytest.fixture(name="lost")
    async def _lost(self, office):
        """An office whose first lead nobody takes, whose second is only told of."""
        office.configure(BELL, route=[FRENCH])
        await office.take(1)
        await office.take(2, Country="FR")
        return office

    @pytest.mark.parametrize("asked", ["unrouted", "notice_only"])
    async def test_list(self, lost, requests, asked):
        """Leads that nobody takes are listed, and those that are told of only."""
        number = {"unrouted": 1, "notice_only": 2}[asked]

        [told] = (await requests.list_leads({asked: "true"}))["leads"]

        assert (asked, f"2026-11-22T12:0{number}:00.000Z") == (told["routing"], told["since"])
        assert 2 == len((await requests.list_leads({}))["leads"])
        assert lost.configuration

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            pytest.param({"unrouted": "canary"}, "unrouted: expected true", id="value"),
            pytest.param({"unrouted": ""}, "unrouted: expected true", id="empty"),
            pytest.param({"unrouted": "false"}, "unrouted: expected true", id="false"),
            pytest.param({"notice_only": "1"}, "notice_only: expected true", id="number"),
            pytest.param(
                {"unrouted": "true", "notice_only": "true"},
                "notice_only: expected one of unrouted, notice_only and waiting",
                id="both",
            ),
            pytest.param(
                {"notice_only": "true", "waiting": "true"},
                "waiting: expected one of unrouted, notice_only and waiting",
                id="notice-and-waiting",
            ),
            pytest.param({"waiting": "yes"}, "waiting: expected true", id="waiting"),
        ],
    )
    async def test_wrong(self, requests, asked, said):
        """What is wrong with the question is named, with what is expected."""
        assert said == await wrong(requests.list_leads(asked))

    @pytest.mark.parametrize("what", ["unrouted", "notice_only"])
    async def test_replay(self, lost, requests, what):
        """They are planned again, counted first."""
        lost.configure(BELL, {"name": "crm"}, route=[FRENCH])

        counted = await requests.orders.replay(body(what=what))
        done = await requests.orders.replay(body(what=what, dry_run=False))

        assert [(what, 1, 0), (what, 1, 1)] == [
            (answer["what"], answer["matched"], answer["replayed"]) for answer in (counted, done)
        ]
        assert {"bell", "crm"} == {due["destination"] for due in lost.table.values("due")}

    async def test_wrong_configuration(self, office, lost):
        """Nothing is planned while the configuration is wrong; the list is there all the same."""

        def fail() -> Any:
            raise ConfigurationError("leadshare.toml: wrong")

        requests = office.requests(fail)

        with pytest.raises(ConfigurationError):
            await requests.orders.replay(body(what="unrouted", dry_run=False))
        assert 1 == len((await requests.list_leads({"unrouted": "true"}))["leads"])
        assert 1 == (await requests.get_health({}))["unrouted"]["count"]
        assert lost.table.rows


class TestLeads:
    async def test_filters(self, requests, office):
        """Filters that are given narrow the list; empty ones do not."""
        await office.take(1)
        await office.take(2, LeadSource="AzureMarketplace-INS|contoso.kit")

        for query, count in (
            ({"storefront": "appsource"}, 1),
            ({"listing": "contoso.kit", "stage": ""}, 1),
            ({"stage": "nurturing"}, 0),
            ({"code": "the-host-takes-keys-here"}, 2),
        ):
            assert count == len((await requests.list_leads(query))["leads"])

    @pytest.mark.parametrize(
        ("since", "count"),
        [
            pytest.param("2026-11-22T12:02:00Z", 2, id="utc"),
            pytest.param("2026-11-22T13:02:00+01:00", 2, id="elsewhere"),
            pytest.param("2026-11-22T12:02:00", 2, id="no-zone-is-utc"),
            pytest.param("2026-11-22", 3, id="day"),
            pytest.param("1970-01-01T00:00:00Z", 3, id="epoch"),
            pytest.param("1969-12-31T23:59:59Z", 3, id="before-the-epoch"),
            pytest.param("0001-01-01", 3, id="before-all-times"),
            pytest.param("0001-01-01T00:00:00+14:00", 3, id="before-the-first-time"),
            pytest.param("2286-11-20T17:46:39Z", 0, id="end-of-thirteen-digits"),
            pytest.param("9999-12-31T23:59:59-14:00", 0, id="after-all-times"),
            pytest.param("", 3, id="empty"),
        ],
    )
    async def test_since(self, requests, office, since, count):
        """Since any time that a calendar has means seen then or later; without a zone it is UTC."""
        for number in (1, 2, 3):
            await office.take(number)

        assert count == len((await requests.list_leads({"since": since}))["leads"])

    @pytest.mark.parametrize("since", ["canary", "22.11.2026", "2026-13-01", "12:00"])
    async def test_wrong_since(self, requests, since):
        """What is no time is refused, with one that would be."""
        said = await wrong(requests.list_leads({"since": since}))

        assert "since: expected a time such as 2026-01-31T12:00:00Z" == said

    async def test_lead(self, requests, office):
        """One lead's story can be had, and none of a lead that is not there."""
        await office.take(1)
        lead = touch(Email="person-1@fabrikam.example").lead

        assert lead == (await requests.get_lead(lead, {}))["lead"]["lead"]

        with pytest.raises(Unknown):
            await requests.get_lead("0" * 32 + "-" + "0" * 16, {})


class TestDeliveries:
    async def test_parked_unless_told(self, requests, office):
        """What is parked is listed, unless another state is asked for."""
        await office.take(1)
        await office.finish("crm", Rejected("bad"))

        parked = (await requests.list_deliveries({}))["deliveries"]
        due = (await requests.list_deliveries({"state": "due", "destination": "sellers"}))[
            "deliveries"
        ]

        assert [("crm", "bad")] == [(one["destination"], one["reason"]) for one in parked]
        assert ["sellers"] == [one["destination"] for one in due]
        assert [] == (await requests.list_deliveries({"reason": "other"}))["deliveries"]

    async def test_wrong_state(self, requests):
        """A state that there is not is refused, with those that there are."""
        said = await wrong(requests.list_deliveries({"state": "lost"}))

        assert 'state: expected one of due, delivered, parked, suppressed; there is "lost"' == said

    async def test_quarantine(self, requests, office):
        """Quarantine is listed, narrowed by reason."""
        await office.take(1, b"no json")

        assert 1 == len((await requests.list_quarantine({"reason": "not_json"}))["quarantine"])
        assert 0 == len((await requests.list_quarantine({"reason": "crashed"}))["quarantine"])


class TestHealth:
    async def test_ok(self, requests):
        """A configuration that can run is told as such, with its destinations."""
        told = await requests.get_health({})

        assert ("ok", "a-build") == (told["configuration"], told["build"])
        assert [True, True] == [one["configured"] for one in told["destinations"].values()]

    async def test_wrong_configuration(self, office):
        """What is wrong with the configuration is told, and all else with it."""

        def configured() -> Configured:
            raise ConfigurationError("leadshare.toml: route[0].to: no destination x")

        told = await office.requests(configured).get_health({})

        assert "leadshare.toml: route[0].to: no destination x" == told["configuration"]
        assert [False, False] == [one["configured"] for one in told["destinations"].values()]


class TestDestinations:
    async def test_destinations(self, requests):
        """How the lanes stand is told, and who gets which leads."""
        told = await requests.list_destinations({})

        assert ["crm", "sellers"] == [one["destination"] for one in told["destinations"]]
        assert ("who gets what",) == told["coverage"]


class TestReferrals:
    async def test_listed(self, requests, office):
        """Referrals are listed by kind and status, and are among no leads."""
        for key, changes in (("a", {}), ("b", {"status": "Closed"}), ("c", {"type": "Shared"})):
            told = REFERRALS["seller-qualified"][0] | changes
            await office.referral_store.keep(
                key, referral(**told), {"kind": classify(referral(**told))}
            )

        told = await requests.list_referrals({"kind": "qualified_lead", "status": "New"})

        assert ["a"] == [one["referral"] for one in told["referrals"]]
        assert [] == (await requests.list_leads({}))["leads"]

    async def test_pages(self, requests, office):
        """Pages of them follow each other."""
        for key in ("a", "b", "c"):
            await office.referral_store.keep(key, referral(), {"kind": "co_sell"})

        first = await requests.list_referrals({"limit": "2"})
        last = await requests.list_referrals({"limit": "2", "after": first["next"]})

        assert (["a", "b"], ["c"]) == tuple(
            [one["referral"] for one in page["referrals"]] for page in (first, last)
        )

    async def test_wrong(self, requests):
        """A page size that is none is named."""
        assert (await wrong(requests.list_referrals({"limit": "canary"}))).startswith("limit: ")


class TestWorklist:
    @pytest.fixture(name="listed")
    async def _listed(self, office: Office) -> str:
        """A lead that is on the worklist."""
        await office.take(1)
        await office.finish("crm", Rejected("worklist"))
        return touch(Email="person-1@fabrikam.example").lead

    async def test_json(self, requests, listed):
        """It is JSON unless CSV is asked for."""
        for query in ({}, {"format": "json"}, {"format": "", "destination": "crm"}):
            [told] = (await requests.list_work(query))["worklist"]
            assert listed == told["lead"]

    async def test_csv(self, requests, listed):
        """CSV has the same."""
        told = await requests.list_work({"format": "csv"})

        assert listed in told.text
        assert not told.next

    async def test_wrong(self, requests):
        """Another format or size is refused."""
        assert "format: expected one of json, csv; there is this value" == await wrong(
            requests.list_work({"format": "canary@x.example"})
        )
        assert "limit: expected" in await wrong(requests.list_work({"limit": "canary"}))

    async def test_done(self, requests, listed):
        """What is done is taken down."""
        told = await requests.do_work(body(destination="crm", leads=[listed]))

        assert [listed] == told["done"]

    @pytest.mark.parametrize(
        "leads",
        [
            pytest.param(None, id="none"),
            pytest.param([], id="empty"),
            pytest.param("canary", id="text"),
            pytest.param(["canary"], id="no-id"),
            pytest.param([1], id="number"),
            pytest.param([f"{'0' * 32}-{'0' * 16}"] * 201, id="too-many"),
        ],
    )
    async def test_wrong_leads(self, requests, leads):
        """What is no list of lead ids is refused."""
        said = await wrong(requests.do_work(body(destination="crm", leads=leads)))

        assert f"leads: expected a list of 1 to {LARGEST_PAGE} lead ids" == said

    async def test_who(self, requests):
        """Who says so must be told, and of which destination."""
        assert "by: " in await wrong(requests.do_work(b"{}"))
        assert "destination: " in await wrong(requests.do_work(body(leads=[])))
