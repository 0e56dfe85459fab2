"""Canaries: no person and no secret in any log line, answer, output or error, whatever fails."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import azure.functions as func
import httpx
import pytest
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.data.tables.aio import TableClient
from azure.storage.queue import BinaryBase64EncodePolicy
from azure.storage.queue.aio import QueueClient
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

import function_app
from leadshare import classify, signature, wiring
from leadshare.core import planning
from leadshare.core.touch import Touch
from leadshare.destinations import building, dynamics
from leadshare.destinations.webhook import Webhook
from leadshare.errors import ConfigurationError, LeadshareError, StorageError
from leadshare.local import azurite
from leadshare.local.host import Host
from leadshare.logs import JsonLine
from leadshare.signals import SPANS
from leadshare.telemetry import Recorder
from tests import microsoft
from tests.builders import NOW, message, post, referral
from tests.microsoft_table import columns

ROOT = Path(function_app.__file__).parent

PERSON = {
    "FirstName": "CanaryFirst",
    "LastName": "CanaryLast",
    "Email": "canary-email@canary-domain.example",
    "Phone": "+49 30 5550182734",
    "Country": "Canaryland",
    "Company": "CanaryCompany",
    "Title": "CanaryTitle",
    "Description": "Campaigns: CanaryCampaign",
}
PERSONAL = ["canary", "5550182734"]
"""What none but the CRM may ever see: all of the above have one of these in them."""

SOURCE = {
    "LeadSource": "SPZA-HushAction|shown.listing",
    "ActionCode": "HushAction",
    "OfferTitle": "Hush Title",
    "CustomData": "CanaryCustom",
}
NAMES = ["hush"]
"""What an operator may be shown, for it names no person; no log line needs it.

Of all that names a listing only the id of one in the catalogue, `shown.listing`, may be logged.
"""

WHSEC = f"whsec_{base64.b64encode(b'a canary secret of 32 characters').decode()}"
SECRETS = {
    "LEADSHARE_IDENTITY_KEY": "canary-identity-key-of-32-letters",
    "HOOK_SECRET": WHSEC,
    "HOOK_SECRET_OLD": f"whsec_{base64.b64encode(b'an old canary of 32 characters..').decode()}",
    "DYNAMICS_SECRET": "canary-dynamics-secret",
    "PARTNER_SECRET": "canary-partner-secret",
    "PARTNER_REFRESH": "canary-partner-refresh",
}
KEYS = {
    "master": "canary-master-key",
    "host": {"operators": "canary-host-key"},
    "functions": {"take_touch": {"robot": "canary-function-key"}},
}
FORBIDDEN = [*PERSONAL, WHSEC, SECRETS["HOOK_SECRET_OLD"], azurite.KEY, "AccountKey="]


def forms(canary: str) -> set[str]:
    """A canary as it is, quoted for an URL, and in base64 wherever it may begin."""
    raw = canary.encode()
    coded = {
        base64.b64encode(bytes(shift) + raw).decode()[(shift * 8 + 5) // 6 : -4]
        for shift in range(3)
        if len(raw) > 8
    }
    return {canary.lower(), quote(canary, safe="").lower(), *(one.lower() for one in coded)}


def found(texts: Iterable[str], canaries: Iterable[str]) -> list[str]:
    """Where canaries are in texts, in any form and in any case."""
    wanted = [form for one in canaries for form in forms(one)]
    return [
        f"{form}: ...{text[max(text.lower().index(form) - 60, 0) :][:160]}..."
        for text in texts
        for form in wanted
        if form in text.lower()
    ]


@dataclass
class Heard(logging.Handler):
    """Keeps every record as it is, with all that could be printed of it."""

    records: list[logging.LogRecord] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, and its line."""
        self.records.append(record)
        self.lines.append(JsonLine().format(record))

    def texts(self) -> Iterator[str]:
        """Everything that any handler could make of what was logged."""
        yield from self.lines
        for record in self.records:
            yield f"{record.name} {record.getMessage()} {record.__dict__!r}"
            if record.exc_info and record.exc_info[1]:
                yield printed(record.exc_info[1])

    def said(self, event: str) -> int:
        """How often an event of ours was told."""
        return sum(record.msg == event for record in self.records)

    def events(self) -> set[str]:
        """The names of our events."""
        return {record.msg for record in self.records if record.name.startswith("leadshare")}


