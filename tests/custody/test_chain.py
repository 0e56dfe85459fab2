"""The chain: links in their order, whoever writes at once, and whatever breaks in between."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest

from leadshare.custody.chain import Chain
from leadshare.custody.links import FIRST, Head
from leadshare.custody.verifying import Told, by_number, verify
from leadshare.errors import Conflict, StorageError
from leadshare.store.keys import CHAIN
from leadshare.store.table import Change
from tests.builders import NOW, visit_ids
from tests.memory import MemoryTable


def chain_on(state: MemoryTable, heads: list[str] | None = None) -> Chain:
    """A process that writes on *state*, and the *heads* that its log carries."""
    tell = (heads if heads is not None else []).append
    return Chain(state, lambda: NOW, visit_ids("link"), tell)


async def links_of(state: MemoryTable) -> dict[int, Any]:
    """All links there are, as a deployment lists them."""
    told: Any = await chain_on(state).links(200, "")
    return by_number(told["links"])


class TestLinks:
    async def test_recomputed(self):
        """Anybody can recompute a link with what the documents say, and nothing of ours."""
        state = MemoryTable()
        chain = chain_on(state)
        act = await chain.begin("enable", "zoë", {"destination": "crm"})
        await chain.end("enable", act, "done", {"enabled": True}, {"leads": 3})

        before = FIRST
        for number, link in sorted((await links_of(state)).items()):
            loose = ("hash", "salt", "by", "asked", "came_to")
            kept = {name: text for name, text in link.items() if name not in loose}
            told = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            assert hashlib.sha256(told.encode()).hexdigest() == link["hash"]
            assert (str(number), before) == (link["number"], link["before"])
            before = link["hash"]
        assert Head(2, before) == chain.head

    async def test_log(self):
        """The log carries the head from the start of a process, and each link that it writes."""
        state, heads = MemoryTable(), list[str]()
        await chain_on(state).begin("enable", "zoe", {})
        chain = chain_on(state, heads)

        await chain.read_head()
        await chain.begin("pause", "zoe", {})

        first, second = (link["hash"] for _, link in sorted((await links_of(state)).items()))
        assert [f"1 {first[:16]}", f"2 {second[:16]}"] == heads

    async def test_costs_one_write(self):
        """A link costs one write; its head is read once, and whatever length the chain has."""
        state = MemoryTable()
        chain = chain_on(state)
        await chain.read_head()
        for _ in range(20):
            await chain.begin("enable", "zoe", {})

        assert 1 + 2 * 20 == state.calls  # which counts a write when it begins and when it ends


class TestAtOnce:
    async def test_numbers(self):
        """Whoever writes at once, in one process or several, gets a number of its own."""
        state, heads = MemoryTable(), list[str]()
        chains = [chain_on(state, heads) for _ in range(3)]

        await asyncio.gather(*(one.begin("find", "zoe", {}) for one in chains * 5))

        links = await links_of(state)
        assert list(range(1, 16)) == sorted(links)
        told = [Told(int(number), short) for number, short in map(str.split, heads)]
        assert [] == verify(links, told).faults

    @pytest.mark.parametrize("breaks", ["before", "after"])
    async def test_broken_off(self, breaks):
        """Who dies between an act's beginning and its end leaves a chain that goes on."""
        state = MemoryTable()
        dying, other = chain_on(state), chain_on(state)
        act = await dying.begin("replay", "zoe", {})
        if breaks == "after":
            await other.begin("pause", "max", {})
            await dying.end("replay", act, "done", {})
        await other.begin("pause", "max", {})

        links = await links_of(state)
        assert [] == verify(links, []).faults
        assert (breaks == "after") == any(link.get("of") == act for link in links.values())

    async def test_answer_lost(self):
        """What storage wrote and lost its answer of is there once: its client tried again."""
        state = MemoryTable()
        write = state.write

        async def lose(partition: str, changes: Sequence[Change]) -> list[str]:
            await write(partition, changes)
            raise Conflict("exists")

        state.write = lose  # type: ignore[method-assign]
        await chain_on(state).begin("enable", "zoe", {})

        assert [1] == sorted(await links_of(state))

    async def test_down(self, monkeypatch):
        """What cannot be written is told, and takes no number."""
        state = MemoryTable()
        chain = chain_on(state)

        async def fail(*_: object) -> list[str]:
            raise StorageError("down")

        with monkeypatch.context() as down:
            down.setattr(state, "write", fail)
            with pytest.raises(StorageError):
                await chain.begin("enable", "zoe", {})
        await chain.begin("enable", "zoe", {})

        assert [1] == sorted(await links_of(state))
        assert {CHAIN} == {partition for partition, _ in state.rows}
