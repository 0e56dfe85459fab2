"""HubSpot tells what became of leads: what has changed since, and record by record."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.destinations.errors import Refused
from leadshare.destinations.hubspot.destination import Hubspot
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.times import from_text
from tests.builders import NOW
from tests.destinations import polling
from tests.destinations.hubspot.builders import BEFORE, lead, made, paths, person, there
from tests.destinations.hubspot.changes import PIPELINES
from tests.destinations.hubspot.schemas import KINDS
from tests.destinations.schemas import misfits
from tests.destinations.simulators.hubspot import Account

DAY = NOW + timedelta(days=1)


async def poll(crm: Hubspot, cursor: str = "", now: Any = DAY) -> tuple[list[Outcome], str]:
    """All that is told, the day after unless told otherwise."""
    return await polling.poll(crm, cursor, now)


async def newest(crm: Hubspot, cursor: str = "") -> Outcome:
    """The last that is told of the only lead."""
    told, _ = await poll(crm, cursor)
    assert 1 == len({one.lead for one in told})
    return told[-1]


def deal(account: Account, contact: str, stage: str, **properties: Any) -> str:
    """A deal that a seller makes on a contact or lead."""
    number = account.add("deals", dealstage=stage, **properties)
    account.link(contact, number)
    return number


async def test_untouched(crm):
    """A lead that nobody has touched is as new as it was, and no sign of a person."""
    await made(crm, lead())

    told = await newest(crm)

    assert (lead().lead.partition("-")[0], "crm", None) == (told.lead, told.source, told.state)
    assert (None, False, None) == (told.signed_at, told.opted_out, told.money)


async def test_quiet(account, crm):
    """Where nothing has changed, a poll takes one call for each kind, whatever is open."""
    for number in range(30):
        await made(crm, person(number))
    _, cursor = await poll(crm)
    now = from_text(account.later(3600))
    _, cursor = await poll(crm, cursor, now)
    account.requests.clear()

    told, _ = await poll(crm, cursor, now)

    assert [] == told
    assert ["deals/search", "contacts/search"] == paths(account)


async def test_foreign(account, crm):
    """Contacts and deals that are not ours tell nothing."""
    other = account.add(email="theirs@fabrikam.example")
    deal(account, other, "closedwon")

    assert [] == (await poll(crm))[0]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("NEW", None),
        ("OPEN", None),
        ("CONNECTED", State.WORKING),
        ("UNQUALIFIED", State.LOST),
        ("OPEN_DEAL", State.OPPORTUNITY),
        ("CALL_BACK", State.WORKING),
    ],
)
async def test_lead_status(account, crm, status, state):
    """A status set by hand is told, and is a sign of a person."""
    number = await made(crm, lead())
    at = account.later()
    account.work("contacts", number, hs_lead_status=status)

    told = await newest(crm)

    assert (state, status, from_text(at)) == (told.state, told.status, told.signed_at)


@pytest.mark.parametrize("by", ["AUTOMATION_PLATFORM", "INTEGRATION", "IMPORT"])
async def test_automation(account, crm, by):
    """What a workflow sets is told, and is no sign of a person."""
    number = await made(crm, lead())
    account.work("contacts", number, by, hs_lead_status="IN_PROGRESS")

    told = await newest(crm)

    assert (State.WORKING, None) == (told.state, told.signed_at)


async def test_own_status(account, crm):
    """The publisher says what a status means, whatever HubSpot's default."""
    crm = there(account, statuses={"in_progress": "new", "Gewonnen": "lost"})
    number = await made(crm, lead())
    account.work("contacts", number, hs_lead_status="IN_PROGRESS")
    assert (await newest(crm)).state is None

    deal(account, number, "7101")

    assert State.LOST is (await newest(crm)).state