def printed(error: BaseException) -> str:
    """An error as it would be printed, with its causes."""
    return "".join(traceback.format_exception(error))


@pytest.fixture(name="heard")
def _heard() -> Iterator[Heard]:
    """Everything that is logged, from the root at DEBUG."""
    root, heard = logging.getLogger(), Heard()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    yield heard
    root.removeHandler(heard)
    root.setLevel(level)


class Exported:
    """Keeps every span and metric that an exporter would be given."""

    def __init__(self) -> None:
        self.reader, self.spans = InMemoryMetricReader(), InMemorySpanExporter()
        tracers = TracerProvider(sampler=ALWAYS_ON)  # as in Azure
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        self.recorder = Recorder(MeterProvider([self.reader]), tracers)

    def texts(self) -> list[str]:
        """All that is told of them, by name, attribute and value."""
        metrics = self.reader.get_metrics_data()
        spans = [span.to_json() for span in self.spans.get_finished_spans()]
        return [*spans, *([metrics.to_json()] if metrics else [])]


@pytest.fixture(name="exported")
def _exported() -> Iterator[Exported]:
    """What the app exports; it installs no recorder where there is one."""
    logger, exported = logging.getLogger("leadshare"), Exported()
    before = logger.handlers[:]
    logger.handlers = [one for one in before if not isinstance(one, Recorder)]
    logger.addHandler(exported.recorder)
    yield exported
    logger.handlers = before


@dataclass
class Sink:
    """CRMs of every temper; they repeat what they were told wherever they can."""

    url: str = ""
    received: dict[str, list[str]] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer by the first part of the path."""
        body = await request.text()
        temper = request.path.split("/")[1]
        self.received.setdefault(temper, []).append(body)
        if temper == "drops":
            assert request.transport is not None
            request.transport.close()
        if temper == "takes":
            return web.json_response({})
        status = {"fails": 500, "gone": 410, "throttles": 429}.get(temper, 400)
        said = (body or "canary").replace("\r", " ").replace("\n", " ")
        headers = {"retry-after": "canary", "x-said": said[:200], "location": "/canary"}
        return web.Response(status=status, reason=said[:100], text=body, headers=headers)


@pytest.fixture(name="sink")
async def _sink() -> AsyncIterator[Sink]:
    """A running sink."""
    sink = Sink()
    server = web.ServerRunner(web.Server(sink.take, access_log=None))  # type: ignore[arg-type]  # a BaseRequest has all that is needed
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    sink.url = f"http://127.0.0.1:{server.addresses[0][1]}"
    yield sink
    await server.cleanup()


TEMPERS = ("takes", "refuses", "fails", "drops", "gone", "throttles", "breaks")


def configured(sink: Sink) -> str:
    """A configuration with a CRM of every temper."""
    hooks = [
        f"""
        [[destination]]
        type = "webhook"
        name = "{temper}"
        url = "{sink.url}/{temper}/canary-token?key=canary-query"
        secret = "HOOK_SECRET"
        previous_secret = "HOOK_SECRET_OLD"
        headers = {{ x-api-key = "canary-header" }}
        accepts = ["test", "internal", "blank", "no_contact"]
        """
        for temper in TEMPERS
    ]
    inbox = f'[[destination]]\ntype = "inbox"\nname = "rejects"\nurl = "{sink.url}"\n'
    dataverse = f"""
        [[destination]]
        type = "dynamics"
        name = "dynamics"
        url = "{sink.url}"
        tenant_id = "canary-tenant"
        client_id = "canary-client"
        client_secret = "DYNAMICS_SECRET"
        """
    center = """
        [partner_center]
        tenant_id = "canary-tenant"
        client_id = "canary-client"
        client_secret = "PARTNER_SECRET"
        refresh_token = "PARTNER_REFRESH"

        [[listing]]
        id = "shown.listing"
        title = "Hush Title"
        kind = "app"
        """
    return "\n".join((*hooks, inbox, dataverse, center))


@pytest.fixture(name="storage")
def _storage(new_account: Callable[[], str]) -> str:
    """An account of the test's own: lanes that rest would hold up whoever comes next."""
    return new_account()


