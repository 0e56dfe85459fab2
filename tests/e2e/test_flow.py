"""One host on real Azurite over real HTTP, without faults: all that a publisher can see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from leadshare.core.envelope import open_envelope
from tests.builders import message, post
from tests.e2e import process, sink
from tests.e2e.process import Host, quick, until
from tests.e2e.sink import KEY, Mood, Script, Sink
from tests.e2e.storage import QUEUES, enqueue, of_kind, queued, scan
from tests.laws import violations

CONFIGURATION: Final = """
internal_domains = ["contoso.example"]

[[listing]]
id = "contoso.invoice-robot"
title = "Contoso Invoice Robot"
kind = "app"

[[listing]]
id = "contoso.metrics"
title = "Contoso Metrics"
kind = "offer"

[[destination]]
type = "webhook"
name = "crm"
url = "{crm}"
secret = "HOOK"
timeout = 5

[[destination]]
type = "webhook"
name = "closing"
channel = "marketplace"
url = "{closing}"
secret = "HOOK"
timeout = 5
schedule = [0, 0.1, 0.1]
"""
WRONG: Final = 'destinatoin = "a slip of the pen"'
CUSTOMERS: Final = "customers.example"


@dataclass(frozen=True)
class Running:
    """A host, what it writes to and whom it tells."""

    host: Host
    web: httpx.Client
    storage: str
    crm: Sink
    closing: Sink
    plan: Script
    """What `closing` does next."""

    def post(self, path: str = "", /, **changes: Any) -> str:
        """Post a lead as the marketplace does; return the touch id."""
        answer = self.web.post(f"leads{path}", json=post(**changes))
        assert 202 == answer.status_code
        return str(answer.json()["touch"])

    def get(self, path: str, **query: str | int) -> Any:
        """Ask the operators' desk."""
        answer = self.web.get(f"manage/{path}", params=query)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def order(self, path: str, **values: Any) -> Any:
        """Order something at the operators' desk."""
        body = {"by": "tests", **values}
        answer = self.web.post(f"manage/{path}", json=body)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def lead(self, touch: str) -> dict[str, Any]:
        """Wait until a touch is classified, and return the story of its lead."""
        story: dict[str, Any] = self.get(f"leads/{until(lambda: self._lead_of(touch))}")
        return story

    def settled(self, touch: str) -> dict[str, Any]:
        """Wait until nothing is due for the lead of a touch any more; return its story."""

        def story() -> dict[str, Any]:
            told = self.lead(touch)
            return {} if any(d["state"] == "due" for d in told["deliveries"]) else told

        return until(story)

    def told(self, touch: str) -> list[dict[str, Any]]:
        """Return the events about the lead of a settled touch that the CRM was told."""
        lead = self.settled(touch)["lead"]["lead"]
        return [event for event in self.crm.events if event["data"]["lead"] == lead]

    def _lead_of(self, touch: str) -> str:
        lines = [json.loads(line) for line in self.host.said().splitlines() if touch in line]
        return "".join(line["lead"] for line in lines if line["event"] == "touch.classified")


