"""Visits to a lane in every order of their steps: nothing that is nudged for is left or doubled."""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.deliveries.lanes import visit as visits
from leadshare.deliveries.lanes.hold import Hold
from leadshare.deliveries.lanes.visit import Nudge
from leadshare.deliveries.worker import Worker, WorkerContext
from leadshare.errors import Conflict
from leadshare.store import lease
from leadshare.store.keys import LANE, PARTITIONS
from leadshare.store.table import Change, Row, put
from tests.builders import IDENTITY, NOW, Nudged

WORKERS = 2


class _Gate:
    """One step to the outside: everything else may happen before it does."""

    def __await__(self) -> Generator[None]:
        yield


@dataclass
class World:
    """The lane's row, what is due by partition, the queue, and what came of it."""

    row: dict[str, Any] | None = None
    etag: int = 0
    due: set[str] = field(default_factory=set)
    sending: set[str] = field(default_factory=set)
    queue: list[Nudge] = field(default_factory=list)
    doubles: int = 0
    """How many nudges the queue may still give twice."""
    faults: list[str] = field(default_factory=list)


class LaneTable:
    """The table of lanes: one row, compared and set."""

    def __init__(self, world: World, name: str, seen: list[Any]) -> None:
        self._world, self._name, self._seen = world, name, seen
        self._known = -1
        seen.append(self)

    def __str__(self) -> str:
        """Whether what was read or written last still is the row's."""
        return str(self._known == self._world.etag)

    async def get(self, _partition: str, _key: str) -> Row | None:
        await _Gate()
        world = self._world
        self._seen.append(world.row and (world.row["holder"] == self._name, world.row["rung"]))
        self._known = world.etag
        return Row(LANE, "crm", dict(world.row), str(world.etag)) if world.row else None

    async def write(self, _partition: str, changes: Sequence[Change]) -> list[str]:
        await _Gate()
        world, [change] = self._world, changes
        fits = world.row is None if change.kind == "insert" else change.etag == str(world.etag)
        fits = fits or change.kind == "upsert"
        self._seen.append(fits)
        if not fits:
            raise Conflict("changed")
        world.row, world.etag = dict(change.values), world.etag + 1
        self._known = world.etag
        return [str(world.etag)]


class Visit(Worker):
    """A visit that sends what is due from a set, step by step, and never runs out of time."""

    world: World
    seen: list[Any]

    def may_go_on(self) -> bool:
        return True

    async def _round(self) -> bool:
        await _Gate()
        world = self.world
        found = sorted(world.due & set(self.hold.wanted.partitions))
        self.seen.append(found)
        for partition in found:
            if partition in world.sending:
                world.faults.append(f"{partition} sent by two at once")
            world.sending.add(partition)
        if found:
            await _Gate()
        for partition in found:
            world.due.discard(partition)
            world.sending.discard(partition)
        return False


def a_visit(world: World, nudge: Nudge, name: str, seen: list[Any]) -> Coroutine[Any, Any, None]:
    """A visit for a nudge, ready to be stepped."""
    destination: Any = SimpleNamespace(name="crm", settings=None, rate=None, batch_size=1)
    table: Any = LaneTable(world, name, seen)
    context = WorkerContext(
        *(table, table, lambda: NOW, lambda: 0.0, lambda: name, timedelta(seconds=60), Nudged()),
        IDENTITY.index_name,
    )
    visit = Visit(context, destination, 0.0, nudge)
    visit.world, visit.seen = world, seen
    return visit.work()


async def produce(world: World, partition: str) -> None:
    """Make something due, and then nudge for it."""
    await _Gate()
    world.due.add(partition)
    await _Gate()
    world.queue.append(Nudge("crm", 1 << PARTITIONS.index(partition), NOW))


@dataclass
class Play:
    """One order of steps, as far as it was played."""

    partitions: str
    world: World = field(default_factory=World)
    tasks: dict[str, tuple[Coroutine[Any, Any, None], list[Any]]] = field(default_factory=dict)
    visits: int = 0

    def __post_init__(self) -> None:
        for number, partition in enumerate(self.partitions):
            self._start(f"p{number}", produce(self.world, partition), [partition])

    def _start(self, name: str, task: Coroutine[Any, Any, None], seen: list[Any]) -> None:
        task.send(None)
        self.tasks[name] = (task, seen)

    def choices(self) -> list[str]:
        """What may happen next."""
        busy = sum(name.startswith("v") for name in self.tasks)
        takes = [f"take {i}" for i in range(len(self.world.queue)) if busy < WORKERS]
        again = [f"again {i}" for i in range(len(self.world.queue) if self.world.doubles else 0)]
        return [*self.tasks, *takes, *(again if busy < WORKERS else ())]

    def step(self, choice: str) -> None:
        """Let that happen."""
        if choice in self.tasks:
            task, seen = self.tasks[choice]
            seen.append("step")
            try:
                task.send(None)
            except StopIteration:
                del self.tasks[choice]
            return
        how, index = choice.split(maxsplit=1)[0], int(choice.split()[1])
        nudge = self.world.queue[index]
        if how == "take":
            del self.world.queue[index]
        else:
            self.world.doubles -= 1
        self.visits += 1
        seen = [nudge.mask]
        self._start(f"v{self.visits}", a_visit(self.world, nudge, f"v{self.visits}", seen), seen)

    def state(self) -> Any:
        """What all that follows hangs on."""
        world, row = self.world, self.world.row or {"holder": "", "rung": 0}
        told = ((name == row["holder"], *map(str, seen)) for name, (_, seen) in self.tasks.items())
        queue = tuple(sorted(nudge.mask for nudge in world.queue))
        due, sending = tuple(sorted(world.due)), tuple(sorted(world.sending))
        held, rung = bool(row["holder"]), row["rung"]
        return held, rung, queue, due, sending, world.doubles, tuple(sorted(told))

    def close(self) -> None:
        """Drop what is still under way."""
        for task, _ in self.tasks.values():
            task.close()