async def test_customer_before(account, crm):
    """Who was a customer before is not won by a new lead, nor worked by an old status."""
    old = account.add(at=BEFORE, email="sample.buyer@fabrikam.example", lifecyclestage="customer")
    account.work("contacts", old, hs_lead_status="CONNECTED")
    deal(account, old, "closedwon")
    account.later()
    await made(crm, lead())

    told = await newest(crm)

    assert (None, None) == (told.state, told.signed_at)


async def test_won(account, crm):
    """A deal that is won is told with its sum, exactly, whatever the contact's status says."""
    number = await made(crm, lead())
    account.later()
    account.work("contacts", number, hs_lead_status="OPEN_DEAL")
    one = deal(account, number, "appointmentscheduled", amount="1200.10", deal_currency_code="EUR")
    first, cursor = await poll(crm)
    at = account.later()
    account.work("deals", one, dealstage="closedwon")

    second, _ = await poll(crm, cursor)

    assert {State.OPPORTUNITY} == {told.state for told in first}
    told = second[-1]
    assert (State.WON, "Closed Won", from_text(at)) == (told.state, told.status, told.at)
    assert Money(Decimal("1200.10"), "EUR") == told.money


async def test_lost(account, crm):
    """A deal that is lost is told with why, cut."""
    number = await made(crm, lead())
    account.later()
    deal(account, number, "closedlost", closed_lost_reason="x" * 500, amount=None)

    told = await newest(crm)

    assert (State.LOST, "x" * 200, None) == (told.state, told.reason, told.money)


async def test_furthest_deal(account, crm):
    """Of several deals, the furthest counts."""
    number = await made(crm, lead())
    account.later()
    for stage in ("closedwon", "closedlost", "appointmentscheduled"):
        deal(account, number, stage, amount="5", deal_currency_code=None)

    told = await newest(crm)

    assert (State.WON, Money(Decimal(5), "")) == (told.state, told.money)


async def test_many_deals(account, crm):
    """Associations come page by page."""
    number = await made(crm, lead())
    account.link_page = 2
    account.later()
    for stage in ("closedlost",) * 6 + ("closedwon",):
        deal(account, number, stage)

    assert State.WON is (await newest(crm)).state


async def test_new_stage(account, crm):
    """A stage that was made after the first look is looked up; others are not asked for again."""
    number = await made(crm, lead())
    one = deal(account, number, "closedlost")
    assert State.LOST is (await newest(crm)).state
    account.pipelines["deals"] = [*account.pipelines["deals"], PIPELINES["deals"][1]]
    account.pipelines["deals"][-1]["stages"][0]["id"] = "7102"
    account.work("deals", one, dealstage="7102")
    account.requests.clear()

    assert State.WON is (await newest(crm)).state
    await poll(crm)

    assert 1 == sum("pipelines" in request.url.path for request in account.requests)


async def test_outreach(account, crm):
    """The first outreach since the lead came is a sign; one of long before is none."""
    number = await made(crm, lead())
    at = account.later()
    account.work(
        "contacts",
        number,
        "CALCULATED",
        hs_first_outreach_date=BEFORE,
        notes_last_contacted=at,
    )

    assert from_text(at) == (await newest(crm)).signed_at


async def test_opted_out(account, crm):
    number = await made(crm, lead())
    account.work("contacts", number, hs_email_optout="true")

    assert (await newest(crm)).opted_out


