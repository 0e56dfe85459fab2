"""The CRM inbox of a developer's machine: it keeps what it gets, once, newest version."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadshare.local.inbox.site import running
from tests.builders import LEAD, record

APP = "http://127.0.0.1:7071"
OTHER = "f" * 32 + "-" + "0" * 16


@pytest.fixture(name="client")
async def _client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an empty inbox."""
    async with running(tmp_path / "inbox.db", 0, APP) as url, client_of(url) as client:
        yield client


def client_of(url: str) -> httpx.AsyncClient:
    """A client of the inbox at *url*."""
    return httpx.AsyncClient(base_url=url, trust_env=False)


async def put(
    client: httpx.AsyncClient, destination: str = "crm", lead: str = LEAD, **changes: Any
) -> Any:
    """Put a record and return the inbox's answer."""
    what = record(lead=lead, **changes)
    response = await client.put(f"/{destination}/leads/{lead}", json=what)
    assert 200 == response.status_code
    return response.json()


async def leads(client: httpx.AsyncClient) -> list[Any]:
    """What the inbox holds, newest first."""
    found: list[Any] = (await client.get("/leads")).json()["leads"]
    return found


async def test_first(client: httpx.AsyncClient) -> None:
    """A lead that the inbox did not know is created."""
    answer = await put(client)

    assert {"record": "IN-00001", "lead": LEAD, "version": 1, "created": True} == answer
    assert [record()] == [entry["lead"] for entry in await leads(client)]


async def test_again(client: httpx.AsyncClient) -> None:
    """The same lead again is one record still, counted twice."""
    await put(client)

    answer = await put(client)

    assert {"record": "IN-00001", "lead": LEAD, "version": 1, "created": False} == answer
    assert [2] == [entry["times"] for entry in await leads(client)]


async def test_newer(client: httpx.AsyncClient) -> None:
    """A newer version replaces an older one, in the same record."""
    await put(client)

    answer = await put(client, version=2, first_name="Zoë")

    assert ("IN-00001", 2, False) == (answer["record"], answer["version"], answer["created"])
    (entry,) = await leads(client)
    assert (2, "Zoë") == (entry["lead"]["version"], entry["lead"]["first_name"])


async def test_older(client: httpx.AsyncClient) -> None:
    """An older version never replaces a newer one, and is answered with the newer."""
    await put(client, version=3, first_name="Zoë")
    received = (await leads(client))[0]["received"]
    await asyncio.sleep(0.002)

    answer = await put(client, version=2, first_name="Sample")

    assert 3 == answer["version"]
    (entry,) = await leads(client)
    assert (3, "Zoë", 2) == (entry["lead"]["version"], entry["lead"]["first_name"], entry["times"])
    assert received == entry["received"]


async def test_destinations(client: httpx.AsyncClient) -> None:
    """One lead is a record of its own in each destination."""
    first = await put(client, "crm")
    second = await put(client, "field-sellers")

    counts = (await client.get("/leads")).json()["counts"]
    assert [True, True] == [first["created"], second["created"]]
    assert first["record"] != second["record"]
    assert {"crm": 1, "field-sellers": 1} == counts


async def test_newest_first(client: httpx.AsyncClient) -> None:
    """Leads are listed newest first, and as many as asked for, but all are counted."""
    await put(client)
    await put(client, lead=OTHER)

    answer = (await client.get("/leads?newest=1")).json()

    assert [OTHER, LEAD] == [entry["lead"]["lead"] for entry in await leads(client)]
    assert [OTHER] == [entry["lead"]["lead"] for entry in answer["leads"]]
    assert {"crm": 2} == answer["counts"]


async def sell(client: httpx.AsyncClient, lead: str = LEAD, **deal: Any) -> httpx.Response:
    """A seller makes something of a lead."""
    return await client.put(f"/crm/leads/{lead}/deal", json=deal)


