"""What a referral tells of its lead, and how it is closed when another source has told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected
from leadshare.destinations.partner_center.outcomes import OURS, outcome_of
from leadshare.destinations.partner_center.settings import PartnerCenterReferralSettings
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.partner_center.answers import Unusable
from leadshare.times import to_text
from tests.builders import LEAD, NOW, minutes
from tests.destinations.partner_center.builders import outcome, referred, referrer, told
from tests.destinations.simulators.partner_center import HOST
from tests.destinations.simulators.partner_center_referral import Account

LATER = NOW + timedelta(days=3)


def referral(**changes: Any) -> dict[str, Any]:
    """A referral of ours as it is made."""
    made = to_text(NOW)
    facts = {"status": "Active", "substatus": "Accepted", "statusReason": None}
    times = {"createdDateTime": made, "acceptedDateTime": made, "updatedDateTime": to_text(LATER)}
    return {**facts, **times, "externalReferenceId": LEAD, **changes}


def closed(substatus: str, **changes: Any) -> dict[str, Any]:
    """A referral that is closed."""
    return referral(status="Closed", substatus=substatus, **changes)


def settings(**changes: Any) -> PartnerCenterReferralSettings:
    """What a destination is told."""
    return referrer(Account(), **changes).settings


def only(account: Account) -> dict[str, Any]:
    """The one referral that has a lead's id."""
    [row] = [one for one in account.rows.values() if one.get("externalReferenceId")]
    return row


class TestTold:
    @pytest.mark.parametrize(
        ("substatus", "state", "signed"),
        [
            ("Won", State.WON, LATER),
            ("Lost", State.LOST, LATER),
            ("Declined", State.LOST, None),
            ("Expired", State.LOST, None),
        ],
    )
    def test_closed(self, substatus, state, signed):
        """An end is told by Partner Center's own time; only people of ours win or lose."""
        expected = Outcome(
            *(LEAD, settings().name, LATER, state), status=substatus, signed_at=signed
        )

        assert expected == outcome_of(closed(substatus), LEAD, settings())

    @pytest.mark.parametrize(
        "found",
        [
            pytest.param(referral(), id="made"),
            pytest.param(referral(acceptedDateTime=to_text(NOW + minutes(1))), id="with-making"),
            pytest.param(referral(acceptedDateTime=None), id="untold"),
            pytest.param(referral(status="New", substatus="Pending"), id="pending"),
            pytest.param(referral(status="New", substatus="Received"), id="received"),
            pytest.param(closed("Merged"), id="unknown"),
            pytest.param(closed("Won", updatedDateTime=None), id="no-time"),
            pytest.param(closed("Won", updatedDateTime="soon"), id="odd-time"),
            pytest.param(closed("Won", statusReason=f"{OURS}won"), id="ours"),
            pytest.param({}, id="empty"),
        ],
    )
    def test_nothing(self, found):
        """What nobody did, nobody can date, or we did ourselves tells nothing."""
        assert outcome_of(found, LEAD, settings()) is None

    def test_accepted(self):
        """One that was accepted after its making is worked by somebody."""
        found = referral(acceptedDateTime=to_text(NOW + minutes(2)))
        heard = outcome_of(found, LEAD, settings())

        assert heard == Outcome(LEAD, settings().name, LATER, State.WORKING, status="Accepted")

    @pytest.mark.parametrize(
        ("details", "money"),
        [
            ({"dealValue": 1200.5, "currency": "EUR"}, Money(Decimal("1200.5"), "EUR")),
            ({"dealValue": 5000, "currency": "USD"}, Money(Decimal(5000), "USD")),
            ({"dealValue": 5000, "currency": "EUR"}, None),
            ({"dealValue": 5000.0, "currency": "EUR"}, None),
            ({"dealValue": 7, "currency": ""}, None),
            ({"dealValue": None, "currency": "EUR"}, None),
            ({"dealValue": True, "currency": "EUR"}, None),
            ({"dealValue": -1, "currency": "EUR"}, None),
            ({"dealValue": "canary", "currency": "EUR"}, None),
            (None, None),
        ],
    )
    def test_money(self, details, money):
        """A sum is told with its currency, unless it is the average that we wrote there."""
        ours = settings(deal_value=5000, currency="EUR")
        heard = outcome_of(closed("Won", details=details), LEAD, ours)

        assert heard
        assert money == heard.money

    def test_reason(self):
        """Why it was lost is told in the words of who closed it."""
        heard = outcome_of(closed("Lost", statusReason="No budget"), LEAD, settings())

        assert heard
        assert "No budget" == heard.reason


