"""The queue of touches: what the tick puts there is what the host gives to classify."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.queue import BinaryBase64DecodePolicy
from azure.storage.queue.aio import QueueClient

from leadshare import intake
from leadshare.azure import queues
from leadshare.azure.queues import MessageQueue, NudgeQueue, PoisonQueue, Queues
from leadshare.errors import StorageError
from leadshare.local import azurite
from leadshare.settings import Settings
from tests.builders import NOW


def settings(storage: str) -> Settings:
    """Settings of a process that works with this storage."""
    return Settings(
        identity_key=b"k" * 32,
        storage=storage,
        table_uri="",
        queue_uri="",
        client_id="",
        configuration=Path("leadshare.toml"),
        local=True,
        proof_url="",
        proof_key="",
        privacy_key="",
        tick_budget=timedelta(seconds=25),
        lane_lease=timedelta(seconds=60),
    )


@pytest.fixture(name="name")
def _name() -> str:
    """The name of a queue that is not there yet."""
    return f"touches-{uuid4().hex}"


Q = TypeVar("Q", NudgeQueue, PoisonQueue, Queues)


@asynccontextmanager
async def closing(queue: Q) -> AsyncIterator[Q]:
    """A queue that is closed at the end, as a process closes none."""
    try:
        yield queue
    finally:
        await queue.close()


async def received(storage: str, name: str) -> list[bytes]:
    """All that is in a queue, decoded as host.json says."""
    client = QueueClient.from_connection_string(
        storage, name, message_decode_policy=BinaryBase64DecodePolicy()
    )
    async with client:
        return [message.content async for message in client.receive_messages()]


class TestQueues:
    async def test_waiting(self, storage, monkeypatch, name):
        """Of each queue it is told how many wait and how old the first is; a hidden one has no
        age.
        """
        names = (name, f"{name}-hidden", f"{name}-none", f"{name}-empty")
        monkeypatch.setattr(queues, "NAMES", names)
        for each in (name, f"{name}-hidden", f"{name}-empty"):
            async with QueueClient.from_connection_string(storage, each) as client:
                await client.create_queue()
                if each == name:
                    await client.send_message("1")
                    await client.send_message("2")
                if each.endswith("hidden"):
                    await client.send_message("3", visibility_timeout=60)

        later = datetime.now(UTC) + timedelta(hours=1)
        async with closing(Queues(settings(storage))) as looked:
            told = await looked.waiting(later)

        assert [*names] == [*told]
        nothing = {"count": 0, "oldest_seconds": 0}
        assert [{"count": 1, "oldest_seconds": None}, nothing, nothing] == [*told.values()][1:]
        assert 2 == told[name]["count"]
        assert 3600 == pytest.approx(told[name]["oldest_seconds"], abs=120)

    async def test_out_of_reach(self, storage):
        """A queue that cannot be looked at is told by its kind, without a key or an address."""
        wrong = storage.replace(azurite.KEY, "Y2FuYXJ5")
        async with closing(Queues(settings(wrong))) as looked:
            with pytest.raises(StorageError, match=r"^queue [\w-]+ is out of reach: \w+$"):
                await looked.waiting(NOW)


class TestMessageQueue:
    async def test_send(self, storage, name):
        """Every message arrives, byte for byte, also the first, which makes the queue."""
        sent = [bytes([number, 255, 0, 10]) for number in range(40)]

        await MessageQueue(settings(storage), name).send(sent)

        assert sorted(sent) == sorted(await received(storage, name))

    async def test_largest(self, storage, name):
        """The largest body that is taken fits."""
        message = intake.envelope(b"x" * intake.LARGEST, None, "0" * 32, NOW, via="table")

        await MessageQueue(settings(storage), name).send([message])

        assert [message] == await received(storage, name)

    async def test_refused(self, storage, name):
        """What the queue refuses is told by its kind, without a key or an address."""
        wrong = storage.replace(azurite.KEY, "Y2FuYXJ5")

        with pytest.raises(StorageError, match=r"^queue touches-\w+ is out of reach: \w+$"):
            await MessageQueue(settings(wrong), name).send([b"x"])


class TestNudgeQueue:
    async def test_send(self, storage, monkeypatch, name):
        """A nudge arrives, byte for byte, and lives for five minutes; the first makes the queue."""
        monkeypatch.setattr(queues, "LANES", name)
        async with closing(NudgeQueue(settings(storage))) as queue:
            await queue.send(b"\xff1")
            await queue.send(b"\xff2")

        async with QueueClient.from_connection_string(storage, name) as client:
            [first, second] = [message async for message in client.receive_messages()]
        assert ["/zE=", "/zI="] == [first.content, second.content]
        assert first.expires_on
        assert first.inserted_on
        assert timedelta(minutes=5) == first.expires_on - first.inserted_on

    async def test_out_of_reach(self, storage):
        """What the queue refuses is told at the first try, for others wait for it."""
        wrong = storage.replace(azurite.KEY, "Y2FuYXJ5")
        async with closing(NudgeQueue(settings(wrong))) as queue:
            with pytest.raises(StorageError, match=r"^queue lanes is out of reach: \w+$"):
                await queue.send(b"x")


class TestPoisonQueue:
    async def test_take(self, storage, name):
        """What is there is taken as it was first queued, base64 or not, and is gone once
        deleted.
        """
        async with QueueClient.from_connection_string(storage, f"{name}-poison") as client:
            await client.create_queue()
            for text in ("/wA=", "not base64!"):
                await client.send_message(text)
        async with closing(PoisonQueue(settings(storage), name)) as queue:
            taken = await queue.receive()
            hidden = await queue.receive()
            for given in taken:
                await queue.delete(given)

        assert {b"\xff\x00", b"not base64!"} == {given.body for given in taken}
        assert all(abs(given.queued - datetime.now(UTC)) < timedelta(minutes=5) for given in taken)
        assert [] == hidden
        async with QueueClient.from_connection_string(storage, f"{name}-poison") as client:
            assert 0 == (await client.get_queue_properties()).approximate_message_count

    async def test_no_queue(self, storage, name):
        """A queue that nothing was ever given up on is not there, and empty."""
        async with closing(PoisonQueue(settings(storage), name)) as queue:
            assert [] == await queue.receive()

    async def test_out_of_reach(self, storage, name):
        """What the queue refuses is told by its kind."""
        wrong = storage.replace(azurite.KEY, "Y2FuYXJ5")
        async with closing(PoisonQueue(settings(wrong), name)) as queue:
            with pytest.raises(StorageError, match=r"^queue touches-\w+-poison is out of reach"):
                await queue.receive()


async def test_identity(monkeypatch):
    """Without a connection string the app signs in by its own identity; a refusal is told as
    such.
    """
    asked: list[object] = []

    class Identity:
        def __init__(self, **options: Any) -> None:
            asked.append(options["managed_identity_client_id"])

        async def get_token(self, *scopes: str, **_: Any) -> Any:
            asked.extend(scopes)
            raise ClientAuthenticationError("canary")

    monkeypatch.setattr("azure.identity.aio.DefaultAzureCredential", Identity)
    uri = "https://contoso.queue.core.windows.net"
    told = replace(settings(""), queue_uri=uri, client_id="our-identity")

    async with closing(NudgeQueue(told)) as queue:
        with pytest.raises(StorageError, match=r"^queue lanes is out of reach: Client\w+Error$"):
            await queue.send(b"nudge")

    assert ["our-identity", "https://storage.azure.com/.default"] == asked
