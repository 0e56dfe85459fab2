"""Bench: what a destination that is slow, or dead, takes from one that is quick."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.bench import deployed, sink, storage
from tests.bench.alone import alone
from tests.bench.report import Figure, Rounds, Target
from tests.bench.sink import Sink

ROUNDS: Final = 3
BACKLOG: Final = 10_000
SUPPLY: Final = 1600
"""Deliveries to the quick destination that are due when a tick begins."""

SECONDS: Final = 8
"""How long a tick works at most: long enough for those."""


def isolation() -> Iterator[Figure]:
    """The quick destination's throughput in one tick with a bad one, beside its own alone."""
    with (
        storage.running() as azurite,
        sink.running() as receiver,
        socket.socket() as silent,
    ):
        silent.bind(("127.0.0.1", 0))  # nobody listens, so that it refuses
        dead = "http://{}:{}".format(*silent.getsockname())
        for name, url in (("slow", receiver.slow), ("dead", dead)):
            scene = _Scene(azurite.account(), azurite.folder, receiver)
            yield scene.beside(name, url)


@dataclass(slots=True)
class _Scene:
    """A table with a quick destination's deliveries and a bad one's backlog."""

    account: str
    folder: Path
    receiver: Sink
    due: int = 0
    """What is due to the quick destination."""
    made: int = 0
    """What has ever been due to it."""

    def beside(self, name: str, url: str) -> Figure:
        """Measure the quick destination beside the one of this *name*."""
        asyncio.run(deployed.owe(self.account, name, BACKLOG))
        rounds = Rounds()
        for _ in range(ROUNDS):
            own = self._throughput({})
            rounds.add(self._throughput({name: url}), own)
        units = ("deliveries/s", "deliveries/s alone")
        return rounds.figure(f"quick beside {name}", units, Target("at least", 0.9))

    def _throughput(self, others: Mapping[str, str]) -> float:
        """Tick once; return what the quick destination got a second."""
        asyncio.run(deployed.owe(self.account, "quick", SUPPLY - self.due, self.made))
        self.made, self.due = self.made + SUPPLY - self.due, SUPPLY
        destinations = {"quick": self.receiver.quick, **others}
        settings = deployed.settings(self.account, self.folder, destinations)
        alone(tick, settings=settings, others=list(others))
        seen, seconds = self.receiver.take()
        self.due -= seen
        return (seen - 1) / seconds


async def tick(settings: Mapping[str, str], others: list[str]) -> None:
    """Tick once, the lanes of *others* as if nothing had happened."""
    ticker = await deployed.ticker(settings)
    for name in others:
        await deployed.free(settings["LEADSHARE_STORAGE"], name)
    await ticker.tick(timedelta(seconds=SECONDS))
