"""The desk: what a request asks for is read, and what is wrong with it is named."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest

from leadshare.core import lane as lanes
from leadshare.core.delivery import Rejected
from leadshare.core.lane import Lane, Rate
from leadshare.core.referral_kind import classify
from leadshare.core.rows import Change
from leadshare.desk import LARGEST_PAGE, PAGE, Desk
from leadshare.errors import BadRequest, ConfigurationError, Unknown
from leadshare.worker import LANE
from tests.builders import NO_LEADS, Office, referral, touch

CODE = "expected a text of letters, digits, and the signs _ . -"


@dataclass
class Running:
    """What a configuration that can run offers."""

    classifier: Any
    rates: dict[str, Rate | None]
    tables: tuple[str, ...] = ()


@pytest.fixture(name="office")
async def _office() -> Office:
    """An office whose lanes have been ticked."""
    office = Office()
    for name in ("crm", "sellers"):
        await office.lanes.write(LANE, [Change("insert", name, lanes.to_row(Lane()))])
    return office


@pytest.fixture(name="desk")
def _desk(office: Office) -> Desk:
    rates = {"crm": None, "sellers": Rate(calls=10, seconds=60)}
    return office.desk(lambda: Running(office.classifier, rates))


async def wrong(asked: Awaitable[Any]) -> str:
    """What is said about a wrong request, which never repeats what it found."""
    with pytest.raises(BadRequest) as caught:
        await asked
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__ or not caught.value.__context__
    return str(caught.value)


def body(**values: Any) -> bytes:
    """An order."""
    return json.dumps({"by": "zoe"} | values).encode()


class TestPages:
    async def test_default(self, desk, office):
        """
        A page has fifty entries unless another size is asked for.
        """
        for number in range(1, PAGE + 3):
            await office.take(number)

        assert 50 == PAGE == len((await desk.leads({}))["leads"])
        assert 7 == len((await desk.leads({"limit": "7"}))["leads"])

    async def test_next(self, desk, office):
        """
        The token that a page gives leads to the next.
        """
        for number in (1, 2, 3):
            await office.take(number)

        first = await desk.leads({"limit": "2"})
        second = await desk.leads({"limit": "2", "after": first["next"]})

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
            pytest.param("0001" + "0" * 5000, id="longer-than-any-integer"),
            pytest.param("", id="empty"),
            pytest.param(" 5", id="space"),
        ],
    )
    @pytest.mark.parametrize("ask", ["leads", "deliveries", "quarantine"])
    async def test_wrong_limit(self, desk, ask, limit):
        """
        A size that is no whole number from 1 to 200 is refused.
        """
        said = await wrong(getattr(desk, ask)({"limit": limit}))

        assert f"limit: expected a whole number from 1 to {LARGEST_PAGE}" == said
        assert 200 == LARGEST_PAGE

    @pytest.mark.parametrize("ask", ["leads", "deliveries", "quarantine"])
    async def test_wrong_token(self, desk, ask):
        """
        A token that no page gave is refused.
        """
        said = await wrong(getattr(desk, ask)({"after": "canary!"}))

        assert "after: expected the token that a page gave as `next`" == said

    @pytest.mark.parametrize("limit", ["1", "200"])
    async def test_limits(self, desk, limit):
        """
        One and two hundred are sizes.
        """
        assert {"leads": []} == await desk.leads({"limit": limit})


class TestLeads:
    async def test_filters(self, desk, office):
        """
        Filters that are given narrow the list; empty and unknown ones do not.
        """
        await office.take(1)
        await office.take(2, LeadSource="AzureMarketplace-INS|contoso.kit")

        for query, count in (
            ({"storefront": "appsource"}, 1),
            ({"listing": "contoso.kit", "stage": ""}, 1),
            ({"stage": "nurture"}, 0),
            ({"color": "red"}, 2),
        ):
            assert count == len((await desk.leads(query))["leads"])

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
    async def test_since(self, desk, office, since, count):
        """
        Since any time that a calendar has means seen then or later; without a zone it is UTC.
        """
        for number in (1, 2, 3):
            await office.take(number)

        assert count == len((await desk.leads({"since": since}))["leads"])

    @pytest.mark.parametrize("since", ["canary", "22.11.2026", "2026-13-01", "12:00"])
    async def test_wrong_since(self, desk, since):
        """
        What is no time is refused, with one that would be.
        """
        said = await wrong(desk.leads({"since": since}))

        assert "since: expected a time such as 2026-01-31T12:00:00Z" == said

    async def test_lead(self, desk, office):
        """
        One lead's story can be had, and none of a lead that is not there.
        """
        await office.take(1)
        lead = touch(Email="person-1@fabrikam.example").lead

        assert lead == (await desk.lead(lead))["lead"]["lead"]

        with pytest.raises(Unknown):
            await desk.lead("0" * 32 + "-" + "0" * 16)


class TestDeliveries:
    async def test_parked_unless_told(self, desk, office):
        """
        What is parked is listed, unless another state is asked for.
        """
        await office.take(1)
        await office.finish("crm", Rejected("bad"))

        parked = (await desk.deliveries({}))["deliveries"]
        due = (await desk.deliveries({"state": "due", "destination": "sellers"}))["deliveries"]

        assert [("crm", "bad")] == [(one["destination"], one["reason"]) for one in parked]
        assert ["sellers"] == [one["destination"] for one in due]
        assert [] == (await desk.deliveries({"reason": "other"}))["deliveries"]

    async def test_wrong_state(self, desk):
        """
        A state that there is not is refused, with those that there are.
        """
        said = await wrong(desk.deliveries({"state": "canary"}))

        assert "state: expected one of due, delivered, parked, suppressed" == said

    async def test_quarantine(self, desk, office):
        """
        Quarantine is listed, narrowed by reason.
        """
        await office.take(1, b"no json")

        assert 1 == len((await desk.quarantine({"reason": "not_json"}))["quarantine"])
        assert 0 == len((await desk.quarantine({"reason": "crashed"}))["quarantine"])


class TestHealth:
    async def test_ok(self, desk):
        """
        A configuration that can run is told as such, with its destinations.
        """
        told = await desk.health()

        assert ("ok", "a-build") == (told["configuration"], told["build"])
        assert [True, True] == [one["configured"] for one in told["destinations"].values()]

    async def test_wrong_configuration(self, office):
        """
        What is wrong with the configuration is told, and all else with it.
        """

        def running() -> Running:
            raise ConfigurationError("leadshare.toml: route[0].to: no destination x")

        told = await office.desk(running).health()

        assert "leadshare.toml: route[0].to: no destination x" == told["configuration"]
        assert [False, False] == [one["configured"] for one in told["destinations"].values()]


class TestReplay:
    @pytest.fixture(name="parked")
    async def _parked(self, desk, office):
        """A desk with one delivery that is parked, and one touch in quarantine."""
        await office.take(1)
        await office.finish("crm", Rejected("bad"))
        await office.take(2, b"no json")
        return desk

    async def test_counted_unless_told(self, parked, office):
        """
        A replay is a dry run unless it is told to be none.
        """
        before = dict(office.table.rows)

        answer = await parked.replay(body())

        assert (True, 1, 0) == (answer["dry_run"], answer["matched"], answer["replayed"])
        assert before == office.table.rows

    async def test_really(self, parked, office):
        """
        Told so, it makes due what was parked.
        """
        answer = await parked.replay(body(dry_run=False, destination="crm", reason="bad"))

        assert (1, 1) == (answer["matched"], answer["replayed"])
        assert [] == office.table.values("parked")

    @pytest.mark.parametrize(
        ("asked", "matched"),
        [
            pytest.param({"reason": "other"}, 0, id="reason"),
            pytest.param({"destination": "sellers"}, 0, id="destination"),
            pytest.param({"since": "2026-11-22T12:01:00Z"}, 1, id="since"),
            pytest.param({"since": "2026-11-22T12:01:00.001Z"}, 0, id="since-later"),
            pytest.param({"until": "2026-11-22T12:01:00Z"}, 0, id="until"),
            pytest.param({"until": "2300-01-01T00:00:00Z"}, 1, id="until-far-away"),
            pytest.param({"since": "0001-01-01T00:00:00+14:00"}, 1, id="since-all-times"),
            pytest.param({"since": None, "until": "", "destination": None}, 1, id="nothing"),
        ],
    )
    async def test_window(self, parked, asked, matched):
        """
        Destination, reason and times narrow a replay.
        """
        assert matched == (await parked.replay(body(**asked)))["matched"]

    async def test_quarantine(self, parked):
        """
        Quarantine can be classified again.
        """
        answer = await parked.replay(body(what="quarantine"))

        assert ("quarantine", 1) == (answer["what"], answer["matched"])

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            pytest.param({"what": "canary"}, "what: expected deliveries or quarantine", id="what"),
            pytest.param(
                {"what": ["canary"]}, "what: expected deliveries or quarantine", id="what-list"
            ),
            pytest.param({"dry_run": "canary"}, "dry_run: expected true or false", id="dry-run"),
            pytest.param({"dry_run": 0}, "dry_run: expected true or false", id="dry-run-number"),
            pytest.param({"dry_run": None}, "dry_run: expected true or false", id="dry-run-null"),
            pytest.param(
                {"since": "canary"},
                "since: expected a time such as 2026-01-31T12:00:00Z",
                id="since",
            ),
            pytest.param(
                {"until": {"canary": 1}},
                "until: expected a time such as 2026-01-31T12:00:00Z",
                id="until",
            ),
            pytest.param({"by": ""}, "by: expected who asks for this, for the record", id="nobody"),
            pytest.param({"by": " "}, "by: expected who asks for this, for the record", id="blank"),
            pytest.param(
                {"by": ["canary"]}, "by: expected who asks for this, for the record", id="list"
            ),
            pytest.param({"reason": ["canary"]}, f"reason: {CODE}", id="reason-list"),
            pytest.param({"reason": "canary@x.example"}, f"reason: {CODE}", id="reason-person"),
            pytest.param({"destination": {"canary": 1}}, f"destination: {CODE}", id="destination"),
        ],
    )
    async def test_wrong(self, parked, asked, said):
        """
        What is wrong with an order is named, with what is expected.
        """
        assert said == await wrong(parked.replay(body(**asked)))

    @pytest.mark.parametrize(
        "sent", [b"", b"canary", b"[]", b"[" * 20_000, b"null"], ids=lambda sent: sent[:6].decode()
    )
    @pytest.mark.parametrize("ask", ["replay", "enable"])
    async def test_no_order(self, desk, ask, sent):
        """
        What is no JSON object is no order.
        """
        assert "body: expected a JSON object" == await wrong(getattr(desk, ask)(sent))

    async def test_wrong_configuration(self, office):
        """
        Deliveries can be replayed under a wrong configuration; quarantine cannot.
        """

        def running() -> Running:
            raise ConfigurationError("leadshare.toml: wrong")

        desk = office.desk(running)

        assert 0 == (await desk.replay(body()))["matched"]

        with pytest.raises(ConfigurationError):
            await desk.replay(body(what="quarantine"))


class TestEnable:
    async def test_enable(self, desk):
        """
        A destination is enabled by its name.
        """
        assert {"destination": "crm", "enabled": True, "parked": 0} == await desk.enable(
            body(destination="crm")
        )

    @pytest.mark.parametrize("name", [None, "", ["canary"], {"canary": 1}, True], ids=str)
    async def test_wrong(self, desk, name):
        """
        Without a name nothing is enabled.
        """
        said = await wrong(desk.enable(body(destination=name)))

        expected = {f"destination: {CODE}", "destination: expected the name of a destination"}
        assert said in expected

    async def test_unknown(self, desk):
        """
        A name that no destination has is not enabled.
        """
        with pytest.raises(Unknown):
            await desk.enable(body(destination="other"))


class TestReferrals:
    async def test_listed(self, desk, office):
        """
        Referrals are listed by kind and status, and are among no leads.
        """
        for key, changes in (("a", {}), ("b", {"status": "Closed"}), ("c", {"type": "Shared"})):
            told = NO_LEADS["seller-qualified"][0] | changes
            await office.shelf.keep(key, referral(**told), {"kind": classify(referral(**told))})

        told = await desk.referrals({"kind": "qualified_lead", "status": "New", "x": "y"})

        assert ["a"] == [one["referral"] for one in told["referrals"]]
        assert [] == (await desk.leads({}))["leads"]

    async def test_pages(self, desk, office):
        """
        Pages of them follow each other.
        """
        for key in ("a", "b", "c"):
            await office.shelf.keep(key, referral(), {"kind": "co_sell"})

        first = await desk.referrals({"limit": "2"})
        last = await desk.referrals({"limit": "2", "after": first["next"]})

        assert (["a", "b"], ["c"]) == tuple(
            [one["referral"] for one in page["referrals"]] for page in (first, last)
        )

    async def test_wrong(self, desk):
        """
        A page size that is none is named.
        """
        assert (await wrong(desk.referrals({"limit": "canary"}))).startswith("limit: ")


class TestWorklist:
    @pytest.fixture(name="listed")
    async def _listed(self, office: Office) -> str:
        """A lead that is on the worklist."""
        await office.take(1)
        await office.finish("crm", Rejected("worklist"))
        return touch(Email="person-1@fabrikam.example").lead

    async def test_json(self, desk, listed):
        """
        It is JSON unless CSV is asked for.
        """
        for query in ({}, {"format": "json"}, {"format": "", "destination": "crm"}):
            [told] = (await desk.list_work(query))["worklist"]
            assert listed == told["lead"]

    async def test_csv(self, desk, listed):
        """
        CSV has the same.
        """
        told = await desk.list_work({"format": "csv"})

        assert listed in told.text
        assert not told.next

    async def test_wrong(self, desk):
        """
        Another format or size is refused.
        """
        assert "format: expected json or csv" == await wrong(desk.list_work({"format": "canary"}))
        assert "limit: expected" in await wrong(desk.list_work({"limit": "canary"}))

    async def test_done(self, desk, listed):
        """
        What is done is taken down.
        """
        told = await desk.do_work(body(destination="crm", leads=[listed]))

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
    async def test_wrong_leads(self, desk, leads):
        """
        What is no list of lead ids is refused.
        """
        said = await wrong(desk.do_work(body(destination="crm", leads=leads)))

        assert f"leads: expected a list of 1 to {LARGEST_PAGE} lead ids" == said

    async def test_who(self, desk):
        """
        Who says so must be told, and of which destination.
        """
        assert "by: " in await wrong(desk.do_work(b"{}"))
        assert "destination: " in await wrong(desk.do_work(body(leads=[])))
