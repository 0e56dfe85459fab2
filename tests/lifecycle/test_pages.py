"""Pages: whatever their size and however many changes an instant has, each change is told."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.cursor import FIRST, OVERLAP
from leadshare.lifecycle.pages import Page, after, to_ask
from leadshare.lifecycle.paging import Position, cursor_of, midway, positions
from leadshare.times import to_text

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)

Change = tuple[datetime, int]

changes = st.lists(
    st.tuples(st.integers(-9, 0).map(lambda n: NOW + n * SECOND), st.integers(1, 99)),
    unique_by=lambda change: change[1],
    max_size=40,
)
"""Many records in few seconds."""


def by_id(rows: Sequence[Change], at: Position, size: int) -> tuple[list[Change], Page]:
    """A page of a source that can be asked for one instant, in the order of ids."""
    start = at.since(NOW)
    if at.after:
        one = [row for row in rows if row[0] == start and row[1] > int(at.after)]
        found = sorted(one, key=lambda row: row[1])[:size]
        then = str(found[-1][1]) if found else ""
    else:
        found = sorted((row for row in rows if row[0] >= start), key=lambda row: row[0])[:size]
        then = "0"
    return found, Page([row[0] for row in found], len(found) == size, then)


def by_page(rows: Sequence[Change], at: Position, size: int) -> tuple[list[Change], Page]:
    """A page of a source that knows page numbers alone."""
    number = int(at.after or "1")
    every = sorted((row for row in rows if row[0] >= at.since(NOW)), key=lambda row: row[0])
    found = every[(number - 1) * size : number * size]
    more = len(every) > number * size
    return found, Page([row[0] for row in found], more, str(number + 1))


@given(changes, st.integers(1, 7), st.booleans())
def test_all_told(rows, size, numbered):
    """Each change is told, in a bounded number of pages, and the cursor ends at the newest."""
    ask, instant = (by_page, None) if numbered else (by_id, SECOND)
    at, told = Position(), set[Change]()

    for pages in count(1):
        found, page = ask(rows, at, size)
        told |= {*found}
        [at] = positions(cursor_of([after(at, page, NOW, instant)]), 1)
        if not at.midway:
            break
        assert pages < 3 * len(rows) + 30

    assert {*rows} == told
    newest = max((at for at, _ in rows), default=NOW - FIRST)
    assert to_text(newest) <= at.at <= to_text(newest + SECOND)


@given(changes.filter(len), st.integers(2, 7), st.data())
def test_changed_meanwhile(rows, size, data):
    """What changes between two pages hides nothing of what others changed in other instants."""
    left = [(at + number * SECOND / 1000, one) for number, (at, one) in enumerate(sorted(rows))]
    at, told = Position(), set[int]()

    while True:
        found, page = by_id(left, at, size)
        told |= {one for _, one in found}
        at = after(at, page, NOW, SECOND)
        if not at.midway:
            break
        if data.draw(st.booleans()):
            moved = data.draw(st.sampled_from(left))
            left.remove(moved)
            insort(left, (max((at for at, _ in left), default=NOW) + SECOND, moved[1]))

    assert {one for _, one in rows} == told


def test_quiet():
    """Where nothing changes any more, its last changes are not told for ever."""
    hour = NOW + 3600 * SECOND

    then = after(Position(to_text(NOW)), Page([NOW], full=False, answered=hour), hour)

    assert hour - OVERLAP == then.since(hour)


def test_busy():
    """A page that is full says nothing of what comes after it."""
    hour = NOW + 3600 * SECOND
    page = Page([NOW], full=True, answered=hour)

    assert midway(NOW) == after(Position(to_text(NOW - SECOND)), page, hour)


def test_clock_ahead():
    """A source whose clock is ahead hides nothing until then, be its page full or not."""
    week = NOW + timedelta(days=7)

    then = after(midway(NOW), Page([week], full=False, answered=week), NOW)

    assert Position(to_text(NOW)) == then
    assert midway(week) == after(midway(NOW), Page([week], full=True), NOW)


def test_to_ask():
    """Lists that were read to their end wait for those that are read midway."""
    assert [0, 1] == to_ask([Position(), Position(to_text(NOW))])
    assert [1] == to_ask([Position(), midway(NOW)])
