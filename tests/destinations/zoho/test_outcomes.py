"""Zoho CRM tells what became of leads: what has changed since, and record by record."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.destinations.errors import Refused
from leadshare.destinations.zoho.destination import Zoho
from leadshare.lifecycle.outcome import Money, Outcome, State
from tests.builders import LEAD, NOW, delivery
from tests.destinations.polling import poll
from tests.destinations.schemas import SCHEMAS, misfits
from tests.destinations.simulators.zoho import Account
from tests.destinations.zoho.builders import only, zoho_at
from tests.destinations.zoho.changes import OURS, SELLER
from tests.destinations.zoho.metadata import KEY


async def newest(zoho: Zoho, account: Account) -> Outcome:
    """The last that is told of the only lead."""
    told, _ = await poll(zoho, now=account.now)
    assert {LEAD} == {one.lead for one in told}
    return told[-1]


@pytest.fixture(name="lead")
async def _lead(zoho: Zoho) -> str:
    record_id: str = (await only(zoho, delivery())).record_id
    return record_id


def asked(account: Account) -> list[str]:
    paths = [r.url.path for r in account.requests]
    return [path.removeprefix("/crm/v8/") for path in paths if path.startswith("/crm/")]


@pytest.mark.usefixtures("lead")
async def test_untouched(account, zoho):
    """A lead that nobody has touched is as new as it was, and takes no look at its timeline."""
    account.requests.clear()

    told = await newest(zoho, account)

    assert ("crm", NOW, None, None) == (told.source, told.at, told.state, told.signed_at)
    assert (None, False, "") == (told.money, told.opted_out, told.status)
    assert ["Deals", "Leads"] == asked(account)


async def test_quiet(account, zoho):
    """Where nothing has changed, a poll takes one call for each module, whatever is open."""
    for number in range(30):
        account.put(**{KEY: f"{number:032x}-{0:016x}"})
    now = account.later(3600)
    _, cursor = await poll(zoho, "", now)
    account.requests.clear()

    told, _ = await poll(zoho, cursor, now)

    assert [] == told
    assert ["Deals", "Leads"] == asked(account)
    assert {304} == {answer.status_code for _, answer in account.exchanges[-2:]}


async def test_foreign(account, zoho):
    """Leads and deals that are not ours tell nothing."""
    theirs = account.put(Last_Name="Theirs", **{KEY: "their own"})
    account.turns_into(theirs, "Closed Won")
    account.put(Last_Name="Theirs")

    assert [] == (await poll(zoho))[0]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("-None-", None),
        ("Not Contacted", None),
        ("Attempted to Contact", State.WORKING),
        ("Junk Lead", State.LOST),
        ("Ruft zurück", State.WORKING),
    ],
)
async def test_status(account, zoho, lead, status, state):
    """A status that a seller sets is told, and is a sign of a person."""
    account.later()
    account.work(lead, Lead_Status=status)

    told = await newest(zoho, account)

    assert (state, status, account.now) == (told.state, told.status, told.signed_at)


async def test_own_status(account, lead):
    """The publisher says what a status or a stage means, whatever Zoho's default."""
    statuses = {"Ruft zurück": "lost", "Contacted": "new", "closed won": "opportunity"}
    zoho = zoho_at(account.handle, statuses=statuses)
    account.work(lead, Lead_Status="Ruft zurück")
    assert State.LOST is (await newest(zoho, account)).state
    account.work(lead, Lead_Status="Contacted")
    assert (await newest(zoho, account)).state is None

    account.turns_into(lead, "Closed Won")

    assert State.OPPORTUNITY is (await newest(zoho, account)).state