@pytest.fixture(name="environment")
def _environment(
    storage: str, sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a deployment whose every secret is a canary."""
    path = tmp_path / "leadshare.toml"
    path.write_text(configured(sink))
    told = {
        **SECRETS,
        "LEADSHARE_STORAGE": storage,
        "LEADSHARE_CONFIGURATION": str(path),
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "TICK_SCHEDULE": "* * * * * *",
        "TICK_BUDGET": "5",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


@dataclass
class Credential:
    """Signs in once, and then fails with all that it knows."""

    calls: int = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Give a token, or fail."""
        self.calls += 1
        if self.calls % 2 == 0:
            raise ClientAuthenticationError("canary-dynamics-secret is wrong")
        return AccessToken("canary-access-token", 2**40)


@asynccontextmanager
async def deployed(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """The app in the local host, keys enforced; nothing that it builds outlives it."""
    built = wiring._built  # noqa: SLF001 - a process builds once; a test must build anew
    built.clear()
    try:
        async with (
            Host(ROOT, settings=environment, keys=KEYS) as host,
            httpx.AsyncClient(base_url=host.url, trust_env=False, timeout=30) as client,
        ):
            yield client
    finally:
        built.clear()


@pytest.fixture(name="opened", autouse=True)
async def _opened(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Closes what a deployment keeps open for as long as its process lives."""
    opened: list[Any] = []

    def kept(make: Callable[..., Any]) -> Any:

        def open_one(*told: Any, **named: Any) -> Any:
            opened.append(make(*told, **named))
            return opened[-1]

        return open_one

    for room, name in (
        (wiring, "table_service"),
        (wiring, "guarded_client"),
        (wiring, "marketplace_client"),
        (building, "guarded_client"),
    ):
        monkeypatch.setattr(room, name, kept(getattr(room, name)))
    yield
    for one in opened:
        await (one.aclose() if isinstance(one, httpx.AsyncClient) else one.close())


def crash_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a bug into classify that one customer meets, and one into a destination."""
    plan, send = planning.plan, Webhook.send

    def crash(told: Any, touch: Touch, *rest: Any) -> Any:
        if touch.facts["first_name"] == name:
            raise ValueError(touch.facts, touch)
        return plan(told, touch, *rest)

    async def breaks(self: Webhook, deliveries: Any, now: Any) -> Any:
        if self.name == "breaks":
            raise KeyError(deliveries[0].record)
        return await send(self, deliveries, now)

    monkeypatch.setattr(classify, "plan", crash)
    monkeypatch.setattr(Webhook, "send", breaks)
    monkeypatch.setattr(dynamics, "credential", lambda _: Credential())


@dataclass
class Asked:
    """Asks as an operator, and keeps every answer whole."""

    client: httpx.AsyncClient
    answers: list[str] = field(default_factory=list)
    intake: list[str] = field(default_factory=list)

    async def post(self, body: bytes, code: str = "canary-function-key", path: str = "") -> int:
        """POST as Partner Center does."""
        answer = await self.client.post(f"/api/leads/{path}", params={"code": code}, content=body)
        self.intake.append(whole(answer))
        return answer.status_code

    async def get(self, path: str, **params: str) -> Any:
        """Ask the desk."""
        headers = {"x-functions-key": "canary-host-key"}
        answer = await self.client.get(f"/api/{path}", params=params, headers=headers)
        self.answers.append(whole(answer))
        return json.loads(answer.text or "null")

    async def order(self, path: str, **values: Any) -> Any:
        """Order something of the desk."""
        headers = {"x-functions-key": "canary-host-key"}
        answer = await self.client.post(f"/api/manage/{path}", json=values, headers=headers)
        self.answers.append(whole(answer))
        return json.loads(answer.text or "null")

    async def settle(self, sink: Sink) -> None:
        """Wait until every CRM was called, and what must end in quarantine is there."""
        called = {*TEMPERS, "rejects", "api"} - {"breaks"}
        for _ in range(90):
            if called <= {*sink.received} and await self.ended():
                return
            await asyncio.sleep(0.5)
        raise AssertionError("not every CRM was called")

    async def ended(self) -> bool:
        """Whether the CRM that breaks was tried, and three touches are in quarantine."""
        due = await self.get("manage/deliveries", state="due", destination="breaks")
        health = await self.get("manage/health")
        # One crash, one that is no object, one poison.
        return health["quarantine"]["count"] == 3 and any(
            one["attempts"] for one in due["deliveries"]
        )


def whole(answer: httpx.Response) -> str:
    """An answer with its headers."""
    return f"{answer.status_code} {answer.headers} {answer.text}"


async def everything(asked: Asked) -> None:
    """Ask the desk for all that there is, and for what there is not."""
    leads = await asked.get("manage/leads", limit="1")
    for lead in (await asked.get("manage/leads", after=leads["next"]))["leads"] + leads["leads"]:
        story = await asked.get(f"manage/leads/{lead['lead']}")
        assert story["touches"]
    for state in ("due", "parked", "delivered", "suppressed"):
        await asked.get("manage/deliveries", state=state)
    assert (await asked.get("manage/quarantine"))["quarantine"]
    for query in ({"limit": "canary"}, {"after": "canary"}, {"since": "canary"}):
        await asked.get("manage/leads", **query)
    await asked.get("manage/deliveries", state="canary")
    await asked.get("manage/leads/canary-email@canary-domain.example")
    for order in ({"what": "canary"}, {"since": "canary", "by": "x"}, {"by": ["canary"]}):
        await asked.order("replay", **order)
    assert (await asked.order("replay", by="canary-operator", dry_run=False))["replayed"]
    assert await asked.order("replay", by="x", what="quarantine", dry_run=False)
    await asked.order("enable", by="canary-operator", destination="gone")
    await asked.order("enable", by="canary-operator", destination="canary")


class TestWholePath:
    async def test_no_canary(  # noqa: PLR0913, PLR0917 - each fixture is one thing that listens
        self, environment, sink, heard, exported, storage, capfd, monkeypatch
    ):
        """
        Leads with canaries in every field go to CRMs of every temper, and nothing tells of them.
        """
        crash_for("CanaryCrash", monkeypatch)
        async with deployed(environment) as client:
            asked = Asked(client)
            for changes in (
                {},
                {"ActionCode": "DNC"},
                {"FirstName": "MSFT_TEST_canary"},
                {"Email": "", "Phone": ""},
                {"Email": "canary not an address", "Phone": "canary", "LeadSource": "canary"},
                {"FirstName": "CanaryCrash", "Email": "crash@canary-domain.example"},
                {"FirstName": ["CanaryList"], "Title": {"Canary": 1}},
                {"LeadSource": "SPZA-PLT|hush.unlisted", "Email": "other@canary-domain.example"},
            ):
                sent = json.dumps(post(**PERSON | SOURCE | changes)).encode()
                assert 202 == await asked.post(sent, path="shown.listing")
            assert 202 == await asked.post(b'["canary no object"]')
            assert 400 == await asked.post(b"")
            assert 413 == await asked.post(b"canary " * 9000)
            assert 401 == await asked.post(b"{}", code="canary-wrong-key")
            async with QueueClient.from_connection_string(
                storage, "touches-poison", message_encode_policy=BinaryBase64EncodePolicy()
            ) as poison:
                await poison.create_queue()
                await poison.send_message(message(post(**PERSON), 99))
            await asked.settle(sink)
            await everything(asked)
            await asked.get("health")

        out, err = capfd.readouterr()
        told = exported.texts()
        assert [] == found(heard.texts(), FORBIDDEN + NAMES)
        assert [] == found(told, FORBIDDEN + NAMES)
        assert [] == found(asked.intake, FORBIDDEN + NAMES)
        assert [] == found(asked.answers, FORBIDDEN)
        assert [] == found([out, err], FORBIDDEN + NAMES)
        # None of which means anything unless the canaries were there, and all of this happened.
        assert {*TEMPERS} - {"breaks"} <= {*sink.received}
        assert found(sink.received["takes"], ["canary"])
        assert {
            *("touch.taken", "touch.classified", "touch.crashed", "touch.quarantined"),
            *("delivery.attempted", "delivery.crashed", "tick.done", "desk.refused", "replay.done"),
        } <= heard.events()
        assert found(asked.answers, NAMES)
        metrics = ("leadshare.quarantined", "leadshare.attempts", "leadshare.parked")
        names = [*({*SPANS} - {"delivery.checked"}), *metrics]  # a webhook cannot be read back
        assert [] == [name for name in names if not found(told, [f'"name": "{name}"'])]


CANARY: dict[str, Any] = {
    "name": "Hush Title for CanaryCompany",
    "engagementId": "canary no id",
    "eTag": "canary no etag",
    "statusReason": "CanaryReason",
    "customerProfile": {
        "name": PERSON["Company"],
        "address": {"city": "CanaryCity", "country": PERSON["Country"]},
        "team": [
            {
                "firstName": PERSON["FirstName"],
                "lastName": PERSON["LastName"],
                "email": PERSON["Email"],
                "phoneNumber": PERSON["Phone"],
            }
        ],
    },
    "details": {"notes": "CanaryNotes", "dealValue": "canary", "currency": "canary money"},
    "inviteContext": {"notes": "CanaryInvitation", "invitedBy": {"organizationId": "msft"}},
}
LEAD, NO_LEAD, BROKEN = "hush-lead", "hush-no-lead", "hush-broken"
REFERRED = {
    LEAD: referral(**CANARY),
    NO_LEAD: referral(**CANARY | {"qualification": "SalesQualified"}),
}


@pytest.fixture(name="center")
def _center(monkeypatch: pytest.MonkeyPatch) -> microsoft.Web:
    """Partner Center and its certificates; they are valid in the tests' time only."""
    world, center = microsoft.web(), "https://api.partner.microsoft.com/v1.0/engagements/referrals"
    told = {"access_token": "canary-access-token", "refresh_token": "canary-new-refresh"}
    sign_in = "https://login.microsoftonline.com/canary-tenant/oauth2/v2.0/token"
    world.pages[sign_in] = httpx.Response(200, json=told)
    for key, one in REFERRED.items():
        world.pages[f"{center}/{key}"] = httpx.Response(200, json=one | {"id": key, "eTag": '"c"'})
    canary = {"error": {"code": "canary", "message": "canary"}}
    world.pages[f"{center}/{BROKEN}"] = httpx.Response(400, json=canary, headers={"x": "canary"})

    # Destinations have clients of their own; all that is configured here for them is local.
    monkeypatch.setattr(wiring, "guarded_client", lambda **_: world.client())
    monkeypatch.setattr(signature, "microsoft_roots", lambda: [microsoft.root()])
    monkeypatch.setattr(wiring, "utc_now", lambda: NOW)
    return world


class TestReferrals:
    async def test_no_canary(self, environment, heard, capfd, center):
        """
        Events with canaries, about referrals with more of them, go all ways, and nothing tells.
        """
        async with deployed(environment) as client:
            asked = Asked(client)
            for key in (LEAD, NO_LEAD, BROKEN):
                body = microsoft.event(
                    ResourceUri=microsoft.RESOURCE.replace(microsoft.REFERRAL, key),
                    AuditUri="https://canary-audit.example",
                )
                assert 202 == await send(asked, body, microsoft.headers(body))
                assert 401 == await send(asked, body + b" ", microsoft.headers(body))
            assert 401 == await send(asked, b"canary", {"authorization": "Signature canary"})
            body = microsoft.event(EventName="test-created", ResourceUri="canary")
            assert 200 == await send(asked, body, microsoft.headers(body))
            body = b'{"EventName":"referral-created","ResourceUri":"canary"}'
            assert 400 == await send(asked, body, microsoft.headers(body))
            for _ in range(60):
                told = (await asked.get("manage/referrals"))["referrals"]
                leads = (await asked.get("manage/leads"))["leads"]
                kept = len(told) == len(REFERRED)
                if kept and told[0]["lead"] in [lead["lead"] for lead in leads]:
                    break
                await asyncio.sleep(0.5)
            await asked.get("manage/referrals", kind="canary", after="canary")
            await asked.get(f"manage/leads/{leads[0]['lead']}")

        assert [(LEAD, "marketplace_lead"), (NO_LEAD, "qualified_lead")] == [
            (one["referral"], one["kind"]) for one in told
        ]
        assert told[0]["lead"] in [lead["lead"] for lead in leads]
        assert [] == found(heard.texts(), FORBIDDEN)
        assert [] == found(asked.intake + asked.answers, FORBIDDEN)
        assert [] == found(capfd.readouterr(), FORBIDDEN)
        # None of which means anything unless all of this happened.
        assert {"event.taken", "referral.classified", "touch.classified"} <= heard.events()
        assert f"{microsoft.URL}" in center.asked
        assert any(BROKEN in url for url in center.asked)


async def send(asked: Asked, body: bytes, headers: dict[str, str]) -> int:
    """POST an event as Partner Center does, without a key."""
    answer = await asked.client.post("/api/referrals/webhook", content=body, headers=headers)
    asked.intake.append(whole(answer))
    return answer.status_code


@pytest.fixture(name="lead_table")
def _lead_table(environment: dict[str, str], storage: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a table that is to be read."""
    name = f"t{uuid4().hex}"
    section = f'[marketplace_table]\nconnection = "TABLE"\ntable = "{name}"\nevery = 1\n'
    path = Path(environment["LEADSHARE_CONFIGURATION"])
    path.write_text(f"{path.read_text()}\n{section}")
    monkeypatch.setenv("TABLE", storage)
    return name


class TestTable:
    async def test_no_canary(self, environment, storage, lead_table, heard, capfd):
        """
        Rows with canaries are read, too large and unreadable ones as well, and nothing tells.
        """
        row = {"PartitionKey": "canary", **columns(**PERSON | SOURCE), "CanaryColumn": "canary"}
        large = dict.fromkeys(("Description", "LeadSource"), "canary " * 4500)
        broken = {"CustomerInfo": '{"Email": "canary-email@canary.example"'}
        async with TableClient.from_connection_string(storage, lead_table) as table:
            await table.create_table()
            for key, changes in (("canary-1", {}), ("canary-2", large), ("canary-3", broken)):
                await table.create_entity({**row, "RowKey": key, **changes})
        async with deployed(environment) as client:
            asked = Asked(client)
            for _ in range(60):
                told = await asked.get("manage/quarantine", reason="customer_info_unreadable")
                if told["quarantine"] and heard.said("touch.classified") == 2:
                    break
                await asyncio.sleep(0.5)
            await asked.get("manage/health")

        assert (1, 2) == (len(told["quarantine"]), heard.said("touch.classified"))
        assert [] == found(heard.texts(), FORBIDDEN + NAMES)
        assert [] == found(asked.answers, FORBIDDEN)
        assert [] == found(capfd.readouterr(), FORBIDDEN + NAMES)
        assert {"table.read", "table.cut", "touch.quarantined"} <= heard.events()

    async def test_out_of_reach(self, lead_table, heard, monkeypatch):
        """
        Where the table is out of reach, its failing is told without its address or key.
        """
        monkeypatch.setenv("TABLE", NOWHERE)
        wiring._built.clear()  # noqa: SLF001 - a process builds once; a test must build anew
        try:
            parts = await wiring.deployment()
            with pytest.raises(StorageError, match=r"^the table of leads is out of reach: \w+$"):
                await parts.running().ticker.tick(timedelta(seconds=5))
            told = await parts.desk.health()
        finally:
            wiring._built.clear()  # noqa: SLF001 - as above

        table = told["lead_tables"][f"canaryaccount|{lead_table}"]
        assert table["fault"].startswith("the table of leads is out of reach")
        assert "lane.failed" in heard.events()
        assert [] == found(heard.texts(), ["Y2FuYXJ5Y2FuYXJ5", "127.0.0.1:1"])


NOWHERE = (
    "DefaultEndpointsProtocol=http;AccountName=canaryaccount;AccountKey=Y2FuYXJ5Y2FuYXJ5;"
    "TableEndpoint=http://127.0.0.1:1/canaryaccount;QueueEndpoint=http://127.0.0.1:1/canaryaccount;"
)


class TestOutOfReach:
    @pytest.mark.parametrize(
        "name", ["classify_touch", "keep_poison", "tick", "list_leads", "list_referrals"]
    )
    async def test_storage(self, environment, heard, monkeypatch, name):
        """
        Where storage is out of reach, what is raised and what is answered say so and no more.
        """
        monkeypatch.setenv("LEADSHARE_STORAGE", NOWHERE)
        assert environment
        wiring._built.clear()  # noqa: SLF001 - a process builds once; a test must build anew

        told = await outcome(name, message(post(**PERSON)))

        assert "out of reach" in told
        assert [] == found([told, *heard.texts()], FORBIDDEN)


async def outcome(name: str, body: bytes) -> str:
    """What a function answers, or the error that leaves it as it would be printed."""
    asked: Any = func.queue.QueueMessage(body=body)
    if name.startswith("list_"):
        asked = func.HttpRequest(method="GET", url="/", body=b"")
    try:
        answer = await getattr(function_app, name)(asked)
    except LeadshareError as error:
        return printed(error)
    return "" if answer is None else answer.get_body().decode()


class TestWrongConfiguration:
    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            pytest.param({"HOOK_SECRET": "canary"}, "secret", id="no-webhook-secret"),
            pytest.param(
                {"HOOK_SECRET": "@Microsoft.KeyVault(canary)"}, "secret", id="failed-reference"
            ),
            pytest.param({"HOOK_SECRET": ""}, "secret", id="not-set"),
            pytest.param(
                {"LEADSHARE_IDENTITY_KEY": "canary"}, "LEADSHARE_IDENTITY_KEY", id="short-key"
            ),
            pytest.param(
                {"LEADSHARE_IDENTITY_KEY": "another-canary-that-is-long-enough"},
                "LEADSHARE_IDENTITY_KEY",
                id="another-key",
            ),
            pytest.param({"TICK_BUDGET": "canary"}, "TICK_BUDGET", id="no-budget"),
            pytest.param({"LEADSHARE_STORAGE": "canary"}, "LEADSHARE_STORAGE", id="no-connection"),
            pytest.param(
                {"LEADSHARE_CONFIGURATION": "/canary/x.toml"}, "x.toml", id="no-such-file"
            ),
        ],
    )
    async def test_environment(self, environment, heard, changes, named):
        """
        A wrong setting is named, and what it holds is not told.
        """
        assert named in await wrong(environment, heard, changes)

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            pytest.param('[[destination]]\nname = "canary', "leadshare.toml", id="not-toml"),
            pytest.param(
                '[[destination]]\ntype = "webhook"\nname = "a"\nurl = "https://x.example"\n'
                f'secret = "{WHSEC}"\n',
                "secret",
                id="secret-in-the-file",
            ),
            pytest.param(
                '[[destination]]\ntype = "webhook"\nname = "a"\nsecret = "HOOK_SECRET"\n'
                'url = "https://user:canary@x.example"\n',
                "url",
                id="password-in-the-address",
            ),
            pytest.param(
                '[[destination]]\ntype = "webhook"\nname = "a"\nsecret = "HOOK_SECRET"\n'
                'url = "https://x.example"\nheaders = { authorization = "canary\\n" }\n',
                "headers",
                id="wrong-header",
            ),
            pytest.param(
                '[[destination]]\ntype = "dynamics"\nname = "a"\nurl = "https://canary"\n',
                "url",
                id="wrong-environment",
            ),
        ],
    )
    async def test_file(self, environment, heard, tmp_path, text, named):
        """
        What is wrong in the file is named by its place, and not repeated.
        """
        (tmp_path / "leadshare.toml").write_text(text)

        assert named in await wrong(environment, heard, {})


async def wrong(environment: dict[str, str], heard: Heard, changes: dict[str, str]) -> str:
    """What is said about a wrong configuration, checked for canaries."""
    if "LEADSHARE_IDENTITY_KEY" in changes:
        (await wiring.build(environment, ROOT)).running()

    with pytest.raises(ConfigurationError) as caught:
        (await wiring.build(environment | changes, ROOT)).running()

    assert [] == found([printed(caught.value), *heard.texts()], FORBIDDEN)
    return str(caught.value)
