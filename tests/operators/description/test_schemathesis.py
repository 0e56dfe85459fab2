"""What is described is what is answered: schemathesis tries each operation, by its schema."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, State
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.leads.coverage import coverage
from leadshare.leads.routing import UNFOLLOWED
from leadshare.leads.tracks.standing import Terms
from leadshare.lifecycle import outcome
from leadshare.lifecycle.outcome import Outcome
from leadshare.lifecycle.posted.message import message_of
from leadshare.operators.description.document import document
from leadshare.operators.persons import BY, HEADER
from leadshare.reason import Waits
from leadshare.store.keys import LANE, partition_of, waits_key
from leadshare.store.lease import to_row
from leadshare.store.table import Change
from leadshare.times import to_text
from tests.app.triggers import deploy
from tests.builders import PERSON, PRIVACY_KEY, Office, touch
from tests.custody.erasures import Custodian
from tests.custody.keeping import LONG, retainer
from tests.leads.waiting.world import told
from tests.operators.description.manage import HOST_KEY, application
from tests.referrals.builders import referral

EXAMPLES = 20
"""Of each operation, beside those of all the edges of its schema."""

KEY = {"x-functions-key": HOST_KEY}
PERSONS = {HEADER: PRIVACY_KEY, BY: "zoe"}
KNOWN: dict[str, Any] = {
    "lead": touch(Email=PERSON["Email"]).lead,
    "touch": f"{9:032x}",
    "destination": "crm",
    "leads": [touch(Email="person-3@fabrikam.example").lead],
    "email": PERSON["Email"],
}
"""What is there, by the names under which it is asked for."""

BELL: dict[str, Any] = {"name": "bell", "channel": "field_seller", "follows_up": False}

CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 13,
        # What stands in our sources is none of what is asked for.
        "analysis": {"constants": {"enabled": False}},
        "checks": {
            # The host answers 404 where a path has no such method.
            "unsupported_method": {"enabled": False},
        },
    }
)
SCHEMA = schemathesis.openapi.from_dict(document(), config=CONFIG)
SCHEMA.app = application


async def _prepared() -> Custodian:
    """An office with something of each kind."""
    office = Custodian()
    for name in ("crm", "sellers"):
        await office.state.write(LANE, [Change("insert", name, to_row(Lane()))])
    await office.take(1, Email=PERSON["Email"])
    said = Outcome(KNOWN["lead"], "crm", office.now, outcome.State.WORKING, reason="no word")
    await office.recorder.record([said])
    await office.outcomes.keep(message_of(said, office.now), Waits.UNKNOWN_LEAD)
    await office.finish("crm", Accepted("record-1"))
    await office.finish("sellers", Deferred("http_500", said="out of order"))
    await office.take(2)
    await office.finish("crm", Rejected("bad_email", said="no address"))
    await office.take(3)
    await office.finish("crm", Rejected("worklist"))
    await office.take(4, ActionCode="DNC")
    await office.take(9, b"no json")
    await office.referral_store.keep("a", referral(), {"kind": "co_sell"})
    await office.referral_store.note("b", "gone")
    kept = office.configuration
    for number, nobody in enumerate(([], [BELL]), 5):
        office.configure(*nobody)
        await office.take(number)
    office.configuration = kept
    await office.take(7)

    # One waits for a call, as the clock that is configured would have it.
    waits = office.table.values("seen")[0] | {"ready_at": to_text(office.now), "signed_at": ""}
    key = waits_key(office.now, waits["lead"])
    await office.table.write(partition_of(waits["lead"]), [Change("insert", key, waits)])

    async def deed() -> dict[str, Any]:
        return {"paused": True}

    await office.acts.carry_out("pause", "zoe", {"destination": "crm"}, deed)
    return office


@pytest.fixture(scope="module", name="office")
def _office() -> Iterator[Custodian]:
    """That office behind the triggers."""
    office = asyncio.run(_prepared())
    with pytest.MonkeyPatch.context() as patch:
        configured = deploy(office, patch).configured()
        configured.rates = {"crm": None, "sellers": Rate(calls=10, seconds=60.0, daily=100)}
        configured.links = {"crm": "https://crm.example/{}".format}
        configured.tables = ["account|table"]
        configured.coverage = coverage(office.configuration)
        configured.unrouted = office.unrouted
        configured.rights = office.rights
        configured.recorder = office.recorder
        configured.retainer = replace(retainer(office), clock=lambda: LONG)
        configured.sources = ["crm"]
        configured.clock = told().clock
        terms = office.configuration
        configured.steps = Terms(terms.tracks, terms.outreach, terms.scoring, {})
        configured.records_in = lambda link: {"crm": "record-1"} if "://" in link else {}
        yield office


@pytest.fixture(scope="module", name="rows")
def _rows(office: Office) -> list[tuple[Any, Any]]:
    """All its rows, as they are before any order."""
    return [(t, dict(t.rows)) for t in (office.table, office.state, office.referrals_table)]


def restore(rows: list[tuple[Any, Any]]) -> None:
    """Have all rows be as they were."""
    for table, before in rows:
        table.rows = dict(before)


def known(case: Any) -> None:
    """Have a case ask for what is there."""
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            place.update({name: KNOWN[name] for name in place.keys() & KNOWN if place[name]})


def ours(case: Any) -> None:
    """Take out what no schema tells.

    Which tokens pages gave, what excludes what, which time is first, how many decimals a sum has,
    what an e-mail address is, which campaigns can be.
    """
    case.query.pop("after", None)
    for name in ("unrouted", "notice_only", "waiting"):
        if len(case.query.keys() & {"unrouted", "notice_only", "waiting"}) > 1:
            case.query.pop(name, None)
    if isinstance(case.body, dict):
        case.body.pop("until", None)
        if isinstance(case.body.get("amount"), float):
            case.body["amount"] = WON["amount"]
        if case.body.get("email"):
            case.body["email"] = KNOWN["email"]
        if "campaigns" in case.body:
            case.body |= {"campaigns": [FAIR], "listings": {}, "after": ""}


FAIR = {
    "id": "fair",
    "name": "Spring fair",
    "kind": "nurture",
    "from": "2026-01-01",
    "when": [{"field": "country", "op": "eq", "value": "DE"}],
}
WON = {"state": "won", "amount": 1200.5, "currency": "EUR", "source": "people"}

RIGHT: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "health", {}),
    ("GET", "destinations", {}),
    ("GET", "leads", {}),
    *(
        ("GET", "leads", {"query": {str(name): "true", "persons": "true"}})
        for name in (*UNFOLLOWED, "waiting")
    ),
    ("GET", "leads/{lead}", {"path_parameters": KNOWN}),
    ("GET", "leads/{lead}", {"path_parameters": KNOWN, "query": {"persons": "true"}}),
    ("POST", "find", {"body": {"email": KNOWN["email"]}}),
    ("POST", "find", {"body": {"company": "Fabrikam"}, "query": {"persons": "true"}}),
    *(("GET", "deliveries", {"query": {"state": state}}) for state in State),
    *(("GET", "deliveries", {"query": {"state": state, "persons": "true"}}) for state in State),
    ("GET", "quarantine", {}),
    ("GET", "quarantine/{touch}", {"path_parameters": KNOWN}),
    ("GET", "quarantine/{touch}", {"path_parameters": KNOWN, "query": {"persons": "true"}}),
    ("GET", "referrals", {}),
    ("GET", "worklist", {}),
    ("GET", "worklist", {"query": {"format": "csv", "persons": "true"}}),
    ("POST", "worklist", {"body": {"destination": "crm", "leads": KNOWN["leads"]}}),
    *(("POST", "replay", {"body": {"what": what}}) for what in ("quarantine", *UNFOLLOWED)),
    ("POST", "replay", {"body": {"all": True}}),
    ("POST", "replay", {"body": {"lead": KNOWN["lead"], "dry_run": False}}),
    ("POST", "outcomes", {"body": {"lead": KNOWN["lead"], "opted_out": True}}),
    ("POST", "outcomes", {"body": {"lead": KNOWN["lead"], **WON}}),
    ("GET", "outcomes", {"query": {"waiting": "true"}}),
    ("POST", "campaigns/preview", {"body": {"campaigns": [FAIR]}}),
    ("POST", "park", {"body": {"lead": KNOWN["lead"]}}),
    ("POST", "resend", {"body": {"lead": KNOWN["lead"], "destination": "crm"}}),
    ("POST", "drop", {"body": {"touch": KNOWN["touch"]}}),
    *(("POST", what, {"body": {"destination": "crm"}}) for what in ("pause", "resume", "enable")),
    ("GET", "acts", {}),
    ("GET", "chain", {}),
    ("GET", "retention", {}),
]
"""Requests that are right, of each kind of thing that there is."""


@pytest.mark.parametrize(("method", "path", "asked"), RIGHT, ids=str)
def test_right(rows, method, path, asked):
    """What is right is taken, and answered as is described; no list of it is empty."""
    restore(rows)
    given = asked | ({"body": {"by": "zoe", **asked["body"]}} if "body" in asked else {})
    named = given.pop("path_parameters", {})
    operation = SCHEMA[f"/api/manage/{path}"][method]
    parameters = {name: named[name] for name in named if f"{{{name}}}" in path}
    case = operation.Case(path_parameters=parameters, **given)

    answer = case.call_and_validate(headers=KEY | PERSONS)

    assert 200 == answer.status_code
    is_json = answer.headers["content-type"] == ["application/json"]
    assert [] not in (answer.json().values() if is_json else [answer.content.splitlines()[1:]])


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck]
)
def test_described(case, rows):
    """Whatever is asked is answered as is described: taken if it is right, else refused."""
    restore(rows)
    if not case.meta.generation.mode.is_positive:
        case.call_and_validate(headers=KEY)
        return
    ours(case)
    case.call_and_validate(headers=KEY)
    known(case)
    case.call_and_validate(headers=KEY | PERSONS)