@pytest.fixture(scope="module", name="run")
def _run(
    new_account: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A host with a CRM for AppSource, and one for Azure Marketplace that can be told to close."""
    folder, storage, plan = tmp_path_factory.mktemp("flow"), new_account(), Script()
    with sink.running(Script()) as crm, sink.running(plan) as closing:
        file = folder / "leadshare.toml"
        file.write_text(CONFIGURATION.format(crm=crm.url, closing=closing.url))
        settings = quick(storage, file) | {"HOOK": KEY}
        with serving(settings, folder / "host.log") as (host, web):
            yield Running(host, web, storage, crm, closing, plan)


@contextmanager
def serving(
    settings: Mapping[str, str], log: Path, *options: str
) -> Iterator[tuple[Host, httpx.Client]]:
    """Run a host, with a client for it, until the end of the block."""
    with (
        process.running(settings, log, *options) as host,
        httpx.Client(base_url=f"{host.url}/api/", timeout=60) as web,
    ):
        yield host, web


@pytest.fixture(autouse=True, name="lawful")
def _lawful(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test the rows break no law, events verify, and nothing special has left."""
    yield
    if "run" in request.fixturenames:
        run: Running = request.getfixturevalue("run")
        assert [] == violations(scan(run.storage))
        assert [] == run.crm.unverified + run.closing.unverified
        lanes = {e["data"]["lane"] for one in (run.crm, run.closing) for e in one.events}
        assert lanes <= {"normal"}


def somebody() -> str:
    """The address of a customer who was never there before."""
    return f"{uuid4().hex}@{CUSTOMERS}"


class TestDelivery:
    def test_new(self, run: Running) -> None:
        """A lead is taken, classified, and told to the CRM once, as created."""
        email = somebody()
        touch = run.post(Email=email, LastName="Buyer 🦄")

        [event] = run.told(touch)
        record = event["data"]
        assert "lead.created" == event["type"]
        assert (email, "Buyer 🦄") == (record["email"], record["last_name"])
        assert ("appsource", "contoso.invoice-robot") == (record["storefront"], record["listing"])
        assert ("contact_request", 1) == (record["intent"], record["version"])
        assert f"{record['lead']}-1" == event["id"]

    def test_story(self, run: Running) -> None:
        """The story of a lead tells its touches, score, delivery and attempt, and no person."""
        email = somebody()
        touch = run.post(Email=email)

        story = run.settled(touch)

        assert [touch] == [one["touch"] for one in story["touches"]]
        assert [("crm", "delivered", 1, 1)] == [
            (one["destination"], one["state"], one["wanted"], one["sent"])
            for one in story["deliveries"]
        ]
        assert [("accepted", 204)] == [(a["outcome"], a["status"]) for a in story["attempts"]]
        assert story["lead"]["score"] == min(sum(_points(story["lead"]["receipt"])), 100)
        assert email not in json.dumps(story)

    def test_update(self, run: Running) -> None:
        """Another action of the same customer goes out as an update of the same record."""
        email = somebody()
        run.told(run.post(Email=email))

        touch = run.post(Email=email, LeadSource="SPZA-INS|contoso.invoice-robot", ActionCode="INS")

        created, updated = run.told(touch)
        assert ["lead.created", "lead.updated"] == [created["type"], updated["type"]]
        assert created["data"]["lead"] == updated["data"]["lead"]
        assert (2, 2, "acquisition") == tuple(
            updated["data"][name] for name in ("version", "touches", "intent")
        )

    def test_duplicate(self, run: Running) -> None:
        """The same post again is counted, and not told again."""
        email = somebody()
        first = run.post(Email=email)

        again = [run.post(Email=email) for _ in range(2)]

        stories = [run.settled(touch) for touch in (first, *again)]
        assert 2 == stories[-1]["lead"]["duplicates"]
        assert 1 == stories[-1]["lead"]["touches"]
        assert 1 == len(run.told(first))

    def test_other_listing(self, run: Running) -> None:
        """Interest in a second listing is a second record of the same customer."""
        email = somebody()
        first = run.post(Email=email)

        run.post("/contoso.metrics", Email=email, LeadSource="AzureMarketplace-INS", OfferTitle="")

        until(lambda: any(e["data"]["email"] == email for e in run.closing.events))
        [told] = [e["data"] for e in run.closing.events if e["data"]["email"] == email]
        assert "contoso.metrics" == told["listing"]
        assert {"contoso.invoice-robot"} == {e["data"]["listing"] for e in run.told(first)}

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            pytest.param(
                {"LeadSource": "SPZA-DNC|contoso.invoice-robot", "ActionCode": "DNC"},
                "no_contact",
                id="do not contact",
            ),
            pytest.param({"LastName": "MSFT_TEST_636573304831318844"}, "test", id="test lead"),
            pytest.param({"Email": f"{uuid4().hex}@contoso.example"}, "internal", id="our own"),
            pytest.param(
                dict.fromkeys(("FirstName", "LastName", "Email", "Phone", "Company"), ""),
                "blank",
                id="blank",
            ),
        ],
    )
    def test_special(self, run: Running, changes: dict[str, str], reason: str) -> None:
        """A lead that must not be followed up is kept, and never leaves."""
        story = run.lead(run.post(**({"Email": somebody()} | changes)))

        run.told(run.post(Email=somebody()))  # which was due later, and has left
        assert [("suppressed", reason)] == [(d["state"], d["reason"]) for d in story["deliveries"]]
        assert story["lead"]["lead"] not in run.crm.records


