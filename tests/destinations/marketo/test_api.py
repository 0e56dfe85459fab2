"""Calls to Marketo: errors inside of HTTP 200, quotas, tokens, and what is down."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.marketo.answers import until_reset
from leadshare.destinations.marketo.destination import Marketo
from leadshare.reason import Reason
from tests.builders import NOW
from tests.destinations.marketo.builders import answering, person, settings
from tests.destinations.marketo.envelope import done, refusal
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.marketo import Account


class TestLookUps:
    async def test_replaced(self, crm):
        """A lead is found, too, whose person shows another lead of the same contact by now."""
        await crm.deliver([person(1)], NOW)
        await crm.deliver([person(1, "0123456789abcdef")], NOW)

        reply = await crm.look_up([person(1), person(2)], NOW)

        assert (Accepted("1001"), Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)) == reply.outcomes

    async def test_somebody_else(self, account, crm):
        """A person with the address who shows no lead of the contact is no proof."""
        account.people[7] = {"id": 7, "email": "buyer1@fabrikam.example", "leadshareId": "other-1"}
        account.people[8] = {"id": 8, "email": "buyer2@fabrikam.example"}

        reply = await crm.look_up([person(1), person(2)], NOW)

        assert (Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),) * 2 == reply.outcomes

    async def test_new_address(self, account, crm):
        """A person whose address a seller has changed is found by our key."""
        await crm.deliver([person(1)], NOW)
        account.people[1001]["email"] = "other@fabrikam.example"

        reply = await crm.look_up([person(1)], NOW)

        assert (Accepted("1001"),) == reply.outcomes

    async def test_pages(self, account, crm):
        """All pages are read before anybody is missing."""
        for number in range(400):
            account.people[number] = {"id": number, "email": "buyer1@fabrikam.example"}
        account.people[900] = {"id": 900, "email": "buyer2@fabrikam.example"}
        both = [replace(person(number), sent=1) for number in (1, 2)]

        reply = await crm.deliver(both, NOW)

        assert Rejected("several_in_crm") == reply.outcomes[0]
        assert Accepted("900") == reply.outcomes[1]

    async def test_too_many(self, account, crm):
        """More than a thousand persons of one address keep nobody else waiting."""
        for number in range(1001):
            account.people[number] = {"id": number, "email": "buyer1@fabrikam.example"}
        three = [replace(person(number), attempts=1) for number in (1, 2, 3)]

        reply = await crm.deliver(three, NOW)

        assert Rejected("several_in_crm") == reply.outcomes[0]
        assert [Accepted] * 2 == [type(outcome) for outcome in reply.outcomes[1:]]

    async def test_endless_pages(self):
        """Pages without end say nothing."""
        crm = answering(*(done([], nextPageToken="more") for _ in range(9)))

        reply = await crm.look_up([person(1)], NOW)

        assert (Deferred("unreadable_answer"),) == reply.outcomes

    async def test_refused(self, account, crm):
        """A search that is refused says nothing."""
        account.codes = ["611"]

        reply = await crm.look_up([person(1)], NOW)

        assert (Deferred("marketo_611"),) == reply.outcomes
        assert reply.failing


class TestCalls:
    @pytest.mark.parametrize("code", ["604", "608", "611", "614", "713", "502", "500"])
    async def test_down(self, account, crm, code):
        """An instance that is down is at fault itself."""
        account.codes = [code]

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred(f"marketo_{code}"),) * 2 == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize("code", ["605", "609", "610", "612", "1003"])
    async def test_our_fault(self, account, crm, code):
        """Nothing is rejected wholesale, even where the call itself was wrong."""
        account.codes = [code]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred(f"marketo_{code}"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize(("code", "seconds"), [("606", 20), ("615", 5)])
    async def test_throttled(self, account, crm, code, seconds):
        """Too many calls hold the lane, and cost no attempt."""
        account.codes = [code]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert seconds == (reply.hold or timedelta()).total_seconds()
        assert not reply.failing

    async def test_quota(self, account, crm):
        """The daily quota holds the lane until it may be fresh."""
        account.codes = ["607"]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("quota_exhausted", counts=False),) == reply.outcomes
        assert timedelta(hours=17) == reply.hold
        assert not reply.failing

    @pytest.mark.parametrize(
        ("now", "hours"),
        [
            pytest.param("2026-11-22T05:00:00+00:00", 1, id="daylight-saving-over"),
            pytest.param("2026-11-22T06:00:00+00:00", 23, id="just-fresh"),
            pytest.param("2026-07-01T04:30:00+00:00", 0.5, id="summer"),
            pytest.param("2026-07-01T03:30:00-01:00", 0.5, id="another-zone"),
        ],
    )
    def test_until_reset(self, now, hours):
        """Midnight in Chicago is 05:00 or 06:00 UTC: the next of them is waited for."""
        assert timedelta(hours=hours) == until_reset(datetime.fromisoformat(now))

    async def test_denied(self, account, crm):
        """Without the permission every lead waits."""
        account.codes = ["603"]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("forbidden"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize("code", ["601", "602"])
    async def test_token_ended(self, account, crm, code):
        """An ended token is told in an HTTP 200; it is replaced once."""
        account.codes = [code]

        reply = await crm.deliver([person(1)], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert 2 == account.sign_ins

    async def test_token_refused(self, account, crm):
        """A token refused twice is given up, and no lead is rejected."""
        account.codes = ["601", "602"]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("unauthorised"),) == reply.outcomes
        assert reply.failing
        assert 2 == account.sign_ins

    async def test_wrong_secret(self, account):
        """A wrong secret leaves every lead waiting; nothing is sent."""
        told = {**Account.SETTINGS}
        crm = destination_of(told, {"OUR_MARKETO_SECRET": "wrong"}, account.handle)

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("sign_in_failed", counts=False),) == reply.outcomes
        assert reply.failing
        assert 0 == account.writes

    async def test_same_token(self):
        """Signing in early gives the same token, which is used until its end."""
        seconds = 0.0
        account = Account(clock=lambda: seconds)
        crm = account.destination()
        for seconds in (0, 3580, 3595, 3601):
            await crm.deliver([person(int(seconds))], NOW + timedelta(seconds=seconds))

        tokens = [r.headers["authorization"] for r in account.requests if account.is_write(r)]
        assert ["Bearer token-1:int"] * 3 + ["Bearer token-4:int"] == tokens
        assert 4 == account.sign_ins

    async def test_limit(self):
        """An instance answers 606 beyond its limit; once the window has passed, it goes on."""
        seconds = 0.0
        account = Account(clock=lambda: seconds, limit=(6, 20))
        crm = account.destination()

        replies = [await crm.deliver([person(number)], NOW) for number in range(4)]
        seconds = 20.0
        later = await crm.deliver([person(9)], NOW)

        assert [False, False, False, True] == [bool(reply.hold) for reply in replies]
        assert 1 == account.throttles
        assert isinstance(later.outcomes[0], Accepted)

    async def test_part_refused(self, account):
        """What was written before a later call was refused stays written."""
        two = [person(1), person(1, "0123456789abcdef")]

        def once(request: httpx.Request) -> httpx.Response:
            return account.handle(request) if account.writes < 1 else refusal("606", "Too many")

        crm = destination_of(Account.SETTINGS, Account.ENVIRONMENT, once)
        reply = await crm.deliver(two, NOW)

        assert isinstance(reply.outcomes[0], Accepted)
        assert Deferred("throttled", counts=False) == reply.outcomes[1]
        assert timedelta(seconds=20) == reply.hold

    async def test_slow(self):
        """All calls of a batch together take no longer than one may: the lease would run out."""

        class Slow(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                await asyncio.sleep(0.02)
                answer = Account().answer(request, store=True)
                return done([]) if request.url.path.startswith("/rest") else answer

        crm = Marketo(settings(timeout=0.05), httpx.AsyncClient(transport=Slow()))

        reply = await crm.deliver([replace(person(1), attempts=1)], NOW)

        assert (Deferred("timeout"),) == reply.outcomes
        assert reply.failing
