"""Every answer that a vendor is known to give is read as what it means."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from typing import Any, Final

import pytest

from tests.destinations import answers
from tests.destinations.answers.harness import TAKEN, Read, Row, check, play

_OTHERS: Final = {"harness", "test_answers"}
VENDORS: Final = {
    module.name: importlib.import_module(f"{answers.__name__}.{module.name}")
    for module in pkgutil.iter_modules(answers.__path__)
    if module.name not in _OTHERS
}
"""The modules that have `ROWS`, by name; a new one is in by being there."""

ALL: Final = [(module, row) for module in VENDORS.values() for row in module.ROWS]


@pytest.mark.parametrize(("rows", "row"), ALL, ids=[row.id for _, row in ALL])
async def test_read(rows: Any, row: Row) -> None:
    """The outcome is of the kind, under the reason, and holds the lane as the row says."""
    reply, simulator = await play(rows, row)

    check(row, reply)
    if row.read in TAKEN:
        assert simulator.writes or row.read is Read.ACCEPT


def test_ids() -> None:
    """Each row can be told from all others."""
    counts = Counter(row.id for _, row in ALL)

    assert [] == [name for name, count in counts.items() if count > 1]
