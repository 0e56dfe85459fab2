"""A track whose lead, destination or configuration is not as it was when its step was planned."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadshare.custody.erasing.subject import Subject, Subjects
from leadshare.custody.objecting import Objections
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Deferred, Delivery
from leadshare.deliveries.ledger.attempt import Attempt
from leadshare.deliveries.ledger.stepping import finish_step
from leadshare.deliveries.ledger.values import to_delivery
from leadshare.errors import Conflict, StorageError
from leadshare.leads.held import read_held
from leadshare.leads.nurturing import steps as working
from leadshare.leads.tracks.going_on import WATCH
from leadshare.store.keys import HOUSE, all_due, due_key, index_time
from leadshare.store.reading import everywhere
from leadshare.store.table import Change, Row
from tests.builders import IDENTITY, PERSON
from tests.leads.nurturing.world import DAY, HOT, Office, told, track
from tests.leads.office import HOUR, MONDAY

LIST = {"do": "list", "at": "crm", "into": "11"}
TASK = {"do": "task", "text": "t"}
LAST = {"after_days": 1, "do": "notice", "text": "n"}


BERLIN = ZoneInfo("Europe/Berlin")


async def everywhere_due(office: Office) -> Sequence[Row]:
    """What is due at the CRM."""
    return (await everywhere(office.table, all_due("crm"), limit=10)).rows


class Waking(list[tuple[datetime, Delivery]]):
    """What has arrived; the first of it has something happen before it is answered."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self.happens = happens

    def append(self, one: tuple[datetime, Delivery]) -> None:
        """Take it down."""
        super().append(one)
        if len(self) == 1:
            self.happens()


class TestRecord:
    async def test_waits(self):
        """A step waits for the record at its destination, for a week; then it is left out."""
        office = Office(told(track(TASK)))
        crm = office.systems.pop("crm")
        await office.take()
        for _ in range(6):
            await office.tick(DAY)
        assert [] == office.attempts()
        await office.tick(2 * DAY)
        assert [("task", "left_out", "no_record")] == office.attempts()
        assert [] == crm.steps

    async def test_comes(self):
        """It is done as soon as the record is there."""
        office = Office(told(track(TASK)))
        crm = office.systems.pop("crm")
        await office.take()
        await office.tick(HOUR)
        office.systems["crm"] = crm
        await office.tick(2 * HOUR)
        await office.tick(2 * HOUR)

        assert [("task", "accepted", "")] == office.attempts()

    async def test_stuck(self):
        """Where nobody takes a step for longer than it may be owed, the track goes on without."""
        office = Office(told(track({**TASK, "after_days": 1}, LAST)))
        lead = await office.take()
        await office.tick()
        del office.systems["crm"]
        await office.tick(DAY)
        await office.tick(WATCH - HOUR)
        assert (0, []) == (office.lead(lead)["track_step"], office.attempts())

        await office.tick(2 * HOUR)
        await office.tick(2 * DAY)

        assert [("task", "left_out", "stuck"), ("notice", "accepted", "")] == office.attempts()
        assert "finished" == office.lead(lead)["track_why"]

    async def test_too_old(self):
        """A step that lay in a lane for longer than it may be owed has failed; the next is done."""
        office = Office(told(track({**TASK, "after_days": 1}, LAST)))
        await office.take()
        await office.tick()
        crm = office.systems.pop("crm")
        await office.tick(DAY)
        office.systems["crm"] = crm
        await office.tick(WATCH - HOUR)
        await office.tick(DAY)

        assert [("task", "rejected", "too_old"), ("notice", "accepted", "")] == office.attempts()
        assert [] == crm.steps


class TestTried:
    async def test_often(self):
        """A step that fails as often as anything is tried has failed, in its hours; the next is
        done.
        """
        office = Office(told(track(LIST, LAST)))
        office.crm.answer = Deferred("http_500")
        lead = await office.take()
        while not office.lead(lead)["track_ended"]:
            await office.tick(4 * HOUR)
            assert office.now < MONDAY + 30 * DAY

        tried = [at.hour for at, one in office.crm.taken if one.step and one.step.verb == "list"]
        assert len(tried) > 5
        assert all(8 <= hour < 16 for hour in tried), tried  # 9 to 17 in Berlin
        assert [("notice", "accepted", "")] == office.attempts()[-1:]
        assert "finished" == office.lead(lead)["track_why"]

    async def test_hours_over(self):
        """What lay in a lane until its hours were over is planned anew, and done once."""
        office = Office(told(track({**LIST, "after_days": 1}, LAST)))
        await office.take()
        await office.tick()
        crm = office.systems.pop("crm")
        await office.tick(DAY + 6 * HOUR)  # 16:00 in Berlin
        await office.tick(3 * HOUR)
        office.systems["crm"] = crm
        await office.tick()
        assert [] == office.attempts()

        await office.tick(DAY - 9 * HOUR)

        assert [("list", "accepted", "")] == office.attempts()
        assert [10] == [at.astimezone(BERLIN).hour for at, _ in crm.taken]

    async def test_again_at_once(self):
        """A step that a clock that was set back makes due when it was due already moves on."""
        office = Office(told(track({**TASK, "after_days": 1})))
        await office.take()
        await office.tick()
        del office.systems["crm"]
        await office.tick(DAY)
        [row] = await everywhere_due(office)
        back = Attempt(to_delivery(row), Deferred("http_500"), office.now - timedelta(seconds=30))

        changes = finish_step(row, back, SCHEDULE, office.now - DAY, 0.0)

        await office.table.write(row.partition, changes)
        office.check()
        [moved] = await everywhere_due(office)
        assert timedelta(milliseconds=1) == index_time(moved.key) - index_time(row.key)

    async def test_leaving(self):
        """That a customer leaves a list is tried until it is done, however long that takes."""
        office = Office(told(track(LIST, LAST)))
        lead = await office.take()
        await office.tick()
        office.crm.answer = Deferred("http_500")
        await office.take(2, **HOT)
        for _ in range(20):
            await office.tick(DAY)
        assert {lead} == office.crm.lists["11"]
        assert len(office.crm.taken) > 12

        office.crm.answer = Accepted("r1")
        await office.tick(2 * DAY)

        assert set() == office.crm.lists["11"]

    async def test_listed_again(self):
        """Who is to be on the list again does not leave it for the track before."""
        office = Office(told(track(LIST, LAST)))
        lead = await office.take()
        await office.tick()
        office.crm.answer = Deferred("http_500")
        await office.tick(DAY)
        assert "finished" == office.lead(lead)["track_why"]
        await office.take(2, FirstName="Ann", LastName="Other")
        office.now += 7 * DAY  # past the gap
        await office.tick()
        assert [["crm", "11"]] == [one[:2] for one in json.loads(office.lead(lead)["track_lists"])]

        office.crm.answer = Accepted("r1")
        for _ in range(3):
            await office.tick(2 * HOUR)

        assert {lead} == office.crm.lists["11"]
        assert ("leave", "accepted", "") not in office.attempts()
        assert [] == [one for one in office.table.values("due") if '"leave"' in one.get("step", "")]


