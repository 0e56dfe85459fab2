"""Intake's public URL: what is posted there, how, and what comes of no answer."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiohttp import web

from leadshare.client import public_url as way_in
from leadshare.client.public_url import PublicUrl
from leadshare.errors import Unreachable


@pytest.fixture(name="asked")
def _asked() -> list[web.Request]:
    return []


@pytest.fixture(name="url")
async def _url(asked, unused_tcp_port_factory):
    """An intake that redirects, refuses or takes, by what its address says."""
    answers = {
        "taken": web.Response(status=202, text='{"status":"accepted"}'),
        "refused": web.Response(status=401),
        "slow": web.Response(status=202),
        "moved": web.Response(status=307, headers={"location": "/taken"}),
    }

    async def take(request: web.Request) -> web.Response:
        await request.read()
        asked.append(request)
        if request.match_info["how"] == "slow":
            await asyncio.sleep(1)
        return answers[request.match_info["how"]]

    app = web.Application()
    app.router.add_post("/{how}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    port = unused_tcp_port_factory()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


class TestPost:
    @pytest.mark.parametrize(("how", "status"), [("taken", 202), ("refused", 401), ("moved", 307)])
    async def test_status(self, url, asked, how, status):
        """The status is told as it is; no redirect is followed, for the key would go along."""
        assert status == await PublicUrl(f"{url}/{how}", "a key", local=True).post(b"{}")
        assert 1 == len(asked)

    async def test_like_the_marketplace(self, url, asked):
        """The body goes whole with its length, and the key in a header, not in the URL."""
        await PublicUrl(f"{url}/taken", "canary", local=True).post(b"{}")

        [request] = asked
        assert ("canary", "2") == (
            request.headers["x-functions-key"],
            request.headers["content-length"],
        )
        assert "canary" not in str(request.url)

    @pytest.mark.parametrize(
        ("address", "fault"),
        [
            pytest.param("https://127.0.0.1:1", "AddressRefused", id="inside"),
            pytest.param("http://example.com", "AddressRefused", id="plain"),
            pytest.param("https://nowhere.invalid", "ConnectError", id="nobody"),
            pytest.param("no address", "AddressRefused", id="no-address"),
            pytest.param("https://x:port", "InvalidURL", id="no-url"),
        ],
    )
    async def test_unreachable(self, caplog, address, fault):
        """In Azure no address inside is called, and why nothing was answered is told without the
        key.
        """
        caplog.set_level(logging.DEBUG)

        with pytest.raises(Unreachable) as told:
            await PublicUrl(address, "canary", local=False).post(b"{}")

        assert fault == str(told.value)
        assert told.value.__cause__ is None
        assert "canary" not in caplog.text

    async def test_slow(self, url, monkeypatch):
        """What does not answer is given up on."""
        monkeypatch.setattr(way_in, "PATIENCE", 0.2)

        with pytest.raises(Unreachable, match="ReadTimeout"):
            await PublicUrl(f"{url}/slow", "a key", local=True).post(b"{}")

    def test_not_shown(self):
        """Printed, it shows no key."""
        assert "canary" not in repr(PublicUrl("https://x", "canary", local=False))