class TestBodies:
    @pytest.mark.parametrize(
        ("headers", "encoding"),
        [
            pytest.param({"content-type": "application/json"}, "utf-8-sig", id="BOM"),
            pytest.param({"content-type": "text/plain"}, "utf-8", id="text"),
            pytest.param({"content-type": "application/x-www-form-urlencoded"}, "utf-8", id="form"),
            pytest.param({"content-type": "?"}, "utf-8", id="unreadable type"),
            pytest.param({}, "utf-8", id="no type"),
            pytest.param({}, "utf-16", id="UTF-16"),
        ],
    )
    def test_readable(self, run: Running, headers: dict[str, str], encoding: str) -> None:
        """An object is read with or without a BOM and under any content type."""
        email = somebody()
        body = json.dumps(post(Email=email)).encode(encoding)

        answer = run.web.post("leads", content=body, headers=headers)

        assert 202 == answer.status_code
        told = answer.json()
        assert {"status": "accepted", "touch": told["touch"]} == told
        assert [email] == [event["data"]["email"] for event in run.told(told["touch"])]

    def test_chunked(self, run: Running) -> None:
        """A body without Content-Length is read to its end."""
        email = somebody()
        body = json.dumps(post(Email=email)).encode()
        chunks = (body[at : at + 50] for at in range(0, len(body), 50))

        answer = run.web.post("leads", content=chunks)

        assert "content-length" not in answer.request.headers
        assert [email] == [e["data"]["email"] for e in run.told(answer.json()["touch"])]

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            pytest.param(b"[1, 2]", "not_an_object", id="list"),
            pytest.param(b'"canary"', "not_an_object", id="text"),
            pytest.param(b"null", "not_an_object", id="null"),
            pytest.param(b'{"UserDetails": {', "not_json", id="cut off"),
            pytest.param(b"\xff\xfe\xfd canary", "not_json", id="no text"),
            pytest.param(b"[" * 30_000, "too_deep", id="deep"),
        ],
    )
    def test_unreadable(self, run: Running, body: bytes, reason: str) -> None:
        """What is no object is taken too, and kept in quarantine as it came."""
        answer = run.web.post("leads", content=body)

        told = answer.json()
        assert (202, "quarantined", reason) == (answer.status_code, told["status"], told["reason"])
        [row] = until(lambda: _in_quarantine(run, told["touch"]))
        assert reason == row["reason"]
        [kept] = [v for key, v in of_kind(scan(run.storage), "quarantine") if told["touch"] in key]
        assert body == open_envelope(kept["message"]).body

    @pytest.mark.parametrize("size", [32 * 1024 + 1, 100_000])
    @pytest.mark.parametrize("chunked", [False, True])
    def test_too_large(self, run: Running, size: int, chunked: bool) -> None:  # noqa: FBT001 - a case
        """More than 32 KiB are refused by bytes read, and nothing of them is repeated."""
        body = json.dumps({"Description": "canary" * size}).encode()[:size]
        content = iter([body]) if chunked else body

        answer = run.web.post("leads", content=content)

        _assert_problem(answer, 413)
        assert "canary" not in answer.text

    def test_largest(self, run: Running) -> None:
        """Exactly 32 KiB are taken and told, the long text cut."""
        email = somebody()
        body = json.dumps(post(Email=email, Description="")).encode()
        body = body.replace(b'"Description": ""', b'"Description": "%s"')
        body %= b"x" * (32 * 1024 - len(body) + 2)

        answer = run.web.post("leads", content=body)

        assert (32 * 1024, 202) == (len(body), answer.status_code)
        story = run.settled(answer.json()["touch"])
        assert "cut" in story["lead"]["flags"]
        assert [email] == [e["data"]["email"] for e in run.told(answer.json()["touch"])]

    def test_empty(self, run: Running) -> None:
        """An empty body is refused."""
        _assert_problem(run.web.post("leads"), 400)

    def test_path(self, run: Running) -> None:
        """The path names the listing when the body does not."""
        touch = run.post("/contoso.path-test", Email=somebody(), LeadSource="SPZA-PLT")

        assert "contoso.path-test" == run.lead(touch)["lead"]["listing"]

    def test_path_disagrees(self, run: Running) -> None:
        """Where body and path disagree the body counts, and the lead is flagged."""
        lead = run.lead(run.post("/contoso.metrics", Email=somebody()))["lead"]

        assert "contoso.invoice-robot" == lead["listing"]
        assert "listing_disagrees" in lead["flags"]


