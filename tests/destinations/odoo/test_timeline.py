"""Odoo: what customers do later is told in the chatter, each touch once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.odoo.timeline import holds
from leadshare.destinations.writing.telling import MOST
from tests.builders import NOW, entry, reasons
from tests.destinations.odoo.builders import later, loads, person, sent
from tests.destinations.odoo.loading import error
from tests.destinations.simulators.base import Fault

SEATS = "We need <200> seats & more."


def back(one: Delivery, words: str = SEATS, **changes: Any) -> Delivery:
    """What is owed once the customer of a lead has come back."""
    newer = later(one, **changes)
    number = one.lead[:32].lstrip("0") or "0"
    touch = f"{int(number, 16) * 1000 + newer.version:032x}"
    told = entry(version=newer.version, touch=touch, words=words)
    return replace(newer, entries=(*one.entries, told))


def answered(answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response | None]:
    """Odoo, which answers so whatever is put in a chatter."""

    def played(request: httpx.Request) -> httpx.Response | None:
        return answer if request.url.path == "/json/2/mail.message/load" else None

    return played


def not_loaded(message: str, **more: Any) -> httpx.Response:
    """What `load` answers that refuses the first row."""
    one = {"type": "error", "record": 0, "rows": {"from": 0, "to": 0}, "message": message, **more}
    return httpx.Response(200, json={"ids": False, "messages": [one], "nextrow": 0})


class TestMessage:
    async def test_whole(self, account, odoo):
        """A touch is an internal note of that time, under its own external id, as HTML."""
        one = await sent(odoo, person())

        await sent(odoo, back(one))

        [told] = loads(account, "mail.message")
        assert {
            "id": f"leadshare.touch_{1002:032x}",
            "model": "crm.lead",
            "res_id": one.record_id,
            "subject": "Sample Buyer asked to be contacted: Contoso Invoice Robot "
            "(score 75, sales ready)",
            "body": "We need &lt;200&gt; seats &amp; more.<br><br>Sample Buyer, Head of IT, "
            "Fabrikam GmbH, +4930123456, DE<br>Campaign: autumn-webinar<br>"
            "22 Nov 2026, 11:59 UTC",
            "message_type": "comment",
            "subtype_id/id": "mail.mt_note",
            "date": "2026-11-22 11:59:00",
        } == dict(zip(told["fields"], told["data"][0], strict=True))
        assert ("UTC", "update", True) == tuple(
            told["context"][name] for name in ("tz", "mode", "noupdate")
        )

    async def test_one_call(self, account, odoo):
        """Fifty customers who come back are told by one call."""
        many = [await sent(odoo, person(number)) for number in range(50)]

        reply = await odoo.deliver([back(one) for one in many], NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert 1 == len(loads(account, "mail.message"))
        assert [1] * 50 == [len(account.timeline(one)) for one in many]

    async def test_many(self, account, odoo):
        """More messages than a call takes go in several."""
        one, other, third = [await sent(odoo, person(number)) for number in range(3)]
        for _ in range(MOST):
            one, other, third = back(one), back(other), back(third)

        await odoo.deliver([one, other, third], NOW)

        assert [50, 10] == [len(told["data"]) for told in loads(account, "mail.message")]

    async def test_seller_edits(self, account, odoo):
        """A message that a seller has edited stays as it is when it is told once more."""
        one = await sent(odoo, person())
        await sent(odoo, back(one))
        [message] = [row for row in account.messages.values() if row["message_type"] == "comment"]
        message["body"] = "<p>Called them.</p>"

        await sent(odoo, replace(back(one), attempts=1))

        assert ["Called them."] == [text.split("\n")[1].strip() for text in account.timeline(one)]

    async def test_new_words(self, account):
        """Words that the text of a new lead does not hold are told at once."""
        odoo = account.destination(fields={"description": ""})
        one = replace(person(), entries=(entry(words=SEATS),))

        await sent(odoo, one)

        assert 1 == len(account.timeline(one))
        assert SEATS in account.timeline(one)[0]

    async def test_new(self, account, odoo):
        """The text of a new lead tells all, so that its chatter takes no call."""
        await sent(odoo, replace(person(), entries=(entry(words=SEATS),)))

        assert [] == loads(account, "mail.message")


class TestUnseen:
    async def test_lost(self, account, odoo):
        """What the text tells of a lead that was just made is not told again in its chatter."""
        one = replace(person(version=2), entries=(entry(words="Call me."), entry(words=SEATS)))
        account.faults = [Fault.LOST_AFTER]
        await odoo.deliver([one], NOW)

        await sent(odoo, replace(one, attempts=1))

        assert [] == account.timeline(one)

    async def test_lost_then_back(self, account, odoo):
        """What came after a lost answer is told, even if nobody has seen that it was lost."""
        one = replace(person(), entries=(entry(words="Call me."),))
        account.faults = [Fault.LOST_AFTER]
        await odoo.deliver([one], NOW)

        await sent(odoo, back(one))

        assert 1 == sum(SEATS in text for text in account.timeline(one))

    @pytest.mark.parametrize(
        ("text", "ours", "same"),
        [
            pytest.param("<span>a &amp; 'b'<br>c</span>", "a &amp; &#x27;b&#x27;<br>c", True),
            pytest.param("<p>a</p><p>called</p>", "a", False),
            pytest.param(False, "a", False),
            pytest.param(False, None, False),
            pytest.param("", "", False),
        ],
    )
    def test_holds(self, text, ours, same):
        """A text is ours if it has our words, however Odoo has marked them up."""
        assert same == holds(text, ours)


class TestRefused:
    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(
                not_loaded("You are not allowed to create 'Message' records."), id="right"
            ),
            pytest.param(not_loaded("Your rule says no."), id="rule"),
            pytest.param(not_loaded("Unknown error during import: x"), id="broken"),
            pytest.param(
                not_loaded("No matching record found for external id 'mail.mt_note' in field 'x'"),
                id="subtype",
            ),
            pytest.param(error(500, "builtins.KeyError", "x"), id="broken-whole"),
            pytest.param(
                error(500, "builtins.ValueError", "Invalid field name 'res_id'"), id="field"
            ),
            pytest.param(error(403, "odoo.exceptions.AccessError", "no"), id="forbidden"),
            pytest.param(error(404, "werkzeug.exceptions.NotFound", "no such model"), id="model"),
        ],
    )
    async def test_waits(self, account, odoo, answer):
        """A refused message keeps its delivery waiting, and nobody else."""
        one = await sent(odoo, person())
        account.played = answered(answer)

        reply = await odoo.deliver([back(one), person(2)], NOW)

        assert ["timeline_refused", ""] == reasons(reply)
        alone = await odoo.deliver([back(one)], NOW)
        assert (Deferred("timeline_refused"),) == alone.outcomes
        assert not alone.failing

    async def test_deleted_meanwhile(self, account, odoo):
        """Who is deleted between look and message waits alone; the others are told."""
        one, other = [await sent(odoo, person(number)) for number in (1, 2)]

        def seller(request: httpx.Request) -> None:
            if request.url.path == "/json/2/mail.message/load":
                account.leads.pop(int(one.record_id), None)

        account.played = seller

        reply = await odoo.deliver([back(one), back(other)], NOW)

        assert ["changed_meanwhile", ""] == reasons(reply)
        assert 1 == len(account.timeline(other))

    async def test_lost(self, account, odoo):
        """Where the line breaks at the chatter, what was written stays, and all is told once."""
        one = await sent(odoo, person())
        account.faults = [Fault.LOST_AFTER]

        reply = await odoo.deliver([back(one)], NOW)

        assert (Deferred("connection_lost"),) == reply.outcomes
        assert reply.failing
        await sent(odoo, replace(back(one), attempts=1))
        assert 1 == len(account.timeline(one))
