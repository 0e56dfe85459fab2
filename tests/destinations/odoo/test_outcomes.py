"""Odoo tells what became of leads: what has changed since, and record by record."""

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
from leadshare.lifecycle.outcome import Money, Outcome, State
from tests.builders import NOW
from tests.destinations.odoo.builders import person, sent
from tests.destinations.odoo.changes import DONE, NOTE, PORTAL, SYSTEM
from tests.destinations.odoo.database import USER
from tests.destinations.odoo.loading import error
from tests.destinations.odoo.schemas import KINDS
from tests.destinations.polling import poll
from tests.destinations.schemas import misfits
from tests.destinations.simulators.odoo import Account


async def newest(odoo: Any, account: Account) -> Outcome:
    """The last that is told of the only lead."""
    told, _ = await poll(odoo, now=account.now)
    assert {person().lead} == {one.lead for one in told}
    return told[-1]


@pytest.fixture(name="lead")
async def _lead(odoo: Any) -> int:
    return int((await sent(odoo, person())).record_id)


def asked(account: Account) -> list[str]:
    return [request.url.path.removeprefix("/json/2/") for request in account.requests]


@pytest.mark.usefixtures("lead")
async def test_untouched(account, odoo):
    """A lead that nobody has touched is as new as it was, and no sign of a person."""
    told = await newest(odoo, account)

    assert ("odoo", NOW, None, "New") == (told.source, told.at, told.state, told.status)
    assert (None, None, False) == (told.money, told.signed_at, told.opted_out)


async def test_quiet(account, odoo):
    """Where nothing has changed, a poll takes one call for each stream, whatever is open."""
    for number in range(30):
        await sent(odoo, person(number))
    _, cursor = await poll(odoo)
    account.later(3600)
    _, cursor = await poll(odoo, cursor, account.now)
    account.requests.clear()

    told, _ = await poll(odoo, cursor, account.now)

    assert [] == told
    assert ["crm.lead/search_read", "mail.message/search_read"] == asked(account)


async def test_foreign(account, odoo, lead):
    """A lead that is not ours tells nothing, and one more of them costs no call."""
    other = account.store.add("crm.lead", {**account.leads[lead], "name": "Theirs"})
    account.moves(other, "Won")

    assert {person().lead} == {one.lead for one in (await poll(odoo))[0]}


async def test_won(account, odoo, lead):
    """A won lead is told with its sum, exactly, even once it is archived."""
    at = account.later()
    account.write(lead, expected_revenue=1200.55)
    account.moves(lead, "Won")
    account.write(lead, active=False)

    told = await newest(odoo, account)

    assert (State.WON, "Won", at, at) == (told.state, told.status, told.at, told.signed_at)
    assert Money(Decimal("1200.55"), "EUR") == told.money


async def test_lost(account, odoo, lead):
    """A lost lead, which Odoo archives, is told with why, cut."""
    account.later()
    account.loses(lead, "x" * 300)

    told = await newest(odoo, account)

    assert (State.LOST, "x" * 200, account.now) == (told.state, told.reason, told.signed_at)


async def test_lost_by_automation(account, odoo, lead):
    """A lead that Odoo itself gives up is told, though nobody signed: archived ones are read."""
    _, cursor = await poll(odoo)
    account.later(3600)
    account.loses(lead, user=SYSTEM)

    [told] = (await poll(odoo, cursor, account.now))[0]

    assert (State.LOST, None) == (told.state, told.signed_at)


async def test_archived(account, odoo, lead):
    """What is archived alone is not lost."""
    account.later(600)
    account.moves(lead, "Qualified")
    account.write(lead, active=False)

    assert (await newest(odoo, account)).state is None


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        ("New", State.WORKING),  # set back to it
        ("Qualified", State.OPPORTUNITY),
        ("Demo held", State.WORKING),
        ("Won", State.WON),
    ],
)
async def test_stage(account, odoo, lead, stage, state):
    """A stage of the publisher's own, too, says that somebody has begun."""
    account.later(3600)
    account.moves(lead, stage)

    told = await newest(odoo, account)

    assert (state, stage, account.now) == (told.state, told.status, told.signed_at)


