"""A stand-in answers as the vendor says that it answers: every answer has the published shape."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Accepted, Delivery
from leadshare.destinations.base import Destination
from leadshare.destinations.errors import Refused
from leadshare.lifecycle.step import Step
from tests.builders import NOW, entry, record
from tests.destinations.contract import account, again, forgetting, person, reads_back
from tests.destinations.dynamics import schemas as dynamics
from tests.destinations.hubspot import schemas as hubspot
from tests.destinations.marketo import schemas as marketo
from tests.destinations.notices import schemas as notices
from tests.destinations.odoo import schemas as odoo
from tests.destinations.schemas import OK, SCHEMAS, Exchange, misfit, misfits
from tests.destinations.simulators.base import CALLING, Fault, Simulator, Worked

NOTICES = {"email": notices.EMAIL, "teams": notices.TEAMS}
ALL = {
    **SCHEMAS,
    **NOTICES,
    "dynamics": dynamics.KINDS,
    "hubspot": hubspot.KINDS,
    "marketo": marketo.KINDS,
    "odoo": odoo.KINDS,
}


def exchanges(kind: str, simulator: Simulator) -> list[Exchange]:
    """What was asked and answered, of batches each part."""
    return [*dynamics.parts(simulator.exchanges)] if kind == "dynamics" else simulator.exchanges


async def lived(simulator: Simulator) -> None:
    """All that may happen to a lead: written, changed, refused, looked up, lost, erased."""
    there: Any = simulator.destination()
    await there.describe(NOW)
    sent = await came_back(there)
    if reads_back(there):
        await there.look_up([sent], NOW)
    if there.settings.tells_outcomes and isinstance(simulator, Worked):
        simulator.edit(sent, {})
        await told_of(there, sent)
        simulator.win(sent)
    if there.settings.tells_outcomes:
        await told_of(there, sent)
    await there.deliver([again(person(2))], NOW)
    bad = person(3)
    simulator.refused.add(bad.record["email"])
    await there.deliver([bad], NOW)
    for fault in (Fault.THROTTLED, Fault.UNAVAILABLE, Fault.EXPIRED):
        simulator.faults = [fault]
        await there.deliver([person(4)], NOW)
    simulator.faults = [Fault.LOST_AFTER]
    for one in (person(5), again(person(5)), replace(sent, record_id="")):
        await there.deliver([one], NOW)
    if isinstance(simulator, Worked):
        await beside(simulator)
    if there.erases:
        await there.erase(sent, NOW)
    simulator.signed_out = True
    await there.deliver([person(6)], NOW)
    if simulator.SETTINGS["type"] not in NOTICES:
        with pytest.raises((Refused, SignInFailed)):
            await there.describe(NOW)


async def beside(simulator: Worked) -> None:
    """What is done beside records: campaigns, steps of tracks, erasure in every way."""
    for number, how in enumerate(sorted(simulator.destination().erasures), 7):
        there: Any = simulator.destination(erase=how)
        there.campaigns = {"autumn-webinar": simulator.CAMPAIGN} if simulator.CAMPAIGN else {}
        if there.campaigns:
            await there.unknown_campaigns(NOW)
        one = person(number)
        [made] = (await there.deliver([one], NOW)).outcomes
        assert isinstance(made, Accepted)
        for verb in there.verbs:
            step = Step(f"{number:032x}", "nurture", verb, "Call them", simulator.LIST)
            await there.carry_out([replace(one, record_id=made.record_id, step=step)], NOW)
        if type(there).take_out is not Destination.take_out:
            await there.forget([forgetting(one, made.record_id)], NOW)


async def told_of(there: Any, sent: Delivery) -> None:
    """What became of it is asked: what has changed, and how it stands."""
    cursor = ""
    for _ in range(9):
        page = await there.changed(cursor, NOW)
        cursor = page.cursor
        if not page.more:
            break
    await there.current({sent.lead: sent.record_id}, NOW)


async def came_back(there: Any) -> Delivery:
    """A customer writes, and once more with a number and a story; what was delivered of it."""
    [made] = (await there.deliver([person(1, phone="")], NOW)).outcomes
    assert isinstance(made, Accepted)
    later = person(1, version=2, since=record()["since"] | {"phone": 2})
    story = (entry(version=2, last_name="Buyer 1"),)
    sent = replace(later, sent=1, record_id=made.record_id, entries=story)
    await there.deliver([sent], NOW)
    return sent


def test_all():
    """Every vendor's answers are held; these systems are the publisher's own, or no vendor's."""
    assert {*CALLING} - {"inbox", "webhook"} == {*ALL}


@pytest.mark.parametrize("kind", ALL)
async def test_answers(kind):
    """Every answer is of a kind that the vendor publishes, and of that kind's shape."""
    simulator = account(kind)
    await lived(simulator)

    told = exchanges(kind, simulator)
    assert [] == misfits(told, ALL[kind])
    assert 5 <= len(told)


@pytest.mark.parametrize("kind", ALL)
async def test_kinds(kind):
    """Each kind of answer that succeeds comes up, so that none is held by nothing."""
    simulator = account(kind)
    await lived(simulator)
    told = exchanges(kind, simulator)
    asked = [(r.method, r.url.path, a.status_code) for r, a in told if a.content]

    for one in ALL[kind]:
        if one.statuses & OK:
            assert any(
                re.fullmatch(one.method, method) and re.search(one.path, path)
                for method, path, status in asked
                if status in one.statuses
            ), one.path


@pytest.mark.parametrize(
    ("value", "shape", "place"),
    [
        ({"a": 1}, {"a": int}, ""),
        ({"a": True}, {"a": int}, "$.a"),
        ({}, {"a": int}, "$.a"),
        ({}, {"a?": int}, ""),
        ({"a": 1, "b": 2}, {"a": int}, "$.b"),
        ({"a": 1, "b": 2}, {"a": int, "*": object}, ""),
        ({"a": 1, "b": 2}, {"a": int, "*": str}, "$.b"),
        ("0x8", re.compile(r"0x[0-9]"), ""),
        ("0x88", re.compile(r"0x[0-9]"), "$"),
        (8, re.compile(r"[0-9]"), "$"),
        ([{"a": 1}, {"a": "x"}], [{"a": int}], "$[1].a"),
        ("x", {"y"}, "$"),
        (None, (str, None), ""),
        (1, (str, None), "$"),
        ([], {"a": int}, "$"),
        ({}, [int], "$"),
    ],
)
def test_misfit(value, shape, place):
    """What is missing, strange or of another type is found, and where."""
    assert place == misfit(value, shape)
