"""The triggers of operators: what each answers, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import azure.functions as func
import pytest

import function_app
from leadshare.app import build as wiring
from leadshare.deliveries.delivery import Rejected
from leadshare.errors import (
    BadRequest,
    ConfigurationError,
    Conflict,
    StorageError,
    Unexpected,
    Unknown,
)
from leadshare.intake import functions
from leadshare.intake.build import BUILD
from leadshare.operators.persons import BY, HEADER
from leadshare.store.keys import CHAIN
from tests.app.triggers import failing, request, trigger
from tests.builders import LEAD, PRIVACY_KEY, touch

WORK = json.dumps(
    {"by": "zoe", "destination": "crm", "leads": ["0" * 32 + "-" + "0" * 16]}
).encode()


class TestRequests:
    async def test_health(self, monkeypatch):
        """Anybody may ask whether the app answers, and as which build, even where nothing works."""
        monkeypatch.setattr(wiring, "deployment", failing(ConfigurationError("all is wrong")))

        answer = await functions.health(request())

        told = {"status": "ok", "build": "not packaged"}
        assert (200, told) == (answer.status_code, json.loads(answer.get_body()))

    async def test_build(self, monkeypatch, tmp_path):
        """Health tells the build of the package that the app was unpacked from."""
        (tmp_path / BUILD).write_text("0123456789abcdef")
        monkeypatch.setattr(functions, "ROOT", tmp_path)

        answer = await functions.health(request())

        assert {"status": "ok", "build": "0123456789abcdef"} == json.loads(answer.get_body())

    @pytest.mark.parametrize(
        ("function", "asked", "part"),
        [
            pytest.param("tell_health", request(), "configuration", id="health"),
            pytest.param("list_destinations", request(), "destinations", id="destinations"),
            pytest.param("list_leads", request(params={"limit": "5"}), "leads", id="leads"),
            pytest.param(
                "tell_lead",
                request(lead=touch(Email="person-1@fabrikam.example").lead),
                "touches",
                id="lead",
            ),
            pytest.param(
                "list_deliveries", request(params={"state": "due"}), "deliveries", id="deliveries"
            ),
            pytest.param("list_quarantine", request(), "quarantine", id="quarantine"),
            pytest.param("list_referrals", request(), "referrals", id="referrals"),
            pytest.param("list_work", request(), "worklist", id="worklist"),
            pytest.param("do_work", request(WORK), "done", id="work-done"),
            pytest.param("replay", request(b'{"by":"zoe","all":true}'), "matched", id="replay"),
        ],
    )
    async def test_answers(self, deployed, office, function, asked, part):
        """Each question of an operator is answered as JSON."""
        await office.take(1)

        answer = await trigger(function)(asked)

        assert deployed
        assert (200, "application/json") == (answer.status_code, answer.mimetype)
        assert part in json.loads(answer.get_body())

    @pytest.mark.parametrize(
        "function", ["list_leads", "tell_lead", "list_deliveries", "list_work"]
    )
    async def test_persons(self, deployed, office, function):
        """Persons are shown with the key in its header, and 403 is the answer without."""
        await office.take(1)
        lead = touch(Email="person-1@fabrikam.example").lead
        asked: Any = {"params": {"persons": "true"}, "route_params": {"lead": lead}, "body": b""}

        told = [
            await trigger(function)(
                func.HttpRequest(method="GET", url="/", headers=headers, **asked)
            )
            for headers in (
                {HEADER: PRIVACY_KEY, BY: "zo%C3%AB"},
                {HEADER: "x" * 40, BY: "zoe"},
                {BY: "zoe"},
            )
        ]

        assert deployed
        assert [200, 403, 403] == [answer.status_code for answer in told]
        acts = [values for (place, _), (values, _) in office.state.rows.items() if place == CHAIN]
        who = {row["by"] for row in acts if "by" in row}
        assert who == ({"zoë"} if function == "tell_lead" else set())

    @pytest.mark.parametrize(
        "function",
        ["do_work", "replay", "park", "resend", "drop", "enable", "pause", "resume", "find_leads"],
    )
    async def test_order_in_url(self, deployed, office, function):
        """What the URL of an order says is refused, for nothing of it would be heeded."""
        asked = request(b'{"by":"zoe","all":true}', {"dry_run": "true"})

        answer = await trigger(function)(asked)

        assert deployed
        assert 400 == answer.status_code
        assert json.loads(answer.get_body())["detail"].startswith("dry_run: no such key")
        assert {} == office.state.rows

    async def test_csv(self, deployed, office):
        """The worklist as CSV says that it is, and where the next page begins."""
        for number in (1, 2):
            await office.take(number)
        await office.finish("crm", Rejected("worklist"))
        first = await function_app.list_work(request(params={"format": "csv", "limit": "1"}))
        token = first.headers["x-leadshare-next"]

        last = await function_app.list_work(request(params={"format": "csv", "after": token}))

        assert deployed
        assert (200, "text/csv") == (last.status_code, last.mimetype)
        assert [2, 2] == [len(one.get_body().splitlines()) for one in (first, last)]
        assert "x-leadshare-next" not in last.headers

    @pytest.mark.parametrize(
        ("function", "asked", "status", "detail"),
        [
            pytest.param(
                "list_leads", request(params={"limit": "x"}), 400, "limit: expected", id="leads"
            ),
            pytest.param(
                "list_deliveries", request(params={"state": "x"}), 400, "state: ", id="deliveries"
            ),
            pytest.param("list_quarantine", request(params={"after": "!"}), 400, "after: ", id="q"),
            pytest.param("list_referrals", request(params={"after": "!"}), 400, "after: ", id="r"),
            pytest.param("list_work", request(params={"format": "x"}), 400, "format: ", id="list"),
            pytest.param("do_work", request(b"x"), 400, "body: expected", id="work"),
            pytest.param("replay", request(b"x"), 400, "body: expected", id="replay"),
            pytest.param("enable", request(b'{"by":"z"}'), 400, "destination: ", id="enable"),
            pytest.param(
                "enable", request(b'{"by":"z","destination":"x"}'), 404, "destination: ", id="none"
            ),
            pytest.param("tell_lead", request(lead="0" * 7), 400, "lead: expected", id="no-lead"),
            pytest.param("tell_lead", request(lead=LEAD), 404, "no ", id="lead"),
        ],
    )
    async def test_refusals(self, deployed, function, asked, status, detail):
        """A wrong question is answered with what is wrong with it."""
        answer = await trigger(function)(asked)

        assert deployed
        assert (status, "application/problem+json") == (answer.status_code, answer.mimetype)
        told = json.loads(answer.get_body())
        assert status == told["status"]
        assert told["detail"].startswith(detail)

    @pytest.mark.parametrize(
        ("error", "status", "title"),
        [
            pytest.param(BadRequest("b"), 400, "BadRequest", id="bad-request"),
            pytest.param(Unknown("u"), 404, "Unknown", id="unknown"),
            pytest.param(Conflict("c"), 409, "Conflict", id="conflict"),
            pytest.param(ConfigurationError("c"), 503, "ConfigurationError", id="configuration"),
            pytest.param(StorageError("s"), 503, "StorageError", id="storage"),
            pytest.param(Unexpected("x"), 500, "Unexpected", id="unexpected"),
            pytest.param(ValueError("canary"), 500, "Unexpected", id="a-bug"),
            pytest.param(asyncio.CancelledError("canary"), 500, "Unexpected", id="cancelled"),
        ],
    )
    @pytest.mark.parametrize(
        ("function", "asked"),
        [
            ("tell_health", request()),
            ("list_leads", request()),
            ("tell_lead", request(lead="x")),
            ("list_deliveries", request()),
            ("list_quarantine", request()),
            ("list_referrals", request()),
            ("list_work", request()),
            ("do_work", request(b"{}")),
            ("replay", request(b"{}")),
            ("enable", request(b"{}")),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    async def test_errors(self, monkeypatch, caplog, function, asked, error, status, title):  # noqa: PLR0913, PLR0917 - the sides of two tables
        """Each kind of error has its status; an error that is not ours is told by kind and
        place.
        """
        caplog.set_level(logging.DEBUG)
        monkeypatch.setattr(wiring, "deployment", failing(error))

        answer = await trigger(function)(asked)

        assert (status, "application/problem+json") == (answer.status_code, answer.mimetype)
        assert title == json.loads(answer.get_body())["title"]
        assert b"canary" not in answer.get_body()
        [line] = caplog.records
        assert ("operator.refused", status, title) == (line.getMessage(), line.status, line.fault)
        assert "canary" not in str(line.__dict__)
