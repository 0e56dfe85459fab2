"""Two builds side by side on one table, as while a release goes on: this one and the one before."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest

from tests.builders import NOW, Office, minutes
from tests.laws.checker import violations
from tests.laws.side_by_side import BUYER, from_json, queued, written

BEFORE = json.loads((Path(__file__).parent / "before" / "rows.json").read_text())
"""What the build before wrote: `tests/laws/side_by_side.py` says how."""


@pytest.fixture(name="office")
def _office():
    """This build over the rows of the one before."""
    office = Office()
    for number, (place, values) in enumerate(BEFORE["rows"].items()):
        partition, _, key = place.partition("/")
        told = {name: from_json(value) for name, value in values.items()}
        office.table.rows[partition, key] = (told, f"before-{number}")
    office.now = NOW + minutes(7)
    return office


def rows_of(office):
    """All rows, as the laws look at them."""
    return [(p, key, values) for (p, key), (values, _) in office.table.rows.items()]


class TestThisBuild:
    async def test_again(self, office):
        """A message that the build before has classified changes nothing when it comes here
        again.
        """
        await office.classifier.classify(queued(), office.now)
        after = deepcopy(office.table.rows)

        await office.classifier.classify(queued(), office.now)

        assert after == office.table.rows

    async def test_goes_on(self, office):
        """It classifies what the build before queued into the lead that this one made, and
        delivers.
        """
        [before] = [v for v in office.table.values("lead") if v["version"] == 2]
        await office.classifier.classify(from_json(BEFORE["message"]), office.now)
        await office.take(8, ActionCode="CLK", Description="Please call me", **BUYER)
        await office.finish("crm")

        [after] = [v for v in office.table.values("lead") if v["lead"] == before["lead"]]
        owed = [v for v in office.table.values("delivery") if v["lead"] == before["lead"]]
        assert 2 < after["version"]
        assert [after["version"]] == [v["sent"] for v in owed if v["destination"] == "crm"]
        assert [] == violations(rows_of(office))


def kind_of(place):
    """What a row is, by its partition and key."""
    first, *rest = place.partition("/")[2].split("|")
    return rest[0] if len(first) == 32 else first


def properties(rows):
    """Each kind of row with the properties that all of that kind have, and what is in them."""
    found: dict[str, set[tuple[str, type]]] = {}
    for place, values in rows.items():
        told = {(name, type(value)) for name, value in values.items()}
        found[kind_of(place)] = found.get(kind_of(place), told) & told
    return found


class TestTheOneBefore:
    async def test_finds(self):
        """Whatever it looks for is in the rows that this build writes, under the same names and
        kinds.
        """
        now = properties(json.loads(await written())["rows"])
        before = properties(BEFORE["rows"])

        assert {"contact", "touch", "lead", "delivery", "attempt", "due", "seen"} < before.keys()
        # Bodies have rows of their own by now; nothing ever looked for them in a touch's.
        now["touch"].add(("raw", dict))
        assert {kind: told - now.get(kind, set()) for kind, told in before.items()} == {
            kind: set() for kind in before
        }

    async def test_ids(self):
        """Contacts, leads, touches and deliveries go by the same keys: else both would make their
        own.
        """
        now = json.loads(await written())["rows"]
        fixed = {"contact", "touch", "lead", "delivery"}

        assert {one for one in BEFORE["rows"] if kind_of(one) in fixed} <= now.keys()

    async def test_message(self):
        """The message that this build queues says all that it looked for."""
        now = json.loads(from_json(json.loads(await written())["message"]))
        before = json.loads(from_json(BEFORE["message"]))

        assert before["v"] == now["v"]
        assert before["touch"].keys() <= now["touch"].keys()
