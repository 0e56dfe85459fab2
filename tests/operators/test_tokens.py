"""Tokens: an order does exactly what its dry run counted, or nothing, and tells what changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.delivery import Accepted, Rejected
from leadshare.deliveries.lane import Lane
from leadshare.errors import Conflict
from leadshare.operators.requests import OperatorRequests
from leadshare.store import lease
from leadshare.store.keys import LANE
from leadshare.store.table import Change
from tests.builders import Office, touch
from tests.operators.orders import lawful
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
        token = (await requests.replay(body(destination="crm")))["token"]

        answer = await requests.replay(body(destination="crm", dry_run=False, token=token))

        assert (3, 3) == (answer["matched"], answer["replayed"])
        assert "token" not in answer
        assert lawful(office)

    async def test_changed(self):
        """Where anything has changed nothing is done, and the answer tells what."""
        office, requests = await office_with(2)
        token = (await requests.replay(body(destination="crm")))["token"]
        await office.take(3)
        await office.finish("crm", Rejected("gone"))
        before = dict(office.table.rows)

        with pytest.raises(Conflict, match=r"2 matched then, 3 do now \(bad 2, gone 1\)"):
            await requests.replay(body(destination="crm", dry_run=False, token=token))

        assert before == office.table.rows

    async def test_changed_and_as_many(self):
        """So it is where as many are there as before, but others."""
        office, requests = await office_with(2)
        token = (await requests.replay(body(destination="crm")))["token"]
        await requests.replay(body(lead=lead_of(1), dry_run=False))
        office.now = office.now.replace(minute=30)
        await office.finish("crm", Rejected("bad"))

        with pytest.raises(Conflict, match="2 matched then, 2 do now"):
            await requests.replay(body(destination="crm", dry_run=False, token=token))

    async def test_asked_otherwise(self):
        """A token is of one order, and opens no other."""
        _, requests = await office_with(2)
        token = (await requests.replay(body(destination="crm")))["token"]

        with pytest.raises(Conflict, match="asked for otherwise"):
            await requests.replay(body(reason="bad", dry_run=False, token=token))

    async def test_quarantine(self):
        """Quarantine is held to it as well."""
        office, requests = await office_with(0)
        await office.take(1, b"no json")
        token = (await requests.replay(body(what="quarantine")))["token"]
        await office.take(2, b"no json either")

        with pytest.raises(Conflict, match="1 matched then, 2 do now"):
            await requests.replay(body(what="quarantine", dry_run=False, token=token))

    @given(st.lists(st.sampled_from(["take", "park", "accept", "replay"]), max_size=4))
    async def test_any(self, between):
        """Whatever happens in between, the order does what the dry run counted or refuses."""
        office, requests = await office_with(2)
        counted = await requests.replay(body(destination="crm"))
        for number, act in enumerate(between, 10):
            await self.happen(office, requests, act, number)
        before = dict(office.table.rows)
        order = body(destination="crm", dry_run=False, token=counted["token"])

        try:
            answer: Any = await requests.replay(order)
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
            await requests.replay(body(lead=lead_of(1), dry_run=False))

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"token": "x"}, "token: expected the token that a dry run gave"),
            ({"token": f"1.{'a' * 32}"}, "token: expected nothing, for a dry run gives one"),
            (
                {"token": f"1.{'a' * 32}", "what": "unrouted", "dry_run": False},
                "token: expected nothing, for what is unrouted has none",
            ),
        ],
        ids=["none", "dry-run", "unrouted"],
    )
    async def test_wrong(self, asked, said):
        """What is no token, or is one where there is none, is refused."""
        _, requests = await office_with(0)

        assert said == await wrong(requests.replay(body(all=True, **asked)))


class TestLead:
    async def test_one(self):
        """One lead can be replayed, and no other is."""
        office, requests = await office_with(3)

        answer = await requests.replay(body(lead=lead_of(2), dry_run=False))

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

        assert matched == (await requests.replay(body(lead=lead_of(1), **limits)))["matched"]

    async def test_little_is_read(self):
        """However much is parked, a lead is found by its own rows."""
        office, requests = await office_with(20)
        before = office.table.calls

        await requests.replay(body(lead=lead_of(1)))

        assert 2 == office.table.calls - before