class TestOver:
    async def test_on_its_way(self):
        """A step that was on its way when a touch ended its track is told, and nothing more is."""
        office = Office(told(track(TASK, LAST)))
        lead = await office.take()

        async def ready() -> None:
            office.crm.wait = partial(asyncio.sleep, 0)
            await office.take(2, **HOT)

        office.crm.taken = Waking(lambda: setattr(office.crm, "wait", ready))
        await office.tick()
        await office.tick(7 * DAY)

        assert [("task", "accepted", "")] == office.attempts()
        assert "sales_ready" == office.lead(lead)["track_why"]

    async def test_not_configured(self):
        """A track that is told no more ends where it is."""
        office = Office(told(track({**TASK, "after_days": 1})))
        lead = await office.take()
        office.configure(told(track(TASK, id="another")))
        await office.tick(DAY)

        assert "not_configured" == office.lead(lead)["track_why"]
        assert [] == office.crm.steps

    async def test_objects_meanwhile(self):
        """Who objects while their first lead comes in is not reached by its track."""
        office = Office(told(track(TASK)))

        class Slow(Subjects):
            async def find(self, kind: str, text: str) -> Subject:
                found = await super().find(kind, text)
                await office.take()
                return found

        slow = Slow(office.table, IDENTITY)
        objections = Objections(office.table, slow, office.recorder, office.clock)
        assert 0 == (await objections.object("email", PERSON["Email"]))["leads"]
        office.house.looked_at = office.now - DAY
        await office.house.work()

        assert ["opted_out"] == [one["track_why"] for one in office.table.values("lead")]
        await office.tick(DAY)
        assert [] == office.crm.steps

    async def test_again_meanwhile(self, monkeypatch):
        """What another process has ended, and a touch has begun again, goes on."""
        office = Office(told(track({"after_days": 1, "do": "end"})))
        lead = await office.take()

        async def slow(*asked: Any) -> Any:
            monkeypatch.setattr(working, "read_held", read_held)
            found = await everywhere(office.table, all_due(HOUSE), limit=10)
            await office.steps.work_off(found.rows)
            assert "ended" == office.lead(lead)["track_why"]
            await office.take(2, FirstName="Ann", LastName="Other")
            return await read_held(*asked)

        monkeypatch.setattr(working, "read_held", slow)
        await office.tick(DAY)

        assert ("nurturing", 2) == tuple(office.lead(lead)[n] for n in ("stage", "track_run"))


class TestFaults:
    @pytest.mark.parametrize("error", [StorageError("out of reach"), Conflict()], ids=repr)
    async def test_one(self, monkeypatch, error):
        """What fails of one lead keeps no other waiting, and is done the next time; a fault is
        told.
        """
        office = Office(told(track({**TASK, "after_days": 1})))
        failing = await office.take()
        other = await office.take(2, Email="b@x.example", Phone="")
        await office.tick()
        office.now += DAY
        write = office.table.write

        async def out(partition: str, changes: Any) -> Any:
            if any(failing in change.key for change in changes):
                raise error
            return await write(partition, changes)

        with monkeypatch.context() as patch:
            patch.setattr(office.table, "write", out)
            told_of = nullcontext() if isinstance(error, Conflict) else pytest.raises(StorageError)
            with told_of:
                await office.house.work()

        assert [True, False] == [bool(office.lead(one)["track_sent"]) for one in (other, failing)]
        await office.tick(timedelta(minutes=5))
        assert {failing, other} == {one.lead for _, one in office.crm.taken}

    async def test_of_no_lead(self):
        """A row that is no lead's any more is taken away, and nothing is done."""
        office = Office()
        lead = "0" * 32 + "-" + "0" * 16
        key = due_key(HOUSE, "1", office.now, lead, "step")
        values = {"lead": lead, "kind": "step", "attempts": 0, "track": "nurture", "number": 0}
        await office.table.write("0", [Change("insert", key, values)])
        await office.tick()

        assert [] == office.table.values("due")
