"""The triggers: what the host sees, what each one answers, and what may leave them."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

import function_app
from leadshare import wiring
from leadshare.core.delivery import Rejected
from leadshare.core.envelope import open_envelope
from leadshare.errors import (
    BadRequest,
    ConfigurationError,
    Conflict,
    LeadshareError,
    StorageError,
    Unexpected,
    Unknown,
)
from leadshare.intake import Answer
from tests.builders import CONTEXT, NOW, TRACE, Office, message, post, touch

ROOT = Path(function_app.__file__).parent
BUDGET = timedelta(seconds=25)

FUNCTIONS: dict[str, dict[str, Any]] = {
    "take_touch": {"route": "leads/{listing?}", "methods": ["POST"], "authLevel": "FUNCTION"},
    "health": {"route": "health", "methods": ["GET"], "authLevel": "ANONYMOUS"},
    "tell_health": {"route": "manage/health", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_destinations": {
        "route": "manage/destinations",
        "methods": ["GET"],
        "authLevel": "FUNCTION",
    },
    "list_leads": {"route": "manage/leads", "methods": ["GET"], "authLevel": "FUNCTION"},
    "tell_lead": {"route": "manage/leads/{lead}", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_deliveries": {"route": "manage/deliveries", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_quarantine": {"route": "manage/quarantine", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_work": {"route": "manage/worklist", "methods": ["GET"], "authLevel": "FUNCTION"},
    "do_work": {"route": "manage/worklist", "methods": ["POST"], "authLevel": "FUNCTION"},
    "replay": {"route": "manage/replay", "methods": ["POST"], "authLevel": "FUNCTION"},
    "enable": {"route": "manage/enable", "methods": ["POST"], "authLevel": "FUNCTION"},
    "classify_touch": {"queueName": "touches", "connection": "LEADSHARE_STORAGE"},
    "keep_poison": {"queueName": "touches-poison", "connection": "LEADSHARE_STORAGE"},
    "tick": {"schedule": "%TICK_SCHEDULE%"},
    "take_referral": {
        "route": "referrals/webhook",
        "methods": ["POST"],
        "authLevel": "ANONYMOUS",
    },
    "classify_referral": {"queueName": "referrals", "connection": "LEADSHARE_STORAGE"},
    "keep_referral": {"queueName": "referrals-poison", "connection": "LEADSHARE_STORAGE"},
    "list_referrals": {"route": "manage/referrals", "methods": ["GET"], "authLevel": "FUNCTION"},
}
"""Every function, with what its trigger is told."""


@cache
def seen() -> dict[str, list[dict[str, Any]]]:
    """Each function's bindings, as the host reads them; an app can be asked only once."""
    return {
        str(found.get_function_name()): [json.loads(raw) for raw in found.get_raw_bindings()]
        for found in function_app.app.get_functions()
    }


class TestFunctions:
    def test_names(self):
        """
        The host sees exactly these functions.
        """
        assert sorted(FUNCTIONS) == sorted(seen())

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_trigger(self, name):
        """
        Each has the trigger that it needs: route, methods and level, queue, or schedule.
        """
        [trigger] = [found for found in seen()[name] if found["type"].endswith("Trigger")]

        assert FUNCTIONS[name] == {part: trigger.get(part) for part in FUNCTIONS[name]}

    @pytest.mark.parametrize(
        ("name", "queue"),
        [
            pytest.param("take_touch", "touches", id="intake"),
            pytest.param("take_referral", "referrals", id="events"),
            pytest.param("classify_referral", "touches", id="marketplace-leads"),
            pytest.param("keep_referral", "referrals", id="tried-on"),
        ],
    )
    def test_queues(self, name, queue):
        """
        What one function puts out is what another takes in.
        """
        [out] = [found for found in seen()[name] if found["type"] == "queue"]

        assert ("OUT", queue, "LEADSHARE_STORAGE") == (
            out["direction"],
            out["queueName"],
            out["connection"],
        )

    def test_host(self):
        """
        The host gives a message back soon and often enough that a touch outlives any outage.
        """
        told = json.loads((ROOT / "host.json").read_text())
        queues = told["extensions"]["queues"]

        assert "api" == told["extensions"]["http"]["routePrefix"]
        assert 1000 <= queues["maxDequeueCount"]
        assert ("00:01:00", "00:00:02") == (
            queues["visibilityTimeout"],
            queues["maxPollingInterval"],
        )
        assert "base64" == queues["messageEncoding"]

    def test_nothing_sampled(self):
        """
        No line and no request is left out, for alerts compare the ones with the others.
        """
        told = json.loads((ROOT / "host.json").read_text())
        sampling = told["logging"]["applicationInsights"]["samplingSettings"]

        assert {"Request", "Trace"} <= {*sampling["excludedTypes"].split(";")}


