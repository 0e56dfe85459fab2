"""How things stand: what waits, what is parked and how lanes are, as counts and times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Deferred, Rejected, Reply
from leadshare.deliveries.lanes import budget
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.ledger import Attempt
from leadshare.leads.unrouted import COUNTED
from leadshare.marketplace_table.place import Place
from leadshare.store import lease
from leadshare.store.keys import LANE, MARKETPLACE_TABLES, quarantine_key, seen_key
from leadshare.store.table import Change
from tests.builders import NOW, Office, fill, minutes

BOOKS = ("visits", "orders", "revenue")
UNREAD = {
    **dict.fromkeys(("told_at", "fault", "failing_at", "look_at"), ""),
    "waits": True,
    "late": False,
}


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


class TestHealth:
    async def test_nothing_yet(self, office):
        """Before the first lead, all is zero and no lead was seen."""
        told = await office.health.report(["crm"])

        nothing = {"count": 0, "oldest_seconds": 0}
        assert {
            "time": "2026-11-22T12:00:00.000Z",
            "last_lead": "",
            "last_test_lead": "",
            "last_test_lead_framed": "",
            "proof": {
                "state": "off",
                "reason": "no way in",
                "proven_at": "",
                "proven_seconds": None,
                "failures": 0,
            },
            "queues": {"touches": {"count": 3, "oldest_seconds": 4}},
            "quarantine": nothing,
            "unrouted": nothing,
            "waiting": nothing,
            "marketplace_tables": {},
            "books": {"state": "on", "reason": "", "read": dict.fromkeys(BOOKS, UNREAD)},
            "destinations": {
                "crm": {
                    "configured": True,
                    "due": nothing,
                    "look_ups": nothing,
                    "parked": nothing,
                    "lane": {
                        "breaker": "closed",
                        "failures": 0,
                        "unwritten": 0,
                        "paused_at": "",
                        "disabled": "",
                        "rests_until": "",
                        "leased": False,
                        "accepted_at": "",
                        "proven_at": "",
                        "proven_seconds": None,
                    },
                }
            },
        } == told

    async def test_marketplace_tables(self, office):
        """Of each of Microsoft's tables, now or once configured, health tells how far it was
        read.
        """
        place = Place(
            since=NOW - minutes(1440),
            watermark=NOW - minutes(3),
            begun_at=NOW - minutes(2),
            done_at=NOW - minutes(1),
            after="there",
            rows=7,
            newest=NOW - minutes(3),
            fault="Microsoft's table answered 403",
            known=b"x" * 16,
        )
        await office.state.write(
            MARKETPLACE_TABLES, [Change("insert", "old|leads", lease.to_row(place))]
        )

        told = (await office.health.report([], ["new|leads"]))["marketplace_tables"]

        assert {
            "configured": False,
            "since": "2026-11-21T12:00:00.000Z",
            "watermark": "2026-11-22T11:57:00.000Z",
            "begun_at": "2026-11-22T11:58:00.000Z",
            "done_at": "2026-11-22T11:59:00.000Z",
            "unfinished": True,
            "rows": 7,
            "newest": "2026-11-22T11:57:00.000Z",
            "fault": "Microsoft's table answered 403",
        } == told["old|leads"]
        nothing = dict.fromkeys(
            ("since", "watermark", "begun_at", "done_at", "newest", "fault"), ""
        )
        assert nothing | {"configured": True, "unfinished": False, "rows": 0} == told["new|leads"]

    async def test_counts_and_ages(self, office):
        """What is due, parked and in quarantine is counted, with the age of the oldest."""
        await office.take(1)
        await office.take(2)
        await office.finish("crm", Rejected("bad"))
        await office.take(3, b"no json")
        office.now = NOW + minutes(10)

        told = await office.health.report(["crm", "sellers"])

        assert {"count": 1, "oldest_seconds": 7 * 60} == told["quarantine"]
        crm, sellers = told["destinations"]["crm"], told["destinations"]["sellers"]
        assert {"count": 0, "oldest_seconds": 0} == crm["due"]
        assert {"count": 2, "oldest_seconds": 8 * 60} == crm["parked"]
        assert {"count": 2, "oldest_seconds": 9 * 60} == sellers["due"]

    async def test_unrouted(self, office):
        """Leads that nobody takes are counted, with what is due where nobody is configured."""
        await office.take(1)
        office.configure()
        await office.take(2)
        office.now = NOW + minutes(10)

        told = await office.health.report(["sellers"])

        assert {"count": 2, "oldest_seconds": 9 * 60} == told["unrouted"]
        assert ["sellers", "crm"] == list(told["destinations"])
        crm = told["destinations"]["crm"]
        assert (False, 1) == (crm["configured"], crm["due"]["count"])

    async def test_nobody_knows(self, office):
        """While nobody knows who is configured, what is due is not said to be nobody's."""
        await office.take(1)

        told = await office.health.report(None)

        assert {"count": 0, "oldest_seconds": 0} == told["unrouted"]

    @pytest.mark.parametrize(("rows", "more"), [(COUNTED - 1, {}), (COUNTED, {"more": True})])
    async def test_more(self, office, rows, more):
        """What is too many to count is told as more."""
        await fill(office, [quarantine_key(NOW, f"{number:032x}") for number in range(rows)])

        told = (await office.health.report([]))["quarantine"]

        assert {"count": rows, "oldest_seconds": 0} | more == told

    async def test_last_leads(self, office):
        """The last lead and the last test lead are told apart."""
        await office.take(1, FirstName="MSFT_TEST_1")
        await office.take(2)
        await office.take(3, FirstName="MSFT_TEST_3")
        await office.take(4, ActionCode="DNC")

        told = await office.health.report([])

        assert "2026-11-22T12:03:00.000Z" == told["last_test_lead"]
        assert "2026-11-22T12:04:00.000Z" == told["last_lead"]

    async def test_framed(self, office):
        """How the last test lead was framed is told, whatever others were, and of repeats as
        well.
        """
        told = []
        await office.take(1, framed="chunked", FirstName="MSFT_TEST_1")
        told.append(await office.health.report([]))
        await office.take(2, framed="length", FirstName="MSFT_TEST_2")
        await office.take(3, framed="chunked")
        told.append(await office.health.report([]))
        again = {"FirstName": "MSFT_TEST_2", "Email": "person-2@fabrikam.example"}
        await office.take(4, framed="chunked", **again)
        told.append(await office.health.report([]))

        assert [
            ("2026-11-22T12:01:00.000Z", "chunked"),
            ("2026-11-22T12:02:00.000Z", "length"),
            ("2026-11-22T12:04:00.000Z", "chunked"),
        ] == [(one["last_test_lead"], one["last_test_lead_framed"]) for one in told]

    @pytest.mark.parametrize("column", [{}, {"framed": None}])
    async def test_not_known(self, office, column):
        """Of test leads that were kept before that was told, it is not known how they were
        framed.
        """
        values = {"category": "test", "last_seen": "then", **column}
        await fill(office, [seen_key(NOW, "l")], values=values)

        told = await office.health.report([])

        assert ("then", "") == (told["last_test_lead"], told["last_test_lead_framed"])

    async def test_last_test_lead_long_ago(self, office):
        """A test lead is told however many leads have come in since."""
        await office.take(1, FirstName="MSFT_TEST_1")
        [partition] = {partition for partition, _ in office.table.rows}
        since = [NOW + minutes(2 + number) for number in range(150)]
        values = {"category": "normal", "last_seen": "later"}
        await fill(office, [seen_key(at, "l") for at in since], partition, values)

        told = await office.health.report([])

        assert ("later", "2026-11-22T12:01:00.000Z") == (told["last_lead"], told["last_test_lead"])

    async def test_lane(self, office):
        """A lane's breaker, rest, lease and last success are told, configured or not."""
        lane = Lane(holder="other", leased_until=NOW + minutes(1))
        failed = Reply((Deferred("timeout"),), failing=True)
        for _ in range(5):
            lane = lane.after(failed, NOW)
        lane = replace(lane, disabled="gone", accepted_at=NOW - minutes(1))
        await office.state.write(LANE, [Change("insert", "old-crm", lease.to_row(lane))])

        told = (await office.health.report(["crm"]))["destinations"]

        assert ["crm", "old-crm"] == list(told)
        assert not told["old-crm"]["configured"]
        assert {
            "breaker": "open",
            "failures": 5,
            "unwritten": 0,
            "paused_at": "",
            "disabled": "gone",
            "rests_until": "2026-11-22T12:00:30.000Z",
            "leased": True,
            "accepted_at": "2026-11-22T11:59:00.000Z",
            "proven_at": "",
            "proven_seconds": None,
        } == told["old-crm"]["lane"]

    async def test_rested(self, office):
        """A rest or a lease that is over is not told."""
        held = Lane(holder="other", leased_until=NOW, held_until=NOW)
        await office.state.write(LANE, [Change("insert", "crm", lease.to_row(held))])

        told = (await office.health.report([]))["destinations"]["crm"]["lane"]

        assert ("", False) == (told["rests_until"], told["leased"])


