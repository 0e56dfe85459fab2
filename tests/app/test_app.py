"""Wiring: what is configured is built, or refused with the name of what cannot work."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from leadshare.app import build as wiring
from leadshare.app import deployment, stores
from leadshare.app import poison as given_up
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.build import build_destinations, record_links
from leadshare.destinations.notices.email_settings import EmailSettings
from leadshare.destinations.settings import Erasure
from leadshare.errors import ConfigurationError, Faults, StorageError
from tests.builders import NOW, Office
from tests.destinations.simulators.base import TYPES
from tests.destinations.simulators.dynamics import Account as Dynamics
from tests.destinations.simulators.hubspot import Account as Hubspot
from tests.destinations.simulators.marketo import Account as Marketo
from tests.destinations.simulators.odoo import Account as Odoo
from tests.destinations.simulators.salesforce import Account as Salesforce
from tests.destinations.simulators.teams import Account as Teams
from tests.destinations.simulators.webhook import Account as Webhook
from tests.destinations.simulators.zoho import Account as Zoho
from tests.memory import MemoryTable
from tests.referrals.bureau import queued


def settings(account: Any, **changes: Any) -> Any:
    """The settings of a destination that is an account."""
    told = {**account.SETTINGS, **changes}
    return TYPES[told["type"]].model_validate(told, context=account.ENVIRONMENT)


def build(*told: Any, **changes: Any) -> list[Any]:
    """Build destinations as in Azure."""
    options: dict[str, Any] = {"local": False, "lease": timedelta(seconds=60), **changes}
    return build_destinations(told, {}, **options)


def refused(*told: Any, **changes: Any) -> list[Any]:
    """What is said about destinations that cannot work, each with its place."""
    with pytest.raises(Faults) as caught:
        build(*told, **changes)
    return list(caught.value.faults)


ROBOT = {"id": "Contoso.Robot", "title": "Contoso Robot", "kind": "app"}
KEY = b"k" * 32
FILE = """
[[listing]]
id = "Contoso.Robot"
title = "Contoso Robot"
kind = "app"
[[route]]
to = []
"""
SHORT = {"id": "short", "kind": "nurture", "step": [{"after_days": 1, "do": "end"}]}
BOOKS = """
[[destination]]
name = "mail"
type = "email"
sender = "leads@contoso.example"
to = ["sales@contoso.example"]
via = { kind = "smtp", host = "smtp.contoso.example" }
[analytics]
tenant_id = "contoso.example"
client_id = "app"
client_secret = "SECRET"
[report]
to = ["boss@contoso.example"]
by = "mail"
[[outcome_source]]
name = "shop"
secrets = ["SHOP_SECRET"]
"""
WAITING = """
[[destination]]
name = "desk"
type = "email"
sender = "leads@contoso.example"
to = ["sales@contoso.example"]
via = { kind = "smtp", host = "smtp.contoso.example" }
[clock]
zone = "UTC"
remind_to = ["desk"]
[[track]]
id = "short"
kind = "nurture"
[[track.step]]
after_days = 1.0
do = "end"
"""
OVERLAP = "expected no other destination at the same url, whose calls must not overlap"


LINKS = (
    (
        Dynamics,
        "https://contoso.crm4.dynamics.com/main.aspx?pagetype=entityrecord&etn=lead&id=a%2Fb",
    ),
    (Odoo, "https://contoso.odoo.com/mail/view?model=crm.lead&res_id=a%2Fb"),
    (Salesforce, "https://contoso.my.salesforce.com/a%2Fb"),
    (Zoho, "https://crm.zoho.eu/crm/tab/Leads/a%2Fb"),
    (Marketo, ""),
    (Hubspot, ""),
)
"""Where people see a record of the id `a/b`, where an address alone can tell."""


class TestLinks:
    @pytest.mark.parametrize(("account", "link"), LINKS)
    def test_notices(self, account, link):
        """A notice can link to the records of CRMs, and nothing else can."""
        told = [settings(one) for one in (account, Teams, Webhook)]
        crm, teams, _ = build(*told, local=True)

        links = record_links([crm, teams, *build(settings(Webhook))])
        assert {teams.name: {crm.name: crm.link}} == links
        assert link == crm.link("a/b")


class TestBuild:
    def test_all(self):
        """Each destination is built under its name."""
        built = build(settings(Webhook, name="one"), settings(Webhook, name="other"))

        assert ["one", "other"] == [destination.name for destination in built]

    def test_serial(self):
        """Two destinations at one Marketo would overlap and double persons: that is refused."""
        assert [(("destination", 0, "url"), OVERLAP), (("destination", 1, "url"), OVERLAP)] == (
            refused(settings(Marketo), settings(Marketo, name="other"))
        )

    def test_other_instance(self):
        """Two instances of Marketo are two accounts."""
        other = settings(Marketo, name="other", url="https://999-XYZ-999.mktorest.com/rest")

        assert 2 == len(build(settings(Marketo), other))

    def test_lease(self):
        """A call that may outlast the lane's lease is refused."""
        fault = (("destination", 0, "timeout"), "expected less than LANE_LEASE, 20")

        assert [fault] == refused(settings(Webhook), lease=timedelta(seconds=20))

    def test_erasures(self, monkeypatch):
        """How a system cannot take persons out is refused, and what it can is told."""
        told = settings(Salesforce, erase="delete")
        monkeypatch.setattr(DESTINATIONS[type(told)], "erasures", frozenset({Erasure.TASK}))

        fault = (("destination", 0, "erase"), "expected what this system can: task")
        assert [fault] == refused(told)

    def test_plain_http(self):
        """Plain http is for local use."""
        told = settings(Webhook, url="http://127.0.0.1:9/x")

        assert build(told, local=True)
        fault = (("destination", 1, "url"), "expected https; http is for local use")
        assert [fault] == refused(settings(Webhook, name="fine"), told)


