"""Somebody objects while tracks run for their leads."""

from __future__ import annotations

from leadshare.custody.erasing.subject import Subjects
from leadshare.custody.objecting import Objections
from tests.builders import IDENTITY
from tests.leads.nurturing.world import DAY, Office


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
