"""What people say became of a lead: understood whole, recorded as an act, told as an outcome."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leadshare.errors import Unknown
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.lifecycle.posted.message import message_of
from leadshare.operators.requests import OperatorRequests
from leadshare.reason import Waits
from leadshare.store.keys import CHAIN
from tests.builders import LEAD, NOW, Office, minutes
from tests.operators.requests import Configured, body, wrong


@pytest.fixture(name="office")
async def _office() -> Office:
    office = Office()
    await office.take()
    return office


def desk(office: Office) -> OperatorRequests:
    """Its operators' requests."""
    told = Configured(office.classifier, {}, office.unrouted, recorder=office.recorder)
    return office.requests(lambda: told)


def lead_of(office: Office) -> dict[str, Any]:
    """The row of its one lead."""
    [lead] = office.table.values("lead")
    return dict(lead)


async def tell(office: Office, **said: Any) -> dict[str, Any]:
    """Say something of its one lead, by the beginning of its id."""
    return await desk(office).outcomes.tell(body(lead=lead_of(office)["lead"][:12], **said))


def rows(office: Office) -> list[dict[str, Any]]:
    """What is written down of its lead."""
    return office.table.values("outcome")


class TestTell:
    async def test_won(self, office):
        """It moves the lead, is kept as an outcome, and is an act with its beginning and end."""
        office.now = NOW + minutes(9)
        told = await tell(office, state="won", amount="1200.50", currency="EUR", reason="canary")

        lead = lead_of(office)
        assert {
            "lead": lead["lead"],
            "source": "people",
            "state": "won",
            "amount": "1200.5 EUR",
            "opted_out": False,
        } == told
        assert ("won", "people") == (lead["stage"], lead["stage_by"])
        [row] = rows(office)
        assert ("won", "1200.5", "EUR", "canary", "") == tuple(
            row[name] for name in ("state", "amount", "currency", "reason", "by")
        )
        acts = [values for (part, _), (values, _) in office.state.rows.items() if part == CHAIN]
        assert {"outcome"} == {act["what"] for act in acts}
        assert 2 == len(acts)
        assert "canary" not in str(acts)

    async def test_in_a_source_stead(self, office):
        """A correction says whose it is and who made it, and outranks what the source has said."""
        wrong_one = Outcome(lead_of(office)["lead"], "shop", NOW, State.WON)
        await office.recorder.record([wrong_one])
        office.now = NOW + minutes(9)
        await tell(office, state="lost", source="shop")

        assert ("lost", "shop") == (lead_of(office)["stage"], lead_of(office)["stage_by"])
        assert {"", "zoe"} == {row["by"] for row in rows(office)}

    async def test_source_of_before(self, office):
        """A source that is no longer configured can still be corrected; no other can be named."""
        await office.recorder.record([Outcome(lead_of(office)["lead"], "old", NOW, State.WON)])
        assert "old" == (await tell(office, state="lost", source="old"))["source"]

        with pytest.raises(Unknown, match="source: expected one of crm, old, people, sellers, sho"):
            await tell(office, state="lost", source="other")

    async def test_opted_out(self, office):
        """An opt-out is the contact's, and moves no lead."""
        before = lead_of(office)["stage"]
        await tell(office, opted_out=True)

        [contact] = office.table.values("contact")
        assert "people" == contact["opted_out_by"]
        assert before == lead_of(office)["stage"]

    async def test_unknown_lead(self, office):
        """A lead that nobody has is not there, be its id whole or short; no act is recorded."""
        for lead in (LEAD, LEAD[:10]):
            with pytest.raises(Unknown, match="no such lead"):
                await desk(office).outcomes.tell(body(lead=lead, state="won"))

        assert not [part for part, _ in office.state.rows if part == CHAIN]

    async def test_raced(self, office):
        """Two who say the same at once are one outcome."""
        told = Outcome(lead_of(office)["lead"], "people", NOW, State.WON, money=money("5"))
        await office.recorder.record([told])
        await office.recorder.record([told, told])

        assert 1 == len(rows(office))

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({}, "opted_out: expected true, for no state is given"),
            ({"state": "gone"}, "state: expected one of working, opportunity, won, lost"),
            ({"state": "won", "amount": "canary"}, "amount: expected a sum"),
            ({"state": "won", "amount": -5}, "amount: expected a sum"),
            ({"state": "won", "currency": "eur"}, "currency: expected three capital letters"),
            ({"state": "won", "amount": "5"}, "opted_out: expected amount and currency together"),
            (
                {"state": "won", "currency": "EUR"},
                "opted_out: expected amount and currency together",
            ),
            (
                {"opted_out": True, "amount": "5", "currency": "EUR"},
                "amount: expected nothing, unless state is given",
            ),
            ({"opted_out": True, "source": "crm"}, "opted_out: expected nothing, for an opt-out"),
            ({"state": "won", "reason": "x" * 1001}, "reason: expected a text of at most 1000"),
            ({"state": "won", "sate": "x"}, 'sate: no such key; did you mean "state"?'),
        ],
    )
    async def test_wrong(self, office, said, expected):
        """What is wrong is named, and nothing is written."""
        assert (await wrong(tell(office, **said))).startswith(expected)
        assert [] == rows(office)


class TestWaiting:
    async def test_listed(self, office):
        """What waits is told by ids, codes and times."""
        outcome = Outcome(LEAD, "shop", NOW, State.WON, reason="canary")
        await office.outcomes.keep(message_of(outcome, NOW), Waits.UNKNOWN_LEAD)
        listed: Any = await desk(office).outcomes.list_waiting({"waiting": "true", "limit": "5"})

        assert [(LEAD, "shop")] == [(one["lead"], one["source"]) for one in listed["outcomes"]]
        assert "canary" not in str(listed)

    async def test_must_be_said(self, office):
        """Only what waits can be listed, and that must be said."""
        assert "waiting: expected true" == await wrong(desk(office).outcomes.list_waiting({}))


def money(amount: str) -> Money:
    """So many euros."""
    return Money(Decimal(amount), "EUR")
