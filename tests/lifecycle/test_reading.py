"""Readings: whatever the pages and however many changes an instant has, each is told."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.cursor import FIRST, OVERLAP
from leadshare.lifecycle.reading import Page, Reading
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


def by_id(rows: Sequence[Change], reading: Reading, size: int) -> tuple[list[Change], Page]:
    """A page of a source that can be asked for one instant, in the order of ids."""
    start = reading.since(NOW)
    if reading.tie:
        one = [row for row in rows if row[0] == start and row[1] > int(reading.tie)]
        found = sorted(one, key=lambda row: row[1])[:size]
        then = str(found[-1][1]) if found else ""
    else:
        found = sorted((row for row in rows if row[0] >= start), key=lambda row: row[0])[:size]
        then = "0"
    return found, Page([row[0] for row in found], len(found) == size, then)


def by_page(rows: Sequence[Change], reading: Reading, size: int) -> tuple[list[Change], Page]:
    """A page of a source that knows page numbers alone."""
    number = int(reading.tie or "1")
    every = sorted((row for row in rows if row[0] >= reading.since(NOW)), key=lambda row: row[0])
    found = every[(number - 1) * size : number * size]
    more = len(every) > number * size
    return found, Page([row[0] for row in found], more, str(number + 1))


@given(changes, st.integers(1, 7), st.booleans())
def test_all_told(rows, size, numbered):
    """Each change is told, in a bounded number of pages, and the cursor ends at the newest."""
    ask, instant = (by_page, None) if numbered else (by_id, SECOND)
    reading, told = Reading.of("", 1), set[Change]()

    for pages in count(1):
        found, page = ask(rows, reading, size)
        told |= {*found}
        reading = Reading.of(reading.after(page, NOW, instant).cursor, 1)
        if not reading.more:
            break
        assert pages < 3 * len(rows) + 30

    assert {*rows} == told
    newest = max((at for at, _ in rows), default=NOW - FIRST)
    assert (to_text(newest),) == reading.newest


@given(changes.filter(len), st.integers(2, 7), st.data())
def test_changed_meanwhile(rows, size, data):
    """What changes between two pages hides nothing of what others changed in other seconds."""
    rows = [(at + number * SECOND / 1000, one) for number, (at, one) in enumerate(sorted(rows))]
    reading, told, left = Reading.of("", 1), set[int](), sorted(rows)

    while True:
        found, page = by_id(left, reading, size)
        told |= {one for _, one in found}
        reading = reading.after(page, NOW, SECOND)
        if not reading.more:
            break
        if found and data.draw(st.booleans()):
            moved = data.draw(st.sampled_from(left))
            left.remove(moved)
            insort(left, (max(at for at, _ in left) + SECOND if left else NOW, moved[1]))

    assert {one for _, one in rows} == told


def test_streams():
    """Streams are read one after the other, each from where it was told."""
    reading = Reading(("2026-11-30T08:00:00.000Z", ""))

    first = reading.after(Page([NOW], full=False), NOW)
    second = Reading.of(first.cursor, 2).after(Page([], full=False), NOW)

    assert (1, True) == (first.stream, first.more)
    assert NOW - FIRST == first.since(NOW)
    assert (0, False) == (second.stream, second.more)
    assert NOW - OVERLAP == second.since(NOW)


def test_quiet():
    """Where nothing changes any more, its last changes are not told for ever."""
    reading = Reading((to_text(NOW),))

    after = reading.after(Page([NOW], full=False, clock=NOW + 3600 * SECOND), NOW + 3600 * SECOND)

    assert NOW + 3600 * SECOND - 2 * OVERLAP == after.since(NOW + 7200 * SECOND)


def test_busy():
    """A page that is full says nothing of what comes after it."""
    reading = Reading((to_text(NOW),))

    after = reading.after(Page([NOW], full=True, clock=NOW + 3600 * SECOND), NOW + 3600 * SECOND)

    assert (to_text(NOW),) == after.newest


def test_clock_ahead():
    """A source whose clock is ahead hides nothing until then."""
    reading = Reading.of("", 1).after(Page([NOW + timedelta(days=9)], full=False), NOW)

    assert (to_text(NOW),) == reading.newest


def test_other_cursor():
    """A cursor of other streams, such as before another setting, begins anew."""
    old = Reading(("2026-11-30T08:00:00.000Z",))

    assert Reading(("", "")) == Reading.of(old.cursor, 2)
    assert Reading(("",)) == Reading.of("2026-11-30T08:00:00.000Z", 1)


def test_tie_with_separators():
    """Where to go on may be any text."""
    reading = Reading(("",), 0, to_text(NOW), "a;b,c")

    assert reading == Reading.of(reading.cursor, 1)