FRESH = """
import json, os, sys

class Environment(type(os.environ)):
    reads = []
    def __getitem__(self, name):
        frame = sys._getframe(1)
        while frame is not None:
            path = frame.f_code.co_filename
            if path.endswith("function_app.py") or "/leadshare/" in path:
                self.reads.append(name)
            frame = frame.f_back
        return super().__getitem__(name)

old = os.environ
os.environ = Environment(old._data, old.encodekey, old.decodekey, old.encodevalue, old.decodevalue)
import function_app
print(json.dumps([sorted(sys.modules), Environment.reads]))
"""


@pytest.fixture(name="fresh", scope="module")
def _fresh() -> list[list[str]]:
    """The modules that a fresh interpreter has loaded, and what was read of its environment."""
    run = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", FRESH], cwd=ROOT, capture_output=True, check=True, text=True
    )
    found: list[list[str]] = json.loads(run.stdout)
    return found


class TestImport:
    @pytest.mark.parametrize(
        "name",
        [
            *("pydantic", "httpx", "azure.core", "azure.identity", "azure.data", "azure.storage"),
            *("aiohttp", "cryptography", "email_validator", "phonenumbers", "pycountry"),
            *("leadshare.wiring", "leadshare.core", "leadshare.destinations", "leadshare.local"),
            *("azurefunctions", "opentelemetry"),
        ],
    )
    def test_not_loaded(self, fresh, name):
        """
        Importing the app loads nothing that intake does not need, nor HTTP streaming.
        """
        modules, _ = fresh

        assert [] == [one for one in modules if one == name or one.startswith(f"{name}.")]

    def test_loaded(self, fresh):
        """
        It does load intake, and so this test is not looking at nothing.
        """
        modules, _ = fresh

        assert {"function_app", "leadshare.intake", "leadshare.logs", "azure.functions"} <= {
            *modules
        }

    def test_environment(self, fresh):
        """
        Importing the app reads nothing of the environment.
        """
        _, reads = fresh

        assert [] == reads


class Out:
    """What a function may set."""

    value: bytes | None = None

    def set(self, value: bytes) -> None:
        """Keep it."""
        self.value = value


def request(
    body: bytes = b"", params: dict[str, str] | None = None, **route: str
) -> func.HttpRequest:
    """A request as the worker makes one."""
    return func.HttpRequest(
        method="POST", url="http://x/api", params=params or {}, route_params=route, body=body
    )


