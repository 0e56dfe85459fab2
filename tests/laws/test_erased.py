"""The check of law 16 finds each way of breaking it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadshare.leads.touch import to_row
from leadshare.store.keys import partition_of
from tests.builders import IDENTITY, touch
from tests.custody.erasures import LEASE, Custodian
from tests.laws.checker import violations

MAIL = "person-1@fabrikam.example"
Rows = dict[tuple[str, str], tuple[dict[str, Any], str]]


def _comes_back(rows: Rows) -> None:
    """A touch of before is there again."""
    [(place, (values, _))] = [one for one in rows.items() if one[0][1].endswith("|contact")]
    values |= {"touches": 1}
    told = touch(Email=MAIL)
    rows[place[0], f"{told.contact}|touch|{told.id}"] = (to_row(told), "")


def _left_lying(rows: Rows) -> None:
    """Nobody goes on with it."""
    for place in [place for place in rows if place[1].endswith("|erase")]:
        del rows[place]


def _twice(rows: Rows) -> None:
    """Two go on with it."""
    [(place, row)] = [one for one in rows.items() if one[0][1].endswith("|erase")]
    rows[place[0], place[1].replace("|1|1", "|1|2")] = row


def _not_due(rows: Rows) -> None:
    """What a system is to do is due no more."""
    for place in [place for place in rows if place[1].endswith("|forget")]:
        del rows[place]


def _for_nothing(rows: Rows) -> None:
    """What a system is to do is kept nowhere."""
    for place in [place for place in rows if "|forget|" in place[1]]:
        del rows[place]


def _of_a_person(rows: Rows) -> None:
    """More is kept of a delivery than may be."""
    for place, (values, _) in rows.items():
        if "|forget|" in place[1]:
            values["record"] = "{}"


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (_comes_back, "of before its contact was erased"),
        (_left_lying, "kept for nothing"),
        (_twice, "is erased 2 times at once"),
        (_not_due, "is due, and it is not"),
        (_for_nothing, "is due for nothing"),
        (_of_a_person, "keeps "),
    ],
)
async def test_found(breaks: Callable[[Rows], None], told: str) -> None:
    """An erasure that goes on keeps the law, and each way of breaking it is told."""
    office = Custodian()
    await office.take(1, Phone="")
    await office.finish("crm")
    await office.erase("email", MAIL)
    await office.go_on(3 * LEASE)
    assert partition_of(IDENTITY.contact(MAIL, "", "")) in {place[0] for place in office.table.rows}

    def found() -> list[str]:
        rows = office.table.rows.items()
        return violations((part, key, values) for (part, key), (values, _) in rows)

    assert [] == found()
    breaks(office.table.rows)
    assert [one for one in found() if told in one]
