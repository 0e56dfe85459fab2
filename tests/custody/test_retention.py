"""Retention: each class goes at its time, whole and alone, and the dry run told so before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from leadshare.configuration.retention import months_before
from leadshare.custody.retention.planning import Place
from leadshare.custody.verifying import by_number, verify
from leadshare.deliveries.delivery import Rejected
from leadshare.errors import Conflict
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.store.keys import CHAIN, RETENTION, STATE, suppressed_key
from leadshare.store.lease import acquire, to_row
from leadshare.store.table import Change
from leadshare.times import to_text
from tests.builders import NOW, Office, message, post
from tests.custody.keeping import (
    DAY,
    ENDED,
    LEASE,
    LONG,
    acts,
    contacts,
    left,
    retainer,
    row_of,
    rows_of,
    run,
    set_row,
    wrong,
)
from tests.operators.requests import Configured

TEST = {"LeadSource": "MSFT_TEST-PLT|contoso.invoice-robot", "ActionCode": "MSFT_TEST"}


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


async def deliver(office: Office) -> None:
    """All systems take what is due."""
    for name in ("crm", "sellers"):
        await office.finish(name)


def gone(**numbers: int) -> dict[str, int]:
    """What went, and nothing else."""
    return dict.fromkeys(ENDED, 0) | numbers


class TestLeads:
    async def test_whole(self, office):
        """A lead goes 36 months after its last touch with all that tells of it, and no sooner."""
        await office.take(1)
        await deliver(office)
        [contact] = contacts(office)
        assert gone(bodies=1) == await run(office, LONG - 2 * DAY)
        assert rows_of(office, contact)

        assert gone(leads=1) == await run(office, LONG)

        assert [] == rows_of(office, contact)
        assert [] == left(office)
        # Its lead and both its deliveries are counted in totals alone from now on.
        assert 3 == sum(one["departs"] for one in office.table.values("count"))
        assert [] == wrong(office)

    async def test_last_touch(self, office):
        """The last touch of the person counts, whichever of the leads it was of."""
        await office.take(1)
        await office.take(2, Email="person-1@fabrikam.example", LeadSource="SPZA-PLT|contoso.x")
        late = row_of(office, "lead", 1)
        set_row(office, late, {"last_seen": to_text(LONG)})
        await deliver(office)

        assert gone(bodies=2) == await run(office, LONG)
        assert 2 == len(office.table.values("lead"))

    @pytest.mark.parametrize(("kept", "went"), [(True, 0), (False, 1)])
    async def test_won(self, office, kept, went):
        """A customer stays, unless the publisher says otherwise."""
        await office.take(1)
        await deliver(office)
        await self.tell(office, State.WON)
        await deliver(office)

        assert gone(leads=went, bodies=1) == await run(office, LONG, keep_won=kept)

    async def test_won_no_more(self, office):
        """What stayed as won and is lost since goes, a month later at the latest."""
        await office.take(1)
        await deliver(office)
        await self.tell(office, State.WON)
        await deliver(office)
        await run(office, LONG)

        await self.tell(office, State.LOST, LONG)
        await deliver(office)
        for day in range(1, 32):
            await run(office, LONG + day * DAY)

        assert [] == left(office)

    async def test_due(self, office):
        """What is due still keeps a lead; what is parked goes with it."""
        await office.take(1)
        await office.finish("crm", Rejected("bad"))
        assert gone(bodies=1) == await run(office, LONG)
        assert [] == wrong(office)

        await office.finish("sellers")
        assert gone(leads=1) == await run(office, LONG + 2 * DAY)
        assert [] == left(office)

    async def test_large(self, office):
        """One with more rows than a transaction takes goes as well."""
        for number in range(120):
            changes = {"Email": "info@fabrikam.example", "Description": f"words {number}"}
            await office.take(number, FirstName=f"Person{number}", **changes)
        await deliver(office)

        assert gone(leads=1, bodies=120) == await run(office, LONG)
        assert [] == left(office)

    async def test_suppressed(self, office):
        """Who objected is remembered as such, and by nothing else, for 36 months more."""
        await office.take(1)
        await deliver(office)
        said = {"opted_out": to_text(NOW), "opted_out_by": "crm"}
        set_row(office, row_of(office, "contact"), said)
        [contact] = contacts(office)

        assert gone(leads=1, bodies=1) == await run(office, LONG)
        stays = {f"{contact}|contact", suppressed_key(LONG, contact)}
        assert stays == set(rows_of(office, contact))
        assert [] == wrong(office)
        assert gone() == await run(office, LONG.replace(year=LONG.year + 3) - DAY)
        assert gone(suppressions=1) == await run(office, LONG.replace(year=LONG.year + 3) + DAY)
        assert [] == left(office)

    async def test_suppression_used(self, office):
        """A suppression that was of use since stays as long again."""
        later, contact = LONG.replace(year=LONG.year + 3) + DAY, "a" * 32
        said = {"opted_out": to_text(NOW), "leads": 0, "touches": 0, "listings": 0}
        rows = {f"{contact}|contact": said | {"used_at": to_text(later - DAY)}}
        rows[suppressed_key(LONG, contact)] = {"contact": contact}
        await office.table.write("a", [Change("insert", key, one) for key, one in rows.items()])

        assert gone() == await run(office, later)

        assert suppressed_key(later - DAY, contact) in rows_of(office, contact)
        assert 2 == len(left(office))

    @staticmethod
    async def tell(office: Office, state: State, at: Any = NOW) -> None:
        """The CRM tells what became of the one lead."""
        lead = row_of(office, "lead").values["lead"]
        await office.recorder.record([Outcome(lead, "crm", at + timedelta(hours=1), state)])


class TestOthers:
    async def test_bodies(self, office):
        """What was posted goes after 90 days; what was read out of it stays."""
        await office.take(1)
        await deliver(office)
        assert gone() == await run(office, NOW + 90 * DAY)

        assert gone(bodies=1) == await run(office, NOW + 91 * DAY)
        assert [] == office.table.values("raw")
        assert 1 == len(office.table.values("touch"))
        assert [] == wrong(office)

    async def test_bodies_of_before(self, office):
        """A body that lies in its touch's row, as it did before, goes as well."""
        await office.take(1)
        await deliver(office)
        body = row_of(office, "raw")
        del office.table.rows[body.partition, body.key]
        set_row(office, row_of(office, "touch"), {"raw": body.values["raw"]})

        assert gone() == await run(office, NOW + DAY)
        assert body.values == row_of(office, "raw").values
        assert "raw" not in row_of(office, "touch").values
        assert gone(bodies=1) == await run(office, NOW + 91 * DAY)

    async def test_tests(self, office):
        """A test lead goes after a week, its body with it; other leads of its address stay."""
        await office.take(1, **TEST)
        await office.take(2, Email="person-1@fabrikam.example", LeadSource="SPZA-PLT|contoso.x")
        await office.take(3, **TEST)
        await deliver(office)
        assert gone() == await run(office, NOW + 7 * DAY)

        assert gone(tests=2) == await run(office, NOW + 8 * DAY)
        assert ["normal"] == [one["category"] for one in office.table.values("lead")]
        assert [] == wrong(office)

    async def test_quarantine(self, office):
        """What could not be read goes after 30 days."""
        await office.take(1, body=b"[1]")
        assert gone() == await run(office, NOW + 30 * DAY)
        assert gone(quarantined=1) == await run(office, NOW + 31 * DAY)
        assert [] == left(office)

    async def test_acts(self, office):
        """Names go after 400 days, with what was asked; that something was done stays, proven."""
        act = await office.acts.chain.begin("show", "zoe", {"lead": "canary"})
        await office.acts.chain.end("show", act, "done", {"lead": "canary"})
        await run(office, NOW + 399 * DAY)
        told: Any = await acts(office)
        assert "zoe" in [one["by"] for one in told if "by" in one]

        await run(office, NOW + 401 * DAY)

        kept = [values for (place, _), (values, _) in office.state.rows.items() if place == CHAIN]
        assert "canary" not in json.dumps(kept)
        assert "zoe" not in json.dumps(kept)
        told = await office.acts.chain.links(200, "")
        assert [] == verify(by_number(told["links"]), []).faults