class TestDestinations:
    async def test_backlog(self, office):
        """A destination's backlog is told by what goes first, with the age of the oldest."""
        await office.take(1)
        await office.take(2, FirstName="", Company="", Phone="", Title="")
        office.now = NOW + minutes(10)

        told = (await office.health.destinations({"crm": None}))["destinations"]

        [crm] = told
        assert "crm" == crm["destination"]
        assert {"count": 1, "oldest_seconds": 9 * 60} == crm["backlog"]["sales_ready"]
        assert {"count": 1, "oldest_seconds": 8 * 60} == crm["backlog"]["others"]
        assert {} == crm["budget"]

    async def test_look_ups(self, office):
        """What waits to be read back is told apart from what is due."""
        await office.take(1)
        partition, key = next(
            place for place in office.table.rows if place[1].startswith("due|crm|")
        )
        found = await office.table.get(partition, key)
        assert found is not None
        attempt = Attempt(ledger.to_delivery(found), Accepted("r"), office.now, 200)
        changes = ledger.finish(found, attempt, SCHEDULE, NOW, 0.0, look_up=True)
        await office.table.write(partition, changes)

        [crm] = (await office.health.destinations({"crm": None}))["destinations"]

        counts = {name: told["count"] for name, told in crm["backlog"].items()}
        assert {"sales_ready": 0, "others": 0, "look_ups": 1, "parked": 0} == counts

    async def test_lane(self, office):
        """Budget, errors of the last day, last proof and the last preflight's findings are told."""
        rate = Rate(calls=100, seconds=60, daily=1000)
        lane = budget.spend(Lane().found(NOW - minutes(3)), rate, NOW)
        reply = Reply((Deferred("throttled", counts=False), Rejected("bad")), 429)
        lane = lane.after(reply, NOW)
        finding = '[{"problem": "field_missing", "field": "Title", "value": "", "leads": 3}]'
        lane = lane.checked(finding, NOW - minutes(60), proven=False)
        await office.state.write(LANE, [Change("insert", "crm", lease.to_row(lane))])

        [crm] = (await office.health.destinations({"crm": rate}))["destinations"]

        assert {
            "calls": 100,
            "seconds": 60.0,
            "daily": 1000,
            "resets": "UTC",
            "pace": 0.7,
            "left_now": 9,
            "today": 1,
        } == crm["budget"]
        assert {"throttled": 1, "bad": 1} == crm["errors_last_day"]
        assert 180 == crm["lane"]["proven_seconds"]
        assert "2026-11-22T11:00:00.000Z" == crm["preflight"]["at"]
        assert "field_missing" == crm["preflight"]["findings"][0]["problem"]
