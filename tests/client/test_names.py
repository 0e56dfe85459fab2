"""Names: one whose servers are dead keeps nothing waiting but those who want that one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from threading import Event
from typing import Any, NoReturn

import pytest

from leadshare.client.guard import Backend
from leadshare.client.names import AT_ONCE, KEPT, MOST, Names
from tests.client.servers import client_over, sink


class Resolver:
    """A resolver that answers at once, but for names that begin with `dead`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now = 0.0
        self.failing = False
        self.gives_up = Event()
        self.names = Names(self.ask, lambda: self.now)

    def ask(self, host: str) -> Sequence[str]:
        """Look a name up, in a thread."""
        self.asked.append(host)
        if host.startswith("dead"):
            self.gives_up.wait()
            raise OSError("no answer")
        if self.failing:
            raise OSError("no answer")
        return ["127.0.0.1"]


@pytest.fixture(name="resolver")
async def _resolver() -> AsyncIterator[Resolver]:
    """A resolver, all of whose look-ups end with the test."""
    resolver = Resolver()
    yield resolver
    resolver.gives_up.set()


async def given_up(resolver: Resolver, host: str) -> None:
    """Look a name up, and give up waiting at once."""
    task = asyncio.create_task(resolver.names.addresses(host))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class TestOneAtATime:
    async def test_dead(self, resolver):
        """However often a dead name is wanted, it is looked up once until that look-up ends."""
        for _ in range(100):
            await given_up(resolver, "dead.example")
        waiting = asyncio.create_task(resolver.names.addresses("dead.example"))
        await asyncio.sleep(0)
        resolver.gives_up.set()

        with pytest.raises(OSError, match="no answer"):
            await waiting
        assert ["dead.example"] == resolver.asked

        with pytest.raises(OSError, match="no answer"):
            await resolver.names.addresses("dead.example")
        assert 2 == len(resolver.asked)

    async def test_shared(self, resolver):
        """All who want a name at once share one look-up."""
        asked = (resolver.names.addresses("crm.example") for _ in range(20))

        assert [["127.0.0.1"]] * 20 == await asyncio.gather(*asked)
        assert 1 == len(resolver.asked)

    async def test_others(self, resolver):
        """Dead names, as many as there may be at once but one, keep no other waiting."""
        for number in range(AT_ONCE - 1):
            await given_up(resolver, f"dead{number}.example")

        assert ["127.0.0.1"] == await resolver.names.addresses("crm.example")

    async def test_bounded(self, resolver):
        """More names than that are not looked up at once: each would take a thread."""
        for number in range(AT_ONCE):
            await given_up(resolver, f"dead{number}.example")

        with pytest.raises(OSError, match="too many names"):
            await resolver.names.addresses("crm.example")
        assert "crm.example" not in resolver.asked


class TestKept:
    async def test_minute(self, resolver):
        """An answer is good for a minute, though nobody could answer by now."""
        await resolver.names.addresses("crm.example")
        resolver.failing = True
        resolver.now = KEPT - 1

        assert ["127.0.0.1"] == await resolver.names.addresses("crm.example")
        assert 1 == len(resolver.asked)

        resolver.now = KEPT
        with pytest.raises(OSError, match="no answer"):
            await resolver.names.addresses("crm.example")
        assert 60 == KEPT

    async def test_failures(self, resolver):
        """That a name had no address says nothing about the next time."""
        resolver.failing = True
        with pytest.raises(OSError, match="no answer"):
            await resolver.names.addresses("crm.example")
        resolver.failing = False

        assert ["127.0.0.1"] == await resolver.names.addresses("crm.example")

    async def test_few(self, resolver):
        """However many names are looked up, those of few are kept: the latest."""
        for number in range(MOST + 5):
            await resolver.names.addresses(f"crm{number}.example")
        asked = len(resolver.asked)

        await resolver.names.addresses(f"crm{MOST + 4}.example")
        assert asked == len(resolver.asked)

        await resolver.names.addresses("crm4.example")
        assert asked + 1 == len(resolver.asked)


async def test_no_shared_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call needs nothing of the event loop's pool of threads, in which Azure's SDKs resolve."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("the pool is for others")

    backend = Backend((), local=True)
    async with sink() as (port, calls), client_over(backend) as client:
        monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", refuse)
        await client.get(f"http://localhost:{port}/")
        monkeypatch.undo()

    assert 1 == len(calls)
