"""Marketo: what customers do later is told in a custom object, each touch once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.destinations.writing.telling import CUT
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW, entry, reasons
from tests.destinations.marketo.builders import calls, person
from tests.destinations.marketo.envelope import refusal
from tests.destinations.marketo.objects import OBJECTS, TOUCH
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.marketo import Account

PATH = f"{OBJECTS}/{TOUCH}.json"


def back(number: int = 1, words: str = "200 seats", **changes: Any) -> Delivery:
    """What is owed of a customer who came back, whose person we wrote."""
    told = entry(version=2, touch=f"{number:032x}", words=words)
    return replace(person(number, version=2, **changes), sent=1, entries=(told,))


def told(account: Account) -> list[dict[str, Any]]:
    """The bodies of the calls that put entries in."""
    return [json.loads(r.content) for r in account.requests if r.url.path == PATH]


class TestTell:
    async def test_whole(self, account, crm):
        """A touch is one record, known by the touch and linked to its person."""
        await crm.deliver([person(1)], NOW)

        reply = await crm.deliver([back()], NOW)

        assert (Accepted("1001"),) == reply.outcomes
        assert [
            {
                "action": "createOrUpdate",
                "dedupeBy": "dedupeFields",
                "input": [
                    {
                        "touchId": f"{1:032x}",
                        "leadId": 1001,
                        "subject": "Sample Buyer asked to be contacted: Contoso Invoice Robot "
                        "(score 75, sales ready)",
                        "text": "200 seats\n\nSample Buyer, Head of IT, Fabrikam GmbH, "
                        "+4930123456, DE\nCampaign: autumn-webinar\n22 Nov 2026, 11:59 UTC",
                        "at": "2026-11-22T11:59:00Z",
                    }
                ],
            }
        ] == told(account)

    async def test_calls(self, account, crm):
        """For a batch of returns with nothing to write: one search, and one call for entries."""
        many = [person(number) for number in range(300)]
        first = await crm.deliver(many, NOW)
        account.requests.clear()
        ids = [one.record_id for one in first.outcomes if isinstance(one, Accepted)]

        reply = await crm.deliver(
            [replace(back(number), record_id=one) for number, one in enumerate(ids)], NOW
        )

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert ["/rest/v1/leads.json?_method=GET", PATH] == calls(account)

    async def test_cut(self, account, crm):
        """What the fields cannot hold is cut, and says so."""
        await crm.deliver([person(1)], NOW)

        await crm.deliver([back(words="\u0416" * 30_000, listing_title="t" * 300)], NOW)

        [one] = told(account)[0]["input"]
        assert one["text"].endswith(CUT)
        assert 255 == len(one["subject"])
        assert one["subject"].endswith(CUT)

    async def test_lost(self, account, crm):
        """Where the line breaks there, the person stays written, and all is told once."""
        await crm.deliver([person(1)], NOW)
        account.faults = [Fault.LOST_AFTER]

        lost = await crm.deliver([back()], NOW)
        again = await crm.deliver([replace(back(), attempts=1)], NOW)

        assert ["connection_lost"] == reasons(lost)
        assert lost.failing
        assert (Accepted("1001"),) == again.outcomes
        assert 1 == len(account.objects)

    async def test_lost_beside(self, account, crm):
        """Who was written in the same hand-over and has no entry is taken all the same."""
        await crm.deliver([person(1)], NOW)
        account.faults = [Fault.NONE, Fault.LOST_BEFORE]

        reply = await crm.deliver([back(), person(2)], NOW)

        assert ["connection_lost", ""] == reasons(reply)

    @pytest.mark.parametrize("code", ["603", "610", "1003", "1006", "1013"])
    async def test_refused(self, account, crm, code):
        """A refused entry keeps its delivery waiting, and nobody else."""
        await crm.deliver([person(1)], NOW)

        def refused(request: httpx.Request) -> httpx.Response | None:
            return refusal(code, "Refused") if request.url.path == PATH else None

        account.played = refused

        reply = await crm.deliver([back(), person(2)], NOW)
        alone = await crm.deliver([back()], NOW)

        assert ["timeline_refused", ""] == reasons(reply)
        assert (Deferred("timeline_refused"),) == alone.outcomes
        assert not alone.failing

    async def test_one_refused(self, account, crm):
        """Of several entries the refused one waits alone."""
        await crm.deliver([person(1), person(2)], NOW)
        account.object_lacks = {"nothing"}
        bad = replace(back(2), entries=(entry(touch="", words="x"),))

        reply = await crm.deliver([back(), bad], NOW)

        assert ["", "timeline_refused"] == reasons(reply)

    async def test_down(self, account, crm):
        """An instance that is down at the entries is at fault itself, as elsewhere."""
        await crm.deliver([person(1)], NOW)
        account.played = lambda request: (
            refusal("604", "Timed out") if request.url.path == PATH else None
        )

        reply = await crm.deliver([back()], NOW)

        assert (Deferred("marketo_604"),) == reply.outcomes
        assert reply.failing


class TestPersons:
    async def test_address_changed(self, account, crm):
        """A person whose address a seller changed is found by its id."""
        await crm.deliver([person(1)], NOW)
        account.people[1001]["email"] = "called@fabrikam.example"

        reply = await crm.deliver([replace(back(), record_id="1001")], NOW)

        assert (Accepted("1001"),) == reply.outcomes
        assert 1 == len(account.people)

    async def test_update(self, account):
        """Who is there is written under the id that was found, and only what may be written."""
        crm = account.destination(fields={"leadshareScore": "score"}, partition="Default")
        await crm.deliver([person(1)], NOW)
        account.people[1001]["phone"] = None
        account.requests.clear()

        await crm.deliver([replace(back(score=80), record_id="1001")], NOW)

        body = json.loads(account.requests[1].content)
        record = {"id": 1001, "leadshareScore": 80, "leadshareId": person(1).lead}
        assert {"action": "updateOnly", "lookupField": "id", "input": [record]} == body
        assert account.people[1001]["phone"] is None

    async def test_search_refused(self, account, crm):
        """A search that is refused for something else than too many results parks nobody."""
        account.codes = ["1003"]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("marketo_1003"),) == reply.outcomes

    @pytest.mark.parametrize("odd", [None, "abc", True, [1001], 1001.5], ids=repr)
    async def test_odd_id(self, account, crm, odd):
        """A person without a number is an answer that cannot be read: nothing is written by it."""
        await crm.deliver([person(1)], NOW)
        account.people[1001]["id"] = odd
        step = Step("1" * 32, "t", Verb.NOTE, "Rang")
        before = account.writes

        delivered = await crm.deliver([back()], NOW)
        carried = await crm.carry_out([replace(person(1), step=step)], NOW)

        unreadable = Reply((Deferred("unreadable_answer"),), 200, failing=True)
        assert [unreadable] * 2 == [delivered, carried]
        assert before == account.writes


class TestLacks:
    @pytest.mark.parametrize(
        ("lacks", "missing"),
        [
            pytest.param(set(), "", id="nothing"),
            pytest.param({TOUCH}, TOUCH, id="object"),
            pytest.param({"text"}, f"{TOUCH}.text", id="field"),
        ],
    )
    async def test_lacks(self, account, crm, lacks, missing):
        """What the custom object lacks is told before an entry is refused."""
        account.object_lacks = lacks

        assert missing == (await crm.describe(NOW)).timeline_lacks

    async def test_other_key(self, account, crm):
        """Without the touch as its dedupe field it would be told twice."""
        account.object_key = "subject"

        assert f"{TOUCH}.touchId" == (await crm.describe(NOW)).timeline_lacks

    async def test_unwanted(self, account):
        """Who wants no timeline is not asked for one."""
        account.object_lacks = {TOUCH}

        assert "" == (await account.destination(timeline=False).describe(NOW)).timeline_lacks