def faults(partitions: str, doubles: int = 0) -> tuple[set[str], int]:
    """Play every order of steps; return what went wrong in any, and how many states there were."""
    known: set[Any] = set()
    wrong: set[str] = set()
    open_: list[tuple[str, ...]] = [()]
    while open_:
        path = open_.pop()
        play = Play(partitions, World(doubles=doubles))
        for choice in path:
            play.step(choice)
        while (state := play.state()) not in known:
            known.add(state)
            wrong |= set(play.world.faults)
            if not (choices := play.choices()):
                wrong |= {"left behind"} if play.world.due else set()
                break
            first, *others = choices
            open_ += [(*path, other) for other in others]
            path = (*path, first)
            play.step(first)
        play.close()
    return wrong, len(known)


class TestEveryOrder:
    @pytest.mark.parametrize(
        ("partitions", "doubles"),
        [
            pytest.param("01", 2, id="two"),
            pytest.param("000", 1, id="three-of-one-partition"),
            pytest.param("012", 1, id="three"),
        ],
    )
    def test_all_are_sent_once(self, partitions, doubles):
        """Whatever the order, and whatever nudges come twice, all is sent, by one visit at a
        time.
        """
        wrong, states = faults(partitions, doubles)

        assert set() == wrong
        assert states > 500


def _without_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that another visits is left alone, as if its visit would look again anyway."""
    monkeypatch.setattr(visits, "ring", lambda lane, _: lane)


def _freed_blindly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lane is freed whatever others have written."""

    async def leave(self: Hold, lane: Any) -> None:
        row = lease.to_row(visits.leave(lane, self.wanted))
        await self.state.write(LANE, [Change("upsert", "crm", row)])

    monkeypatch.setattr(Hold, "leave", leave)


def _taken_blindly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lane is taken whoever took it meanwhile."""

    def put_anyway(before, key, values):
        free = before is None or not before.values["holder"]
        return Change("upsert", key, values) if free else put(before, key, values)

    monkeypatch.setattr("leadshare.store.lease.put", put_anyway)


def _unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others rang for is read and forgotten."""
    rejoin = visits.rejoin
    monkeypatch.setattr(visits, "rejoin", lambda *lanes: (rejoin(*lanes)[0], Nudge("", 0)))


def _freed_without_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lane is freed once others' ringing is taken over, without looking again."""
    leave = Hold.leave

    async def stubborn(self: Hold, lane: Any) -> None:
        while joined := await leave(self, lane):
            lane = joined

    monkeypatch.setattr(Hold, "leave", stubborn)


def _named_by_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """All visits of a process have one name."""
    prepare = Worker.__post_init__

    def rename(self: Worker) -> None:
        prepare(self)
        self.hold.holder = "process"

    monkeypatch.setattr(Worker, "__post_init__", rename)


def _nudged_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Producers nudge for what is not due yet."""

    async def hasty(world: World, partition: str) -> None:
        await _Gate()
        world.queue.append(Nudge("crm", 1 << PARTITIONS.index(partition), NOW))
        await _Gate()
        world.due.add(partition)

    monkeypatch.setitem(globals(), "produce", hasty)


class TestGuards:
    @pytest.mark.parametrize(
        ("without", "fault"),
        [
            pytest.param(_without_ring, "left behind", id="ring"),
            pytest.param(_freed_blindly, "left behind", id="compare-when-freeing"),
            pytest.param(_taken_blindly, "sent by two at once", id="compare-when-taking"),
            pytest.param(_unheard, "left behind", id="take-over-what-is-rung"),
            pytest.param(_freed_without_a_look, "left behind", id="look-again"),
            pytest.param(_named_by_process, "sent by two at once", id="a-name-for-each-visit"),
            pytest.param(_nudged_first, "left behind", id="commit-before-nudge"),
        ],
    )
    def test_each_is_needed(self, monkeypatch, without, fault):
        """Each guard of the protocol, taken out, leaves something behind or sends it twice."""
        without(monkeypatch)

        wrong, _ = faults("01", 1)

        assert any(fault in one for one in wrong)