class TestDesk:
    def test_public_health(self, run: Running) -> None:
        """Anybody may ask whether the app answers, and learns nothing more."""
        answer = run.web.get("health")

        assert (200, {"status": "ok"}) == (answer.status_code, answer.json())

    def test_health(self, run: Running) -> None:
        """Operators see the last lead, the last test lead, queues and lanes."""
        run.settled(run.post(Email=somebody()))
        run.lead(run.post(Email=somebody(), FirstName="MSFT_TEST"))

        told = run.get("health")

        assert "ok" == told["configuration"]
        assert told["last_lead"]
        assert told["last_test_lead"]
        assert {*QUEUES} == set(told["queues"])
        assert {"crm", "closing"} == set(told["destinations"])
        assert "closed" == told["destinations"]["crm"]["lane"]["breaker"]

    def test_pages(self, run: Running) -> None:
        """Pages of leads hold each lead once, newest first."""
        listing = f"contoso.{uuid4().hex}"
        touches = [run.post(f"/{listing}", Email=somebody(), LeadSource="SPZA") for _ in range(5)]
        leads = [run.lead(touch)["lead"]["lead"] for touch in touches]

        pages: list[list[str]] = []
        after = ""
        while not pages or after:
            page = run.get("leads", listing=listing, limit=2, after=after)
            pages.append([lead["lead"] for lead in page["leads"]])
            after = page.get("next", "")

        assert [2, 2, 1] == [len(page) for page in pages]
        assert leads[::-1] == [lead for page in pages for lead in page]

    def test_filters(self, run: Running) -> None:
        """Leads are found by storefront, stage and time, each alone and together."""
        listing = f"contoso.{uuid4().hex}"
        source = {"ready": "SPZA-PLT", "cold": "AzureMarketplace-CNS", "no_contact": "SPZA-DNC"}
        leads = {
            name: run.lead(
                run.post(f"/{listing}", Email=somebody(), LeadSource=text, ActionCode="")
            )
            for name, text in source.items()
        }

        def found(**where: str) -> set[str]:
            page = run.get("leads", listing=listing, **where)["leads"]
            ids = [lead["lead"] for lead in page]
            return {name for name, story in leads.items() if story["lead"]["lead"] in ids}

        stages = {name: story["lead"]["stage"] for name, story in leads.items()}
        assert {"ready", "no_contact"} == found(storefront="appsource")
        assert {"cold"} == found(storefront="azure_marketplace")
        assert {"no_contact"} == found(stage=stages["no_contact"])
        assert {"ready"} == found(stage=stages["ready"], storefront="appsource")
        assert set() == found(stage=stages["no_contact"], storefront="azure_marketplace")
        assert {"cold", "no_contact"} == found(since=leads["cold"]["lead"]["last_seen"])
        assert set() == found(since="2100-01-01T00:00:00Z")

    @pytest.mark.parametrize(
        ("path", "query"),
        [
            ("leads", {"limit": "0"}),
            ("leads", {"limit": "many"}),
            ("leads", {"since": "yesterday"}),
            ("leads", {"after": "é"}),
            ("deliveries", {"state": "lost"}),
        ],
    )
    def test_bad_question(self, run: Running, path: str, query: dict[str, str]) -> None:
        """A question that cannot be answered is refused, and the field that is wrong is named."""
        answer = run.web.get(f"manage/{path}", params=query)

        _assert_problem(answer, 400)
        assert f"{next(iter(query))}:" in answer.json()["detail"]

    def test_unknown_lead(self, run: Running) -> None:
        """A lead that is not there is not found."""
        answer = run.web.get(f"manage/leads/{'0' * 32}-{'0' * 16}")

        _assert_problem(answer, 404)

    def test_deliveries(self, run: Running) -> None:
        """Deliveries are found by state and destination."""
        lead = run.settled(run.post(Email=somebody()))["lead"]["lead"]

        def found(**where: str) -> bool:
            page = run.get("deliveries", **where, limit=200)
            return lead in [delivery["lead"] for delivery in page["deliveries"]]

        assert found(state="delivered", destination="crm")
        assert not found(state="delivered", destination="closing")
        assert not found(state="due")

    def test_poison(self, run: Running) -> None:
        """A touch that was given up on is kept, and can be classified again."""
        touch, email = uuid4().hex, somebody()
        taken = message(post(Email=email), int(touch, 16), datetime.now(UTC))
        enqueue(run.storage, "touches-poison", taken)
        [row] = until(lambda: _in_quarantine(run, touch))
        where = {"what": "quarantine", "reason": "poison"}

        counted = run.order("replay", **where)
        replayed = run.order("replay", **where, dry_run=False)
        again = run.order("replay", **where, dry_run=False)

        assert "poison" == row["reason"]
        assert [(1, 0), (1, 1), (0, 0)] == [
            (answer["matched"], answer["replayed"]) for answer in (counted, replayed, again)
        ]
        assert [] == _in_quarantine(run, touch)
        assert [email] == [event["data"]["email"] for event in run.told(touch)]

    def test_gone(self, run: Running) -> None:
        """A 410 parks what its destination is owed; enabled and replayed it is delivered once."""
        azure = {"LeadSource": "AzureMarketplace-INS|contoso.metrics", "ActionCode": "INS"}
        run.plan.moods.append(Mood.GONE)
        touches = [run.post(Email=somebody(), **azure)]
        until(lambda: run.get("health")["destinations"]["closing"]["lane"]["disabled"])
        touches += [run.post(Email=somebody(), **azure) for _ in range(2)]
        leads = {run.settled(touch)["lead"]["lead"] for touch in touches}
        parked = run.get("deliveries", state="parked", destination="closing")["deliveries"]
        where = {"destination": "closing"}

        until(lambda: _enabled(run, "closing"))
        counted = run.order("replay", **where)
        replayed = run.order("replay", **where, dry_run=False)
        again = run.order("replay", **where, dry_run=False)

        assert leads == {delivery["lead"] for delivery in parked}
        assert {"destination_disabled"} == {delivery["reason"] for delivery in parked}
        assert [(3, 0), (3, 3), (0, 0)] == [
            (answer["matched"], answer["replayed"]) for answer in (counted, replayed, again)
        ]
        stories = [run.settled(touch) for touch in touches]
        assert ["delivered"] * 3 == [d["state"] for s in stories for d in s["deliveries"]]
        assert [[1]] * 3 == [run.closing.versions(lead) for lead in leads]


