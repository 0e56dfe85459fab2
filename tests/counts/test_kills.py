"""Counts: whatever dies whenever, they come to what leads come to, once and to the cent."""

from __future__ import annotations

import os
from typing import Final

from leadshare.counts import tally
from leadshare.counts.keeping import live
from leadshare.store.keys import DAY, all_counts, day_in
from tests.counts.harder import HarderWorld
from tests.counts.world import World

KILLS: Final = int(os.environ.get("LEADSHARE_KILLS", "50"))
"""How often hosts die at least; more were tried once."""


async def test_counts_equal_a_recount_after_kills():
    """Two hosts classify, record, deliver, fold, sum and recount, and die at any call."""
    kills = seed = 0
    while kills < KILLS:
        world = (World, HarderWorld)[seed % 2](seed)
        for _ in range(3):
            await world.live(40)
            world.check()
        await nothing_is_left(world)
        kills, seed = kills + world.kills, seed + 1


async def nothing_is_left(world: World) -> None:
    """All is folded and summed, and counting all anew changes nothing."""
    start, end = all_counts()
    assert not [key for _, key in world.table.rows if start <= key < end]
    told = await world.recounted()
    assert len(world.table.values("lead")) == told.leads
    assert (0, 0) == (told.wrong, told.days)
    days = {day_in(key) for _, key in world.table.rows if key.startswith("tally|")}
    for day in days:
        values, _ = world.state.rows[DAY, day.isoformat()]
        assert tally.read(values) == await live(world.table, day)
