"""How a touch is kept in a row, and what rows of before lack."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare import intake
from leadshare.errors import Unreadable
from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.touch import from_row, to_row
from tests.builders import IDENTITY, NOW, PERSON, TRACE, message, minutes, post, touch
from tests.leads.catalogue import CATALOGUE


def without(name: str) -> dict[str, object]:
    """The row of a touch, written before there was something."""
    row = to_row(touch())
    data = json.loads(str(row["data"]))
    del data[name]
    return row | {"data": json.dumps(data)}


class TestRow:
    @given(
        st.dictionaries(
            st.sampled_from([*PERSON, "LeadSource", "ActionCode", "OfferTitle", "Description"]),
            st.text(st.characters(codec=None)) | st.none() | st.booleans() | st.integers(),
        ),
        st.integers(0, 10**9),
    )
    def test_round_trip(self, changes, milliseconds):
        """A touch written to its row's JSON and back is the same touch."""
        found = touch(at=NOW + minutes(milliseconds / 60_000), **changes)

        assert found == from_row(to_row(found))

    def test_facts_are_not_shown(self):
        """A touch that is printed shows no facts."""
        assert "Buyer" not in repr(touch())


class TestVia:
    def test_envelope(self):
        """Who told of a touch is in its envelope, never in the body that anybody may write."""
        told = open_envelope(message(post(Via="table", via="table"), via="table"))
        posted = open_envelope(message(post(Via="table", via="table")))

        assert ("table", "") == (told.via, posted.via)
        assert "table" == touches.read(told, CATALOGUE.catalogue, IDENTITY).via
        assert not touches.read(posted, CATALOGUE.catalogue, IDENTITY).via

    @pytest.mark.parametrize("person", ["", "Sample Buyer", [], None])
    def test_row_without_a_person(self, person):
        """A row of a table whose person is no object cannot be read; a POST like it is a blank
        lead.
        """
        told = open_envelope(message(post() | {"UserDetails": person}, via="table"))
        posted = open_envelope(message(post() | {"UserDetails": person}))

        with pytest.raises(Unreadable, match="customer_info_unreadable"):
            touches.read(told, CATALOGUE.catalogue, IDENTITY)
        assert "blank" == touches.read(posted, CATALOGUE.catalogue, IDENTITY).category

    def test_rows_of_before(self):
        """An older row, which does not say who told of it, is a POST's."""
        assert touch() == from_row(without("via"))


class TestTrace:
    def test_envelope(self):
        """The trace of a POST is in its envelope, in the touch, and in the touch's row."""
        sent = intake.take(b"{}", "", touch=f"{1:032x}", now=NOW, trace=TRACE).message
        envelope = open_envelope(sent or b"")

        assert TRACE == envelope.trace
        read = touches.read(envelope, CATALOGUE.catalogue, IDENTITY)
        assert TRACE == from_row(to_row(read)).trace

    def test_rows_of_before(self):
        """A row that was written before there were traces has none."""
        assert touch() == from_row(without("trace"))
