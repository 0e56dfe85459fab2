"""Referrals that leadshare made tell of their leads; all others leave leads alone."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.app.own_referrals import OwnReferrals
from leadshare.deliveries.delivery import Accepted
from leadshare.times import to_text
from tests.builders import LEAD, NOW, Office
from tests.destinations.partner_center.builders import referrer
from tests.destinations.simulators.partner_center_referral import Account

OURS = "0f8fad5b-d9cb-469f-a165-70867728950e"
SELLERS: dict[str, Any] = {"name": "sellers", "channel": "field_seller"}


class Bureau:
    """Leads that were referred, and what hears of their referrals."""

    def __init__(self) -> None:
        self.office = Office({"name": "crm"}, SELLERS, route=[{"to": ["sellers"]}])
        settings = [referrer(Account(), name=name).settings for name in ("others", "sellers")]
        self.own = OwnReferrals(self.office.table, settings, self.office.recorder)

    async def refer(self) -> str:
        """Bring a lead in that is referred; return its id."""
        await self.office.take()
        await self.office.finish("sellers", Accepted(OURS))
        [lead] = self.office.table.values("lead")
        return str(lead["lead"])

    def stands(self) -> tuple[str, str]:
        """Where its lead stands, and who says so."""
        [lead] = self.office.table.values("lead")
        return lead["stage"], lead["stage_by"]

    def says(self) -> str:
        """What the referral says of its lead now, as any order of events leaves it."""
        [lead] = self.office.table.values("lead")
        return str(lead["states"])


@pytest.fixture(name="bureau")
def _bureau() -> Bureau:
    return Bureau()


def referral(lead: str, substatus: str = "Won", hours: int = 1, **changes: Any) -> dict[str, Any]:
    """A referral as Partner Center answers it."""
    made = to_text(NOW)
    facts = {"id": OURS, "externalReferenceId": lead, "substatus": substatus}
    facts["status"] = "Active" if substatus == "Accepted" else "Closed"
    later = to_text(NOW + timedelta(hours=hours))
    times = {"createdDateTime": made, "acceptedDateTime": later, "updatedDateTime": later}
    return {**facts, **times, **changes}


class TestOurs:
    @pytest.mark.parametrize(
        ("substatus", "stage"),
        [
            ("Accepted", "working"),
            ("Won", "won"),
            ("Lost", "lost"),
            ("Declined", "lost"),
            ("Expired", "lost"),
        ],
    )
    async def test_told(self, bureau, substatus, stage):
        """It is told as the destination's that made it."""
        await bureau.own.tell(referral(await bureau.refer(), substatus))

        assert (stage, "sellers") == bureau.stands()

    async def test_case(self, bureau):
        """An id is the same in either case."""
        await bureau.own.tell(referral(await bureau.refer(), id=OURS.upper()))

        assert "won" == bureau.stands()[0]

    async def test_any_order(self):
        """Events in any order, and repeated, come to the same."""
        ends = set()
        story = [("Accepted", 1), ("Lost", 2), ("Won", 3)]
        for order in permutations([*story, story[2]]):
            bureau = Bureau()
            lead = await bureau.refer()
            for substatus, hours in order:
                await bureau.own.tell(referral(lead, substatus, hours))
            ends.add((bureau.stands(), bureau.says()))

        assert 1 == len(ends)
        assert {("won", "sellers")} == {stands for stands, _ in ends}

    async def test_again(self, bureau):
        """What was told once more changes not one byte."""
        told = referral(await bureau.refer())
        await bureau.own.tell(told)
        before = deepcopy(bureau.office.table.rows)
        await bureau.own.tell(told)

        assert before == bureau.office.table.rows

    async def test_updated(self, bureau):
        """A referral that was changed otherwise says what it has said: that is no news."""
        lead = await bureau.refer()
        for hours in (1, 2, 3):
            await bureau.own.tell(referral(lead, "Won", hours))

        assert 1 == len(bureau.office.table.values("outcome"))

    @pytest.mark.parametrize(
        ("substatus", "signed"),
        [("Won", True), ("Lost", True), ("Declined", False), ("Expired", False)],
    )
    async def test_sign(self, bureau, substatus, signed):
        """Only what somebody of ours has set shows that somebody works the lead."""
        await bureau.own.tell(referral(await bureau.refer(), substatus))

        [lead] = bureau.office.table.values("lead")
        assert signed == bool(lead["signed_at"])

    async def test_erased(self, bureau):
        """A lead that is gone by now is not made again."""
        told = referral(await bureau.refer())
        rows = bureau.office.table.rows
        bureau.office.table.rows = {at: row for at, row in rows.items() if "|lead|" not in at[1]}
        await bureau.own.tell(told)

        assert [] == bureau.office.table.values("lead") == bureau.office.table.values("outcome")


class TestOthers:
    @given(
        st.fixed_dictionaries(
            {},
            optional={
                "id": st.sampled_from(["1f8fad5b-d9cb-469f-a165-70867728950e", "", None, OURS]),
                "externalReferenceId": st.sampled_from([LEAD, "", None, "x", 7, LEAD.upper()]),
                "status": st.sampled_from(["New", "Active", "Closed", None]),
                "type": st.sampled_from(["Independent", "Shared"]),
            },
        )
    )
    async def test_nothing(self, changes):
        """One that no delivery of its lead made changes not one byte, whatever it says."""
        bureau = Bureau()
        lead = await bureau.refer()
        told = referral(lead) | changes
        before = deepcopy(bureau.office.table.rows)
        await bureau.own.tell(told)

        ours = told["id"] == OURS and told["externalReferenceId"] == lead
        assert ours or before == bureau.office.table.rows

    async def test_no_record_id(self, bureau):
        """A delivery that noted no id made none that is known."""
        await bureau.office.take()
        [lead] = bureau.office.table.values("lead")
        before = deepcopy(bureau.office.table.rows)
        await bureau.own.tell(referral(lead["lead"], id=""))

        assert before == bureau.office.table.rows

    async def test_another_system(self, bureau):
        """A record of another kind of destination is no referral, whatever its id."""
        await bureau.office.take()
        await bureau.office.finish("crm", Accepted(OURS))
        [lead] = bureau.office.table.values("lead")
        before = deepcopy(bureau.office.table.rows)
        await bureau.own.tell(referral(lead["lead"]))

        assert before == bureau.office.table.rows

    async def test_unconfigured(self, bureau):
        """Where nothing refers, nothing is read."""
        told, table = referral(await bureau.refer()), bureau.office.table
        calls = table.calls
        await OwnReferrals(table, [], bureau.office.recorder).tell(told)

        assert calls == table.calls