class TestDeployment:
    async def test_out_of_reach(self, monkeypatch, tmp_path):
        """Where the tables cannot be had, the next try finds no connection of this one open."""

        class Service:
            closed = False

            async def create_table_if_not_exists(self, name: str) -> Any:
                raise ServiceRequestError(name)

            async def close(self) -> None:
                Service.closed = True

        monkeypatch.setattr(stores, "table_service", lambda *_: Service())
        environment = {"LEADSHARE_STORAGE": "x", "LEADSHARE_IDENTITY_KEY": "k" * 32}

        with pytest.raises(StorageError, match="the tables are out of reach"):
            await wiring.build(environment, tmp_path)

        assert Service.closed

    @pytest.mark.parametrize("wrong", ["", "leadshare.toml:3: expected a name"])
    async def test_tick(self, wrong):
        """Queues are looked at before anything hides in them, and are emptied under a wrong
        configuration as well, which is told at last.
        """
        told: list[object] = []

        class Part:
            def __init__(self, name: str) -> None:
                self.name = name

            async def report(self) -> None:
                told.append(self.name)

            async def empty(self, end: float) -> None:
                left = end - asyncio.get_running_loop().time()
                assert left == pytest.approx(25, abs=1)
                told.append(self.name)

            async def tick(self, budget: timedelta) -> None:
                told.append(budget)

            async def visit(self, nudge: bytes, budget: timedelta) -> None:
                told.append((nudge, budget))

        parts: Any = None if wrong else SimpleNamespace(ticker=Part("ticker"))
        configured = deployment.ConfiguredOrWrong(parts, wrong).configured
        budget = timedelta(seconds=25)
        begin: Any = deployment.Deployment  # of which a tick needs these parts alone
        app = begin(
            *(SimpleNamespace(tick_budget=budget), None, None, configured, None, None),
            *([Part("one"), Part("other")], Part("waiting"), None),
        )
        raises = pytest.raises(ConfigurationError, match="expected a name")
        with raises if wrong else nullcontext():
            await app.tick()
        assert ["waiting", "one", "other", *([] if wrong else [budget])] == told

        told.clear()
        with raises if wrong else nullcontext():
            await app.visit(b"nudge")
        assert ([] if wrong else [(b"nudge", deployment.VISIT)]) == told


class TestPoison:
    async def test_each_its_way(self, monkeypatch):
        """A referral goes back to its queue, noted; a touch is kept; what is no message ends."""
        sent: list[tuple[str, bytes]] = []

        class Sent:
            def __init__(self, _: object, name: str) -> None:
                self.name = name

            async def send(self, messages: Sequence[bytes]) -> None:
                sent.extend((self.name, message) for message in messages)

        monkeypatch.setattr(given_up, "MessageQueue", Sent)
        office = Office()
        kept: Any = (office.quarantine, office.referral_store, office.outcomes)
        settings: Any = None
        by_queue = {one.queue.name: one for one in given_up.poison(settings, *kept)}

        await by_queue["referrals-poison"].keep(queued(), NOW)
        await by_queue["referrals-poison"].keep(b"no message", NOW)
        await by_queue["touches-poison"].keep(b"no touch", NOW)

        assert [("referrals", queued())] == sent
        assert {"unfetched", "not_an_envelope"} == {
            values["note"] for values, _ in office.referrals_table.rows.values()
        }
        assert ["poison"] == [row["reason"] for row in office.table.values("quarantine")]
        assert {"touches-poison", "referrals-poison", "outcomes-poison"} == {*by_queue}