class TestTakeTouch:
    @pytest.mark.parametrize(
        ("body", "status", "mimetype"),
        [
            pytest.param(b"{}", 202, "application/json", id="accepted"),
            pytest.param(b"no json", 202, "application/json", id="quarantined"),
            pytest.param(b"", 400, "application/problem+json", id="empty"),
            pytest.param(b"x" * 32_769, 413, "application/problem+json", id="too-large"),
        ],
    )
    async def test_answer(self, body, status, mimetype):
        """
        Each kind of body has its answer; a message is set if and only if the touch is taken.
        """
        out = Out()

        answer = await function_app.take_touch(request(body), out, CONTEXT)

        assert (status, mimetype) == (answer.status_code, answer.mimetype)
        assert (status == 202) == (out.value is not None)

    async def test_message(self):
        """
        The message is bytes, an envelope of the body under the id and listing that were told.
        """
        out = Out()
        before = datetime.now(UTC).replace(microsecond=0)

        answer = await function_app.take_touch(
            request(b"\xffraw", listing="contoso.robot"), out, CONTEXT
        )

        assert isinstance(out.value, bytes)
        envelope = open_envelope(out.value)
        told = json.loads(answer.get_body())
        assert {"status": "quarantined", "touch": envelope.id, "reason": "not_json"} == told
        assert (b"\xffraw", "contoso.robot") == (envelope.body, envelope.path)
        assert before <= envelope.received <= datetime.now(UTC)

    @pytest.mark.parametrize(
        ("context", "expected"),
        [
            pytest.param(CONTEXT, TRACE, id="traced"),
            pytest.param(SimpleNamespace(), "", id="untraced"),
            pytest.param(SimpleNamespace(trace_context=None), "", id="no-context"),
            pytest.param(
                SimpleNamespace(trace_context=SimpleNamespace(trace_parent=None)), "", id="none"
            ),
            pytest.param(
                SimpleNamespace(trace_context=SimpleNamespace(trace_parent="canary")), "", id="odd"
            ),
        ],
    )
    async def test_trace(self, context, expected, caplog):
        """
        The trace that the host gave the POST goes on in the message and the line, if it is one.
        """
        caplog.set_level(logging.DEBUG)
        out = Out()

        await function_app.take_touch(request(b"{}"), out, context)

        assert out.value is not None
        assert expected == open_envelope(out.value).trace
        assert expected == getattr(caplog.records[0], "trace", "")

    async def test_ids(self):
        """
        Each POST is a touch of its own.
        """
        answers = [await function_app.take_touch(request(b"{}"), Out(), CONTEXT) for _ in range(3)]

        assert 3 == len({json.loads(answer.get_body())["touch"] for answer in answers})

    async def test_needs_nothing_built(self, monkeypatch):
        """
        A POST is taken while nothing else works.
        """
        monkeypatch.setattr(wiring, "deployment", failing(ConfigurationError("all is wrong")))

        answer = await function_app.take_touch(request(b"{}"), Out(), CONTEXT)

        assert 202 == answer.status_code

    async def test_told(self, caplog):
        """
        One wide line tells id, status, size and reason of every POST, and nothing of the body.
        """
        caplog.set_level(logging.DEBUG)

        answer = await function_app.take_touch(
            request(b"canary", listing="canary.x"), Out(), CONTEXT
        )

        [line] = caplog.records
        assert "touch.taken" == line.getMessage()
        assert json.loads(answer.get_body())["touch"] == line.touch
        assert (202, 6, "not_json") == (line.status, line.bytes, line.reason)
        assert "canary" not in str(line.__dict__)


def failing(error: BaseException) -> Callable[[], Any]:
    """A way to a deployment that raises."""

    async def fail() -> Any:
        raise error

    return fail


class Ticker:
    """Remembers the budgets that it was given."""

    def __init__(self) -> None:
        self.budgets: list[timedelta] = []

    async def tick(self, budget: timedelta) -> None:
        """Remember."""
        self.budgets.append(budget)


class Events:
    """Takes bodies that are JSON and refuses others."""

    async def take(self, headers: Any, body: bytes) -> Answer:
        """Take or refuse."""
        assert headers["X-MS-Signature"] == "x"
        if body == b"{}":
            return Answer(202, {"status": "accepted"}, b"message")
        return Answer(401, {"title": "t", "status": 401, "detail": "signature_wrong"})


async def referral_of(message: bytes, trace: str) -> bytes | None:
    """A touch, if the message says so."""
    assert trace == TRACE
    return b"touch" if message == b"lead" else None


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


