"""The index by which people find leads: what is there already is not written again."""

from __future__ import annotations

from leadshare.store.finding import index, index_rows
from leadshare.store.keys import all_found
from tests.builders import LEAD

PHONE, TAILSPIN, TOYS = (letter * 32 for letter in "abc")


def test_rows() -> None:
    """A lead has a row for each name, which repeats the names of the same text."""
    rows = index_rows(LEAD, [[PHONE], [TOYS, TAILSPIN]])

    told = {key.split("|")[1]: (values["lead"], values["names"]) for key, values in rows.items()}
    both = f"{TAILSPIN} {TOYS}"
    assert {PHONE: (LEAD, PHONE), TAILSPIN: (LEAD, both), TOYS: (LEAD, both)} == told
    for key in rows:
        start, end = all_found(key.split("|")[1])
        assert start <= key < end


def test_again() -> None:
    """What was told before is in the index; the same word in another name is not."""
    before = [[[PHONE], [TAILSPIN]]]

    new = index(LEAD, [[PHONE], [TAILSPIN, TOYS]], before)

    assert [TAILSPIN, TOYS] == [change.key.split("|")[1] for change in new]
    assert [] == index(LEAD, [[PHONE]], before)


def test_order() -> None:
    """The same words in another order are the same."""
    assert [] == index(LEAD, [[TAILSPIN, TOYS]], [[[TOYS, TAILSPIN]]])
