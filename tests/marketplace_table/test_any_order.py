"""Microsoft's table: whatever happens in whatever order, none is lost and none comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW, minutes
from tests.marketplace_table.world import LONG, Killed, World

SKEW: Final = st.sampled_from([-7, 0, 7])
"""Minutes that a clock is off by: two of them together stay within the overlap."""


KEY: Final = st.integers(0, 99)

STEP: Final = st.one_of(
    st.tuples(st.just("write"), KEY, SKEW),
    st.tuples(st.just("write"), KEY, SKEW),
    st.tuples(st.just("later"), KEY, SKEW),
    st.tuples(st.just("pass"), st.sampled_from([1, 5, 20]), st.just(0)),
    st.tuples(st.just("read"), st.sampled_from([0, 1]), st.sampled_from([0, 0, 0, 1])),
    st.tuples(st.just("crash"), st.sampled_from([0, 1]), st.integers(0, 3)),
)


class Play(World):
    """A world in which anything may happen; rows' times are off by so many minutes."""

    async def step(self, what: str, one: int, other: int) -> None:
        """Let one thing happen."""
        if what == "write":
            self._write(one, other)
        elif what == "later":
            self.table.before += [None, partial(self._arrive, one, other)]
        elif what == "pass":
            self.now += minutes(one)
        elif what == "read":
            await self.read(holder=f"h{one}", seconds=0.0 if other == 1 else LONG)
        else:
            self.queue.error, self.queue.only = Killed(), other
            with suppress(Killed):
                await self.read(holder=f"h{one}")
            self.queue.error = None

    async def _arrive(self, number: int, skew: int) -> None:
        """Write a row while a long reading is under way, and another, much later, at the end."""
        self._write(number, skew)
        self.now += minutes(20)
        self._write(100 + number, skew)

    def _write(self, number: int, skew: int) -> None:
        if ("p", f"{number:03}") not in self.table.rows:
            self.table.write(f"{number:03}", self.now + minutes(skew))


async def played(steps: Sequence[tuple[str, int, int]], ahead: int) -> World:
    """Play *steps* with our clock so many minutes ahead, then let all settle."""
    world = Play()
    world.ahead, world.since = minutes(ahead), NOW - minutes(60)
    for step in steps:
        await world.step(*step)
    while world.table.before:  # what is still to arrive during a reading
        await world.read(20)
    for _ in range(2):
        await world.read(20)
    return world


class TestLaws:
    @settings(max_examples=400)
    @given(steps=st.lists(STEP, max_size=20), ahead=SKEW)
    def test_none_lost_none_doubled(self, steps, ahead):
        """Whatever arrives late, repeats or crashes, with clocks that differ: each row is one
        touch.
        """
        world = asyncio.run(played(steps, ahead))

        rows = {key for _, key in world.table.rows}
        assert rows == set(world.queue.rows)
        assert len(rows) == len({one.id for one in world.queue.envelopes})
