"""One host on real Azurite over real HTTP, without faults: all that a publisher can see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from leadshare.intake.message import open_envelope
from tests.builders import post
from tests.e2e import sink
from tests.e2e.flow import Running, assert_lawful, assert_problem, in_quarantine, serving, somebody
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Script
from tests.e2e.storage import of_kind, queued, scan
from tests.laws.checker import violations

KEPT: Final = "[[route]]\nto = []\n"
"""Leads are kept, for nobody."""

ONE: Final = """
[[destination]]
type = "webhook"
name = "{name}"
url = "{url}"
secret = "HOOK"
"""


@pytest.fixture(autouse=True, name="lawful")
def _lawful(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that shares the host its rows break no law."""
    yield
    if "run" in request.fixturenames:
        assert_lawful(request.getfixturevalue("run"))


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

    @pytest.mark.parametrize("size", [100, 32 * 1024 + 1, 200_000])
    def test_chunked(self, run: Running, size: int) -> None:
        """A body without Content-Length never comes to us, whatever its size: it is refused."""
        body = json.dumps({"Description": "canary" * size}).encode()[:size]

        answer = run.web.post("leads", content=iter([body]))

        assert "content-length" not in answer.request.headers
        assert (411, "chunked") == (answer.status_code, answer.json()["reason"])
        assert "canary" not in answer.text

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
        [row] = until(lambda: in_quarantine(run, told["touch"]))
        assert reason == row["reason"]
        [kept] = [v for key, v in of_kind(scan(run.storage), "quarantine") if told["touch"] in key]
        assert body == open_envelope(kept["message"]).body

    @pytest.mark.parametrize("size", [32 * 1024 + 1, 100_000])
    def test_too_large(self, run: Running, size: int) -> None:
        """More than 32 KiB are refused by bytes read, and nothing of them is repeated."""
        body = json.dumps({"Description": "canary" * size}).encode()[:size]

        answer = run.web.post("leads", content=body)

        assert_problem(answer, 413)
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
        assert_problem(run.web.post("leads"), 400)

    def test_path(self, run: Running) -> None:
        """The path names the listing when the body does not."""
        touch = run.post("/contoso.path-test", Email=somebody(), LeadSource="SPZA-PLT")

        assert "contoso.path-test" == run.lead(touch)["lead"]["listing"]

    def test_path_disagrees(self, run: Running) -> None:
        """Where body and path disagree the body counts, and the lead is flagged."""
        lead = run.lead(run.post("/contoso.metrics", Email=somebody()))["lead"]

        assert "contoso.invoice-robot" == lead["listing"]
        assert "listing_disagrees" in lead["flags"]


class TestTrouble:
    def test_first_posts(self, new_account: Callable[[], str], tmp_path: Path) -> None:
        """The very first posts are all taken, though they come at once and make the queue."""
        storage, file = new_account(), tmp_path / "leadshare.toml"
        file.write_text(KEPT)
        with serving(quick(storage, file), tmp_path / "log") as (_, web):
            with ThreadPoolExecutor(8) as senders:
                answers = list(senders.map(lambda _: web.post("leads", json=post()), range(8)))
            until(lambda: not queued(storage))

        assert [202] * 8 == [answer.status_code for answer in answers]
        assert 8 == len(of_kind(scan(storage), "touch"))

    def test_queue_out_of_reach(self, run: Running, tmp_path: Path) -> None:
        """While the queue cannot be reached the answer is 500, and nothing is claimed."""
        settings = quick(_with_dead(run.storage, "Queue"), tmp_path / "none")
        # A queue that cannot be polled would end the host.
        listeners = ("classify_touch", "work_lane", "classify_referral")
        settings |= {f"AzureWebJobs.{name}.Disabled": "1" for name in listeners}
        with serving(settings, tmp_path / "log", "--retry-scale", "0.01") as (_, web):
            answer = web.post("leads", json=post())

        assert (500, "") == (answer.status_code, answer.text)

    def test_table_out_of_reach(self, new_account: Callable[[], str], tmp_path: Path) -> None:
        """While the table cannot be reached leads are taken, and wait in the queue."""
        storage = new_account()
        file = tmp_path / "leadshare.toml"
        file.write_text(KEPT)
        dead = quick(_with_dead(storage, "Table"), file)
        with serving(dead, tmp_path / "log") as (host, web):
            answer = web.post("leads", json=post())
            until(lambda: "touch.taken" in host.said())
            asked = web.get("manage/leads")

        assert (202, 503) == (answer.status_code, asked.status_code)
        assert 1 == queued(storage)

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            pytest.param('destinatoin = "a slip of the pen"', "destinatoin", id="slip-of-the-pen"),
            pytest.param("", "no destination gets any lead", id="empty"),
        ],
    )
    def test_wrong_configuration(
        self, new_account: Callable[[], str], tmp_path: Path, wrong: str, why: str
    ) -> None:
        """Under a wrong configuration leads are taken and wait; put right, they are classified."""
        storage, file = new_account(), tmp_path / "leadshare.toml"
        file.write_text(wrong)
        with serving(quick(storage, file), tmp_path / "log") as (host, web):
            answer = web.post("leads", json=post())
            told = web.get("manage/health").json()
            public = web.get("health")
            until(lambda: host.said().count("function.failed") > 1)

        assert (202, 200) == (answer.status_code, public.status_code)
        assert why in told["configuration"]
        assert (1, []) == (queued(storage), scan(storage))
        file.write_text(KEPT)
        with serving(quick(storage, file), tmp_path / "log"):
            until(lambda: of_kind(scan(storage), "lead"))
            until(lambda: not queued(storage))
        assert [] == violations(scan(storage), settled=True)

    def test_other_key(self, run: Running, tmp_path: Path) -> None:
        """A host with another identity key than the table was begun with says so, and waits."""
        file = tmp_path / "leadshare.toml"
        file.write_text(KEPT)
        settings = quick(run.storage, file) | {"LEADSHARE_IDENTITY_KEY": "z" * 40}
        # It must take no message from the host that works.
        settings |= {f"AzureWebJobs.{name}.Disabled": "1" for name in ("classify_touch", "tick")}
        with serving(settings, tmp_path / "log") as (_, web):
            told = web.get("manage/health").json()

        assert "LEADSHARE_IDENTITY_KEY" in told["configuration"]


