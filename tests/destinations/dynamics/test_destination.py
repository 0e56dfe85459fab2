"""Dynamics 365: every lead is written once, and nothing of a seller's is lost."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.deliveries.record import Record
from leadshare.destinations.dynamics.destination import Dynamics
from leadshare.destinations.dynamics.fields import NO_CONTACT
from leadshare.reason import Reason
from tests import builders
from tests.builders import LEAD, NOW, delivery, entry, reasons, record
from tests.destinations.dataverse import Dataverse, Fault
from tests.destinations.dynamics.builders import (
    GUID,
    OTHER,
    URL,
    Tokens,
    answered,
    configured,
    dynamics_at,
    later,
    refused,
    several,
    to_lead,
    with_record,
)

BODY = (
    '{"subject":"Contoso Invoice Robot - Fabrikam GmbH","firstname":"Sample","lastname":"Buyer",'
    '"companyname":"Fabrikam GmbH","jobtitle":"Head of IT",'
    '"emailaddress1":"sample.buyer@fabrikam.example","telephone1":"+4930123456",'
    '"websiteurl":"https://fabrikam.example","address1_country":"DE",'
    '"description":"Campaigns: autumn-webinar\\n\\nAsked for: contact request\\n'
    "Listing: Contoso Invoice Robot (contoso.invoice-robot, app)\\n"
    "Storefront: appsource\\nCampaign: autumn-webinar, nurture\\n"
    "Consent: agreed to be contacted, by Contact me (PLT) on 2026-11-22\\n"
    "Touches: 1, the last on 22 Nov 2026, 11:59 UTC\\n\\n"
    "Score: 75 of 100, sales ready\\n"
    '+40 asked to be contacted\\n+15 business e-mail\\n+20 complete","leadqualitycode":1}'
)
"""The builder's lead as Dataverse gets it."""