class TestLeadsObject:
    @pytest.fixture(name="crm")
    def _crm(self, account: Account) -> Hubspot:
        return there(account, lead_object=True)

    @pytest.mark.parametrize(
        ("stage", "state"),
        [
            ("new-stage-id", None),
            ("attempting-stage-id", State.WORKING),
            ("qualified-stage-id", State.OPPORTUNITY),
            ("unqualified-stage-id", State.LOST),
            ("7201", State.WORKING),
        ],
    )
    async def test_stage(self, account, crm, stage, state):
        """A lead's stage says what became of that very lead, and who set it is a person."""
        number = await made(crm, lead())
        await made(crm, person(7))
        _, cursor = await poll(crm)
        at = account.later()
        account.work("leads", number, hs_pipeline_stage=stage)

        [told, *_] = [t for t in (await poll(crm, cursor))[0] if t.lead == lead().lead]

        assert (state, from_text(at)) == (told.state, told.signed_at)

    async def test_own_stage(self, account):
        """A stage of the publisher's own is told by its name."""
        crm = there(account, lead_object=True, statuses={"Rang back": "lost"})
        number = await made(crm, lead())
        account.work("leads", number, hs_pipeline_stage="7201")

        assert (State.LOST, "Rang back") == ((t := await newest(crm)).state, t.status)

    async def test_why(self, account, crm):
        number = await made(crm, lead())
        told = {"hs_lead_disqualification_reason": "BUDGET"}
        account.work("leads", number, hs_pipeline_stage="unqualified-stage-id", **told)

        assert "BUDGET" == (await newest(crm)).reason

    async def test_contact(self, account, crm):
        """What the contact tells, its leads are told of: who opted out, when somebody called."""
        await made(crm, lead())
        [contact] = account.live()
        _, cursor = await poll(crm)
        at = account.later(1200)
        new = {"hs_email_optout": "true", "hs_first_outreach_date": at}
        account.work("contacts", contact["id"], "CALCULATED", **new)

        [*_, told] = (await poll(crm, cursor))[0]

        assert (lead().lead, True, from_text(at)) == (told.lead, told.opted_out, told.signed_at)

    async def test_deal(self, account, crm):
        """A deal counts for the lead that it is on, and for no other lead of the contact."""
        first = await made(crm, person(1, 1))
        await made(crm, person(1, 2))
        deal(account, first, "closedwon", amount="10", deal_currency_code="USD")

        told = {one.lead: one.state for one in (await poll(crm))[0]}

        assert {person(1, 1).lead: State.WON, person(1, 2).lead: None} == told


class TestCurrent:
    async def test_leads(self, account, crm):
        """Each lead is told by its record, those of one person alike."""
        number = await made(crm, person(1, 1))
        other = await made(crm, person(2))
        deal(account, number, "closedwon")
        records = {person(1, 1).lead: number, person(1, 2).lead: number, person(2).lead: other}

        told = {one.lead: one.state for one in await crm.current(records, NOW)}

        assert dict(zip(records, (State.WON, State.WON, None), strict=True)) == told

    @pytest.mark.parametrize("how", ["deleted", "merged"])
    async def test_gone(self, account, crm, how):
        """A record that is deleted, or merged into another, is gone and not lost."""
        number = await made(crm, lead())
        if how == "merged":
            account.end(lead(), "merged")
        else:
            account.records["contacts"][number]["archived"] = True

        [told] = await crm.current({lead().lead: number}, NOW)

        assert (lead().lead, State.GONE, NOW) == (told.lead, told.state, told.at)

    async def test_not_said(self, account, crm):
        """Of a record that an answer leaves out, nothing is told."""
        number = await made(crm, lead())
        account.silent = True

        assert [] == await crm.current({lead().lead: number}, NOW)

    async def test_size(self, account, crm):
        """A sweep asks for as many as one call reads, in as few calls as for one."""
        numbers = {person(n).lead: await made(crm, person(n)) for n in range(crm.sweep_size)}
        account.requests.clear()

        assert crm.sweep_size == len(await crm.current(numbers, NOW))

        reads = ["contacts/batch/read", "/crm/associations/2026-03/contacts/deals/batch/read"]
        assert reads == paths(account)