def test_unrouted(new_account: Callable[[], str], tmp_path: Path) -> None:
    """A lead that nobody takes is listed and counted; once somebody does, a replay brings it."""
    storage, file, log = new_account(), tmp_path / "leadshare.toml", tmp_path / "log"
    azure = {"LeadSource": "AzureMarketplace-INS|contoso.metrics", "ActionCode": "INS"}
    order = {"by": "tests", "what": "unrouted"}
    with sink.running(Script()) as crm:
        named = ONE.format(name="old", url=crm.url)
        file.write_text(f'{named}storefronts = ["appsource"]\n')
        settings = quick(storage, file) | {"HOOK": KEY}
        with serving(settings, log) as (host, web):
            touch = web.post("leads", json=post(Email=somebody(), **azure)).json()["touch"]
            [lead] = until(lambda: _unrouted(web))
            counted = web.get("manage/health").json()["unrouted"]["count"]
            wrong = web.get("manage/leads", params={"unrouted": "yes"})
            until(lambda: "unrouted.counted" in host.said())
            assert touch in host.said()

        assert ("unrouted", 1) == (lead["routing"], counted)
        assert_problem(wrong, 400)
        assert "unrouted: expected true" == wrong.json()["detail"]
        assert lead["lead"] in log.read_text().partition('"unrouted.found"')[2]
        file.write_text(ONE.format(name="new", url=crm.url))
        with serving(settings, log) as (_, web):
            told = [
                web.post("manage/replay", json=order | {"dry_run": dry_run}).json()
                for dry_run in (True, False, False)
            ]
            until(lambda: crm.records)

            assert [(1, 0), (1, 1), (0, 0)] == [(one["matched"], one["replayed"]) for one in told]
            assert [lead["lead"]] == [*crm.records]
            assert [] == _unrouted(web)
    assert [] == violations(scan(storage), settled=True)


def test_keys(new_account: Callable[[], str], tmp_path: Path) -> None:
    """A listing's key opens intake alone, a host key the desk too, and no key only health."""
    file, keys = tmp_path / "leadshare.toml", tmp_path / "keys.json"
    file.write_text(KEPT)
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


def _unrouted(web: httpx.Client) -> list[dict[str, Any]]:
    answer = web.get("manage/leads", params={"unrouted": "true"})
    leads: list[dict[str, Any]] = answer.json()["leads"]
    return leads


def _with_dead(storage: str, service: str) -> str:
    parts = dict(part.split("=", 1) for part in storage.strip(";").split(";"))
    parts[f"{service}Endpoint"] = f"http://127.0.0.1:1/{parts['AccountName']}"
    return "".join(f"{name}={value};" for name, value in parts.items())