class TestFirstDelivery:
    async def test_creates(self, crm, dataverse):
        """A lead becomes one open row, whose primary key is made from the lead id."""
        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Accepted(GUID),), 200) == reply
        assert [GUID] == list(dataverse.leads)
        assert to_lead(record()).items() <= dataverse.leads[GUID].items()

    async def test_request(self, crm, dataverse):
        """The builder's lead goes out as exactly this request."""
        await crm.deliver([delivery()], NOW)

        [request] = dataverse.requests
        boundary = re.search(r'boundary="(batch_[0-9a-f-]{36})"', request.headers["content-type"])
        assert boundary is not None
        assert f"{URL}/api/data/v9.2/$batch" == str(request.url)
        assert {
            "accept": "application/json",
            "odata-maxversion": "4.0",
            "odata-version": "4.0",
            "if-none-match": "null",
            "prefer": "odata.continue-on-error",
            "authorization": "Bearer token-1",
        }.items() <= dict(request.headers).items()
        assert [
            "--BOUNDARY",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "",
            f"PATCH /api/data/v9.2/leads({GUID}) HTTP/1.1",
            "Accept: application/json",
            "OData-MaxVersion: 4.0",
            "OData-Version: 4.0",
            "If-None-Match: *",
            "Content-Type: application/json",
            "",
            BODY,
            "--BOUNDARY--",
            "",
        ] == request.content.decode("ascii").replace(boundary[1], "BOUNDARY").split("\r\n")

    async def test_one_call(self, crm, dataverse):
        """Leads that Dataverse cannot hold yet are written in one call, without a search."""
        await crm.deliver(several(10), NOW)

        assert 10 == crm.batch_size
        assert 1 == dataverse.calls
        assert {"PATCH": 10} == dataverse.operations

    async def test_owner(self, dataverse):
        """A team or a person may own new leads: by path; the check knows of it."""
        team = "/teams(3c2f3614-71e9-5806-b045-54ee0d7a9269)"
        crm = dynamics_at(dataverse.handle, fields={"ownerid@odata.bind": {"constant": team}})

        described = await crm.describe(NOW)
        await crm.deliver([delivery()], NOW)
        await crm.deliver([later(delivery())], NOW)

        assert "ownerid@odata.bind" in (described.fields or {})
        assert team == dataverse.leads[GUID]["ownerid@odata.bind"]
        assert 0 == dataverse.updated

    async def test_leaves_what_is_there(self, crm, dataverse):
        """A first write never changes a row unseen: it is put off, and looked up the next time."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, statecode=1, jobtitle="Chief")

        reply = await crm.deliver([delivery()], NOW)
        again = await crm.deliver([delivery(attempts=1)], NOW)

        assert (Deferred("changed_meanwhile"),) == reply.outcomes
        assert (Accepted(GUID),) == again.outcomes
        assert "Chief" == dataverse.leads[GUID]["jobtitle"]

    async def test_other_leads(self, crm):
        """Each lead has its own key, and the answers are matched with the leads in order."""
        first, second = await asyncio.gather(
            crm.deliver([delivery(lead=OTHER), delivery()], NOW),
            crm.deliver([delivery(lead=OTHER, attempts=1), delivery(attempts=1)], NOW),
        )

        other, ours = first.outcomes
        assert Accepted(GUID) == ours
        assert ours != other
        assert first.outcomes == second.outcomes


class TestLaterDelivery:
    async def test_updates(self, crm, dataverse):
        """A gap of the same row is filled, under the etag of a search just before."""
        first = with_record(delivery(), job_title="")
        await crm.deliver([first], NOW)

        reply = await crm.deliver([later(first, job_title="CTO")], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert "CTO" == dataverse.leads[GUID]["jobtitle"]
        assert (1, 1) == (dataverse.created, dataverse.updated)
        _, found, write = dataverse.requests
        asked = found.content.decode()
        assert f"GET /api/data/v9.2/leads({GUID})?$select=statecode,merged," in asked
        assert ",emailaddress1,telephone1," in asked
        assert b'\r\nIf-Match: W/"1"\r\n' in write.content
        assert b'\r\n\r\n{"jobtitle":"CTO"}\r\n' in write.content
        assert b"If-None-Match" not in write.content

    async def test_own(self, dataverse):
        """What is leadshare's own is written with every version that changes it, else no call."""
        fields = {"websiteurl": {"field": "stage", "write": "always"}}
        crm = dynamics_at(dataverse.handle, fields=fields)
        await crm.deliver([delivery()], NOW)

        await crm.deliver([later(delivery())], NOW)
        calls = dataverse.calls
        await crm.deliver([later(delivery(), stage="nurturing")], NOW)

        assert (2, 4) == (calls, dataverse.calls)
        assert "nurturing" == dataverse.leads[GUID]["websiteurl"]

    async def test_objection(self, crm, dataverse):
        """A customer who objects is left alone from then on; nobody is ever freed of that."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, donotphone=True)

        await crm.deliver([later(delivery())], NOW)
        assert (None, True) == tuple(map(dataverse.leads[GUID].get, ("donotemail", "donotphone")))
        await crm.deliver([later(delivery(), category="no_contact")], NOW)

        assert {True} == {dataverse.leads[GUID][name] for name in NO_CONTACT}

    @pytest.mark.parametrize("state", [1, 2], ids=["qualified", "disqualified"])
    async def test_closed(self, dataverse, state):
        """A lead that sellers have closed is left as it is, and parked if nobody hears of it."""
        crm = dynamics_at(dataverse.handle, timeline=False)
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, statecode=state, jobtitle=None)
        before = dict(dataverse.leads[GUID])

        news = replace(later(delivery(), job_title="CTO"), entries=(entry(version=2),))
        reply = await crm.deliver([news], NOW)
        without = await crm.deliver([replace(news, entries=())], NOW)

        assert Reply((Rejected("closed_in_crm"),), 200) == reply
        assert Reply((Accepted(GUID),), 200) == without
        assert before == dataverse.leads[GUID]

    async def test_deleted(self, crm, dataverse):
        """A lead that is no longer in the CRM is parked, and not created a second time."""
        await crm.deliver([delivery()], NOW)
        dataverse.leads.clear()

        reply = await crm.deliver([delivery(version=2, sent=1)], NOW)

        assert (Rejected("deleted_in_crm"),) == reply.outcomes
        assert {} == dataverse.leads

    async def test_never_arrived(self, crm, dataverse):
        """A lead of which no attempt arrived is created after the search."""
        reply = await crm.deliver([delivery(attempts=3)], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert 1 == dataverse.created

    async def test_seller_is_faster(self, crm, dataverse):
        """What a seller changes between search and write is kept, and the write repeated later."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, telephone1=None)
        dataverse.seller = lambda: dataverse.change(GUID, jobtitle="Chief")

        reply = await crm.deliver([later(delivery(), phone="+4930123456")], NOW)

        assert Reply((Deferred("changed_meanwhile"),), 200) == reply
        assert "Chief" == dataverse.leads[GUID]["jobtitle"]

    @pytest.mark.parametrize(
        ("sent", "outcome"),
        [
            pytest.param(1, Rejected("deleted_in_crm"), id="accepted-before"),
            pytest.param(0, Deferred("changed_meanwhile"), id="never-accepted"),
        ],
    )
    async def test_seller_deletes(self, crm, dataverse, sent, outcome):
        """What a seller deletes between search and write is not created again."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, telephone1=None)
        dataverse.seller = dataverse.leads.clear

        one = replace(later(delivery(), phone="+4930123456"), sent=sent, attempts=1)
        reply = await crm.deliver([one], NOW)

        assert (outcome,) == reply.outcomes
        assert {} == dataverse.leads

    async def test_mixed(self, crm, dataverse):
        """In one batch each lead has its own outcome: new, open, closed, deleted, new again."""
        first, opened, closed, deleted, last = several(5)
        await crm.deliver([opened, closed, deleted], NOW)
        guids = list(dataverse.leads)
        dataverse.change(guids[1], statecode=1)
        del dataverse.leads[guids[2]]

        later = [replace(one, version=2, sent=1) for one in (opened, closed, deleted)]
        reply = await crm.deliver([first, *later, last], NOW)

        new, *there, gone, newer = reply.outcomes
        assert Rejected("deleted_in_crm") == gone
        assert [Accepted(guids[0]), Accepted(guids[1])] == there
        assert {guids[0], guids[1], new.record_id, newer.record_id} == set(dataverse.leads)
        assert not reply.failing

    @pytest.mark.parametrize(
        "found",
        [
            pytest.param(b'{"statecode":0}', id="no-etag"),
            pytest.param(b'{"statecode":0,"@odata.etag":"W/\\"1\\"\\r\\nX: y"}', id="odd-etag"),
            pytest.param(b'{"@odata.etag":"W/\\"1\\""}', id="no-state"),
            pytest.param(b'{"statecode":"0","@odata.etag":"W/\\"1\\""}', id="odd-state"),
            pytest.param(b"[" * 100_000, id="nested"),
            pytest.param(b"\xff", id="no-text"),
            pytest.param(b"[]", id="no-object"),
        ],
    )
    async def test_odd_search(self, found):
        """Nothing is written on the strength of a search that cannot be read."""
        answer = answered(b"HTTP/1.1 200 OK\r\n\r\n" + found)

        def search(request: httpx.Request) -> httpx.Response:
            assert b"PATCH" not in request.content
            return answer(request)

        reply = await dynamics_at(search).deliver([delivery(version=2, sent=1)], NOW)

        assert isinstance(reply.outcomes[0], Deferred)

    async def test_search_fails_once(self, dataverse):
        """A lead whose search alone went wrong waits, and its neighbours are written."""
        crm = dynamics_at(dataverse.handle)
        ours, theirs = several(2)
        await crm.deliver([ours, theirs], NOW)
        dataverse.faults = [Fault.TRUNCATED]

        reply = await crm.deliver([replace(d, version=2, sent=1) for d in (ours, theirs)], NOW)

        assert ["", "no_answer"] == reasons(reply)


class TestAlternateKey:
    async def test_creates_and_updates(self):
        """With an alternate key the lead id identifies the row, and Dataverse makes the GUID."""
        dataverse = Dataverse(URL, key="ls_leadkey")
        always = {"field": "score", "transform": "spoken", "write": "always"}
        crm = dynamics_at(dataverse.handle, key="ls_leadkey", fields={"jobtitle": always})

        replies = [
            await crm.deliver([delivery()], NOW),
            await crm.deliver([later(with_record(delivery(), score=90))], NOW),
        ]

        [row] = dataverse.leads.values()
        assert LEAD == row["ls_leadkey"]
        assert GUID != row["leadid"]
        assert 1 == dataverse.updated
        assert "90" == row["jobtitle"]
        assert [(Accepted(),)] * 2 == [reply.outcomes for reply in replies]

    async def test_not_in_body(self):
        """The key is in the address alone, since the body's would win over it."""
        dataverse = Dataverse(URL, key="ls_leadkey")

        await dynamics_at(dataverse.handle, key="ls_leadkey").deliver([delivery()], NOW)

        [request] = dataverse.requests
        assert 1 == request.content.count(b"ls_leadkey")


