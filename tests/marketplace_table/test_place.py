"""Where the reading of a table stands: when it is due, and how far it may count as read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leadshare.marketplace_table import place as places
from leadshare.marketplace_table.place import FIRST, ID, REMEMBERED, Place
from leadshare.store.lease import read_row, to_row
from tests.builders import NOW, minutes

EVERY = minutes(5)
BEGUN = Place(since=NOW - FIRST, watermark=NOW - FIRST, begun_at=NOW)


def begin(place: Place, at: float = 0, since: float | None = None) -> Place | None:
    """Begin a reading so many minutes after noon."""
    told = None if since is None else NOW + minutes(since)
    return places.begin(place, told, NOW + minutes(at), EVERY)


class TestBegin:
    def test_first(self):
        """A table never read before is read from 24 hours ago on."""
        found = begin(Place())

        assert found == BEGUN

    def test_first_since(self):
        """Or from the time on that the configuration names."""
        found = begin(Place(), since=-9000)

        assert found is not None
        assert (NOW - minutes(9000),) * 2 == (found.since, found.watermark)

    @pytest.mark.parametrize(("at", "due"), [(0, False), (4.9, False), (5, True), (-1, True)])
    def test_due(self, at, due):
        """A reading is due so long after the last began; a clock put back does not stop it."""
        assert due == (begin(BEGUN, at) is not None)

    def test_goes_on(self):
        """A reading that was broken off goes on at once, where it was."""
        place = replace(BEGUN, after="there", met=b"x" * ID, fault="f")

        assert replace(place, fault="") == begin(place, 1)

    def test_anew(self):
        """Another `since` begins anew at once; taking it away again changes nothing."""
        place = replace(BEGUN, after="there", watermark=NOW, known=b"x" * ID)

        found = begin(place, 1, since=-9000)

        assert found is not None
        assert ("", NOW - minutes(9000)) == (found.after, found.watermark)
        assert b"x" * ID == found.known
        assert begin(found, 2) is None


class TestBound:
    @pytest.mark.parametrize(("mark", "expected"), [(0, -15), (-1430, -1440), (-1440, -1440)])
    def test_overlap(self, mark, expected):
        """A reading goes back behind the one before, but not behind the beginning."""
        place = replace(BEGUN, watermark=NOW + minutes(mark))

        assert NOW + minutes(expected) == places.bound(place, minutes(15))


class TestEnded:
    @pytest.mark.parametrize(
        ("top", "expected"),
        [
            pytest.param(-3, -3, id="newest-row"),
            pytest.param(3, 0, id="written-while-we-read"),
            pytest.param(-2000, -1440, id="never-back"),
        ],
    )
    def test_watermark(self, top, expected):
        """The watermark moves to the newest row met, at most to when the reading began."""
        place = places.met(BEGUN, [(b"x" * ID, NOW + minutes(top))], 1, "")

        ended = places.ended(place, NOW + minutes(9))

        assert NOW + minutes(expected) == ended.watermark

    def test_remembers(self):
        """What a reading met is known to the next."""
        place = places.met(BEGUN, [(b"a" * ID, NOW), (b"b" * ID, NOW)], 2, "")

        ended = places.ended(place, NOW)

        assert {b"a" * ID, b"b" * ID} == places.taken(ended)
        assert (2, NOW, NOW) == (ended.rows, ended.newest, ended.done_at)


class TestRow:
    def test_there_and_back(self):
        """A place is kept as columns, of which none outgrows Table Storage."""
        many = [(number.to_bytes(ID), NOW) for number in range(REMEMBERED + 5)]
        place = replace(places.met(BEGUN, many, 5, "there"), holder="h")

        values = to_row(place)

        assert place == read_row(Place, values)
        assert len(values["met"]) <= 64 * 1024
        assert (REMEMBERED + 4).to_bytes(ID) in places.taken(place)
        assert timedelta(0) == place.leased_until - Place().leased_until