class TestRuns:
    async def test_once_a_day(self, office):
        """It runs once a day, whichever process ticks, and each run is an act."""
        one, other = retainer(office), retainer(office)
        for process in (one, other, one):
            await process.work()
        assert 2 == len(await acts(office))

        office.now += DAY
        await other.work()
        ended, begun, *_ = await acts(office)
        assert ("retention", "leadshare") == (begun["what"], begun["by"])
        assert ("retention", begun["act"], "done") == (ended["what"], ended["of"], ended["ended"])
        assert gone(acts=0, acts_to=0) == ended["numbers"]

    async def test_goes_on(self, office, monkeypatch):
        """What one run does not get to the next does, whatever stays in between."""
        monkeypatch.setattr("leadshare.custody.retention.planning.SHARE", 2)
        for number in range(12):
            await office.take(number, Email=f"person-{number % 6}@fabrikam.example")
        await deliver(office)
        assert gone(leads=6, bodies=12) == await run(office, LONG)
        assert [] == left(office)

    async def test_failed(self, office):
        """A run that fails says so in the chain, and the next does what is left."""
        await office.take(1)
        await deliver(office)
        office.now = LONG
        write = office.table.write

        async def fail(*_: Any) -> Any:
            raise OSError("canary")

        office.table.write = fail
        with pytest.raises(OSError, match="canary"):
            await retainer(office).work()
        office.table.write = write

        ended, *_ = await acts(office)
        assert ("failed", {"fault": "OSError"}) == (ended["ended"], ended["came_to"])
        office.now += timedelta(minutes=5)
        assert gone(leads=1, bodies=1) == await run(office, office.now)

    async def test_at_it(self, office):
        """While another process is at it, nothing is done; once its lease has run out, all is."""
        await office.take(1, body=b"[1]")
        office.now = NOW + 31 * DAY
        other = acquire(Place(), "another", office.now, LEASE)
        assert other
        await office.state.write(STATE, [Change("insert", RETENTION, to_row(other))])
        await retainer(office).work()
        assert [] == await acts(office)

        office.now += LEASE
        await retainer(office).work()

        assert [] == left(office)

    async def test_gone_already(self, office):
        """What somebody else took away meanwhile is not told as taken, and holds up nothing."""
        for number in (1, 2, 3):
            await office.take(number, Email="person-1@fabrikam.example")
        await deliver(office)
        write, theirs = office.table.write, list[str]()

        async def once(partition: str, changes: Sequence[Change]) -> Any:
            [first, *_] = changes
            if first.kind == "delete" and not theirs:
                theirs.append(first.key)
                await write(partition, [first])
            return await write(partition, changes)

        office.table.write = once

        assert gone(bodies=2) == await run(office, NOW + 91 * DAY)
        assert [] == office.table.values("raw")

    async def test_touch_comes(self, office):
        """A lead of which one hears while it is about to leave stays."""
        await office.take(1)
        await deliver(office)
        office.now = LONG
        write, came = office.table.write, list[str]()

        async def then_heard(partition: str, changes: Sequence[Change]) -> Any:
            leaves = any(one.kind == "delete" and "|lead|" in one.key for one in changes)
            if leaves and not came:
                came.append("")
                sent = message(post(Email="person-1@fabrikam.example"), 2, LONG)
                await office.classifier.classify(sent, LONG)
                raise Conflict("changed")
            return await write(partition, changes)

        office.table.write = then_heard
        await retainer(office).work()

        assert came
        assert [2] == [row["touches"] for row in office.table.values("lead")]


