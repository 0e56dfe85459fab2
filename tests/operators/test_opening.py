"""Opening: whoever is shown the person of a lead or touch is recorded before it is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadshare.errors import BadRequest, Forbidden, StorageError, Unknown
from leadshare.operators.requests import OperatorRequests
from leadshare.store.keys import CHAIN
from tests.builders import PERSON, PRIVACY_KEY, Office, touch
from tests.operators.requests import Configured, wrong

SHOWN = {"persons": "true"}
LEAD = touch(Email=PERSON["Email"]).lead
TOUCH = f"{7:032x}"
ABSENT = "0" * 32 + "-" + "0" * 16


@pytest.fixture(name="office")
async def _office() -> Office:
    """An office with a lead, and a touch in quarantine."""
    office = Office()
    await office.take(1, Email=PERSON["Email"])
    await office.take(7, b"canary, no json")
    return office


@pytest.fixture(name="requests")
def _requests(office: Office) -> OperatorRequests:
    configured = Configured(office.classifier, {"crm": None}, office.unrouted)
    return office.requests(lambda: configured)


def openings(requests: OperatorRequests) -> dict[str, Any]:
    """How both are asked for, by what they are named by."""
    return {"lead": requests.get_lead, "touch": requests.orders.get_quarantined}


def acts(office: Office) -> list[dict[str, Any]]:
    """What was recorded: the beginning first."""
    rows = [values for (place, _), (values, _) in office.state.rows.items() if place == CHAIN]
    return sorted(rows, key=lambda row: "of" in row)


@pytest.mark.parametrize(("what", "name"), [("lead", LEAD), ("touch", TOUCH)])
class TestOpened:
    @pytest.mark.parametrize("letters", [8, 49])
    async def test_two_rows(self, office, requests, what, name, letters):
        """Who was shown what is two rows, by whole ids, of which the second names the first."""
        told = await openings(requests)[what](name[:letters], SHOWN, PRIVACY_KEY, " zoe ")

        begun, ended = acts(office)
        assert ("open", "zoe", {what: name}) == (
            begun["what"],
            begun["by"],
            json.loads(begun["asked"]),
        )
        assert (begun["act"], "done", {what: name}) == (
            ended["of"],
            ended["ended"],
            json.loads(ended["came_to"]),
        )
        assert "Fabrikam GmbH" in str(told) or told["body"]
        assert "Fabrikam" not in str(acts(office))

    async def test_nothing_shown(self, office, requests, what, name):
        """Where no persons are shown nothing is recorded, and nobody need say who asks."""
        told = await openings(requests)[what](name, {}, PRIVACY_KEY)

        assert told
        assert [] == acts(office)

    async def test_without_the_key(self, office, requests, what, name):
        """Who is refused has opened nothing."""
        with pytest.raises(Forbidden):
            await openings(requests)[what](name, SHOWN, "x" * 40, "zoe")

        assert [] == acts(office)

    @pytest.mark.parametrize("by", ["", "  ", "x" * 201])
    async def test_nobody(self, office, requests, what, name, by):
        """Who opens it must be said, in a bounded text."""
        said = await wrong(openings(requests)[what](name, SHOWN, PRIVACY_KEY, by))

        assert said.startswith("by: expected who asks for this")
        assert "x-leadshare-by" in said
        assert [] == acts(office)

    async def test_not_recorded(self, office, requests, what, name, monkeypatch):
        """What cannot be recorded is not shown, nor read but for the id of a touch."""
        before = office.table.calls

        async def fail(*_: Any) -> Any:
            raise StorageError("down")

        monkeypatch.setattr(office.state, "write", fail)

        with pytest.raises(StorageError):
            await openings(requests)[what](name, SHOWN, PRIVACY_KEY, "zoe")
        assert {"lead": 0, "touch": 1}[what] == office.table.calls - before

    async def test_end_not_recorded(self, office, requests, what, name, monkeypatch):
        """Nothing is shown whose end cannot be recorded."""
        write, left = office.state.write, [None]

        async def once(*change: Any) -> Any:
            if not left:
                raise StorageError("down")
            left.pop()
            return await write(*change)

        monkeypatch.setattr(office.state, "write", once)

        with pytest.raises(StorageError):
            await openings(requests)[what](name, SHOWN, PRIVACY_KEY, "zoe")
        assert ["open"] == [row["what"] for row in acts(office)]


class TestAbsent:
    async def test_whole(self, office, requests):
        """That somebody wished to open what is not there is recorded, where it was named whole."""
        with pytest.raises(Unknown):
            await requests.get_lead(ABSENT, SHOWN, PRIVACY_KEY, "zoe")

        _, ended = acts(office)
        assert ("failed", {"fault": "Unknown"}) == (ended["ended"], json.loads(ended["came_to"]))

    @pytest.mark.parametrize("name", [LEAD[:7], "canary"])
    async def test_no_id(self, office, requests, name):
        """What is no id is refused before anything is recorded."""
        with pytest.raises(BadRequest, match="lead: expected"):
            await requests.get_lead(name, SHOWN, PRIVACY_KEY, "zoe")

        assert [] == acts(office)
