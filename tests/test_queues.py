"""The queue of touches: what the tick puts there is what the host gives to classify."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.queue import BinaryBase64DecodePolicy
from azure.storage.queue.aio import QueueClient

from leadshare import intake, queues
from leadshare.errors import StorageError
from leadshare.local import azurite
from leadshare.queues import TouchQueue
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
        tick_budget=timedelta(seconds=25),
        lane_lease=timedelta(seconds=60),
    )


@pytest.fixture(name="name", autouse=True)
def _name(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a queue that is not there yet."""
    name = f"touches-{uuid4().hex}"
    monkeypatch.setattr(queues, "TOUCHES", name)
    return name


async def received(storage: str, name: str) -> list[bytes]:
    """All that is in a queue, decoded as host.json says."""
    client = QueueClient.from_connection_string(
        storage, name, message_decode_policy=BinaryBase64DecodePolicy()
    )
    async with client:
        return [message.content async for message in client.receive_messages()]


class TestTouchQueue:
    async def test_send(self, storage, name):
        """
        Every message arrives, byte for byte, also the first, which makes the queue.
        """
        sent = [bytes([number, 255, 0, 10]) for number in range(40)]

        await TouchQueue(settings(storage)).send(sent)

        assert sorted(sent) == sorted(await received(storage, name))

    async def test_largest(self, storage, name):
        """
        The largest body that is taken fits.
        """
        message = intake.envelope(b"x" * intake.LARGEST, None, "0" * 32, NOW, via="table")

        await TouchQueue(settings(storage)).send([message])

        assert [message] == await received(storage, name)

    async def test_refused(self, storage):
        """
        What the queue refuses is told by its kind, without a key or an address.
        """
        wrong = storage.replace(azurite.KEY, "Y2FuYXJ5")

        with pytest.raises(StorageError, match=r"^queue touches-\w+ is out of reach: \w+$"):
            await TouchQueue(settings(wrong)).send([b"x"])