class TestTrouble:
    def test_first_posts(self, new_account: Callable[[], str], tmp_path: Path) -> None:
        """The very first posts are all taken, though they come at once and make the queue."""
        storage, file = new_account(), tmp_path / "leadshare.toml"
        file.write_text("")
        with serving(quick(storage, file), tmp_path / "log") as (_, web):
            with ThreadPoolExecutor(8) as senders:
                answers = list(senders.map(lambda _: web.post("leads", json=post()), range(8)))
            until(lambda: not queued(storage))

        assert [202] * 8 == [answer.status_code for answer in answers]
        assert 8 == len(of_kind(scan(storage), "touch"))

    def test_queue_out_of_reach(self, run: Running, tmp_path: Path) -> None:
        """While the queue cannot be reached the answer is 500, and nothing is claimed."""
        storage = _with_dead(run.storage, "Queue")
        with serving(quick(storage, tmp_path / "none"), tmp_path / "log") as (_, web):
            answer = web.post("leads", json=post())

        assert (500, "") == (answer.status_code, answer.text)

    def test_table_out_of_reach(self, new_account: Callable[[], str], tmp_path: Path) -> None:
        """While the table cannot be reached leads are taken, and wait in the queue."""
        storage = new_account()
        file = tmp_path / "leadshare.toml"
        file.write_text("")
        dead = quick(_with_dead(storage, "Table"), file)
        with serving(dead, tmp_path / "log") as (host, web):
            answer = web.post("leads", json=post())
            until(lambda: "touch.taken" in host.said())
            asked = web.get("manage/leads")

        assert (202, 503) == (answer.status_code, asked.status_code)
        assert 1 == queued(storage)

    def test_wrong_configuration(self, new_account: Callable[[], str], tmp_path: Path) -> None:
        """Under a wrong configuration leads are taken and wait; put right, they are classified."""
        storage, file = new_account(), tmp_path / "leadshare.toml"
        file.write_text(WRONG)
        with serving(quick(storage, file), tmp_path / "log") as (host, web):
            answer = web.post("leads", json=post())
            told = web.get("manage/health").json()
            public = web.get("health")
            until(lambda: host.said().count("function.failed") > 1)

        assert (202, 200) == (answer.status_code, public.status_code)
        assert "destinatoin" in told["configuration"]
        assert (1, []) == (queued(storage), scan(storage))
        file.write_text("")
        with serving(quick(storage, file), tmp_path / "log"):
            until(lambda: of_kind(scan(storage), "lead"))
            until(lambda: not queued(storage))
        assert [] == violations(scan(storage), settled=True)

    def test_other_key(self, run: Running, tmp_path: Path) -> None:
        """A host with another identity key than the table was begun with says so, and waits."""
        file = tmp_path / "leadshare.toml"
        file.write_text("")
        settings = quick(run.storage, file) | {"LEADSHARE_IDENTITY_KEY": "z" * 40}
        # It must take no message from the host that works.
        settings |= {f"AzureWebJobs.{name}.Disabled": "1" for name in ("classify_touch", "tick")}
        with serving(settings, tmp_path / "log") as (_, web):
            told = web.get("manage/health").json()

        assert "LEADSHARE_IDENTITY_KEY" in told["configuration"]