def ended(one: Delivery, stage: str, why: str = "") -> Delivery:
    """The delivery of a lead that is won or lost by now."""
    return replace(one, record={**one.record, "stage": stage, "stage_why": why})


class TestClosing:
    @pytest.mark.parametrize(("stage", "substatus"), [("won", "Won"), ("lost", "Lost")])
    async def test_closed(self, account, there, stage, substatus):
        """A lead that is won or lost closes its referral, which says that we did it."""
        one = ended(await referred(there), stage)
        assert isinstance(await outcome(there, one), Accepted)

        row = only(account)
        assert ("Closed", substatus) == (row["status"], row["substatus"])
        assert row["statusReason"].startswith(OURS)
        assert outcome_of(row, LEAD, there.settings) is None

    @pytest.mark.parametrize(
        ("why", "reason"),
        [("", f"{OURS}lost"), ("No budget", f"{OURS}lost: No budget")],
    )
    async def test_why(self, account, there, why, reason):
        """It says why, if the source that decided has told."""
        await outcome(there, ended(await referred(there), "lost", why))

        assert reason == only(account)["statusReason"]

    @pytest.mark.parametrize("stage", ["sales_ready", "nurturing", "working", "opportunity"])
    async def test_open(self, account, there, stage):
        """Any other stage leaves it as it is."""
        assert isinstance(await outcome(there, ended(await referred(there), stage)), Accepted)
        assert "Active" == only(account)["status"]

    async def test_again(self, account, there):
        """What is closed as it should be is done, whoever closed it: a repeat writes nothing."""
        one = ended(await referred(there), "won")
        await outcome(there, one)
        writes = account.writes

        assert isinstance(await outcome(there, one), Accepted)
        assert writes == account.writes

    async def test_closed_otherwise(self, account, there):
        """What people closed as something else stays so."""
        one = ended(await referred(there), "won")
        only(account).update(status="Closed", substatus="Lost")
        writes = account.writes

        assert Rejected("closed_in_crm") == await outcome(there, one)
        assert writes == account.writes

    async def test_reopened(self, account, there):
        """Partner Center opens nothing again, so that nothing of it is tried."""
        one = await referred(there)
        await outcome(there, ended(one, "won"))
        writes = account.writes

        assert Rejected("closed_in_crm") == await outcome(there, ended(one, "working"))
        assert writes == account.writes

    async def test_never_referred(self, account, there):
        """A lead that is over before it was referred is not offered to sellers."""
        assert Rejected("closed_in_crm") == await outcome(there, ended(told(), "lost"))
        assert {} == account.rows

    async def test_if_match(self, account, there):
        """It is closed only as it was read."""
        one = ended(await referred(there), "won")
        await outcome(there, one)

        [patch] = [r for r in account.requests if (r.url.host, r.method) == (HOST, "PATCH")]
        assert patch.headers["if-match"]

    async def test_no_other_side(self, account):
        """Microsoft's side of a deal that is over is not made any more."""
        there = referrer(account, deal="Shared")
        one = ended(await referred(there), "won")
        for key in [key for key, row in account.rows.items() if not row["externalReferenceId"]]:
            del account.rows[key]
        assert isinstance(await outcome(there, one), Accepted)

        assert 1 == len(account.rows)


class TestSimulator:
    async def test_refuses(self, account, there):
        """The stand-in refuses a change of what is closed, and a substatus of another status."""
        await referred(there)
        row = only(account)
        for changes in ([("/status", "Closed")], [("/status", "New")], [("/substatus", "Won")]):
            wrong = [{"op": "replace", "path": path, "value": value} for path, value in changes]
            with pytest.raises(Unusable):
                await there.center.patch(row["id"], row["eTag"], wrong, NOW)
        row.update(status="Closed", substatus="Won")
        name = [{"op": "replace", "path": "/name", "value": "x"}]
        with pytest.raises(Unusable):
            await there.center.patch(row["id"], row["eTag"], name, NOW)