async def test_slow_batch(account, odoo, lead):
    """A stage that Odoo itself set a moment after the record was made says nothing."""
    account.leads[lead]["date_last_stage_update"] = str(NOW + timedelta(seconds=20))[:19]
    account.leads[lead]["stage_id"] = account.store.add("crm.stage", {"name": "Inbox"})

    assert (await newest(odoo, account)).state is None


async def test_converted(account, odoo, lead):
    """A lead that somebody made an opportunity is one, whatever its stage."""
    account.write(lead, date_conversion=str(account.later())[:19])

    assert State.OPPORTUNITY is (await newest(odoo, account)).state


async def test_own_stages(account, lead):
    """The publisher says what a stage means, whatever Odoo's default."""
    odoo = account.destination(statuses={"qualified": "new", "Won": "opportunity"})
    account.later(3600)
    account.moves(lead, "Qualified")
    assert (await newest(odoo, account)).state is None

    account.moves(lead, "Won")

    assert State.OPPORTUNITY is (await newest(odoo, account)).state


class TestSigns:
    @pytest.mark.parametrize(
        ("how", "is_sign"),
        [
            pytest.param({"kind": "comment"}, True, id="comment"),
            pytest.param({"kind": "email_outgoing"}, True, id="mail"),
            pytest.param({"subtype": DONE, "activity": 2}, True, id="activity"),
            pytest.param({"subtype": NOTE}, False, id="salesperson-or-priority"),
            pytest.param({"kind": "user_notification"}, False, id="notification"),
            pytest.param({"kind": "email", "user": SYSTEM}, False, id="customer"),
            pytest.param({"kind": "comment", "user": PORTAL}, False, id="portal"),
            pytest.param({"kind": "comment", "user": USER}, False, id="ours"),
            pytest.param({"subtype": DONE, "activity": 2, "user": USER}, False, id="our-activity"),
            pytest.param({"kind": "comment", "user": SYSTEM}, False, id="automation"),
        ],
    )
    async def test_message(self, account, odoo, lead, how, is_sign):
        """What another user does shows in the chatter; a message does not change its lead."""
        _, cursor = await poll(odoo)
        account.later(3600)
        account.leaves(lead, **how)

        told, _ = await poll(odoo, cursor, account.now)

        signs = [one.signed_at for one in told if one.signed_at]
        assert [account.now] * is_sign == signs[-1:]
        assert not is_sign or account.now == told[-1].at

    async def test_first(self, account, odoo, lead):
        """The first sign counts, however often somebody writes."""
        first = account.later()
        account.leaves(lead, kind="comment")
        account.later()
        account.leaves(lead, kind="comment")

        assert first == (await newest(odoo, account)).signed_at

    async def test_our_stage(self, account, odoo, lead):
        """A stage that our own user sets, as by the mapping, is no sign of a person."""
        account.later(3600)
        account.moves(lead, "Qualified", USER)

        told = await newest(odoo, account)

        assert (State.OPPORTUNITY, None) == (told.state, told.signed_at)


@pytest.mark.usefixtures("lead")
async def test_opted_out(account, odoo):
    """An address that is blacklisted is told with its lead."""
    account.blacklist = {"buyer1@fabrikam.example"}

    assert (await newest(odoo, account)).opted_out


class TestCurrent:
    async def test_all(self, account, odoo):
        """Each lead is told by its record, in as few calls as one alone."""
        some = [await sent(odoo, person(number)) for number in range(odoo.sweep_size)]
        account.moves(int(some[3].record_id), "Won")
        await odoo.current({some[0].lead: some[0].record_id}, NOW)
        account.requests.clear()

        told = await odoo.current({one.lead: one.record_id for one in some}, NOW)

        assert [one.lead for one in some] == [one.lead for one in told]
        assert [State.WON] == [one.state for one in told if one.state]
        assert ["crm.lead/search_read", "mail.message/formatted_read_group"] == asked(account)

    @pytest.mark.parametrize("how", ["deleted", "merged"])
    async def test_gone(self, account, odoo, lead, how):
        """A lead that is deleted, or merged into another, is gone and not lost."""
        if how == "merged":
            account.end(person(), "merged")
        else:
            del account.leads[lead]

        [told] = await odoo.current({person().lead: str(lead)}, NOW)

        assert (person().lead, State.GONE, NOW) == (told.lead, told.state, told.at)

    async def test_nothing(self, account, odoo):
        """What cannot be a record of Odoo's is not asked for."""
        assert [] == await odoo.current({"a": "x"}, NOW)
        assert [] == account.requests