async def test_sold(client: httpx.AsyncClient) -> None:
    """What a seller makes of a lead is told, with when; the first time is kept."""
    await put(client)
    first = await sell(client, state="working")
    await asyncio.sleep(0.002)
    await sell(client, state="won", amount="1200.50", currency="EUR")

    assert 200 == first.status_code
    answer = (await client.get("/crm/changes?since=")).json()
    [change] = answer["changes"]
    assert change["signed"] < change["changed"]
    del change["signed"], change["changed"]
    won = {"state": "won", "amount": "1200.50", "currency": "EUR"}
    assert ({"lead": LEAD, **won}, False) == (change, answer["more"])
    [entry] = await leads(client)
    assert won == entry["deal"]


async def test_sold_since(client: httpx.AsyncClient) -> None:
    """Only what has changed since is told, of one drawer."""
    await put(client)
    await put(client, destination="other")
    await sell(client, state="lost")

    for path in ("/crm/changes?since=9999", "/other/changes?since="):
        assert [] == (await client.get(path)).json()["changes"]


@pytest.mark.parametrize(
    "deal",
    [
        {},
        {"state": "new"},
        {"state": "won", "amount": 5, "currency": "EUR"},
        {"state": "won", "amount": "5"},
        {"state": "won", "amount": "5.001", "currency": "EUR"},
        {"state": "won", "amount": "5", "currency": "Euro"},
    ],
)
async def test_not_a_deal(client: httpx.AsyncClient, deal: Any) -> None:
    """What is no deal is refused, and what is here stays."""
    await put(client)

    assert 400 == (await sell(client, **deal)).status_code
    assert [None] == [entry["deal"] for entry in await leads(client)]


async def test_sold_nowhere(client: httpx.AsyncClient) -> None:
    """A lead that is not here is not sold."""
    assert 404 == (await sell(client, state="won")).status_code


CARD = {
    "type": "message",
    "attachments": [
        {
            "content": {
                "body": [
                    {"inlines": [{"text": "Nobody has called"}]},
                    {"inlines": [{"text": "Score: "}, {"text": "79"}]},
                ]
            }
        }
    ],
}


async def test_card(client: httpx.AsyncClient) -> None:
    """A channel takes a card as a workflow of Teams does, and the page shows its lines."""
    response = await client.post("/channels/sales", json=CARD)

    assert 202 == response.status_code
    [card] = (await client.get("/leads")).json()["cards"]
    assert ("sales", "Nobody has called\nScore: 79") == (card["channel"], card["text"])


@pytest.mark.parametrize("body", [b"", b"[]", b'{"attachments": []}', b'{"attachments": [1]}'])
async def test_no_card(client: httpx.AsyncClient, body: bytes) -> None:
    """What is no card is refused."""
    assert 400 == (await client.post("/channels/sales", content=body)).status_code
    assert [] == (await client.get("/leads")).json()["cards"]


async def test_restart(tmp_path: Path) -> None:
    """What was taken is there after a restart."""
    path = tmp_path / "inbox.db"
    async with running(path, 0, APP) as url, client_of(url) as client:
        await put(client, version=2)

    async with running(path, 0, APP) as url, client_of(url) as client:
        answer = await put(client, version=1)
        (entry,) = await leads(client)

    assert (2, False) == (answer["version"], answer["created"])
    assert record(version=2) == entry["lead"]


async def test_all_at_once(client: httpx.AsyncClient) -> None:
    """Of versions that arrive all at once, each is counted and the newest stays."""
    await asyncio.gather(*(put(client, version=version) for version in (3, 7, 1, 5, 2, 6, 4)))

    (entry,) = await leads(client)
    assert (7, 7) == (entry["lead"]["version"], entry["times"])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff", id="no text"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"version": 1}', id="no lead"),
        pytest.param(b'{"lead": "another", "version": 1}', id="another lead"),
        pytest.param(b'{"lead": 1, "version": 1}', id="lead no text"),
        pytest.param(b'{"lead": "%b"}' % LEAD.encode(), id="no version"),
        pytest.param(b'{"lead": "%b", "version": "1"}' % LEAD.encode(), id="version a text"),
        pytest.param(b'{"lead": "%b", "version": true}' % LEAD.encode(), id="version a truth"),
        pytest.param(b'{"lead": "%b", "version": 0}' % LEAD.encode(), id="version nought"),
        pytest.param(b'{"lead": "%b", "version": 1e400}' % LEAD.encode(), id="version infinite"),
        pytest.param(b'{"lead": "%b", "version": %d}' % (LEAD.encode(), 2**63), id="too big"),
    ],
)
async def test_refused(client: httpx.AsyncClient, body: bytes) -> None:
    """What is no record of this lead is refused and not kept."""
    response = await client.put(f"/crm/leads/{LEAD}", content=body)

    assert 400 == response.status_code
    assert [] == await leads(client)


