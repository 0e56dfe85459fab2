"""Each step once: hosts die at any call, meet each other, and hear of touches and objections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Rejected
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.lifecycle.step import REACHES, Verb
from leadshare.store.keys import contact_of, due_in
from tests import fuzzing
from tests.laws.hosts import HOSTS, HOUR, Hosts, run
from tests.leads.nurturing.world import HOT, VERBS, Office, System, told, track
from tests.leads.office import LEASE, MONDAY

STEPS: Final = [
    {"do": "list", "at": "crm", "into": "11"},
    {"after_days": 0.5, "do": "task", "text": "Call"},
    {"do": "event", "at": "hook"},
    {"after_days": 1, "do": "notice", "text": "Still there"},
]
TOLD: Final = told(track(*STEPS))
GAP: Final = TOLD.outreach.gap
BERLIN: Final = ZoneInfo("Europe/Berlin")
ON_ITS_WAY: Final = timedelta(seconds=10)
"""What a round has read may still leave: it ends after five seconds."""

LOOKS: Final = 40
"""Times that something is due until all is over, at most."""

OTHER: Final = {"LeadSource": "SPZA-PLT|pub.two"}
"""Another listing: another lead of the same contact."""

ANSWERS: Final = {
    "good": Accepted("r1"),
    "unclear": Deferred("timeout"),
    "down": Deferred("unreachable", counts=False),
    "refuses": Rejected("bad"),
}


class Watched(System):
    """A destination that notes what it should not have been asked."""

    def __init__(self, name: str, story: Story) -> None:
        super().__init__(name)
        self.story = story

    def _take(self, delivery: Delivery, now: datetime) -> None:
        self.story.arrived(delivery)
        super()._take(delivery, now)


class Story(Hosts):
    """A contact with leads in a track, and two hosts."""

    def __init__(self, chance: Random) -> None:
        super().__init__(chance, MONDAY)
        self.systems = {name: Watched(name, self) for name in VERBS}
        self.hosts = {name: self.host(name) for name in HOSTS}
        self.number, self.wrong = 0, list[str]()
        self.queued: dict[int, Callable[[Office], Coroutine[Any, Any, Any]]] = {}
        """What has come in and is not known to be written down: its message comes again."""
        self.reached: list[tuple[datetime, str, str]] = []
        """When a customer was reached: the contact, by which step."""

    def host(self, name: str) -> Office:
        """A process, which remembers nothing of the one before it."""
        office = Office(TOLD, *self.tables(name))
        for system in office.systems.values():
            shared = self.systems[system.name]
            system.wait = partial(self.gates.pass_, name)
            system._take = shared._take  # type: ignore[method-assign]  # noqa: SLF001 - one system, two hosts
            system.__class__ = _Answering
            system.shared = shared  # type: ignore[attr-defined]
        office.nudged = self.queue
        office.clock = lambda: self.now  # type: ignore[method-assign]  # all go by one clock
        office.configure(office.configured)
        return office

    def arrived(self, delivery: Delivery) -> None:
        """Look whether a step may arrive now."""
        step = delivery.step
        assert step is not None
        lead, contact = self._rows(delivery.lead)
        what = f"{step.verb} of {delivery.lead[:4]} at {self.now}"
        if step.verb in REACHES:
            self.reached.append((self.now, contact_of(delivery.lead), step.id))
            local = self.now.astimezone(BERLIN)
            if local.weekday() > 4 or not 9 <= local.hour < 17:
                self.wrong.append(f"{what}: outside its hours")
        out = contact.get("opted_out") and step.verb is not Verb.LEAVE
        if out and self.now - datetime.fromisoformat(contact["opted_out"]) > ON_ITS_WAY:
            self.wrong.append(f"{what}: to who wants to hear no more")
        ended = lead["track_ended"]
        since = self.now - datetime.fromisoformat(ended) if ended else timedelta()
        if step.verb is not Verb.LEAVE and since > ON_ITS_WAY:
            self.wrong.append(f"{what}: after what ended it")

    def _rows(self, lead: str) -> tuple[dict[str, Any], dict[str, Any]]:
        office = Office(TOLD, self.table, self.state)
        return office.lead(lead), self.table.values("contact")[0]

    def begin_next(self, left: list[str]) -> None:
        """Begin the next of what happens."""
        work, name = left.pop(0), self.chance.choice(HOSTS)
        office = self.hosts[name]
        self.number += 1
        if work == "tick":
            self.start(name, _tick(office))
        elif work in ANSWERS:
            for system in self.systems.values():
                system.answer = ANSWERS[work]
        elif work in ("cold", "other", "hot"):
            body = {"cold": {"FirstName": "Ann"}, "other": OTHER, "hot": HOT}[work]
            self.take(name, _touching(self.number, body))
        else:
            leads = self.table.values("lead")
            if leads:
                lead = self.chance.choice(leads)["lead"]
                said = {"opted_out": True} if work == "objects" else {"state": State.WORKING}
                told = Outcome(lead, "crm", self.now, **said)
                self.take(name, lambda one: one.recorder.record([told]))

    def take(self, name: str, work: Callable[[Office], Coroutine[Any, Any, Any]]) -> None:
        """Have a host do a *work* that comes again until it is done."""
        number = self.number
        self.queued[number] = work

        async def done() -> None:
            await work(self.hosts[name])
            self.queued.pop(number, None)

        self.start(name, done())

    def check(self) -> None:
        """All rows keep the laws."""
        Office(TOLD, self.table, self.state).check(settled=not self.queued)
        assert [] == self.wrong

    async def end(self) -> None:
        """Let a host that nobody kills do all that is left to be done."""
        for system in self.systems.values():
            system.answer = ANSWERS["good"]
        for work in [*self.queued.values()]:
            self.number += 1
            self.take(HOSTS[0], work)
            await self.play([], [])
        self.queued.clear()
        for _ in range(LOOKS):
            self.now += LEASE + timedelta(seconds=1)
            await self.play([], ["tick"])
            due = [due_in(key) for _, key in self.table.rows if key.startswith("due|")]
            if not due:
                break
            self.now = max(self.now, min(one[1] for one in due if one))
        self.check()


class _Answering(System):
    """A system of one host, which answers as the shared one is told to."""

    @property
    def answer(self) -> Any:
        """What it answers."""
        return self.shared.answer  # type: ignore[attr-defined]

    @answer.setter
    def answer(self, _: Any) -> None:
        raise AttributeError


def _touching(number: int, body: dict[str, Any]) -> Callable[[Office], Coroutine[Any, Any, Any]]:
    return lambda office: office.touch(number, **body)


async def _tick(office: Office) -> None:
    office.house.looked_at = datetime.fromtimestamp(0, MONDAY.tzinfo)
    await office.ticker.tick(HOUR)


def all_done(story: Story) -> None:
    """Nothing is due any more, each track has ended, and each step of those that went on is told.

    No notice was told twice, no customer was reached inside the gap, and nobody is on a list.
    """
    assert [] == story.table.values("due")
    came_to: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for (_, key), (values, _) in story.table.rows.items():
        if "|attempt|" in key and values.get("kind") == "step" and values["outcome"] != "deferred":
            contact, _, listing = key.split("|")[:3]
            came_to[f"{contact}-{listing}"].append((values["verb"], values["outcome"]))
    for lead in story.table.values("lead"):
        if lead["track_why"] == "finished":
            verbs = {verb for verb, _ in came_to[lead["lead"]]}
            assert {"list", "task", "event", "notice"} <= verbs
    notices = [step.id for step in story.systems["desk"].steps]
    assert len(notices) == len({*notices})
    for listed in {lead for leads in story.systems["crm"].lists.values() for lead in leads}:
        assert ("leave", "rejected") in came_to[listed]  # which is told as an error
    for at, contact, step in story.reached:
        for later, other, another in story.reached:
            if other == contact and another != step:
                assert abs(later - at) >= GAP, (at, later)


WORKS: Final = st.lists(
    st.sampled_from(
        [*["tick"] * 6, *["wait"] * 2, *ANSWERS, "good", "cold", "other", "hot", "objects", "won"]
    ),
    min_size=3,
    max_size=14,
)


@fuzzing.often(0.2)
@given(
    chance=st.randoms(use_true_random=False),
    works=st.lists(
        st.tuples(WORKS, st.sampled_from([0, 1, 5, 13, 24, 24 * 7, -1])), min_size=1, max_size=4
    ),
    kills=st.lists(st.integers(0, 60), max_size=3),
)
def test_each_once(
    chance: Random, works: Sequence[tuple[list[str], int]], kills: Sequence[int]
) -> None:
    """Whatever happens in any order, the track goes by its rules, and comes to its end."""

    async def play(story: Story) -> None:
        await story.play([], ["cold"])
        for part, hours in works:
            await story.play(kills, [one for one in part if one != "wait"])
            story.now += hours * HOUR
        await story.end()
        all_done(story)

    run(play, Story(chance))
