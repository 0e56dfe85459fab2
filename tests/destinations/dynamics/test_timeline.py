"""The timeline in Dynamics 365: notes, each once, where the lead lives on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Rejected
from leadshare.destinations.writing.telling import CUT
from tests.builders import NOW, delivery, entry, reasons
from tests.destinations.dynamics.builders import refused, several
from tests.destinations.sellers import Customer
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.dynamics import Account

WORDS = "We need 200 seats."


@pytest.fixture(name="there")
def _there() -> Account:
    return Account()


def bodies(request: httpx.Request) -> list[dict[str, Any]]:
    """What the parts of a batch write."""
    lines = request.content.decode().split("\r\n")
    return [json.loads(line) for line in lines if line.startswith("{")]


async def back(there: Account, words: str = WORDS, **told: Any) -> Customer:
    """A customer who has come back."""
    crm: Any = there.destination(**told)
    customer = Customer(crm)
    await customer.arrives()
    await customer.comes_back(words)
    return customer


class TestNote:
    async def test_request(self, there):
        """An entry is one note about the lead, in a call with its update, dated as it was said."""
        customer = await back(there, zone="Pacific/Auckland")

        [note] = bodies(there.requests[-1])
        assert note["subject"].startswith("23 Nov 2026, 03:00 NZDT: Sample Buyer 1 asked")
        assert f"/leads({customer.one.record_id})" == note["objectid_lead@odata.bind"]
        assert note["notetext"].startswith(f"{WORDS}<br><br>")
        assert 3 == len(there.requests)  # to create, to look, to write and tell

    async def test_markup(self, there):
        """What a customer writes is shown as they wrote it."""
        customer = await back(there, "<b>now</b> & here")

        assert "<b>now</b> & here" in there.timeline(customer.one)[0]

    @pytest.mark.parametrize("letter", ["w", "&", "🚀"])
    async def test_long(self, there, letter):
        """What a note does not hold is cut, and says so."""
        customer = await back(there, letter * 101_000)

        [note] = there.timeline(customer.one)
        assert CUT in note

    async def test_at_once(self, there):
        """Words that the text of a new lead did not hold are told in the call that makes it."""
        long = replace(delivery(), entries=(entry(words="w" * 3000),))

        reply = await there.destination().deliver([long, *several(1)], NOW)

        assert ["", ""] == reasons(reply)
        assert "w" * 3000 in there.timeline(long)[0]
        assert (1, [0]) == (len(there.requests), [len(there.timeline(o)) for o in several(1)])

    async def test_by_key(self, there):
        """A lead that is addressed by an alternate key is told by that key."""
        there.service.key = "new_leadshareid"
        crm: Any = there.destination(key="new_leadshareid")
        long = replace(delivery(), entries=(entry(words="w" * 3000),))

        await crm.deliver([long], NOW)

        [note] = there.service.notes.rows.values()
        assert note["of"] in there.service.leads

    async def test_batches(self, there):
        """What many leads are told goes in batches of forty; what was told stays so."""
        crm: Any = there.destination()
        many = [Customer(crm, number) for number in range(10)]
        for one in many:
            await one.arrives()
            for number in range(5):
                one.writes(f"Question {number}.")
        before, calls = len(there.service.notes.rows), len(there.requests)

        reply = await crm.deliver([one.one for one in many], NOW)

        assert {""} == set(reasons(reply))
        assert (50, 3) == (len(there.service.notes.rows) - before, len(there.requests) - calls)

    async def test_halted(self, there):
        """Where Dataverse wants no more calls now, what is left is not sent, and costs nothing."""
        crm: Any = there.destination()
        many = [Customer(crm, number) for number in range(3)]
        for one in many:
            await one.arrives()
            for number in range(20):
                one.writes(f"Question {number}.")
        there.faults, before = [Fault.THROTTLED], there.writes

        reply = await crm.deliver([one.one for one in many], NOW)

        assert before + 1 == there.writes
        assert ["throttled", "throttled", "not_sent"] == reasons(reply)


class TestPlace:
    async def test_qualified(self, there):
        """News of a qualified lead is told there, and at its opportunity."""
        crm: Any = there.destination()
        customer = Customer(crm)
        await customer.arrives()
        there.end(customer.one, "qualified")
        [opportunity] = there.service.notes.opportunities

        await customer.comes_back(WORDS)

        places = [note["of"] for note in there.service.notes.rows.values()]
        assert [customer.one.record_id, opportunity] == places

    async def test_merged(self, there):
        """News of a merged lead is told to whom it was merged into, as of somebody else."""
        crm: Any = there.destination()
        customer = Customer(crm)
        await customer.arrives()
        there.end(customer.one, "merged")

        await customer.comes_back(WORDS)

        [note] = there.timeline(customer.one)
        [row] = there.service.notes.rows.values()
        assert customer.one.record_id != row["of"]
        assert "Sample Buyer 1, not Master," in note

    async def test_merged_same(self, there):
        """Not even a gap is filled in the lead of the same person that it was merged into."""
        crm: Any = there.destination()
        customer = Customer(crm, phone="")
        await customer.arrives()
        ours = customer.one.record_id
        there.end(customer.one, "merged")
        master = there.service.leads[there.service.leads[ours]["_masterid_value"]]
        master["lastname"] = "Buyer 1"
        before = [dict(row) for row in there.service.leads.values()]

        outcome = await customer.comes_back(WORDS, phone="+4930123456")

        assert isinstance(outcome, Accepted)
        assert before == [*there.service.leads.values()]
        assert ours == customer.one.record_id

    async def test_master_deleted(self, there):
        """One whose master is gone is gone."""
        crm: Any = there.destination()
        customer = Customer(crm)
        await customer.arrives()
        there.end(customer.one, "merged")
        del there.service.leads[there.service.leads[customer.one.record_id]["_masterid_value"]]

        assert Rejected("deleted_in_crm") == await customer.comes_back(WORDS)


class TestRefused:
    @pytest.mark.parametrize(
        ("part", "reason", "failing"),
        [
            (
                refused(403, "0x80040220", message="missing prvCreateNote"),
                "timeline_refused",
                False,
            ),
            (refused(400, "0x80040265", message="No notes"), "timeline_refused", False),
            (refused(404, "0x8006088a", message="no annotations"), "timeline_refused", False),
            (
                refused(404, "0x80040217", message="lead With Id = 1 Does Not Exist"),
                "changed_meanwhile",
                False,
            ),
            (refused(429, "0x80072322", message=""), "throttled", False),
            (refused(503, "", message=""), "http_503", True),
        ],
        ids=["right", "plug-in", "table", "deleted", "throttle", "down"],
    )
    async def test_note(self, there, part, reason, failing):
        """A note that is refused waits by itself; what ails the service is told as ever."""
        crm: Any = there.destination()
        customer = Customer(crm)
        await customer.arrives()
        customer.writes(WORDS)
        there.played = lambda r: parted(part) if b"/annotations(" in r.content else None

        reply = await crm.deliver([customer.one], NOW)

        assert ([reason], failing) == (reasons(reply), reply.failing)


def parted(part: bytes) -> httpx.Response:
    """An answer of one part."""
    head = b"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    kind = {"content-type": "multipart/mixed; boundary=b"}
    return httpx.Response(200, headers=kind, content=head + part + b"\r\n--b--\r\n")
