"""Referrals that are shared with Microsoft: two sides of one lead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred
from leadshare.destinations.partner_center.referral import PartnerCenterReferral
from tests.builders import LEAD, NOW, record
from tests.destinations.partner_center.builders import outcome, referred, referrer, told
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.partner_center_referral import Account


@pytest.fixture(name="shared")
def _shared(account: Account) -> PartnerCenterReferral:
    return referrer(account, deal="Shared")


class TestShared:
    async def test_two_sides(self, account, shared):
        """A shared deal has the partner's side and Microsoft's, of one engagement."""
        assert isinstance(await outcome(shared, told()), Accepted)

        ours, theirs = account.rows.values()
        assert ours["engagementId"] == theirs["engagementId"]
        assert [{"type": "SolutionProfile", "id": "SOL-12345-ABC"}] == ours["target"]
        assert [{"type": "BusinessProfileLocation", "id": "msft"}] == theirs["target"]
        assert "Shared" == ours["type"] == theirs["type"]
        assert 1 == len(account.found(told()))

    @pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.THROTTLED])
    @pytest.mark.parametrize("before", [[], [Fault.NONE]], ids=["ours", "theirs"])
    async def test_interrupted(self, account, shared, before, fault):
        """Whichever of the two was interrupted, in the end there is one of each."""
        account.faults = [*before, fault]
        became = await outcome(shared, told())
        assert isinstance(became, Deferred)

        assert isinstance(await outcome(shared, told()), Accepted)

        assert 1 == len(account.found(told()))
        assert 2 == len(account.rows)

    async def test_later(self, account, shared):
        """A newer version changes the partner's side, and makes no third."""
        one = await referred(shared)

        newer = replace(one, record=record(version=2, notes="And a trial"))
        assert isinstance(await outcome(shared, newer), Accepted)

        assert 2 == len(account.rows)
        [ours] = account.found(told())
        assert "And a trial" in ours["details"]["notes"]

    async def test_as_it_was_made(self, account, there):
        """A deal that was made independent stays so, whatever the configuration says since."""
        one = await referred(there)

        assert isinstance(await outcome(referrer(account, deal="Shared"), one), Accepted)
        assert 1 == len(account.rows)

    async def test_no_engagement(self, account, shared):
        """A deal that tells no engagement waits, Partner Center being at fault."""
        row = account.add(externalReferenceId=LEAD, type="Shared", qualification="None")
        account.rows[row] |= {"engagementId": None, "customerProfile": {"name": "x"}}

        reply = await shared.deliver([told()], NOW)

        assert ((Deferred("unreadable_answer"),), True) == (reply.outcomes, reply.failing)

    async def test_odd_targets(self, account, shared):
        """Targets that cannot be read are not Microsoft's."""
        row = account.add(externalReferenceId=LEAD, type="Shared", customerProfile={"name": "x"})
        for odd in (None, "msft", [None], [{"id": "msft-2"}]):
            engagement = account.rows[row]["engagementId"]
            account.rows[account.add()] |= {"engagementId": engagement, "target": odd}
        before = len(account.rows)

        assert isinstance(await outcome(shared, told()), Accepted)
        assert before + 1 == len(account.rows)
