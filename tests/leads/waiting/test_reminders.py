"""Who is reminded of a lead that nobody has called, when, and when not."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from leadshare.deliveries.delivery import Deferred, Kind, Rejected, Reply
from leadshare.errors import RowRefused
from leadshare.lifecycle.outcome import State
from leadshare.store.table import Change
from leadshare.times import to_text
from tests.leads.office import HOUR, MONDAY
from tests.leads.waiting.world import Office, told

MINUTE = timedelta(minutes=1)


@pytest.fixture(name="office")
def _office():
    return Office()


class TestInTurn:
    async def test_both(self, office):
        """After the target the first are reminded, after twice that others, each once."""
        lead = await office.take()
        await office.tick(7 * HOUR)
        assert [] == office.desk.reminders

        await office.tick(1 * HOUR)  # 17:00: the working day is over

        assert [(lead, "remind")] == office.desk.reminders
        assert [] == office.boss.reminders
        await office.tick(23 * HOUR)  # Tuesday, 16:00
        assert [] == office.boss.reminders

        for _ in range(5):
            await office.tick(1 * HOUR)

        assert [(lead, "remind"), (lead, "escalate")] == office.desk.reminders
        assert [(lead, "escalate")] == office.boss.reminders
        assert [] == office.alarms
        assert office.lead()["waiting"]
        assert to_text(MONDAY + 8 * HOUR) == office.lead()["reminded_at"]

    async def test_told(self, office):
        """They are told since when it waits, by the team's clocks, and who was reminded before."""
        await office.take()
        for _ in range(40):
            await office.tick(1 * HOUR)

        first, _ = (one.reminder for one in office.desk.rung if one.reminder)
        [second] = (one.reminder for one in office.boss.rung)
        assert (Kind.REMIND, MONDAY, "Europe/London", 8 * HOUR, 8.0, (), ()) == (
            *(first.kind, first.since, first.zone, first.worked, first.target),
            *(first.reminded, first.unread),
        )
        assert (Kind.ESCALATE, 16 * HOUR, ("desk",)) == (
            second.kind,
            second.worked,
            second.reminded,
        )

    async def test_nobody_else(self):
        """Without anybody to escalate to, it is reminded of and nothing more."""
        office = Office(told(escalate_to=[]))
        await office.take()
        for _ in range(40):
            await office.tick(1 * HOUR)

        assert 1 == len(office.desk.reminders)
        assert [] == office.boss.rung + office.alarms

    async def test_holiday(self):
        """A holiday that classify does not know puts it off."""
        office = Office(told(holidays="GB-ENG"))
        office.now = MONDAY.replace(month=12, day=24) + 4 * HOUR  # a Thursday, 13:00
        lead = await office.take()
        assert "remind" == office.alarms[0][1]

        for _ in range(24):
            await office.tick(1 * HOUR)  # Friday
        assert [] == office.desk.reminders

        office.now = MONDAY.replace(month=12, day=29) + 3 * HOUR  # Monday was free as well
        await office.tick()
        assert [] == office.desk.reminders
        await office.tick(1 * HOUR)

        assert [(lead, "remind")] == office.desk.reminders


class TestCalled:
    async def test_before(self, office):
        """Once somebody has called nothing is due any more, and the lead waits no longer."""
        lead = await office.take()

        await office.record(lead, signed_at=MONDAY + HOUR)

        assert [] == office.alarms
        assert "" == office.lead()["waiting"]
        await office.tick(9 * HOUR)
        assert [] == office.desk.reminders

    @pytest.mark.parametrize("state", [State.WORKING, State.LOST, State.WON, State.OPPORTUNITY])
    async def test_moved(self, office, state):
        """So it is with a lead that has left sales-ready, whoever has signed."""
        lead = await office.take()

        await office.record(lead, state=state)

        assert ([], "") == (office.alarms, office.lead()["waiting"])

    async def test_opted_out(self, office):
        """Whoever wants to hear no more is not to be called."""
        lead = await office.take()

        await office.record(lead, opted_out=True)

        assert ([], "") == (office.alarms, office.lead()["waiting"])
        await office.take(2, Description="and another thing")
        assert ([], "") == (office.alarms, office.lead()["waiting"])

    async def test_other_lead_of_the_contact(self, office):
        """Nor about anything else: that is seen when it would be reminded of."""
        await office.take()
        await office.take(2, OfferTitle="Another", LeadSource="SPZA-PLT|contoso.another")
        [first, second] = office.table.values("lead")
        await office.record(first["lead"], opted_out=True)
        assert [second["lead"]] == [one["lead"] for one in office.table.values("waiting")]

        await office.tick(8 * HOUR)

        assert [] == office.desk.reminders + office.table.values("waiting")

    async def test_fresh(self, office):
        """The CRM is asked once more before anybody is reminded, by the record that it has."""
        lead = await office.take()
        await office.tick()
        office.crm.knows = [office.outcome(lead, signed_at=office.now + HOUR)]

        await office.tick(8 * HOUR)

        assert [{lead: "r1"}] == office.crm.reads
        assert [] == office.desk.reminders + office.alarms
        assert to_text(MONDAY + HOUR) == office.lead()["signed_at"]