@pytest.fixture(name="deployed")
def _deployed(office: Office, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A deployment in memory in the place of the process's own."""
    running = SimpleNamespace(
        classifier=office.classifier,
        ticker=Ticker(),
        rates={"crm": None, "sellers": None},
        tables=[],
        referrals=SimpleNamespace(classify=referral_of),
    )
    parts = SimpleNamespace(
        desk=office.desk(lambda: running),
        quarantine=office.quarantine,
        shelf=office.shelf,
        webhook=lambda: SimpleNamespace(take=Events().take),
        running=lambda: running,
        settings=SimpleNamespace(tick_budget=BUDGET),
    )

    async def deployment() -> SimpleNamespace:
        return parts

    # The one place where the triggers meet what they trigger.
    monkeypatch.setattr(wiring, "deployment", deployment)
    return parts


def queued(body: bytes, at: datetime | None = NOW) -> Any:
    """A queue message as the worker makes one."""
    return func.queue.QueueMessage(id="q-1", body=body, insertion_time=at)


class TestQueues:
    async def test_classify(self, deployed, office):
        """
        A queued touch is classified.
        """
        await function_app.classify_touch(queued(message(post())))

        assert deployed
        assert 1 == len(office.table.values("lead"))

    @pytest.mark.parametrize(
        "at",
        [
            pytest.param(NOW, id="aware"),
            pytest.param(NOW.replace(tzinfo=None), id="without-a-zone-is-utc"),
        ],
    )
    @pytest.mark.parametrize(
        ("function", "reason"), [("classify_touch", "not_an_envelope"), ("keep_poison", "poison")]
    )
    async def test_time(self, deployed, office, function, reason, at):
        """
        What is no envelope is kept under the time at which it was queued.
        """
        await getattr(function_app, function)(queued(b"\xff", at))

        assert deployed
        [(_, key)] = office.table.rows
        assert key.startswith("quarantine|1795348800000|")
        assert [reason] == [kept["reason"] for kept in office.table.values("quarantine")]

    async def test_no_time(self, deployed, office):
        """
        Where the host tells no time, it is now.
        """
        before = datetime.now(UTC)

        await function_app.keep_poison(queued(b"\xff", None))

        assert deployed
        [(_, key)] = office.table.rows
        assert int(before.timestamp() * 1000) <= int(key.split("|")[1])

    async def test_poison_under_wrong_configuration(self, deployed, office):
        """
        A poison message is kept whatever is wrong with the configuration.
        """

        def wrong() -> Any:
            raise ConfigurationError("wrong")

        deployed.running = wrong

        await function_app.keep_poison(queued(message(post())))

        assert 1 == len(office.table.values("quarantine"))

        with pytest.raises(ConfigurationError):
            await function_app.classify_touch(queued(message(post())))


def signed(body: bytes) -> func.HttpRequest:
    """An event as the worker hands it on."""
    headers = {"X-MS-Signature": "x"}
    return func.HttpRequest(method="POST", url="http://x/api", headers=headers, body=body)


class TestReferrals:
    @pytest.mark.parametrize(
        ("body", "status", "mimetype", "message"),
        [
            pytest.param(b"{}", 202, "application/json", b"message", id="taken"),
            pytest.param(b"x", 401, "application/problem+json", None, id="refused"),
        ],
    )
    async def test_take(self, deployed, body, status, mimetype, message):
        """
        An event's message is set if and only if it is taken.
        """
        out = Out()

        answer = await function_app.take_referral(signed(body), out)

        assert deployed
        assert (status, mimetype) == (answer.status_code, answer.mimetype)
        assert message == out.value

    async def test_told(self, deployed, caplog):
        """
        One line tells status and reason of every event.
        """
        caplog.set_level(logging.DEBUG)

        await function_app.take_referral(signed(b"canary"), Out())

        assert deployed
        [line] = caplog.records
        assert ("event.taken", 401, "signature_wrong") == (
            line.getMessage(),
            line.status,
            line.reason,
        )
        assert "canary" not in str(line.__dict__)

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            pytest.param(ConfigurationError("canary"), 503, id="configuration"),
            pytest.param(StorageError("canary"), 503, id="storage"),
            pytest.param(Unexpected("canary"), 500, id="unexpected"),
            pytest.param(ValueError("canary"), 500, id="a-bug"),
            pytest.param(asyncio.CancelledError("canary"), 500, id="cancelled"),
        ],
    )
    async def test_errors(self, monkeypatch, error, status):
        """
        What fails on our side is answered so that it is sent again, and tells anybody nothing.
        """
        monkeypatch.setattr(wiring, "deployment", failing(error))
        out = Out()

        answer = await function_app.take_referral(signed(b"{}"), out)

        assert (status, None) == (answer.status_code, out.value)
        assert {"status": status} == json.loads(answer.get_body())

    @pytest.mark.parametrize(("body", "touch"), [(b"lead", b"touch"), (b"co-sell", None)])
    async def test_classify(self, deployed, body, touch):
        """
        A touch is queued if and only if the referral becomes one.
        """
        out = Out()

        await function_app.classify_referral(queued(body), out, CONTEXT)

        assert deployed
        assert touch == out.value

    async def test_given_up(self, deployed, office):
        """
        One that was given up on is noted and tried on, whatever is wrong with the configuration.
        """

        def wrong() -> Any:
            raise ConfigurationError("wrong")

        deployed.running = wrong
        told = b'{"v":1,"referral":{"id":"a","event":"x","received":"2026-11-22T12:00:00.000Z"}}'
        out = Out()

        await function_app.keep_referral(queued(told), out)

        assert told == out.value
        assert ["unfetched"] == [values["note"] for values, _ in office.shelved.rows.values()]


