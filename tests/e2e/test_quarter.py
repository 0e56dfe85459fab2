"""A publisher's life on a real host, whose report a stranger counts once more."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.quarter import recount
from tests.e2e.quarter.clock import Clock
from tests.e2e.quarter.life import BEGINS, MOMENTS, live
from tests.e2e.quarter.play import Play
from tests.e2e.quarter.world import World

DAYS: Final = int(os.environ.get("QUARTER_DAYS", "12"))
"""Days that are played: 91 are a quarter."""

SEED: Final = int(os.environ.get("QUARTER_SEED", "2727"))
KILLS: Final = max(2, DAYS // 10)

DIMENSIONS: Final = {
    "listing": "month",
    "kind": "week",
    "campaign": "month",
    "storefront": "week",
    "destination": "month",
    "country": "week",
    "sku": "month",
}
"""What is asked for, and in which parts."""

BUCKET: Final = 0.046
"""How far a time may be from what it was: buckets are 9.1 % wide."""

SOMETHING: Final = {
    *("touches", "repeats", "tests", "internals", "blanks", "no_contacts", "contacts", "leads"),
    *("sales_ready", "called", "opportunities", "won", "lost", "unrouted", "delivered", "parked"),
    *("departed", "called_in", "accepted_in"),
}
"""What has happened in every life that is played."""

Figures = Mapping[str, Any]


@pytest.mark.timeout(900)  # a quarter takes four minutes, and longer where others work too
def test_quarter(new_account: Callable[[], str], tmp_path: Path) -> None:
    """Every number of every report is what customers, sellers and Microsoft have done."""
    clock = Clock(tmp_path / "clock")
    clock.wind(datetime.combine(BEGINS, MOMENTS[0], UTC))
    last = BEGINS + timedelta(days=DAYS - 1)
    with World(clock).listening() as world:
        play = Play(new_account(), tmp_path, world, SEED)
        try:
            play.live(live(DAYS, SEED), KILLS)
            play.go_on(last + timedelta(days=3))
            world.write("asked")
            firsts = (BEGINS, BEGINS + timedelta(days=(DAYS + 1) // 2))
            asked = {(f, by): _asked(play, f, last, by) for f in firsts for by in DIMENSIONS}
            counted = play.ask("counts", dry_run=True)
            _keep(tmp_path, world.raw, asked)
        finally:
            play.close()

    assert [] == world.faults
    assert (0, 0) == (counted["wrong"], counted["days"])
    assert {"lead.step", "lead.erased"} <= {one.get("type") for one in world.raw}
    total = asked[BEGINS, "listing"]["total"]
    assert set() == {name for name in SOMETHING if not total[name]}
    leads, books = recount.read(world.raw)
    numbers = 0
    for (_, by), report in asked.items():
        for first, end, told, whole in _spans(report):
            where = f"by {by}, {first} to {end}"
            names = (by,) if "rows" in told else ()
            for name in ("", *names):
                rows = {row["value"]: row for row in told["rows"]} if name else {"": told["total"]}
                numbers += _compare(where, rows, recount.count(leads, name, first, end))
                sold = recount.count_books(books, name, first, end, whole=whole)
                numbers += _compare_books(where, rows, sold)
    print(f"{len(leads)} leads, {play.kills} kills, {numbers} numbers")  # noqa: T201 - for -s


def _asked(play: Play, first: date, last: date, by: str) -> dict[str, Any]:
    span = {"first": first.isoformat(), "last": last.isoformat()}
    return play.report(**span, by=by, every=DIMENSIONS[by])


def _keep(folder: Path, raw: list[dict[str, Any]], asked: Mapping[Any, Any]) -> None:
    """Keep all that is compared, for whoever wants to know why it differs."""
    (folder / "raw.json").write_text(json.dumps(raw, indent=1))
    reports = {f"{first} {by}": report for (first, by), report in asked.items()}
    (folder / "reports.json").write_text(json.dumps(reports, indent=1))


def _spans(report: Figures) -> Iterator[tuple[date, date, Figures, bool]]:
    """Yield all that a report tells of: from when to when, what, and whether of whole months."""
    monthly = report["every"] == "month"
    told = [(report, True), (report["before"], True), *((p, monthly) for p in report["periods"])]
    for one, whole in told:
        yield date.fromisoformat(one["first"]), date.fromisoformat(one["last"]), one, whole


def _compare(where: str, rows: Mapping[str, Figures], counted: Mapping[str, Figures]) -> int:
    """Hold what is told of leads to what was counted; return how many numbers that were."""
    numbers = 0
    for value in rows.keys() | counted.keys():
        told, own = rows.get(value, {}), counted.get(value, NOTHING)
        for name, number in own.items():
            said = told.get(name, NOTHING[name])
            assert _same(said, number), f"{where}: {value}: {name}: {said}, counted {number}"
            numbers += 1
        strange = told.keys() - own.keys() - {"value", "books", "campaign"}
        assert set() == strange, "a figure that nobody has counted"
    return numbers


NOTHING: Final = recount.Cell().told()


def _same(told: Any, counted: Any) -> bool:
    if isinstance(counted, dict) and "median" in counted:
        return told is not None and all(
            abs(told[name] - seconds) <= BUCKET * seconds + 0.1 for name, seconds in counted.items()
        )
    return bool(_exact(told) == _exact(counted))


def _exact(told: Any) -> Any:
    """Return what is told with sums of money as numbers: 1.5 is 1.50."""
    if isinstance(told, dict):
        return {name: _exact(value) for name, value in told.items()}
    return Decimal(told) if isinstance(told, str) else told


def _compare_books(where: str, rows: Mapping[str, Figures], counted: Mapping[str, Figures]) -> int:
    told = {value: row["books"] for value, row in rows.items() if row["books"]}
    assert _exact(told) == _exact(counted), where
    return sum(map(len, counted.values()))
