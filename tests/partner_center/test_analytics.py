"""Partner Center's analytics: who signs in, what of an answer is believed, where files lie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from leadshare.books.book import ORDERS
from leadshare.books.faults import Untold
from leadshare.books.place import COUNT, EVERY
from leadshare.client.errors import AddressRefused, AnswerTooLarge
from leadshare.partner_center import analytics
from leadshare.partner_center.analytics import AnalyticsApp, PartnerAnalytics
from tests.books.analytics import SIGN_IN, Analytics
from tests.builders import NOW


@pytest.fixture(name="account")
def _account() -> Analytics:
    return Analytics()


@pytest.fixture(name="client")
def _client(account) -> PartnerAnalytics:
    app = AnalyticsApp.model_validate(account.SETTINGS, context=account.ENVIRONMENT)
    http = httpx.AsyncClient(transport=httpx.MockTransport(account.handle))
    return PartnerAnalytics(app, http, 30)


@pytest.mark.parametrize(
    "link",
    [
        "http://x.blob.core.windows.net/r.csv",
        "https://evil.example/r.csv",
        "https://blob.core.windows.net.evil.example/r.csv",
        "https://x.blob.core.windows.net@evil.example/r.csv",
        "https://[",
        "https://x.blob.core.windows.net/r.csv\n",
    ],
)
async def test_elsewhere(client, account, link):
    """A file is taken from where Microsoft keeps files, and from nowhere else."""
    with pytest.raises(Untold, match="address_refused"):
        async with client.file(link):
            pass
    assert not account.requests


async def test_found_again(client, account):
    """Queries and reports are found by their names; only what ends soon is followed by another."""
    query = await client.query(ORDERS, NOW)
    report = await client.report(ORDERS, query, NOW)
    assert (query, report) == (
        await client.query(ORDERS, NOW),
        await client.report(ORDERS, query, NOW),
    )
    assert (COUNT - 1) * EVERY == report.ends - report.begins

    account.now = report.ends - EVERY
    later = await client.report(ORDERS, query, account.now)

    assert later.id != report.id


@pytest.mark.parametrize(
    "value",
    [
        [],
        [{}],
        [{"reportId": 5}],
        [{"reportId": "../../x"}],
    ],
)
async def test_report_without_id(client, account, value):
    """An id that is none is not put into an address."""
    query = await client.query(ORDERS, NOW)
    account.instead = [httpx.Response(404), httpx.Response(200, json={"Value": value})]
    with pytest.raises(Untold, match="unreadable_answer"):
        await client.report(ORDERS, query, NOW)


@pytest.mark.parametrize(
    "told",
    [
        {"startTime": "soon"},
        {"recurrenceCount": 10**12},
        {"recurrenceCount": "90"},
        {"reportId": "a/b"},
        {"reportStatus": "Paused"},
        {"queryId": "another"},
    ],
)
async def test_odd_report(client, account, told):
    """A report that cannot be read, or is no use, is passed over."""
    query = await client.query(ORDERS, NOW)
    one = {"reportId": "r", "queryId": query, "reportStatus": "Active"}
    times = {"startTime": "2026-11-22T17:00:00Z", "recurrenceInterval": 24, "recurrenceCount": 90}
    account.instead = [httpx.Response(200, json={"value": [{**one, **times, **told}]})]

    assert "r" != (await client.report(ORDERS, query, NOW)).id


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx.ConnectError("canary"), "unreachable"),
        (httpx.ReadTimeout("canary"), "timeout"),
        (httpx.ReadError("canary"), "connection_lost"),
        (AddressRefused("canary"), "address_refused"),
        (AnswerTooLarge("canary"), "answer_too_large"),
    ],
)
async def test_no_answer(account, error, reason):
    """Why there was no answer is told by a code, for a call and for a file."""

    def handle(request: httpx.Request) -> httpx.Response:
        if str(request.url) == SIGN_IN:
            return account.handle(request)  # type: ignore[no-any-return]  # of a fixture
        raise error

    app = AnalyticsApp.model_validate(account.SETTINGS, context=account.ENVIRONMENT)
    client = PartnerAnalytics(app, httpx.AsyncClient(transport=httpx.MockTransport(handle)), 30)
    with pytest.raises(Untold) as caught:
        await client.query(ORDERS, NOW)
    assert reason == caught.value.reason
    with pytest.raises(Untold) as caught:
        async with client.file("https://x.blob.core.windows.net/r.csv"):
            pass
    assert reason == caught.value.reason
    assert "canary" not in str(caught.value)


async def test_slow_file(client, account, monkeypatch):
    """A file that takes longer than a lease is left, however alive its connection is."""

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.001)
                yield b"Date,"

    monkeypatch.setattr(analytics, "PATIENCE", 0.02)
    account.instead = [httpx.Response(200, stream=Slow())]

    async def read() -> None:
        async with client.file("https://x.blob.core.windows.net/r.csv") as pieces:
            async for _ in pieces:
                pass

    with pytest.raises(Untold, match="timeout"):
        await read()


async def test_wrong_secret(client, account, monkeypatch):
    """A secret that is refused is told as for any sign-in."""
    monkeypatch.setitem(account.ENVIRONMENT, "ANALYTICS_SECRET", "another")
    with pytest.raises(Untold, match="sign_in_failed"):
        await client.datasets(NOW)
