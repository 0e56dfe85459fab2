"""The host that `make run` keeps up."""

import asyncio
import socket

import httpx
import pytest

from leadshare.local import azurite, serving
from tests.gate import Gate


async def until(condition):
    """Wait for something to be so."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110  # there is no event
            await asyncio.sleep(0.1)


@pytest.fixture(name="queues")
def _queues(new_account):
    with Gate(new_account(), "Queue").running() as gate:
        yield gate


async def test_kept_up(queues, tmp_path, monkeypatch):
    """A host that storage refused for long is started anew, on its port, until it can stay."""
    monkeypatch.setattr(serving, "HASTE", (*serving.HASTE, "--retry-scale", "0.02"))
    [port] = azurite.free_ports(1)

    async def has_ended():
        return "host.ends" in (tmp_path / "host.log").read_text()

    async def is_well():
        try:
            return (await web.get("/api/health")).is_success
        except httpx.TransportError:
            return False

    async with (
        serving.running(port, tmp_path, queues.storage, serving.INBOX) as url,
        httpx.AsyncClient(base_url=url) as web,
    ):
        queues.shut()
        await until(has_ended)
        queues.open()
        await until(is_well)

    with socket.socket() as one:
        assert 0 != one.connect_ex(("127.0.0.1", port))
