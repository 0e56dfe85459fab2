"""Loading rows into Odoo: of a batch that is refused, the bad ones are found."""

from __future__ import annotations

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.odoo.load import MOST_CALLS
from leadshare.destinations.replies import DEFAULT_HOLD
from tests.builders import NOW, reasons
from tests.destinations.odoo.builders import answering, loads, person
from tests.destinations.odoo.loading import error


class TestRefused:
    async def test_blames_the_wrong_one(self, account, odoo):
        """Odoo tells of a batch's first row what another did: only who is refused alone is bad."""
        many = [person(number) for number in range(5)]
        account.refused.add(many[3].record["email"])

        reply = await odoo.deliver(many, NOW)

        assert ["", "", "", "odoo_refused", ""] == reasons(reply)
        assert isinstance(reply.outcomes[3], Rejected)
        assert not reply.failing

    async def test_names_the_field(self, account):
        """A field that Odoo refuses by name is left out, and its text stands in the description."""
        odoo = account.destination(fields={"priority": "job_title"})

        reply = await odoo.deliver([person(job_title="<b>urgent!</b>")], NOW)

        assert (Accepted("7", without=frozenset({"priority"})),) == reply.outcomes
        [held] = account.found(person())
        text = "<span>Job title: &lt;b&gt;urgent!&lt;/b&gt;<br>"
        assert str(held["description"]).startswith(text)

    async def test_lacking(self, account):
        """Where a required field is empty, no value is left out for it."""
        message = "Missing required value for the field 'Phone' (phone)"
        told = {"type": "error", "record": 0, "message": message, "field": "phone"}
        writes: list[httpx.Request] = []

        def refuse(request: httpx.Request) -> httpx.Response | None:
            if not account.is_write(request):
                return None
            writes.append(request)
            return httpx.Response(200, json={"ids": False, "messages": [told]})

        reply = await answering(account, refuse).deliver([person()], NOW)

        assert (Rejected("odoo_refused.phone"),) == reply.outcomes
        assert 1 == len(writes)

    @pytest.mark.parametrize("there", [True, False])
    async def test_taken(self, account, odoo, there):
        """A value that is taken is somebody's duplicate, unless the lead's own record has it."""
        one = person()
        if there:
            await odoo.deliver([one], NOW)
        told = {"type": "error", "record": 0, "message": "This number already exists"}

        def refuse(request: httpx.Request) -> httpx.Response | None:
            answer = {"ids": False, "messages": [told]}
            return httpx.Response(200, json=answer) if account.is_write(request) else None

        reply = await answering(account, refuse).deliver([one], NOW)

        expected = Deferred("changed_meanwhile") if there else Rejected("duplicate_in_crm")
        assert (expected,) == reply.outcomes

    async def test_bounded(self, account, odoo):
        """Where almost all are bad, so many calls are made and no more; the rest waits."""
        many = [person(number) for number in range(50)]
        account.refused |= {one.record["email"] for one in many}

        reply = await odoo.deliver(many, NOW)

        assert MOST_CALLS == len(loads(account))
        assert MOST_CALLS - 1 == reasons(reply).count("odoo_refused")
        assert Deferred("batch_refused", counts=False) == reply.outcomes[-1]

    async def test_halves(self, account):
        """Where Odoo refuses a batch and names none, halves lead to the bad one."""

        def strict(request: httpx.Request) -> httpx.Response | None:
            if b"buyer7@" in request.content:
                return error(422, "odoo.exceptions.ValidationError", "buyer7@ is not welcome")
            return None

        many = [person(number) for number in range(9)]

        reply = await answering(account, strict).deliver(many, NOW)

        assert [*[""] * 7, "odoo_ValidationError", ""] == reasons(reply)
        assert [1] * 7 == [len(account.found(one)) for one in many[:7]]

    async def test_concurrent(self, account, odoo):
        """Two transactions at once are nobody's fault: that lead is tried again."""
        account.busy.add("Busy")

        reply = await odoo.deliver([person(1), person(2, listing_title="Busy")], NOW)

        assert (Deferred("concurrent_update"),) == reply.outcomes[1:]
        assert isinstance(reply.outcomes[0], Accepted)
        assert not reply.failing

    async def test_broken(self, account, odoo):
        """Code of the publisher's that breaks on a lead leaves the others, and rejects none."""
        account.broken.add("Odd")

        reply = await odoo.deliver([person(1, listing_title="Odd"), person(2)], NOW)

        assert ["odoo_error", ""] == reasons(reply)
        assert isinstance(reply.outcomes[0], Deferred)
        assert not reply.failing

    async def test_broken_for_all(self, account, odoo):
        """Code of the publisher's that breaks on every lead is Odoo's fault."""
        account.broken.add("Odd")

        reply = await odoo.deliver([person(n, listing_title="Odd") for n in range(2)], NOW)

        assert (Deferred("odoo_error"),) * 2 == reply.outcomes
        assert reply.failing

    async def test_server_error_for_one(self, account):
        """HTTP 500 for one lead is retried as the schedule has it and blocks nobody."""

        def broken(request: httpx.Request) -> httpx.Response | None:
            if b"buyer2@" in request.content:
                return error(500, "builtins.KeyError", "'buyer2@fabrikam.example'")
            return None

        reply = await answering(account, broken).deliver([person(n) for n in range(4)], NOW)

        assert ["", "", "odoo_KeyError", ""] == reasons(reply)
        assert isinstance(reply.outcomes[2], Deferred)
        assert not reply.failing

    async def test_field_missing(self, account, odoo):
        """A field that was removed is the configuration's fault: all wait, after one call."""
        account.lacks.add("function")

        reply = await odoo.deliver([person(1), person(2)], NOW)

        assert (Deferred("field_missing"),) * 2 == reply.outcomes
        assert reply.failing
        assert 1 == len(loads(account))

    async def test_no_right(self, account, odoo):
        """Where our user may not make leads, which Odoo says with HTTP 200, all wait."""
        account.denied.add(("crm.lead", "create"))

        reply = await odoo.deliver([person(1), person(2)], NOW)

        assert (Deferred("forbidden"),) * 2 == reply.outcomes
        assert reply.failing
        assert 1 == len(loads(account))

    @pytest.mark.parametrize(
        ("fault", "reason", "hold"),
        [
            pytest.param(lambda: httpx.Response(429), "throttled", DEFAULT_HOLD, id="throttled"),
            pytest.param(lambda: httpx.ReadError("reset"), "connection_lost", None, id="lost"),
        ],
    )
    async def test_stops(self, account, fault, reason, hold):
        """When the line breaks while the bad one is looked for, what was taken stays taken."""
        account.refused.add("buyer1@fabrikam.example")
        more: list[httpx.Request] = []

        def third(request: httpx.Request) -> httpx.Response | None:
            if len(loads(account)) < 2:
                return None
            more.append(request)
            if isinstance(made := fault(), httpx.Response):
                return made
            raise made

        many = [person(number) for number in range(4)]

        reply = await answering(account, third).deliver(many, NOW)

        # The first row is blamed for the second, so that two rows go first, then each of the two.
        assert [reason, reason, "", ""] == reasons(reply)
        assert hold == reply.hold
        assert 1 == len(more)
