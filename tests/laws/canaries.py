"""Canaries, all places where they could sing, and a deployment that is full of them."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import azure.functions as func
import httpx
import pytest
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

import function_app
from leadshare.app import build as wiring
from leadshare.destinations.dynamics import environment as dynamics
from leadshare.destinations.webhook import Webhook
from leadshare.errors import ConfigurationError, LeadshareError
from leadshare.leads import classify
from leadshare.leads.planning import touches as planning
from leadshare.leads.touch import Touch
from leadshare.local import azurite
from leadshare.local.host.host import Host
from leadshare.telemetry.logs import JsonLine
from leadshare.telemetry.recorder import Recorder
from tests.inside import inside

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
    "LEADSHARE_PROOF_KEY": "canary-proof-key",
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
        previous_secret_until = 2999-12-31
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
    wiring.PROCESS.deployment = None  # a process builds once; a test must build anew
    try:
        async with (
            Host(ROOT, settings=environment, keys=KEYS, launch=inside) as host,
            httpx.AsyncClient(base_url=host.url, trust_env=False, timeout=30) as client,
        ):
            yield client
    finally:
        wiring.PROCESS.deployment = None


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


def configure(environment: dict[str, str], text: str) -> None:
    """Have another configuration."""
    Path(environment["LEADSHARE_CONFIGURATION"]).write_text(text)


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
        await asked.get("manage/deliveries", state=state, persons="true")
    assert (await asked.get("manage/quarantine"))["quarantine"]
    for query in ({"limit": "canary"}, {"after": "canary"}, {"since": "canary"}):
        await asked.get("manage/leads", **query)
    # A word is told again where a closed set is expected; what could be a person's never is.
    address = "canary-email@canary-domain.example"
    await asked.get("manage/deliveries", state=address)
    await asked.get(f"manage/leads/{address}")
    for order in (
        {"what": address},
        {address: 1, "by": "x"},
        {"since": "canary", "by": "x"},
        {"by": ["canary"]},
    ):
        await asked.order("replay", **order)
    for name, text in (
        ("email", address),
        ("phone", PERSON["Phone"]),
        ("company", PERSON["Company"]),
    ):
        assert (await asked.order("find", by="canary-operator", **{name: text}))["leads"]
    for known in ({"email": "canary"}, {address: 1}, {"link": address}, {"record": address}):
        await asked.order("find", by="canary-operator", **known)
    assert (await asked.order("replay", by="canary-operator", all=True, dry_run=False))["replayed"]
    assert await asked.order("replay", by="x", what="quarantine", dry_run=False)
    await asked.order("enable", by="canary-operator", destination="gone")
    await asked.order("enable", by="canary-operator", destination="canary-5550182734")


async def send(asked: Asked, body: bytes, headers: dict[str, str]) -> int:
    """POST an event as Partner Center does, without a key."""
    answer = await asked.client.post("/api/referrals/webhook", content=body, headers=headers)
    asked.intake.append(whole(answer))
    return answer.status_code


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


async def wrong(environment: dict[str, str], heard: Heard, changes: dict[str, str]) -> str:
    """What is said about a wrong configuration, checked for canaries."""
    if "LEADSHARE_IDENTITY_KEY" in changes:
        (await wiring.build(environment, ROOT)).configured()

    with pytest.raises(ConfigurationError) as caught:
        (await wiring.build(environment | changes, ROOT)).configured()

    assert [] == found([printed(caught.value), *heard.texts()], FORBIDDEN)
    return str(caught.value)