TEXT = st.text(st.characters(codec=None), max_size=120)
"""Any text, half surrogate pairs included: JSON can carry them."""


class TestWhateverHappens:
    @settings(max_examples=40, deadline=None)
    @given(st.fixed_dictionaries(dict.fromkeys(builders.TEXTS, TEXT)))
    def test_any_text(self, texts: dict[str, str]):
        """Whatever customers write, Dataverse takes it as one lead."""
        dataverse = Dataverse(URL)
        odd = record(**texts | {"lead": LEAD})

        reply = asyncio.run(dynamics_at(dataverse.handle).deliver([delivery(record=odd)], NOW))

        assert (Accepted(GUID),) == reply.outcomes

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.sampled_from(Fault), max_size=12))
    def test_one_record(self, faults: list[Fault]):
        """Whatever befalls the calls, each lead ends as one row with its newest version."""
        dataverse = Dataverse(URL, faults=[*faults])
        always = {"field": "job_title", "write": "always"}
        crm = dynamics_at(dataverse.handle, fields={"jobtitle": always})

        outcomes = asyncio.run(deliver_all(crm))

        assert {Accepted(guid) for guid in dataverse.leads} == set(outcomes)
        assert 2 == dataverse.created
        assert {"v2"} == {row["jobtitle"] for row in dataverse.leads.values()}

    async def test_write_then_silence(self, crm, dataverse):
        """A write whose answer is lost is found by the next attempt, not repeated as a new row."""
        dataverse.faults = [Fault.LOST_AFTER]

        lost = await crm.deliver([delivery()], NOW)
        found = await crm.deliver([delivery(attempts=1)], NOW)

        assert Reply((Deferred("connection_lost"),), failing=True) == lost
        assert (Accepted(GUID),) == found.outcomes
        assert [GUID] == list(dataverse.leads)

    @pytest.mark.parametrize("status", [400, 403, 404, 412, 429, 500])
    async def test_no_data_in_reasons(self, status):
        """Neither a reason nor a reply ever holds what Dataverse wrote or the customer is."""
        echo = " ".join(str(value) for value in record().values()).replace('"', "'")
        part = refused(status, record()["email"], message=echo)

        for one in (delivery(), delivery(version=2, sent=1)):
            reply = await dynamics_at(answered(part)).deliver([one], NOW)

            assert not [text for text in words(record()) if text in repr(reply)]

    async def test_over_sockets(self, dataverse):
        """Over real sockets the same happens: one row, though the first answer is lost."""
        dataverse.faults = [Fault.LOST_AFTER]
        async with dataverse.serve() as url, httpx.AsyncClient() as client:
            crm = Dynamics(configured(url=url), client, Tokens())

            lost = await crm.deliver([delivery()], NOW)
            found = await crm.deliver([delivery(attempts=1)], NOW)

        assert ["connection_lost"] == reasons(lost)
        assert (Accepted(GUID),) == found.outcomes
        assert [GUID] == list(dataverse.leads)