@given(
    sizes=st.lists(st.integers(1, 120), min_size=1, max_size=3),
    gaps=st.sampled_from([0, 0.001, 1, 3600]),
)
async def test_all_told(sizes, gaps):
    """However many change in one instant, each is told, and the cursor comes up to the last."""
    account = Account()
    crm = there(account)
    wanted, number = set(), 0
    for size in sizes:
        for _ in range(size):
            number += 1
            wanted.add(f"{number:032x}")
            account.add(email=f"b{number}@x.example", leadshare_contact=f"{number:032x}")
        account.later(gaps)

    told, cursor = await poll(crm, now=from_text(account.made_at))

    assert wanted == {one.lead for one in told}
    account.requests.clear()
    again, _ = await poll(crm, cursor, from_text(account.made_at) + timedelta(days=1))
    assert {one.lead for one in again} <= wanted
    assert [] == [answer for _, answer in account.exchanges if answer.is_error]


@pytest.mark.parametrize(
    "path",
    [
        "contacts/search",
        "deals/search",
        "contacts/batch/read",
        "deals/batch/read",
        "associations/2026-03/contacts/deals/batch/read",
        "pipelines/2026-03/deals",
    ],
)
@pytest.mark.parametrize(
    ("status", "reason"), [(429, "throttled"), (403, "forbidden"), (400, "http_400")]
)
async def test_refused(account, crm, path, status, reason):
    """A call that is refused tells nothing of the page, which is asked for again."""
    number = await made(crm, lead())
    deal(account, number, "closedwon")
    told = {"status": "error", "message": "no", "category": "NO", "correlationId": "1"}
    more = {"errorType": "RATE_LIMIT", "policyName": "SECONDLY"} if status == 429 else {}
    refusal = httpx.Response(status, json=told | more)
    account.played = lambda r: refusal if r.url.path.endswith(path) else None
    with pytest.raises(Refused, match=reason):
        await poll(crm)
    account.played = lambda _: None

    assert State.WON is (await newest(crm)).state


async def test_broken(account, crm):
    await made(crm, lead())

    def broken(request: httpx.Request) -> None:
        raise httpx.ReadTimeout("slow", request=request)

    account.played = broken
    with pytest.raises(httpx.TransportError):
        await crm.changed("", NOW)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"results": [{"id": "1"}, 7], "total": 2},
        {"results": [{"id": "1", "properties": {"lastmodifieddate": "soon"}}], "total": 1},
    ],
)
async def test_unreadable(account, crm, body):
    account.played = lambda _: httpx.Response(200, json=body)

    with pytest.raises(Refused, match="unreadable_answer"):
        await crm.changed("", NOW)


async def test_late_index(account, crm):
    """What the search's index gets late is told by the next poll, for each looks back."""
    number = await made(crm, lead())
    account.unindexed = {number}
    now = from_text(account.later(300))
    account.add(leadshare_contact="a" * 32)
    _, cursor = await poll(crm, now=now)
    account.unindexed = set()

    told, _ = await poll(crm, cursor, now=now)

    assert lead().lead.partition("-")[0] in {one.lead for one in told}


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 201},
        {"after": "9951"},
        {"sorts": [{"propertyName": "no_such", "direction": "ASCENDING"}]},
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "EQ", "value": ""}]}]},
        {"filterGroups": [{"filters": []}]},
        {"more": 1},
    ],
)
async def test_strict_search(account, crm, wrong):
    """The simulated search refuses what the real one refuses."""
    await crm.changed("", NOW)
    request = account.requests[0]
    body = json.dumps(json.loads(request.content) | wrong)

    answer = account.handle(
        httpx.Request("POST", request.url, headers=request.headers, content=body)
    )

    assert 400 == answer.status_code


async def test_shapes(account):
    """Whatever it is asked of outcomes, its answers are of the published shapes."""
    crm = there(account, lead_object=True)
    number = await made(crm, lead())
    await made(crm, person(2))
    deal(account, number, "closedwon", amount=None)
    await poll(crm)
    await crm.current({"a": number, "b": "99999"}, NOW)
    with pytest.raises(Refused):
        await poll(there(account, key="nothing_such"))

    assert [] == misfits(account.exchanges, KINDS)