async def test_page(client: httpx.AsyncClient) -> None:
    """The page is UTF-8, needs nothing from elsewhere, and runs its own script alone."""
    response = await client.get("/inbox")

    page = response.text
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', page))
    policy = response.headers["content-security-policy"]
    assert "text/html; charset=utf-8" == response.headers["content-type"]
    assert "default-src 'none'" in policy
    assert f"script-src 'nonce-{nonce}'" in policy
    assert [] == re.findall(r'(?:src|href)=(?!"data:|"/")|url\(|@import|https?:', page)
    assert nonce not in (await client.get("/inbox")).text


async def test_page_writes_texts_only(client: httpx.AsyncClient) -> None:
    """The page's script has no way to turn a lead's text into markup or code."""
    page = (await client.get("/inbox")).text

    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("):
        assert way not in page


async def test_leads_are_not_in_the_page(client: httpx.AsyncClient) -> None:
    """The page itself holds no lead: its script fetches them as JSON."""
    await put(client, first_name="<script>alert('canary')</script>")

    assert "canary" not in (await client.get("/inbox")).text
    assert "application/json; charset=utf-8" == (await client.get("/leads")).headers["content-type"]


async def test_other_names_are_refused(client: httpx.AsyncClient) -> None:
    """A page elsewhere that points its own name at loopback reads nothing."""
    for path in ("/", "/inbox", "/leads", "/README.md"):
        for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
            response = await client.get(path, headers=headers)
            assert 403 == response.status_code


async def test_loopback_only(client: httpx.AsyncClient) -> None:
    """The inbox listens on 127.0.0.1 and no other address of the machine."""
    assert "127.0.0.1" == client.base_url.host
    with pytest.raises(OSError, match=r"Connect call failed"):
        await asyncio.open_connection("127.0.0.2", client.base_url.port)


STEP = f"{1:032x}"


class TestSteps:
    async def test_kept(self, client):
        """A step is kept with its lead, once however often it comes, and nobody's deal."""
        await put(client)
        told = {"verb": "task", "text": "Call them", "track": "nurture", "due": ""}
        for _ in range(2):
            answer = await client.put(f"/crm/leads/{LEAD}/steps/{STEP}", json=told)
            assert 200 == answer.status_code

        [entry] = await leads(client)
        [step] = entry["steps"]
        assert told == {name: step[name] for name in told}
        assert [] == (await client.get("/crm/changes")).json()["changes"]

    @pytest.mark.parametrize(
        "told", [{"verb": "list"}, {"verb": "task", "text": 1}, [], None], ids=str
    )
    async def test_refused(self, client, told):
        await put(client)

        answer = await client.put(f"/crm/leads/{LEAD}/steps/{STEP}", json=told)

        assert 400 == answer.status_code
        assert [] == (await leads(client))[0]["steps"]

    async def test_no_lead(self, client):
        answer = await client.put(f"/crm/leads/{LEAD}/steps/{STEP}", json={"verb": "note"})

        assert 404 == answer.status_code


async def test_erased(client: httpx.AsyncClient) -> None:
    """A lead is taken away with all that was made of it, and no other is."""
    await put(client)
    await put(client, lead=OTHER)
    await client.put(f"/crm/leads/{LEAD}/steps/{STEP}", json={"verb": "note", "text": "Rang"})
    await client.put(f"/crm/leads/{LEAD}/deal", json={"state": "working"})

    answers = [(await client.delete(f"/crm/leads/{LEAD}")).status_code for _ in range(2)]

    assert [204, 404] == answers
    assert [OTHER] == [entry["lead"]["lead"] for entry in await leads(client)]
    await put(client)
    assert ([], None) == ((entry := (await leads(client))[0])["steps"], entry["deal"])