class TestTick:
    async def test_budget(self, deployed):
        """
        A tick works for the budget that the settings give it.
        """
        await function_app.tick(func.timer.TimerRequest())

        assert [BUDGET] == deployed.running().ticker.budgets


WORK = json.dumps(
    {"by": "zoe", "destination": "crm", "leads": ["0" * 32 + "-" + "0" * 16]}
).encode()


class TestDesk:
    async def test_health(self, monkeypatch):
        """
        Anybody may ask whether the app answers, and learns no more, even where nothing works.
        """
        monkeypatch.setattr(wiring, "deployment", failing(ConfigurationError("all is wrong")))

        answer = await function_app.health(request())

        assert (200, b'{"status":"ok"}') == (answer.status_code, answer.get_body())

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
            pytest.param("replay", request(b'{"by":"zoe"}'), "matched", id="replay"),
        ],
    )
    async def test_answers(self, deployed, office, function, asked, part):
        """
        Each question of an operator is answered as JSON.
        """
        await office.take(1)

        answer = await getattr(function_app, function)(asked)

        assert deployed
        assert (200, "application/json") == (answer.status_code, answer.mimetype)
        assert part in json.loads(answer.get_body())

    async def test_csv(self, deployed, office):
        """
        The worklist as CSV says that it is, and where the next page begins.
        """
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
            pytest.param("enable", request(b'{"by":"z","destination":"x"}'), 404, "no ", id="none"),
            pytest.param("tell_lead", request(lead="0" * 32), 404, "no ", id="lead"),
        ],
    )
    async def test_refusals(self, deployed, function, asked, status, detail):
        """
        A wrong question is answered with what is wrong with it.
        """
        answer = await getattr(function_app, function)(asked)

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
        """
        Each kind of error has its status; an error that is not ours is told by kind and place.
        """
        caplog.set_level(logging.DEBUG)
        monkeypatch.setattr(wiring, "deployment", failing(error))

        answer = await getattr(function_app, function)(asked)

        assert (status, "application/problem+json") == (answer.status_code, answer.mimetype)
        assert title == json.loads(answer.get_body())["title"]
        assert b"canary" not in answer.get_body()
        [line] = caplog.records
        assert ("desk.refused", status, title) == (line.getMessage(), line.status, line.fault)
        assert "canary" not in str(line.__dict__)


class TestErrorsThatLeave:
    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(ValueError("canary"), id="value"),
            pytest.param(KeyError("canary"), id="key"),
            pytest.param(asyncio.CancelledError("canary"), id="cancelled"),
            pytest.param(ExceptionGroup("canary", [ValueError("canary")]), id="group"),
            pytest.param(TimeoutError("canary"), id="timeout"),
            pytest.param(MemoryError("canary"), id="memory"),
        ],
    )
    @pytest.mark.parametrize(
        ("function", "more"),
        [
            ("classify_touch", ()),
            ("keep_poison", ()),
            ("tick", ()),
            ("classify_referral", (Out(), CONTEXT)),
            ("keep_referral", (Out(),)),
        ],
    )
    async def test_ours(self, monkeypatch, function, more, error):
        """
        What leaves a function is ours, and printed with all its causes it shows no data.
        """
        monkeypatch.setattr(wiring, "deployment", failing(error))

        with pytest.raises(LeadshareError) as caught:
            await getattr(function_app, function)(queued(b"{}"), *more)

        assert type(error).__name__ in str(caught.value)
        assert "canary" not in "".join(traceback.format_exception(caught.value))

    @pytest.mark.parametrize("error", [StorageError("s"), ConfigurationError("c")], ids=repr)
    async def test_as_they_are(self, monkeypatch, error):
        """
        An error that is ours already leaves as it is.
        """
        monkeypatch.setattr(wiring, "deployment", failing(error))

        with pytest.raises(type(error)) as caught:
            await function_app.classify_touch(queued(b"{}"))

        assert error is caught.value
