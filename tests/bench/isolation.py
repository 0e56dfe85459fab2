"""Bench: what a destination that is slow, or dead, takes from one that is quick."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from leadshare.client import names
from tests.bench import deployed, garbage, sink, storage
from tests.bench.alone import alone
from tests.bench.report import Figure, Rounds, Target
from tests.bench.sink import Sink

ROUNDS: Final = 3
BACKLOG: Final = 10_000
SUPPLY: Final = 1600
"""Deliveries to the quick destination that are due when a tick begins."""

SECONDS: Final = 16
"""How long a tick works at most: long enough for those, on a busy machine too."""


EACH: Final = 100
"""Deliveries that are due to each of a crowd of bad destinations."""

DEAD: Final = ("dead-one", "dead-two")
"""Names whose servers are dead: a look-up takes `HANGS` seconds."""

HANGS: Final = 25.0

HARM: Final = (0.9, 1 / 0.9)
"""What of its throughput a lane keeps beside bad ones at least, and of its wait at most."""

COMPANY: Final = (0.8, 1.4)
"""The same beside lanes that are well: each looks into the same storage."""

MEMORY: Final = 200
"""MiB that the process may take."""

_MAIL: Final = """
[[destination]]
type = "email"
name = "{name}"
sender = "leads@contoso.example"
to = ["sales@contoso.example"]
allow_networks = ["127.0.0.0/8"]
via = {{ kind = "smtp", host = "127.0.0.1", port = {port} }}
"""


def isolation() -> Iterator[Figure]:
    """The quick destination's throughput in one tick with a bad one, beside its own alone."""
    with (
        storage.running() as azurite,
        sink.running() as receiver,
        garbage.running() as ports,
        socket.socket() as silent,
    ):
        yield from _Scene(azurite.account(), azurite.folder, receiver).in_a_crowd(ports)
        silent.bind(("127.0.0.1", 0))  # nobody listens, so that it refuses
        dead = "http://{}:{}".format(*silent.getsockname())
        for name, url in (("slow", receiver.slow), ("dead", dead)):
            scene = _Scene(azurite.account(), azurite.folder, receiver)
            yield scene.beside(name, url)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What the quick destination got in one tick."""

    rate: float
    """Deliveries a second, from the tick's beginning to the last."""
    wait: float
    """The median of the seconds from the tick's beginning."""
    memory: float
    """MiB that the process took at most."""


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
            rounds.add(self._throughput({name: url}).rate, own.rate)
        units = ("deliveries/s", "deliveries/s alone")
        return rounds.figure(f"quick beside {name}", units, Target("at least", 0.9))

    def in_a_crowd(self, ports: Mapping[str, int]) -> Iterator[Figure]:
        """Measure it beside dead names, mail servers and receivers that misbehave in every way.

        Beside as many that are well and have nothing due, too, which is what company alone costs.
        """
        bad = {name: f"https://{name}.example/" for name in DEAD}
        bad |= {name: f"http://127.0.0.1:{ports[name]}/" for name in garbage.NAMES}
        mail = "".join(_MAIL.format(name=name, port=ports[name]) for name in garbage.MAIL)
        crowd = (*bad, *garbage.MAIL)
        for name in crowd:
            asyncio.run(deployed.owe(self.account, name, EACH))
        well = {f"well-{name}": self.receiver.named for name in crowd}
        sides = [
            (
                self._throughput({}),
                self._throughput(well, works=True),
                self._throughput(bad, mail),
            )
            for _ in range(ROUNDS)
        ]
        name = f"{len(crowd)} bad ones"
        yield from _beside(name, [(worse, own) for own, _, worse in sides], HARM)
        idle = f"{len(crowd)} idle ones"
        yield from _beside(idle, [(beside, own) for own, beside, _ in sides], COMPANY)
        memory = max(worse.memory for _, _, worse in sides)
        target = Target("at most", MEMORY)
        yield Figure(
            f"memory beside {name}", f"{memory:.0f} MiB at most", f"{MEMORY} MiB", memory, target
        )

    def _throughput(
        self, others: Mapping[str, str], mail: str = "", *, works: bool = False
    ) -> _Measured:
        """Tick once; return what the quick destination got, *mail* servers configured beside.

        Of the *others* nothing is known, or that each *works*; the quick one is known to.
        """
        asyncio.run(deployed.owe(self.account, "quick", SUPPLY - self.due, self.made))
        self.made, self.due = self.made + SUPPLY - self.due, SUPPLY
        destinations = {"quick": self.receiver.quick, **others}
        settings = deployed.settings(self.account, self.folder, destinations)
        with Path(settings["LEADSHARE_CONFIGURATION"]).open("a", encoding="utf-8") as file:
            file.write(mail)
        lanes = [*others, *(garbage.MAIL if mail else ())]
        known = {"quick": True, **dict.fromkeys(lanes, works)}
        began, memory = alone(tick, settings=settings, known=known)
        times = self.receiver.times()
        seen, _ = self.receiver.take()
        self.due -= seen
        return _Measured(seen / (times[-1] - began), median(times) - began, memory)


def _beside(
    crowd: str, sides: Sequence[tuple[_Measured, _Measured]], kept: tuple[float, float]
) -> Iterator[Figure]:
    """Yield throughput and wait beside a *crowd* and alone, by rounds; what is to be *kept*."""
    rates, waits = Rounds(), Rounds()
    for ours, own in sides:
        rates.add(ours.rate, own.rate)
        waits.add(ours.wait, own.wait)
    rate, wait = kept
    units = ("deliveries/s", "deliveries/s alone")
    yield rates.figure(f"quick beside {crowd}", units, Target("at least", rate))
    yield waits.figure(
        f"wait beside {crowd}", ("s median wait", "s alone"), Target("at most", wait)
    )


async def tick(settings: Mapping[str, str], known: Mapping[str, bool]) -> tuple[float, float]:
    """Tick once, the lanes *known* to work, or as if nothing had happened.

    Return when it began, and how many MiB the process took at most.
    """
    setattr(names.NAMES, "_ask", partial(_hang, names.ask_system))  # noqa: B010 - nobody else's
    ticker = await deployed.ticker(settings)
    for name, works in known.items():
        make = deployed.works if works else deployed.free
        await make(settings["LEADSHARE_STORAGE"], name)
    began = time.monotonic()
    await ticker.tick(timedelta(seconds=SECONDS))
    return began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _hang(ask: names.Ask, host: str) -> Sequence[str]:
    """Look *host* up, in vain and for long if its servers are dead."""
    if host.partition(".")[0] in DEAD:
        time.sleep(HANGS)
        raise OSError("no server answers")
    return ask(host)