class TestSigns:
    @pytest.mark.parametrize(
        ("how", "is_sign"),
        [
            pytest.param({"module": "Calls"}, True, id="call"),
            pytest.param({"module": "Emails"}, True, id="mail"),
            pytest.param({"module": "Notes"}, True, id="note"),
            pytest.param({"module": "Notes", "by": OURS}, False, id="our-note"),
            pytest.param({"module": "Calls", "source": "crm_api"}, False, id="integration"),
            pytest.param({"module": "Calls", "source": "workflow"}, False, id="workflow"),
            pytest.param(
                {"module": "Emails", "automation_details": {"type": "workflow"}}, False, id="auto"
            ),
            pytest.param({"module": "Tasks"}, False, id="planned-task"),
            pytest.param(
                {
                    "module": "Tasks",
                    "field_history": [
                        {"api_name": "Status", "_value": {"old": "Open", "new": "Completed"}}
                    ],
                },
                True,
                id="done-task",
            ),
            pytest.param({"module": "Leads", "action": "owner_assigned"}, False, id="owner"),
        ],
    )
    async def test_activity(self, account, zoho, lead, how, is_sign):
        """What persons do stands in the timeline, which is read before a reminder leaves."""
        account.later()
        account.records[lead]["Last_Activity_Time"] = account.time()
        account.noted(lead, **how)

        [told] = await zoho.current({LEAD: lead}, NOW)

        assert told.signed_at == (account.now if is_sign else None)
        assert told.at == (account.now if is_sign else NOW)

    async def test_first(self, account, zoho, lead):
        first = account.later()
        account.acts(lead, "Calls")
        account.later()
        account.acts(lead, "Calls")
        account.work(lead, Phone="+49")

        told = await newest(zoho, account)

        assert (first, account.now) == (told.signed_at, told.at)

    async def test_other_fields(self, account, zoho, lead):
        """A field that a seller mends is no sign that somebody has been in touch."""
        account.work(lead, Phone="+49")

        assert (await newest(zoho, account)).signed_at is None

    async def test_ours(self, account, zoho, lead):
        """What we write ourselves is no sign, and takes no look at the timeline."""
        account.work(lead, OURS, "crm_api", Lead_Status="Contacted")
        account.requests.clear()

        told = await newest(zoho, account)

        assert (State.WORKING, None) == (told.state, told.signed_at)
        assert not any("timeline" in path for path in asked(account))


class TestConverted:
    async def test_contact_alone(self, account, zoho, lead):
        """A lead that became a contact without a deal is worked; converting is a sign."""
        account.later()
        account.turns_into(lead)

        told = await newest(zoho, account)

        assert (State.WORKING, account.now) == (told.state, told.signed_at)

    @pytest.mark.parametrize(
        ("stage", "state"),
        [
            ("Qualification", State.OPPORTUNITY),
            ("Closed Won", State.WON),
            ("Verloren an Wettbewerb", State.LOST),
            ("No longer used", State.OPPORTUNITY),
        ],
    )
    async def test_deal(self, account, zoho, lead, stage, state):
        """A deal's stage means what its forecast type says; its sum is told exactly."""
        why = {"Reason_For_Loss__s": "x" * 300}
        account.turns_into(lead, stage, Amount=1200.1, Currency="EUR", **why)

        told = await newest(zoho, account)

        assert (state, stage) == (told.state, told.status)
        assert Money(Decimal("1200.1"), "EUR") == told.money
        assert told.reason == ("x" * 200 if state is State.LOST else "")

    async def test_deal_changes(self, account, zoho, lead):
        """A deal that is won later is told, though its lead does not change any more."""
        deal = account.turns_into(lead, "Qualification")
        now = account.later(7200)
        _, cursor = await poll(zoho, "", now)
        account.later(3600)
        account.sells(deal, "Closed Won", Amount=5)
        account.requests.clear()

        [told] = (await poll(zoho, cursor, account.now))[0]

        assert (State.WON, account.now, LEAD) == (told.state, told.at, told.lead)
        assert Money(Decimal(5), "") == told.money
        calls = ["Deals", "Leads/search", "Leads", "Deals", "Contacts"]
        assert calls == [path for path in asked(account) if path != "settings/fields"]

    async def test_many_deals(self, account, zoho):
        """Of the deals of a page, ten are searched for in one call."""
        leads = [account.put(**{KEY: f"{n:032x}-{0:016x}"}) for n in range(23)]
        deals = [account.turns_into(one, "Qualification") for one in leads]
        now = account.later(7200)
        _, cursor = await poll(zoho, "", now)
        account.later(3600)
        for deal in deals:
            account.sells(deal, "Closed Lost")
        account.requests.clear()

        told, _ = await poll(zoho, cursor, account.now)

        assert 23 == len({one.lead for one in told if one.state is State.LOST})
        assert 3 == asked(account).count("Leads/search")

    async def test_not_searchable(self, account, zoho, lead):
        """Where leads cannot be searched by their deal, leads are told, and deals by the sweep."""
        account.searchable = False
        deal = account.turns_into(lead, "Qualification")
        assert State.OPPORTUNITY is (await newest(zoho, account)).state
        account.sells(deal, "Closed Won")

        [told] = await zoho.current({LEAD: lead}, NOW)

        assert State.WON is told.state

    async def test_late_index(self, account, zoho, lead):
        """What the search finds late is told by the next poll, for each looks back."""
        deal = account.turns_into(lead, "Qualification")
        now = account.later(7200)
        _, cursor = await poll(zoho, "", now)
        account.unindexed = {lead}
        account.later(3600)
        account.sells(deal, "Closed Won")
        told, cursor = await poll(zoho, cursor, account.now)
        assert [] == told
        account.unindexed = set()

        told, _ = await poll(zoho, cursor, account.later(300))

        assert [State.WON] == [one.state for one in told]

    async def test_deleted_deal(self, account, zoho, lead):
        deal = account.turns_into(lead, "Closed Won")
        del account.deals[deal]

        assert State.WORKING is (await newest(zoho, account)).state

    async def test_detail(self, account, zoho, lead):
        """Where only the detail names the deal, it is found all the same."""
        deal = account.turns_into(lead, "Closed Won")
        del account.records[lead]["Converted_Deal"]
        account.records[lead]["$converted_detail"] = {"contact": None, "deal": deal}

        assert State.WON is (await newest(zoho, account)).state


