"""The check of what is kept for a time finds what is out of place."""

from __future__ import annotations

from typing import Any

from leadshare.store.keys import body_key, suppressed_key
from tests.builders import NOW, Office
from tests.laws.checker import violations

STRANGER = "f" * 32


async def found(place: str, key: str, values: dict[str, Any]) -> list[str]:
    """What is wrong with a lead's rows and one more."""
    office = Office()
    await office.take(1)
    rows = [(*at, told) for at, (told, _) in office.table.rows.items()]
    assert [] == violations(rows)
    return violations([*rows, (place, key, values)])


async def test_body_of_no_touch():
    """A body belongs to a touch, in whose partition it lies."""
    told = await found("f", body_key(NOW, STRANGER), {"touch": STRANGER, "raw": b"{}"})
    assert [f"body of {STRANGER}: in 1 rows, of 0 touches"] == told


async def test_suppressed_of_nobody():
    """A suppression belongs to a contact whose row says why."""
    told = await found("f", suppressed_key(NOW, STRANGER), {"contact": STRANGER})
    assert [f"suppressed {STRANGER}: in f, of no contact"] == told


async def test_leaving():
    """Of a contact whose leads are leaving rows may lack; of another none may."""
    office = Office()
    await office.take(1)
    rows = {at: dict(told) for at, (told, _) in office.table.rows.items()}
    gone = next(at for at in rows if "|lead|" in at[1])
    del rows[gone]
    assert violations([(*at, told) for at, told in rows.items()])

    contact = next(at for at in rows if at[1].endswith("|contact"))
    rows[contact]["leaving"] = "a-lead"
    assert [] == violations([(*at, told) for at, told in rows.items()])
