"""The triggers of what is ordered in a person's stead, and of where leads stand in their tracks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadshare.app.triggers import rights, tracking
from leadshare.leads.tracks.standing import Terms
from leadshare.lifecycle.step import Verb
from leadshare.operators.persons import HEADER
from tests.app.triggers import deploy, request
from tests.builders import PRIVACY_KEY
from tests.custody.erasures import Custodian
from tests.leads.nurturing.world import COLD
from tests.leads.nurturing.world import track as telling

MAIL = "person-1@fabrikam.example"
CALL = {"after_days": 1, "do": "task", "text": "Call"}
KEY = {HEADER: PRIVACY_KEY}


@pytest.fixture(name="office")
async def _office(monkeypatch: pytest.MonkeyPatch) -> Custodian:
    """An office behind the triggers, with a lead whose track waits for its first step."""
    office = Custodian({"name": "crm"}, track=[telling(CALL)])
    await office.take(1, None, **{**COLD, "Description": "Words of Sample."})
    configured: Any = deploy(office, monkeypatch).configured()
    told, able = office.configuration, {"crm": frozenset({Verb.TASK})}
    configured.rights = office.rights
    configured.steps = Terms(told.tracks, told.outreach, told.scoring, able)
    return office


def order(**told: Any) -> bytes:
    """What somebody orders of one person."""
    return json.dumps({"by": "zoe", "email": MAIL, **told}).encode()


async def answered(answer: Any, status: int = 200) -> dict[str, Any]:
    """What a trigger answers."""
    response = await answer
    assert status == response.status_code
    told: dict[str, Any] = json.loads(response.get_body())
    return told


class TestRights:
    async def test_erased(self, office):
        """Who is erased is named in the body; the order is told by its id, and among all."""
        asked = request(order(), {"persons": "true"}, KEY)
        counted = await answered(rights.erase(asked))
        sent = request(order(dry_run=False, token=counted["token"]))

        told = (await answered(rights.erase(sent)))["order"]

        assert 1 == len(counted["who"])
        assert told == (await answered(rights.tell_erasure(request(order=told))))["order"]
        listed = (await answered(rights.list_erasures(request())))["erasures"]
        assert [told] == [one["order"] for one in listed]
        assert MAIL not in str(office.state.rows)

    async def test_exported(self, office):
        """A copy is for whom the key opens persons, and for nobody else."""
        told = await answered(rights.export(request(order(), headers=KEY)))

        assert ["Words of Sample."] == [one["words"] for one in told["export"]["touches"]]
        refused = await answered(rights.export(request(order())), 403)
        assert MAIL not in str(refused)
        assert office

    async def test_objected(self, office):
        """An objection is taken from a body alone."""
        refused = await answered(rights.take_objection(request(order(), {"email": MAIL})), 400)
        assert MAIL not in str(refused)
        assert {""} == {one.get("opted_out", "") for one in office.table.values("contact")}

        assert 1 == (await answered(rights.take_objection(request(order()))))["leads"]

        assert {"people"} == {one["opted_out_by"] for one in office.table.values("contact")}


class TestTracks:
    async def test_told(self, office):
        """One lead's track is told by the lead that the path names, and all are counted."""
        [lead] = office.table.values("lead")

        told = await answered(tracking.tell_track(request(lead=lead["lead"][:8])))
        counted = await answered(tracking.list_tracks(request()))

        assert (lead["lead"], "nurture", 1) == (told["lead"], told["track"], told["next"]["step"])
        assert [{"track": "nurture", "step": 1, "leads": 1}] == counted["tracks"]
        await answered(tracking.tell_track(request(lead="0" * 8)), 404)