@given(
    sizes=st.lists(st.integers(1, 250), min_size=1, max_size=3),
    gap=st.sampled_from([0, 0.3, 1, 3600]),
)
async def test_all_told(sizes, gap):
    """However many change in one second, each is told, and the cursor comes up to the last."""
    account = Account()
    odoo = account.destination()
    wanted: set[str] = set()
    for size in sizes:
        for _ in range(size):
            lead = f"{len(wanted):032x}_{0:016x}"
            wanted.add(lead.replace("_", "-"))
            made = account.store.add("crm.lead", {"active": True, **account.fresh()})
            account.leads[made] |= {"name": "One", "won_status": "pending"}
            account.store.external[f"leadshare.lead_{lead}"] = ("crm.lead", made)
        account.later(gap)

    told, cursor = await poll(odoo, now=account.now)

    assert wanted == {one.lead for one in told}
    again, _ = await poll(odoo, cursor, account.now + timedelta(days=1))
    assert {one.lead for one in again} <= wanted


@pytest.mark.parametrize(
    "path",
    [
        "crm.lead/search_read",
        "mail.message/search_read",
        "mail.message/formatted_read_group",
        "crm.lead/get_external_id",
        "res.users/context_get",
    ],
)
@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "unauthorised"), (403, "forbidden"), (404, "crm_missing"), (500, "http_500")],
)
@pytest.mark.usefixtures("lead")
async def test_refused(account, odoo, path, status, reason):
    """A call that is refused tells nothing of the page, which is asked for again."""
    refusal = error(status, "odoo.exceptions.Any", "no")
    account.played = lambda r: refusal if r.url.path.endswith(path) else None
    with pytest.raises(Refused, match=reason):
        await poll(odoo)
    account.played = lambda _: None

    assert (await newest(odoo, account)).lead


async def test_broken(account, odoo):
    def broken(request: httpx.Request) -> None:
        raise httpx.ReadTimeout("slow", request=request)

    account.played = broken
    with pytest.raises(httpx.TransportError):
        await odoo.changed("", NOW)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("crm.lead/search_read", {"rows": []}),
        ("crm.lead/search_read", [{"id": 1}]),
        ("crm.lead/search_read", [{"id": 1, "write_date": "soon"}]),
        ("res.users/context_get", {"lang": "en_US"}),
        ("crm.lead/get_external_id", []),
    ],
)
@pytest.mark.usefixtures("lead")
async def test_unreadable(account, odoo, path, body):
    answer = httpx.Response(200, json=body)
    account.played = lambda r: answer if r.url.path.endswith(path) else None

    with pytest.raises(Refused, match="unreadable_answer"):
        await poll(odoo)


@pytest.mark.parametrize(
    "term",
    [
        ["write_date", ">=", "2026-11-22T12:00:00Z"],
        ["no_such", "=", 1],
        ["id", "in", 7],
    ],
)
async def test_strict_domain(account, odoo, term):
    """The simulated Odoo breaks on what the real one breaks on."""
    await odoo.changed("", NOW)
    request = account.requests[0]
    body = json.dumps({**json.loads(request.content), "domain": [term]})

    answer = account.handle(
        httpx.Request("POST", request.url, headers=request.headers, content=body)
    )

    assert 500 == answer.status_code


async def test_shapes(account, odoo, lead):
    """Its answers are of the shapes that the real one's were seen to have."""
    account.later()
    account.moves(lead, "Won")
    await poll(odoo)
    await odoo.current({"a": str(lead), "b": "99"}, NOW)

    assert [] == misfits(account.exchanges, KINDS)