class TestUnread:
    async def test_later(self, office):
        """Where the CRM cannot be asked it is tried again; then all is told as it is."""
        lead = await office.take()
        await office.tick()
        office.crm.fault = "http_503"
        await office.tick(8 * HOUR)
        for minutes in (1, 5, 15):
            await office.tick(minutes * MINUTE)
        assert [] == office.desk.reminders
        assert 4 == len(office.crm.reads)

        await office.tick(30 * MINUTE)

        assert [(lead, "remind")] == office.desk.reminders
        assert ("crm",) == next(one.reminder.unread for one in office.desk.rung if one.reminder)

    async def test_in_between(self, office):
        """If it can be asked again meanwhile, what it tells counts."""
        lead = await office.take()
        await office.tick()
        office.crm.fault = "http_503"
        await office.tick(8 * HOUR)
        office.crm.fault, office.crm.knows = "", [office.outcome(lead, signed_at=office.now)]

        await office.tick(MINUTE)

        assert [] == office.desk.reminders + office.alarms

    async def test_no_record(self, office):
        """What no CRM has, nobody can have called: it is reminded of at once."""
        office.crm.answer = Reply((Deferred("http_503"),), 503, failing=True)
        lead = await office.take()
        await office.tick()

        await office.tick(8 * HOUR)

        assert [] == office.crm.reads
        assert [(lead, "remind")] == office.desk.reminders

    async def test_lane_taken(self, office):
        """Nobody is asked behind the back of a visit that has the lane, or while it is paused."""
        await office.take()
        await office.tick()
        office.now += 8 * HOUR
        lane = office.state.rows["lane", "crm"][0]
        lane |= {"holder": "another", "leased_until": to_text(office.now + MINUTE)}

        await office.look()

        assert [] == office.crm.reads
        assert 1 == len(office.alarms)

    async def test_batches(self, office):
        """So many leads are asked about at once as one call reads."""
        for number in range(1, 6):
            await office.take(number, Email=f"b{number}@x.example", Phone="")
        await office.tick()

        await office.tick(8 * HOUR)

        assert [2, 2, 1] == [len(read) for read in office.crm.reads]
        assert 5 == len(office.desk.reminders)


class TestNotices:
    async def test_deferred(self, office):
        """What has not left leaves later, once."""
        lead = await office.take()
        await office.tick()
        office.desk.rung.clear()
        office.desk.answer = Reply((Deferred("http_503"),), 503)
        await office.tick(8 * HOUR)
        office.desk.answer = Reply((Rejected("bad"),), 400)

        await office.tick(2 * MINUTE)
        await office.tick(HOUR)

        assert [(lead, "remind")] * 2 == office.desk.reminders

    async def test_ended_meanwhile(self, office):
        """What another has ended while it left changes nothing of the notice's delivery."""
        accepts, office.desk.answer = office.desk.answer, Reply((Rejected("bad"),), 400)
        await office.take()
        await office.tick()
        office.desk.answer = accepts
        delivery = [v for v in office.table.values("delivery") if v["destination"] == "desk"]

        async def end() -> None:
            [key] = [key for key in office.table.rows if key[1].startswith("due|desk|")]
            del office.table.rows[key]
            office.desk.wait = partial(asyncio.sleep, 0)

        office.desk.wait = end
        await office.tick(8 * HOUR)

        assert 1 == len(office.desk.reminders)
        assert delivery == [
            v for v in office.table.values("delivery") if v["destination"] == "desk"
        ]

    async def test_late(self, office):
        """What could not leave for a day is dropped."""
        await office.take()
        await office.tick()
        office.desk.answer = Reply((Deferred("http_503", counts=False),), 503)
        await office.tick(8 * HOUR)
        office.desk.rung.clear()

        await office.tick(25 * HOUR)

        assert ["escalate"] == [kind for _, kind in office.desk.reminders]
        attempts = [v for v in office.table.values("attempt") if v.get("kind") == "remind"]
        assert "too_old" == attempts[-1]["reason"]


class TestBounds:
    async def test_every_minute(self, office):
        """It is looked once a minute, at sixteen ranges; every quarter of an hour counted."""
        await office.look()
        office.table.calls = 0
        office.now += timedelta(seconds=30)
        await office.look()
        assert 0 == office.table.calls

        office.now += timedelta(seconds=30)
        await office.look()
        assert 16 == 16 * bool(office.table.calls)

    async def test_one_process(self, office):
        """While one process works them off another leaves them alone."""
        await office.take()
        await office.tick()
        office.now += 8 * HOUR
        taken = {"holder": "another", "leased_until": to_text(office.now + MINUTE)}
        await office.state.write("state", [Change("upsert", "_house", taken)])

        await office.look()
        assert "remind" == office.alarms[0][1]

        await office.tick(2 * MINUTE)
        assert 1 == len(office.desk.reminders)

    async def test_one_that_fails(self, office, monkeypatch):
        """A lead that cannot be written keeps nobody from hearing of another, and no lease."""
        for number in range(1, 4):
            await office.take(number, Email=f"b{number}@x.example", Phone="")
        await office.tick()
        office.now += 8 * HOUR
        bad, write = office.alarms and office.lead()["lead"], office.table.write

        async def refuse(partition, changes):
            if any(change.key.startswith("due|desk|") and bad in change.key for change in changes):
                raise RowRefused("too large")
            return await write(partition, changes)

        monkeypatch.setattr(office.table, "write", refuse)
        with pytest.raises(RowRefused):
            await office.look()

        assert 2 == len([v for v in office.table.values("due") if v.get("destination") == "desk"])
        assert "" == office.state.rows["state", "_house"][0]["holder"]