async def test_our_opt_out(account, zoho, lead):
    """The flag that we set ourselves, in a lead that must not be contacted, is no news."""
    account.work(lead, OURS, "crm_api", Email_Opt_Out=True)

    assert not (await newest(zoho, account)).opted_out


async def test_opted_out(account, zoho, lead):
    """An opt-out is told: of the lead, and of the contact that it has become."""
    account.work(lead, Email_Opt_Out=True)
    assert (await newest(zoho, account)).opted_out

    account.work(lead, Email_Opt_Out=False)
    account.turns_into(lead)
    assert not (await newest(zoho, account)).opted_out
    for contact in account.people.values():
        contact["Email_Opt_Out"] = True

    assert (await newest(zoho, account)).opted_out


class TestCurrent:
    async def test_all(self, account, zoho):
        """Each lead is told by its record; those that nobody touched in one call."""
        keys = [f"{n:032x}-{0:016x}" for n in range(zoho.sweep_size)]
        records = {key: account.put(**{KEY: key}) for key in keys}
        account.work(records[keys[3]], Lead_Status="Contacted")
        await zoho.current({keys[0]: records[keys[0]]}, NOW)
        account.requests.clear()

        told = await zoho.current(records, NOW)

        assert keys == [one.lead for one in told]
        assert [State.WORKING] == [one.state for one in told if one.state]
        assert ["Leads", f"Leads/{records[keys[3]]}/__timeline"] == asked(account)

    @pytest.mark.parametrize("how", ["deleted", "merged", "another's"])
    async def test_gone(self, account, zoho, lead, how):
        """A lead that is deleted, or whose record is another lead's now, is gone and not lost."""
        if how == "another's":
            account.records[lead][KEY] = "fedcba"
        else:
            del account.records[lead]

        [told] = await zoho.current({LEAD: lead}, NOW)

        assert (LEAD, State.GONE, NOW) == (told.lead, told.state, told.at)

    async def test_key_cleared(self, account, zoho, lead):
        """A record whose key a seller has cleared still is the lead's."""
        account.records[lead][KEY] = None

        [told] = await zoho.current({LEAD: lead}, NOW)

        assert told.state is None


@given(
    sizes=st.lists(st.integers(1, 120), min_size=1, max_size=3),
    gap=st.sampled_from([0, 1, 3600]),
    inclusive=st.booleans(),
)
async def test_all_told(sizes, gap, inclusive):
    """However many change in one second, each is told, and the cursor comes up to the last."""
    account = Account()
    account.inclusive = inclusive
    zoho, wanted = zoho_at(account.handle), set[str]()
    for size in sizes:
        for _ in range(size):
            lead = f"{len(wanted):032x}-{0:016x}"
            wanted.add(lead)
            account.put(**{KEY: lead})
        account.later(gap)

    told, cursor = await poll(zoho, now=account.now)

    assert wanted == {one.lead for one in told}
    again, _ = await poll(zoho, cursor, account.now + timedelta(days=1))
    assert {one.lead for one in again} <= wanted


