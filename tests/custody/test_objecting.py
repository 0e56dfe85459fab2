"""Somebody objects while tracks run for their leads."""

from __future__ import annotations

from leadshare.custody.erasing.subject import Subject, Subjects
from leadshare.custody.objecting import Objections
from tests.builders import IDENTITY
from tests.custody.erasures import Custodian
from tests.leads.nurturing.world import DAY, HOT, Office

MAIL = "person-1@fabrikam.example"
LEADS = 40


async def test_tracks():
    """All tracks of who objects are left at once, whichever lead they run for."""
    office = Office()
    leads = [
        await office.take(number, LeadSource=f"SPZA-PLT|pub.{offer}")
        for number, offer in enumerate(("one", "two"), start=1)
    ]
    await office.tick(1 * DAY)
    assert ["task"] * 2 == [step.verb for step in office.crm.steps]
    subjects = Subjects(office.table, IDENTITY)

    told = await Objections(office.table, subjects, office.recorder, office.clock).object(
        "lead", leads[1]
    )

    assert 2 == told["leads"]
    office.check()
    assert {"people"} == {one["opted_out_by"] for one in office.table.values("contact")}
    assert ["new"] * 2 == [office.lead(lead)["stage"] for lead in leads]
    await office.tick(30 * DAY)
    assert 2 == len(office.crm.steps)


async def test_ready_meanwhile():
    """Nobody is reminded of leads that came in while their customer's objection was taken down,
    be they more than one transaction takes.
    """
    clock = {"zone": "UTC", "remind_to": ["bell"]}
    bell = {"name": "bell", "follows_up": False}
    office = Custodian({"name": "crm", "tells_outcomes": True}, bell, clock=clock)

    class Slow(Subjects):
        async def find(self, kind: str, text: str) -> Subject:
            found = await super().find(kind, text)
            for number in range(1, LEADS + 1):
                await office.take(
                    number, None, **HOT | {"Email": MAIL, "LeadSource": f"SPZA-PLT|pub.{number}"}
                )
            assert LEADS == len(office.table.values("waiting"))
            return found

    slow = Slow(office.table, IDENTITY)
    objections = Objections(office.table, slow, office.recorder, office.clock)

    await objections.object("email", MAIL)

    assert {"people"} == {one["opted_out_by"] for one in office.table.values("contact")}
    assert [] == office.table.values("waiting")
    assert {"deliver"} == {one["kind"] for one in office.table.values("due")}