class TestAsked:
    async def test_told(self, office):
        """What goes next is told by class, with the leads of which nothing will be left."""
        await office.take(1)
        await deliver(office)
        office.now = LONG
        requests = office.requests(lambda: Configured(None, {}, None, retainer=retainer(office)))
        lead = row_of(office, "lead").values["lead"]

        told = await requests.custody.tell_retention({})

        assert [("leads", "36 months", 1), ("tests", "7 days", 0), ("bodies", "90 days", 1)] == [
            (one["of"], one["stays"], one["goes"]) for one in told["classes"][:3]
        ]
        assert ([lead], False, to_text(LONG)) == (told["leads"], told["more"], told["at"])
        assert rows_of(office, lead.partition("-")[0])


class TestMonths:
    @pytest.mark.parametrize(
        ("now", "months", "before"),
        [
            ("2026-11-30", 36, "2023-11-30"),
            ("2026-03-31", 1, "2026-02-28"),
            ("2026-01-15", 1, "2025-12-15"),
            ("2024-02-29", 12, "2023-02-28"),
        ],
    )
    def test_before(self, now, months, before):
        """Months are the calendar's; a day that a month lacks is its last."""
        day = NOW.replace(hour=0)
        then = months_before(day.fromisoformat(f"{now}T00:00:00+00:00"), months)
        assert before == then.date().isoformat()
