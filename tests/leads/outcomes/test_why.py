"""Why a lead stands where it does: in the words of the source that decides, in row and record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadshare.lifecycle.outcome import Outcome, State
from tests.builders import NOW, Office, minutes


class Lead:
    """One lead, and what is told of it."""

    def __init__(self) -> None:
        self.office = Office()

    async def hear(
        self, state: State, reason: str = "", source: str = "crm", later: int = 5
    ) -> None:
        """Have something recorded."""
        lead = self.row["lead"]
        told = Outcome(lead, source, NOW + minutes(later), state, reason=reason)
        await self.office.recorder.record([told])

    @property
    def row(self) -> dict[str, Any]:
        """Its row."""
        [row] = self.office.table.values("lead")
        return dict(row)

    @property
    def told(self) -> tuple[str, str, str]:
        """Where its row says that it stands, by whom and why."""
        return self.row["stage"], self.row["stage_by"], self.row["stage_why"]

    @property
    def sent(self) -> tuple[str, str, str]:
        """The same of its record."""
        record = json.loads(self.row["record"])
        return record["stage"], record["stage_by"], record["stage_why"]


@pytest.fixture(name="lead")
async def _lead() -> Lead:
    lead = Lead()
    await lead.office.take()
    return lead


async def test_nobody(lead):
    """A lead that nobody has told of stands by its score, for no more reason."""
    assert ("sales_ready", "score", "") == lead.told == lead.sent


async def test_moved(lead):
    """Who moves it says why, and whoever has the lead hears that."""
    await lead.hear(State.LOST, "price")

    assert ("lost", "crm", "price") == lead.told == lead.sent
    [due] = [row for row in await lead.office.due("crm") if row.values["version"] == 2]
    assert "price" == json.loads(due.values["record"])["stage_why"]


async def test_touch_after(lead):
    """A touch that comes later takes the reason along."""
    await lead.hear(State.LOST, "price")
    await lead.office.take(9, Email="person-1@fabrikam.example", Description="And another thing")

    assert ("lost", "crm", "price") == lead.told == lead.sent
    assert 3 == lead.row["version"]


async def test_moved_on(lead):
    """The reason goes with what it was for."""
    await lead.hear(State.LOST, "price")
    await lead.hear(State.WON, source="shop", later=6)

    assert ("won", "shop", "") == lead.told == lead.sent


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_who_said_it_first(lead, order):
    """Of two that say the same the first gives the reason, whoever was heard first."""
    said = [(State.LOST, "price", "crm", 5), (State.LOST, "time", "shop", 4)]
    for number in order:
        await lead.hear(*said[number])

    assert ("lost", "shop", "time") == lead.told


async def test_long(lead):
    """A reason of any length fits the record."""
    await lead.hear(State.LOST, "\u20ac" * 9000)

    assert 1024 == len(lead.told[2]) == len(lead.sent[2])
