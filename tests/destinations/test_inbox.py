"""The inbox destination: only the inbox's own word counts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from leadshare.client.guard import guarded_client
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.destinations.inbox import Inbox, InboxSettings
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.lifecycle.step import Step, Verb
from leadshare.local.inbox import site
from leadshare.times import to_text, utc_now
from tests.builders import LEAD, NOW, delivery, record


def settings(url: str = "http://127.0.0.1:7080") -> InboxSettings:
    """Settings of an inbox at *url*."""
    return InboxSettings.model_validate({"name": "crm", "type": "inbox", "url": url})


async def deliver(what: Delivery, response: httpx.Response) -> tuple[Reply, httpx.Request]:
    """Deliver *what* to an inbox that answers *response*; return the reply and the request."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return response

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        reply = await Inbox(settings(), client).deliver([what], NOW)
    return reply, requests[0]


def stored(**changes: Any) -> httpx.Response:
    """The inbox's answer that it holds version 1."""
    answer = {"record": "IN-00001", "lead": LEAD, "version": 1, "created": True}
    return httpx.Response(200, json=answer | changes)


async def test_request() -> None:
    """The record is PUT under the destination and the lead."""
    _, request = await deliver(delivery(), stored())

    assert "PUT" == request.method
    assert f"http://127.0.0.1:7080/crm/leads/{LEAD}" == str(request.url)
    assert "application/json" == request.headers["content-type"]
    assert record() == json.loads(request.content)


async def test_accepted() -> None:
    """What the inbox says it holds is delivered, under the id that the inbox gave it."""
    reply, _ = await deliver(delivery(), stored())

    assert Reply((Accepted("IN-00001"),), 200) == reply


async def test_newer_version() -> None:
    """A newer version at the inbox is as good as this one."""
    reply, _ = await deliver(delivery(version=2), stored(version=3))

    assert (Accepted("IN-00001"),) == reply.outcomes


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(stored(version=1), id="older version"),
        pytest.param(stored(version="2"), id="version as text"),
        pytest.param(stored(version=2, lead="another"), id="another lead"),
        pytest.param(httpx.Response(200, json={}), id="says nothing"),
        pytest.param(httpx.Response(200, json=[2]), id="no object"),
        pytest.param(httpx.Response(200, text="<html>"), id="no JSON"),
        pytest.param(httpx.Response(204), id="empty"),
        pytest.param(httpx.Response(200, content=b"\xff"), id="no text"),
    ],
)
async def test_2xx_is_no_proof(response: httpx.Response) -> None:
    """A 2xx that does not say that this version is stored is not a delivery."""
    reply, _ = await deliver(delivery(version=2), response)

    assert (Deferred("unconfirmed"),) == reply.outcomes


@pytest.mark.parametrize("status", [400, 404, 413])
async def test_rejected(status: int) -> None:
    """A record that the inbox refuses is not sent again."""
    reply, _ = await deliver(delivery(), httpx.Response(status))

    assert Reply((Rejected(f"http_{status}"),), status) == reply


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1:7080", "http://crm.example", "http://127.0.0.1:7080/path"),
        *("http://127.0.0.1.crm.example", "http://a@127.0.0.1", "http://127.0.0.1:7080\n", ""),
    ],
)
def test_url(url: str) -> None:
    """The inbox is plain http on loopback and nothing else."""
    with pytest.raises(ValidationError):
        settings(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:7080", "http://localhost", "http://[::1]:80"])
def test_loopback(url: str) -> None:
    """Every name of loopback will do."""
    assert url == settings(url).url


async def test_outcomes(tmp_path: Path) -> None:
    """What sellers make of leads is asked for; what is deleted is gone."""
    what, other = delivery(), "f" * 32 + "-" + "0" * 16
    async with (
        site.running(tmp_path / "inbox.db", 0, "http://127.0.0.1:7071") as url,
        guarded_client(timeout=5, local=True, connections=1) as client,
    ):
        inbox = Inbox(settings(url), client)
        await inbox.deliver([what], NOW)
        now = utc_now()
        before = await inbox.changed("", now)
        won = {"state": "won", "amount": "1200.50", "currency": "EUR"}
        await client.put(f"{url}/crm/leads/{LEAD}/deal", json=won)
        after = await inbox.changed(before.cursor, utc_now())
        [there] = await inbox.current({LEAD: "IN-00001"}, now)
        gone = await inbox.current({other: "IN-00002"}, now)

    assert () == before.outcomes
    [told] = after.outcomes
    assert (LEAD, "crm", State.WON) == (told.lead, told.source, told.state)
    assert Money(Decimal("1200.50"), "EUR") == told.money
    assert told.at == told.signed_at
    assert to_text(told.at) == after.cursor
    assert told == there
    assert [Outcome(other, "crm", now, State.GONE)] == gone


@pytest.mark.parametrize("notes", ["", "Zoë 🦄 <script>", "half \ud83e a pair"])
async def test_real_inbox(tmp_path: Path, notes: str) -> None:
    """The real inbox, through the real client, takes a record and gives it back as it was."""
    what = delivery(record=record(notes=notes))
    async with (
        site.running(tmp_path / "inbox.db", 0, "http://127.0.0.1:7071") as url,
        guarded_client(timeout=5, local=True, connections=1) as client,
    ):
        first = await Inbox(settings(url), client).deliver([what], NOW)
        again = await Inbox(settings(url), client).deliver([what], NOW)
        kept = (await client.get(f"{url}/leads")).json()["leads"]

    assert Reply((Accepted("IN-00001"),), 200) == first == again
    assert [what.record] == [entry["lead"] for entry in kept]


class TestSteps:
    async def test_all(self, tmp_path: Path) -> None:
        """Steps are put once, then the lead is erased, with the inbox itself."""
        running = site.running(tmp_path / "inbox.db", 0, "http://127.0.0.1:7071")
        async with running as url, guarded_client(timeout=5, local=True, connections=1) as client:
            inbox = Inbox(settings(url), client)
            await inbox.deliver([delivery()], NOW)
            step = Step(f"{1:032x}", "nurture", Verb.TASK, "Call them")

            told = [await inbox.carry_out([delivery(step=step)], NOW) for _ in range(2)]
            gone = [await inbox.forget([delivery()], NOW) for _ in range(2)]
            late = await inbox.carry_out([delivery(step=step)], NOW)

        assert [Accepted()] * 2 == [reply.outcomes[0] for reply in told]
        assert ["deleted", "not_there"] == [reply.outcomes[0].did for reply in gone]  # type: ignore[union-attr]  # accepted
        assert Rejected("deleted_in_crm") == late.outcomes[0]

    async def test_down(self) -> None:
        """An inbox that is down is at fault itself."""

        def handle(_request: httpx.Request) -> httpx.Response:
            return httpx.Response(503)

        async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
            reply = await Inbox(settings(), client).forget([delivery()], NOW)

        assert reply.failing
        assert (Deferred("http_503"),) == reply.outcomes
