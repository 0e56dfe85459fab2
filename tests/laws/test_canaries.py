"""Canaries: no person and no secret in any log line, answer, output or error, whatever fails."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiohttp import web
from azure.data.tables.aio import TableClient
from azure.storage.queue import BinaryBase64EncodePolicy
from azure.storage.queue.aio import QueueClient

from leadshare.app import build as wiring
from leadshare.app import partner
from leadshare.errors import StorageError
from leadshare.partner_center import signature
from leadshare.telemetry.recorder import Recorder
from leadshare.telemetry.signals import SPANS
from tests import microsoft
from tests.builders import NOW, message, post
from tests.laws.canaries import (
    FORBIDDEN,
    NAMES,
    PERSON,
    SECRETS,
    SOURCE,
    TEMPERS,
    WHSEC,
    Asked,
    Exported,
    Heard,
    Sink,
    configure,
    configured,
    crash_for,
    deployed,
    everything,
    found,
    outcome,
    send,
    wrong,
)
from tests.laws.opened import closing
from tests.microsoft_table import columns
from tests.referrals.builders import referral


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


@pytest.fixture(name="exported")
def _exported() -> Iterator[Exported]:
    """What the app exports; it installs no recorder where there is one."""
    logger, exported = logging.getLogger("leadshare"), Exported()
    before = logger.handlers[:]
    logger.handlers = [one for one in before if not isinstance(one, Recorder)]
    logger.addHandler(exported.recorder)
    yield exported
    logger.handlers = before


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
        "LEADSHARE_PROOF_URL": "http://127.0.0.1:1",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return told


@pytest.fixture(name="opened", autouse=True)
async def _opened(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Closes what a deployment keeps open for as long as its process lives."""
    # A lock belongs to the loop in which it was first waited for, and each test has its own.
    monkeypatch.setattr(wiring, "PROCESS", wiring.Process())
    async with closing(monkeypatch):
        yield