async def deliver_all(crm: Dynamics) -> Iterable[object]:
    """Deliver two leads and then a newer version of each, as often as it takes."""
    waiting = [with_record(one, job_title="v1") for one in several(2)]
    outcomes: dict[str, object] = {}
    while waiting:
        reply = await crm.deliver(waiting, NOW)
        left = []
        for one, outcome in zip(waiting, reply.outcomes, strict=True):
            outcomes[one.lead] = outcome
            if isinstance(outcome, Deferred):
                left.append(replace(one, attempts=one.attempts + outcome.counts))
            elif one.version == 1:
                newer = with_record(one, job_title="v2")
                left.append(replace(newer, version=2, sent=1, attempts=0))
        waiting = left
    return outcomes.values()


def words(lead: Record) -> list[str]:
    """What identifies the customer in *lead*."""
    names = ("first_name", "last_name", "email", "phone", "company", "notes", "job_title")
    return [str(lead[name]) for name in names]  # type: ignore[literal-required]  # names above


class TestLookUps:
    async def test_found(self, dataverse, crm):
        """A lead that is there is found under its id, a closed one too."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, statecode=1)

        reply = await crm.look_up([delivery(sent=1)], NOW)

        assert (Accepted(GUID),) == reply.outcomes

    async def test_missing(self, crm):
        """A lead that is not there is told so, the others in the batch not."""
        await crm.deliver([delivery()], NOW)

        reply = await crm.look_up([delivery(sent=1), delivery(lead=OTHER, sent=1)], NOW)

        assert (Accepted(GUID), Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)) == reply.outcomes
        assert not reply.failing

    async def test_no_table(self, dataverse, crm):
        """Where the whole table is gone, nothing is said of any lead."""
        dataverse.has_leads = False

        reply = await crm.look_up([delivery(sent=1)], NOW)

        assert ["table_missing"] == reasons(reply)
        assert reply.failing

    async def test_throttled(self):
        """A throttled look-up holds the lane and says nothing of the lead."""
        part = refused(429, "0x80072322", "Retry-After: 17")

        reply = await dynamics_at(answered(part)).look_up([delivery(sent=1)], NOW)

        assert (["throttled"], timedelta(seconds=17)) == (reasons(reply), reply.hold)