def test_keys(new_account: Callable[[], str], tmp_path: Path) -> None:
    """A listing's key opens intake alone, a host key the desk too, and no key only health."""
    file, keys = tmp_path / "leadshare.toml", tmp_path / "keys.json"
    file.write_text("")
    given = {"host": {"operators": "h"}, "functions": {"take_touch": {"invoice-robot": "f"}}}
    keys.write_text(json.dumps(given))
    settings = quick(new_account(), file)
    with serving(settings, tmp_path / "log", "--keys", str(keys)) as (_, web):

        def status(method: str, path: str, key: str) -> int:
            query = {"code": key} if key else {}
            content = json.dumps(post()) if method == "POST" else None
            asked = web.request(method, path, params=query, content=content)
            return asked.status_code

        paths = {"leads": "POST", "manage/leads": "GET", "manage/replay": "POST", "health": "GET"}
        told = {
            path: [status(way, path, key) for key in ("", "f", "h", "x")]
            for path, way in paths.items()
        }

    assert {
        "leads": [401, 202, 202, 401],
        "manage/leads": [401, 401, 200, 401],
        "manage/replay": [401, 401, 400, 401],  # whose body does not say who asks
        "health": [200, 200, 200, 200],
    } == told


def _points(receipt: dict[str, Any]) -> list[int]:
    return [line["points"] for line in receipt["lines"]]


def _in_quarantine(run: Running, touch: str) -> list[dict[str, Any]]:
    rows = run.get("quarantine", limit=200)["quarantine"]
    return [row for row in rows if row["touch"] == touch]


def _enabled(run: Running, destination: str) -> bool:
    """Enable a lane; a tick that works on it at the same moment is a conflict."""
    order = {"by": "tests", "destination": destination}
    answer = run.web.post("manage/enable", json=order)
    assert answer.status_code in {200, 409}
    return answer.is_success


def _assert_problem(answer: httpx.Response, status: int) -> None:
    assert status == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert status == answer.json()["status"]


def _with_dead(storage: str, service: str) -> str:
    parts = dict(part.split("=", 1) for part in storage.strip(";").split(";"))
    parts[f"{service}Endpoint"] = f"http://127.0.0.1:1/{parts['AccountName']}"
    return "".join(f"{name}={value};" for name, value in parts.items())