class TestWholePath:
    async def test_no_canary(  # noqa: PLR0913, PLR0917 - each fixture is one thing that listens
        self, environment, sink, heard, exported, storage, capfd, monkeypatch
    ):
        """Leads with canaries in every field go to CRMs of every temper, and nothing tells of
        them.
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
            *(
                "delivery.attempted",
                "delivery.crashed",
                "tick.done",
                "operator.refused",
                "replay.done",
            ),
            "queues.watched",
        } <= heard.events()
        assert found(asked.answers, NAMES)
        metrics = ("leadshare.quarantined", "leadshare.deliveries.calling", "leadshare.parked")
        names = [*({*SPANS} - {"delivery.looked_up"}), *metrics]  # a webhook cannot be read back
        assert [] == [name for name in names if not found(told, [f'"name": "{name}"'])]


class TestUnrouted:
    async def test_no_canary(self, environment, sink, heard, capfd):
        """Leads with canaries that nobody takes are listed, counted and planned again in
        silence.
        """
        azure = 'type = "inbox"\nname = "azure"\nstorefronts = ["azure_marketplace"]'
        configure(environment, f'[[destination]]\n{azure}\nurl = "{sink.url}"\n')
        async with deployed(environment) as client:
            asked = Asked(client)
            assert 202 == await asked.post(json.dumps(post(**PERSON | SOURCE)).encode())
            for _ in range(60):
                listed = await asked.get("manage/leads", unrouted="true")
                if listed["leads"] and heard.said("unrouted.counted"):
                    break
                await asyncio.sleep(0.5)
            [lead] = listed["leads"]
            await asked.get(f"manage/leads/{lead['lead']}")
            for query in ({"unrouted": "canary"}, {"notice_only": "canary"}):
                await asked.get("manage/leads", **query)
            for order in ({"reason": "canary"}, {"since": "canary"}, {"dry_run": False}):
                await asked.order("replay", by="canary-operator", what="unrouted", **order)
            await asked.get("manage/health")

        assert "unrouted" == lead["routing"]
        assert [] == found(heard.texts(), FORBIDDEN + NAMES)
        assert [] == found(asked.intake + asked.answers, FORBIDDEN)
        assert [] == found(capfd.readouterr(), FORBIDDEN)
        assert {"unrouted.found", "unrouted.counted", "replay.done"} <= heard.events()


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
    monkeypatch.setattr(partner, "guarded_client", lambda **_: world.client())
    monkeypatch.setattr(signature, "microsoft_roots", lambda: [microsoft.root()])
    clock = SimpleNamespace(now=lambda: NOW, hear=lambda _: None)
    monkeypatch.setattr(wiring, "CLOCK", clock)
    return world


class TestReferrals:
    async def test_no_canary(self, environment, heard, capfd, center):
        """Events with canaries, about referrals with more of them, go all ways, and nothing
        tells.
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
                if len(told) == len(REFERRED) and any(BROKEN in url for url in center.asked):
                    break
                await asyncio.sleep(0.5)
            await asked.get("manage/referrals", kind="canary@canary.example", after="canary")

        assert [(LEAD, "marketplace_lead"), (NO_LEAD, "qualified_lead")] == [
            (one["referral"], one["kind"]) for one in told
        ]
        assert [] == found(heard.texts(), FORBIDDEN)
        assert [] == found(asked.intake + asked.answers, FORBIDDEN)
        assert [] == found(capfd.readouterr(), FORBIDDEN)
        # None of which means anything unless all of this happened.
        assert {"event.taken", "referral.classified"} <= heard.events()
        assert f"{microsoft.URL}" in center.asked
        assert any(BROKEN in url for url in center.asked)


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
        """Rows with canaries are read, too large and unreadable ones as well, and nothing tells."""
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
        assert {"source.read", "source.cut", "touch.quarantined"} <= heard.events()

    async def test_out_of_reach(self, lead_table, heard, monkeypatch):
        """Where the table is out of reach, its failing is told without its address or key."""
        monkeypatch.setenv("TABLE", NOWHERE)
        parts = await wiring.deployment()
        with pytest.raises(StorageError, match=r"^Microsoft's table is out of reach: \w+$"):
            await parts.configured().ticker.tick(timedelta(seconds=5))
        told = await parts.requests.get_health({})

        table = told["marketplace_tables"][f"canaryaccount|{lead_table}"]
        assert table["fault"].startswith("Microsoft's table is out of reach")
        assert "source.failed" in heard.events()
        assert [] == found(heard.texts(), ["Y2FuYXJ5Y2FuYXJ5", "127.0.0.1:1"])


NOWHERE = (
    "DefaultEndpointsProtocol=http;AccountName=canaryaccount;AccountKey=Y2FuYXJ5Y2FuYXJ5;"
    "TableEndpoint=http://127.0.0.1:1/canaryaccount;QueueEndpoint=http://127.0.0.1:1/canaryaccount;"
)


class TestOutOfReach:
    @pytest.mark.parametrize(
        "name", ["classify_touch", "tick", "prove_intake", "list_leads", "list_referrals"]
    )
    async def test_storage(self, environment, heard, monkeypatch, name):
        """Where storage is out of reach, what is raised and what is answered say so and no more."""
        monkeypatch.setenv("LEADSHARE_STORAGE", NOWHERE)
        assert environment

        told = await outcome(name, message(post(**PERSON)))

        assert "out of reach" in told
        assert [] == found([told, *heard.texts()], FORBIDDEN)


class TestProof:
    async def test_unanswered(self, environment, heard):
        """A proof that nobody answers tells why, and nothing of its key."""
        assert environment

        assert "" == await outcome("prove_intake", b"")

        assert "proof.sent" in heard.events()
        assert found(heard.texts(), ["ConnectError"])
        assert [] == found(heard.texts(), FORBIDDEN)


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
        """A wrong setting is named, and what it holds is not told."""
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
        """What is wrong in the file is named by its place, and not repeated."""
        (tmp_path / "leadshare.toml").write_text(text)

        assert named in await wrong(environment, heard, {})