class TestChores:
    async def test_due(self, monkeypatch, tmp_path, caplog):
        """The tick of a deployment without any destination tells of listings, and of leads that
        nobody takes.
        """
        caplog.set_level(logging.INFO)
        office = Office({"name": "crm"}, listing=[ROBOT])
        await office.take(1, LeadSource="SPZA-PLT|contoso.robot")

        async def tables(_: object) -> list[MemoryTable]:
            return [office.table, office.state, office.referrals_table]

        monkeypatch.setattr(stores, "open_tables", tables)
        path = tmp_path / "leadshare.toml"
        path.write_text(FILE)
        environment = {
            "LEADSHARE_STORAGE": "UseDevelopmentStorage=true",
            "LEADSHARE_IDENTITY_KEY": "k" * 32,
            "LEADSHARE_CONFIGURATION": str(path),
        }

        parts = await wiring.build(environment, tmp_path)
        await parts.configured().ticker.tick(timedelta(seconds=5))

        assert {"tick.done", "listing.watched", "unrouted.counted"} <= {
            record.msg for record in caplog.records
        }

    async def test_named(self, monkeypatch, tmp_path):
        """Books are read, and the report is mailed, where the file says so."""
        state = MemoryTable()

        async def tables(_: object) -> list[MemoryTable]:
            return [MemoryTable(), state, MemoryTable()]

        monkeypatch.setattr(stores, "open_tables", tables)
        path = tmp_path / "leadshare.toml"
        path.write_text(FILE + BOOKS)
        environment = {
            "LEADSHARE_STORAGE": "UseDevelopmentStorage=true",
            "LEADSHARE_IDENTITY_KEY": "k" * 32,
            "LEADSHARE_CONFIGURATION": str(path),
            "SECRET": "any",
            "SHOP_SECRET": f"whsec_{b64encode(KEY).decode()}",
        }

        parts = (await wiring.build(environment, tmp_path)).configured()

        assert ["books", "report"] == [chore.name for chore in parts.ticker.chores][-2:]
        assert parts.sold == parts.configuration.listing
        assert {"shop": [KEY]} == {name: [*keys] for name, keys in parts.keys.items()}
        assert ["mail", "shop"] == parts.sources
        assert {"mail": DESTINATIONS[EmailSettings].verbs} == parts.steps.verbs
        assert {} == parts.links

    async def test_house(self, monkeypatch, tmp_path, caplog):
        """The tick works off what is due of tracks, and counts who waits for a call."""
        caplog.set_level(logging.INFO)
        office = Office({"name": "crm"}, listing=[ROBOT], track=[SHORT])
        cold = {"Title": "", "Description": "", "ActionCode": "PLT"}
        await office.take(1, None, **cold, LeadSource="SPZA-PLT|contoso.robot")
        assert ["nurturing"] == [one["stage"] for one in office.table.values("lead")]
        office.now += timedelta(days=2)
        clock = SimpleNamespace(now=office.clock, hear=lambda _: None)
        monkeypatch.setattr(wiring, "CLOCK", clock)
        monkeypatch.setattr(stores, "Nudges", lambda _: office.nudged)

        async def tables(_: object) -> list[MemoryTable]:
            return [office.table, office.state, office.referrals_table]

        monkeypatch.setattr(stores, "open_tables", tables)
        path = tmp_path / "leadshare.toml"
        path.write_text(FILE + WAITING)
        environment = {
            "LEADSHARE_STORAGE": "UseDevelopmentStorage=true",
            "LEADSHARE_IDENTITY_KEY": "k" * 32,
            "LEADSHARE_CONFIGURATION": str(path),
        }

        parts = await wiring.build(environment, tmp_path)
        await parts.configured().ticker.tick(timedelta(seconds=5))

        [lead] = office.table.values("lead")
        assert ("new", "ended") == (lead["stage"], lead["track_why"])
        assert "waiting.counted" in {record.msg for record in caplog.records}


class TestProcess:
    @pytest.fixture(name="built", autouse=True)
    def _built(self, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        """What a process that has built nothing yet builds; the first time that fails."""
        built: list[object] = []

        async def building(*_: object) -> object:
            await asyncio.sleep(0)
            built.append(object())
            if len(built) == 1:
                raise StorageError("the tables are out of reach")
            return built[-1]

        monkeypatch.setattr(wiring, "build", building)
        monkeypatch.setattr(wiring, "PROCESS", wiring.Process())
        return built

    async def test_again(self, built):
        """What could not be built is built again by whoever needs it next, and then once for
        all.
        """
        with pytest.raises(StorageError, match="out of reach"):
            await wiring.deployment()

        both = await asyncio.gather(wiring.deployment(), wiring.deployment())

        assert [built[1], built[1]] == [*both]
        assert 2 == len(built)


class TestConfigured:
    def test_wrong(self):
        """Whoever needs a configuration that is wrong is told so, each time."""
        configured = deployment.ConfiguredOrWrong(wrong="leadshare.toml:3: expected a name")

        for _ in range(2):
            with pytest.raises(ConfigurationError, match="expected a name"):
                configured.configured()