async def test_thousands():
    """Of more in one second than pages have numbers for, each is told: by tokens."""
    account = Account()
    zoho, wanted = zoho_at(account.handle), {f"{n:032x}-{0:016x}" for n in range(1210)}
    for lead in wanted:
        account.put(**{KEY: lead})

    told, _ = await poll(zoho)

    assert wanted == {one.lead for one in told}
    assert any("page_token" in request.url.params for request in account.requests)


@pytest.mark.parametrize(
    "path",
    ["/Leads", "/Deals", "/Contacts", "/Leads/search", "/settings/fields", "/__timeline"],
)
@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "OAUTH_SCOPE_MISMATCH", "forbidden"),
        (429, "TOO_MANY_REQUESTS", "throttled"),
        (500, "INTERNAL_ERROR", "zoho_INTERNAL_ERROR|http_500"),
    ],
)
async def test_refused(path, status, code, reason):
    """A call that is refused tells nothing of the page, which is asked for again."""
    account = Account()
    zoho = zoho_at(account.handle)
    converted, worked = (account.put(**{KEY: f"{n:032x}-{0:016x}"}) for n in (1, 2))
    account.turns_into(converted, "Closed Won")
    account.work(worked, Lead_Status="Contacted")
    body = {"code": code, "details": {}, "message": "no", "status": "error"}
    refusal = httpx.Response(status, json=body)
    account.played = lambda r: refusal if r.url.path.endswith(path) else None
    with pytest.raises(Refused, match=reason):
        await poll(zoho)
    account.played = lambda _: None

    assert {State.WON, State.WORKING} == {one.state for one in (await poll(zoho))[0]}


async def test_broken(account, zoho):
    def broken(request: httpx.Request) -> None:
        if request.url.path.startswith("/crm/"):
            raise httpx.ReadTimeout("slow", request=request)

    account.played = broken
    with pytest.raises(httpx.TransportError):
        await zoho.changed("", NOW)


@pytest.mark.parametrize(
    "body", [{"data": 7}, {"data": [{"id": "1"}]}, {"data": [{"id": "1", "Modified_Time": "soon"}]}]
)
@pytest.mark.usefixtures("lead")
async def test_unreadable(account, zoho, body):
    answer = httpx.Response(200, json=body)
    account.played = lambda r: answer if r.url.path.endswith("/Leads") else None

    with pytest.raises(Refused, match="unreadable_answer"):
        await poll(zoho)


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"per_page": "201"}, {}),
        ({"page": "41"}, {}),
        ({"page_token": "x"}, {}),
        ({"sort_by": "Email"}, {}),
        ({}, {"If-Modified-Since": "2026-11-22T12:00:00"}),
        ({}, {"If-Modified-Since": "yesterday"}),
    ],
)
@pytest.mark.usefixtures("lead")
async def test_strict_list(account, zoho, changes, headers):
    """The simulated list refuses what the real one refuses."""
    await zoho.changed("", NOW)
    request = next(r for r in account.requests if r.url.path.endswith("/Deals"))
    url = request.url.copy_merge_params(changes)

    answer = account.handle(httpx.Request("GET", url, headers={**request.headers, **headers}))

    assert 400 == answer.status_code


async def test_shapes(account, zoho, lead):
    """Whatever it is asked of outcomes, its answers are of the published shapes."""
    account.work(lead, SELLER, Lead_Status="Contacted")
    await newest(zoho, account)
    account.turns_into(lead, "Closed Won", Amount=7)
    await newest(zoho, account)
    await zoho.current({LEAD: lead, "b": "99"}, NOW)
    account.unscoped = {"search"}
    with pytest.raises(Refused):
        await poll(zoho)

    assert [] == misfits(account.exchanges, SCHEMAS["zoho"])
    assert json.dumps(account.records)
