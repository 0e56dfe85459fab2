"""Tokens: an order does exactly what its dry run counted, or nothing, and tells what changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.delivery import Accepted, Rejected
from leadshare.deliveries.lanes.lane import Lane
from leadshare.errors import Conflict
from leadshare.leads.routing import UNFOLLOWED
from leadshare.leads.unrouted import Unrouted
from leadshare.operators.requests import OperatorRequests
from leadshare.store import lease
from leadshare.store.keys import LANE
from leadshare.store.table import Change
from tests.builders import Office, touch
from tests.operators.orders.ordered import lawful
from tests.operators.requests import Configured, body, wrong


async def office_with(parked: int) -> tuple[Office, OperatorRequests]:
    """An office where so many deliveries are parked, and its requests."""
    office = Office()
    for name in ("crm", "sellers"):
        await office.state.write(LANE, [Change("insert", name, lease.to_row(Lane()))])
    for number in range(1, parked + 1):
        await office.take(number)
        await office.finish("crm", Rejected("bad"))
    configured = Configured(office.classifier, {"crm": None, "sellers": None}, office.unrouted)
    return office, office.requests(lambda: configured)


def lead_of(number: int) -> str:
    """The id of the lead of customer *number*."""
    return touch(Email=f"person-{number}@fabrikam.example").lead


class TestReplay:
    async def test_same(self):
        """What was counted is done, and nothing else."""
        office, requests = await office_with(3)
        token = (await requests.orders.replay(body(destination="crm")))["token"]

        answer = await requests.orders.replay(body(destination="crm", dry_run=False, token=token))

        assert (3, 3) == (answer["matched"], answer["replayed"])
        assert "token" not in answer
        assert lawful(office)

    async def test_changed(self):
        """Where anything has changed nothing is done, and the answer tells what."""
        office, requests = await office_with(2)
        token = (await requests.orders.replay(body(destination="crm")))["token"]
        await office.take(3)
        await office.finish("crm", Rejected("gone"))
        before = dict(office.table.rows)

        with pytest.raises(Conflict, match=r"2 matched then, 3 do now \(bad 2, gone 1\)"):
            await requests.orders.replay(body(destination="crm", dry_run=False, token=token))

        assert before == office.table.rows

    async def test_changed_and_as_many(self):
        """So it is where as many are there as before, but others."""
        office, requests = await office_with(2)
        token = (await requests.orders.replay(body(destination="crm")))["token"]
        await requests.orders.replay(body(lead=lead_of(1), dry_run=False))
        office.now = office.now.replace(minute=30)
        await office.finish("crm", Rejected("bad"))

        with pytest.raises(Conflict, match="2 matched then, 2 do now"):
            await requests.orders.replay(body(destination="crm", dry_run=False, token=token))

    async def test_asked_otherwise(self):
        """A token is of one order, and opens no other."""
        _, requests = await office_with(2)
        token = (await requests.orders.replay(body(destination="crm")))["token"]

        with pytest.raises(Conflict, match="asked for otherwise"):
            await requests.orders.replay(body(reason="bad", dry_run=False, token=token))

    async def test_quarantine(self):
        """Quarantine is held to it as well."""
        office, requests = await office_with(0)
        await office.take(1, b"no json")
        token = (await requests.orders.replay(body(what="quarantine")))["token"]
        await office.take(2, b"no json either")

        with pytest.raises(Conflict, match="1 matched then, 2 do now"):
            await requests.orders.replay(body(what="quarantine", dry_run=False, token=token))

    @given(st.lists(st.sampled_from(["take", "park", "accept", "replay"]), max_size=4))
    async def test_any(self, between):
        """Whatever happens in between, the order does what the dry run counted or refuses."""
        office, requests = await office_with(2)
        counted = await requests.orders.replay(body(destination="crm"))
        for number, act in enumerate(between, 10):
            await self.happen(office, requests, act, number)
        before = dict(office.table.rows)
        order = body(destination="crm", dry_run=False, token=counted["token"])

        try:
            answer: Any = await requests.orders.replay(order)
        except Conflict:
            assert before == office.table.rows
        else:
            assert (counted["matched"],) * 2 == (answer["matched"], answer["replayed"])
        assert lawful(office)

    async def happen(self, office, requests, act, number):
        """Let something happen."""
        if act == "take":
            await office.take(number)
        elif act == "park":
            await office.finish("crm", Rejected("bad"))
        elif act == "accept":
            await office.finish("crm", Accepted("r"))
        else:
            await requests.orders.replay(body(lead=lead_of(1), dry_run=False))

    @given(st.lists(st.sampled_from(["bad", "good", "replay"]), max_size=3))
    async def test_any_quarantine(self, between):
        """So it is of quarantine: what the dry run counted is classified again, or nothing."""
        office, requests = await office_with(0)
        for number in (1, 2):
            await office.take(number, b"no json")
        wanted = {row["touch"] for row in office.table.values("quarantine")}
        counted = await requests.orders.replay(body(what="quarantine"))
        for number, act in enumerate(between, 10):
            if act == "replay":
                office.now = office.now.replace(minute=number)
                await requests.orders.replay(body(what="quarantine", dry_run=False))
            else:
                await office.take(number, b"no json" if act == "bad" else None)
        before = dict(office.table.rows)

        try:
            answer: Any = await requests.orders.replay(
                body(what="quarantine", dry_run=False, token=counted["token"])
            )
        except Conflict:
            assert before == office.table.rows
            assert {*between} - {"good"}
        else:
            assert (2, 2) == (counted["matched"], answer["matched"])
            assert wanted == {row["touch"] for row in office.table.values("quarantine")}
            assert {*between} <= {"good"}

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"token": "x"}, "token: expected the token that a dry run gave"),
            ({"token": f"1.{'a' * 32}"}, "token: expected nothing, for a dry run gives one"),
        ],
        ids=["none", "dry-run"],
    )
    async def test_wrong(self, asked, said):
        """What is no token, or is one that a dry run is given, is refused."""
        _, requests = await office_with(0)

        assert said == await wrong(requests.orders.replay(body(all=True, **asked)))


BELL: dict[str, Any] = {"name": "bell", "channel": "field_seller", "follows_up": False}
CRM: dict[str, Any] = {"name": "crm"}


async def office_without(routing: str) -> tuple[Office, OperatorRequests]:
    """An office with two leads that nobody takes by this *routing*, and a CRM since."""
    only_told: list[dict[str, Any]] = [BELL] if routing == "notice_only" else []
    office = Office()
    office.configure(*only_told)
    assert UNFOLLOWED == ("unrouted", "notice_only")
    for number in (1, 2):
        await office.take(number)
    if routing == "unrouted":
        # Due where nobody is configured any more is unrouted, too.
        office.configure({"name": "old"})
        await office.take(3)
    office.configure(*only_told, CRM)
    # As it is by then.
    return office, office.requests(lambda: Configured(office.classifier, {}, office.unrouted))


def nobodys(office: Office, routing: str) -> set[str]:
    """The leads that nobody takes by this *routing*."""
    left = {row["lead"] for row in office.table.values(routing)}
    names = office.configuration.destination
    known = {one.name for one in names}
    due = {row["lead"] for row in office.table.values("due") if row["destination"] not in known}
    return left | (due if routing == "unrouted" else set())


@pytest.mark.parametrize("routing", ["unrouted", "notice_only"])
class TestReroute:
    async def test_same(self, routing):
        """What was counted is planned again, and nothing else."""
        office, requests = await office_without(routing)
        counted = await requests.orders.replay(body(what=routing))

        done = await requests.orders.replay(
            body(what=routing, dry_run=False, token=counted["token"])
        )

        matched = 3 if routing == "unrouted" else 2
        assert (matched, matched, 0) == (done["matched"], done["replayed"], counted["replayed"])
        assert "token" not in done
        assert set() == nobodys(office, routing)
        assert lawful(office)

    async def test_changed(self, routing):
        """Where one more has come nothing is done, and the answer tells what there is now."""
        office, requests = await office_without(routing)
        counted = await requests.orders.replay(body(what=routing))
        office.configure(*([BELL] if routing == "notice_only" else []))
        await office.take(9)
        office.configure(*([BELL] if routing == "notice_only" else []), CRM)
        before = dict(office.table.rows)
        then = counted["matched"]

        with pytest.raises(Conflict, match=f"{then} matched then, {then + 1} do now .*{routing} 3"):
            await requests.orders.replay(body(what=routing, dry_run=False, token=counted["token"]))

        assert before == office.table.rows

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(({**CRM, "storefronts": ["azure_marketplace"]},), id="storefronts"),
            pytest.param((CRM, {"name": "srm"}), id="one-more"),
            pytest.param(({**CRM, "follows_up": False},), id="notice"),
            pytest.param(({**CRM, "channel": "marketplace"},), id="channel"),
            pytest.param(({**CRM, "accepts": ["test"]},), id="accepts"),
        ],
    )
    async def test_other_routes(self, routing, other):
        """Where the same leads would go elsewhere than when they were counted, none does."""
        office, requests = await office_without(routing)
        counted = await requests.orders.replay(body(what=routing))
        office.configure(*([BELL] if routing == "notice_only" else []), *other)
        before = dict(office.table.rows)

        with pytest.raises(Conflict, match="nothing was done, count again"):
            await requests.orders.replay(body(what=routing, dry_run=False, token=counted["token"]))

        assert before == office.table.rows

    async def test_other_condition(self, routing):
        """So it is where only the condition of a route is another."""
        office, requests = await office_without(routing)
        some = [{"to": ["crm"], "when": [{"field": "country", "op": "eq", "value": "DE"}]}]
        others = [{"to": ["crm"], "when": [{"field": "country", "op": "eq", "value": "FR"}]}]
        seller = {**CRM, "channel": "field_seller"}
        office.configure(BELL, seller, route=some)
        counted = await requests.orders.replay(body(what=routing))
        office.configure(BELL, seller, route=others)

        with pytest.raises(Conflict):
            await requests.orders.replay(body(what=routing, dry_run=False, token=counted["token"]))

    async def test_of_another(self, routing):
        """A token of other leads opens nothing, not even where neither are there."""
        office, requests = await office_without(routing)
        await requests.orders.replay(body(what=routing, dry_run=False))
        [other] = {*UNFOLLOWED} - {routing}
        token = (await requests.orders.replay(body(what=other)))["token"]

        with pytest.raises(Conflict, match=r"asked for otherwise: 0 matched then, 0 do now"):
            await requests.orders.replay(body(what=routing, dry_run=False, token=token))
        assert lawful(office)

    @given(st.lists(st.sampled_from(["take", "told", "again", "route", "replay"]), max_size=4))
    async def test_any(self, routing, between):
        """Whatever happens in between, it plans those that the dry run counted, or refuses."""
        office, requests = await office_without(routing)
        wanted, counted = nobodys(office, routing), await requests.orders.replay(body(what=routing))
        for number, act in enumerate(between, 10):
            await self.happen(office, requests, routing, act, number)
        before, planned = dict(office.table.rows), set[str]()
        reroute = Unrouted.reroute

        async def note(self: Unrouted, lead: str) -> bool:
            planned.add(lead)
            return await reroute(self, lead)

        order = body(what=routing, dry_run=False, token=counted["token"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Unrouted, "reroute", note)
            try:
                answer: Any = await requests.orders.replay(order)
            except Conflict:
                assert (before, set()) == (office.table.rows, planned)
                assert between
            else:
                assert wanted == planned
                assert counted["matched"] == answer["matched"] == answer["replayed"]
        assert lawful(office)

    async def happen(self, office, requests, routing, act, number):
        """Let something happen."""
        here = office.configuration
        if act == "take":
            await office.take(number)
        elif act == "told":
            office.configure(*([BELL] if routing == "notice_only" else []))
            await office.take(number)
            office.configuration = here
        elif act == "again":
            await office.take(number, Email="person-1@fabrikam.example", Country="FR")
        elif act == "route":
            office.configure(BELL, CRM, {"name": f"more-{number}"})
        else:
            await requests.orders.replay(body(what=routing, dry_run=False))


class TestLead:
    async def test_one(self):
        """One lead can be replayed, and no other is."""
        office, requests = await office_with(3)

        answer = await requests.orders.replay(body(lead=lead_of(2), dry_run=False))

        assert (1, 1, lead_of(2)) == (answer["matched"], answer["replayed"], answer["lead"])
        assert {lead_of(1), lead_of(3)} == {row["lead"] for row in office.table.values("parked")}
        assert lawful(office)

    @pytest.mark.parametrize(
        ("limits", "matched"),
        [
            ({"destination": "crm"}, 1),
            ({"destination": "sellers"}, 0),
            ({"reason": "gone"}, 0),
            ({"until": "2026-11-22T12:00:00Z"}, 0),
        ],
        ids=str,
    )
    async def test_narrowed(self, limits, matched):
        """The other limits narrow it further."""
        _, requests = await office_with(2)

        assert matched == (await requests.orders.replay(body(lead=lead_of(1), **limits)))["matched"]

    async def test_little_is_read(self):
        """However much is parked, a lead is found by its own rows."""
        office, requests = await office_with(20)
        before = office.table.calls

        await requests.orders.replay(body(lead=lead_of(1)))

        assert 2 == office.table.calls - before
