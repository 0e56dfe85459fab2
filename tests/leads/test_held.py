"""Story: what is read of a contact costs no more for one with many leads than for one with some."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest

from leadshare.configuration.models import Configuration
from leadshare.errors import Conflict, StorageError, Unread
from leadshare.leads import held
from leadshare.leads.classify import Classifier
from leadshare.leads.held import MOST_LEADS, MOST_TOUCHES, PAGE
from leadshare.leads.quarantine import Quarantine
from leadshare.leads.unrouted import Unrouted
from leadshare.store.table import Change, Row
from leadshare.watch.prover import Proofs
from tests.builders import (
    IDENTITY,
    NOW,
    PERSON,
    Nudged,
    classifying,
    configuration,
    message,
    minutes,
    post,
    rerouting,
)
from tests.laws.checker import violations
from tests.memory import MemoryTable

TOLD = configuration({"name": "crm"}, {"name": "sellers", "channel": "field_seller"})


class Table(MemoryTable):
    """A table that counts what is asked of it, and before a call does what the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[int] = []
        """Of each: how many rows it read or wrote."""
        self.before: Callable[[], Any] | None = None

    async def read(self, *where: Any, **narrow: Any) -> list[Row]:
        """Read, and count."""
        if self.before:
            await self.before()
        rows = await super().read(*where, **narrow)
        self.operations.append(len(rows))
        return rows

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Write, and count."""
        if self.before:
            await self.before()
        self.operations.append(len(changes))
        return await super().write(partition, changes)

    def all(self) -> list[tuple[str, str, dict[str, Any]]]:
        """All rows, as the laws are checked on them."""
        return [(part, key, values) for (part, key), (values, _) in self.rows.items()]


@pytest.fixture(name="table")
def _table() -> Table:
    return Table()


@pytest.fixture(name="small_page")
def _small_page(monkeypatch):
    """A contact of three rows is one with many."""
    monkeypatch.setattr(held, "PAGE", 3)


def classifier(table: MemoryTable, told: Configuration[Any] = TOLD) -> Classifier:
    """A classifier; its clock stands at noon."""
    clock = lambda: NOW  # noqa: E731 - a clock that stands
    proofs = Proofs(MemoryTable(), clock)
    quarantine = Quarantine(table, clock)
    return Classifier(table, quarantine, *classifying(told), IDENTITY, clock, Nudged(), proofs)


async def classify(
    table: MemoryTable,
    number: int,
    offer: int,
    told: Configuration[Any] = TOLD,
    **changes: Any,
) -> None:
    """Classify touch *number*, of the one contact, on an offer."""
    body = post(LeadSource=f"SPZA-PLT|contoso.offer-{offer}", **changes)
    await classifier(table, told).classify(message(body, number, NOW + minutes(number)), NOW)


class TestOperations:
    @pytest.mark.parametrize("leads", [1, 100, 1000])
    async def test_of_many_leads(self, table, leads):
        """Law 5: one more touch of a lead costs as much, however many its contact has."""
        for number in range(leads):
            await classify(table, number, number)

        table.operations.clear()
        await classify(table, leads, 0, Description="Please call me")

        assert min(leads, MOST_LEADS) == len(table.values("lead"))
        reads = {1: [5]}.get(leads, [PAGE, 0, 1, 2, 1])
        [*read, written] = table.operations
        assert reads == read
        assert 11 == written
        assert [] == violations(table.all(), settled=True)

    async def test_new_lead(self, table):
        """A new lead of a new contact costs one read and one transaction."""
        await classify(table, 1, 1)

        assert [0, 13] == table.operations

    async def test_page_of_special_leads(self, table):
        """Leads that are not to be followed up move none, so that only the own one is read."""
        for number in range(MOST_LEADS):
            await classify(table, number, number, ActionCode="DNC")

        table.operations.clear()
        await classify(table, 900, 0, ActionCode="DNC", Description="Really")

        assert [PAGE, 0, 1, 2, 1] == table.operations[:-1]


class TestFull:
    async def test_leads(self, table):
        """Beyond its leads nothing of a contact is lost, but listed with the reason; leads that
        are there go on, and other contacts are not touched.
        """
        for number in range(MOST_LEADS + 20):
            await classify(table, number, number)
        await classify(table, 900, 0, Description="Please call me")
        await classify(table, 901, 900, Email="another@fabrikam.example")

        assert MOST_LEADS + 1 == len(table.values("lead"))
        assert MOST_LEADS + 2 == len(table.values("touch"))
        listed = table.values("quarantine")
        assert [("contact_full", f"{MOST_LEADS + n:032x}") for n in range(20)] == [
            (row["reason"], row["touch"]) for row in listed
        ]
        assert [] == violations(table.all(), settled=True)

    async def test_touches(self, table, monkeypatch):
        """So it is beyond its touches; one that is there may come again."""
        monkeypatch.setattr(held, "MOST_TOUCHES", 5)
        for number in [*range(7), 0, 6]:
            await classify(table, number, 0, Description=f"Words {number}")

        assert 5 == len(table.values("touch"))
        assert [f"{5:032x}", f"{6:032x}"] == [row["touch"] for row in table.values("quarantine")]
        assert [] == violations(table.all(), settled=True)

    def test_most(self):
        """As many as the reason tells, and as one transaction has room for in reads."""
        assert (100, 1000) == (MOST_LEADS, MOST_TOUCHES)
        assert "100 or 1,000" in Unread.CONTACT_FULL.meaning


@pytest.mark.usefixtures("small_page")
class TestPart:
    async def test_moves(self, table):
        """A second listing moves the first lead, of which else nothing would have been read."""
        for number in range(4):
            await classify(table, number, 1, Description=f"Words {number}")
        [before] = table.values("lead")

        await classify(table, 9, 2)

        found = {lead["listing"]: lead["score"] for lead in table.values("lead")}
        assert before["score"] < found["contoso.offer-1"]
        assert [] == violations(table.all(), settled=True)

    @pytest.mark.parametrize("more", [0, 1])
    async def test_moves_after_a_crash(self, table, more):
        """Who died between the lead's transaction and another's leaves that to the message that
        comes back, whatever was classified meanwhile.
        """
        for number in range(4):
            await classify(table, number, 1, Description=f"Words {number}")

        async def fail() -> None:
            if len(table.values("lead")) > 1:
                raise StorageError("the table answered 503")

        table.before = fail
        with pytest.raises(StorageError):
            await classify(table, 9, 2)
        table.before = None
        assert violations(table.all(), settled=True)
        for number in range(more):
            await classify(table, 20 + number, 3 + number)

        await classify(table, 9, 2)

        assert [] == violations(table.all(), settled=True)

    @pytest.mark.parametrize("call", range(1, 8))
    @pytest.mark.parametrize("comes", ["new", "repeat", "again"])
    async def test_races(self, table, call, comes):
        """Whatever is classified between two reads, each lead is what its touches fold to."""
        for number in range(6):
            await classify(table, number, number % 3, Description=f"Words {number}")
        calls = count(1)

        async def meanwhile() -> None:
            if next(calls) == call:
                table.before = None
                await classify(table, 50, 0, Title="CEO", Description="Others")

        table.before = meanwhile
        words = {"new": "Newer words", "repeat": "Words 3", "again": "Words 0"}[comes]
        await classify(table, 0 if comes == "again" else 51, 0, Description=words)

        assert [] == violations(table.all(), settled=True)

    async def test_reroute(self, table):
        """A lead that nobody takes is planned again from its own rows alone."""
        nobody = configuration()
        for number in range(3):
            await classify(table, number, number, told=nobody)
        lead = table.values("lead")[1]["lead"]
        table.operations.clear()

        router = Unrouted(table, *rerouting(TOLD), lambda: NOW)
        assert await router.reroute(lead)

        assert [3, 0, 1, 0, 1] == table.operations[:-1]
        assert [] == violations(table.all(), settled=True)

    @pytest.mark.parametrize("call", range(1, 6))
    async def test_reroute_races(self, table, call):
        """Whatever is classified between two reads, it is not routed as it was before."""
        nobody = configuration()
        for number in range(3):
            await classify(table, number, number, told=nobody)
        lead = table.values("lead")[1]
        calls = count(1)

        async def meanwhile() -> None:
            if next(calls) == call:
                table.before = None
                offer = int(lead["listing"].rpartition("-")[2])
                await classify(table, 50, offer, told=nobody, Title="CEO", Description="Others")

        table.before = meanwhile
        await Unrouted(table, *rerouting(TOLD), lambda: NOW).reroute(lead["lead"])

        assert [] == violations(table.all())


class TestBlank:
    async def test_each_is_somebody(self, table):
        """Of whom nothing is said is somebody else each time, so that they share no rows; the
        same message again is the same.
        """
        nobody: dict[str, Any] = dict.fromkeys(PERSON, "")
        for number in [1, 2, 3, 3]:
            await classify(table, number, 1, **nobody)

        contacts = {row["lead"].partition("-")[0] for row in table.values("lead")}
        assert 3 == len(contacts) == len(table.values("touch"))
        assert [0, 0, 0] == [lead["duplicates"] for lead in table.values("lead")]


async def test_at_once(table: Table) -> None:
    """Touches of one contact that a process has at once do not meet."""
    conflicts: list[int] = []
    one = classifier(table)
    write = table.write

    async def noting(partition: str, changes: Sequence[Change]) -> list[str]:
        try:
            return await write(partition, changes)
        except Conflict:
            conflicts.append(1)
            raise

    table.write = noting  # type: ignore[method-assign]  # to see what the classifier meets
    sent = [
        message(post(LeadSource=f"SPZA-PLT|contoso.offer-{n}"), n, NOW + minutes(n))
        for n in range(20)
    ]
    await asyncio.gather(*(one.classify(body, NOW) for body in sent))

    assert [] == conflicts
    assert 20 == len(table.values("lead"))
