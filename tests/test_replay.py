"""What operators order: replays, which are counted first, and a lane that is enabled again."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leadshare.core import lane as lanes
from leadshare.core import ledger
from leadshare.core.delivery import Accepted, Deferred, Rejected
from leadshare.core.lane import Lane
from leadshare.core.rows import PARTITIONS, Change, under
from leadshare.errors import Conflict, StorageError, Unknown
from leadshare.replay import ORDER, Window
from leadshare.worker import LANE
from tests.builders import NOW, Office, message, minutes, post
from tests.laws import violations

EVERYTHING = Window()


@pytest.fixture(name="office")
async def _office() -> Office:
    """An office whose lanes have been ticked."""
    office = Office()
    for name in ("crm", "sellers"):
        await office.lanes.write(LANE, [Change("insert", name, lanes.to_row(Lane()))])
    return office


async def replay(
    office: Office, window: Window = EVERYTHING, *, dry_run: bool = False, by: str = "zoe"
) -> dict[str, Any]:
    """Replay deliveries, really unless told."""
    return await office.replayer.replay(window, dry_run=dry_run, by=by)


async def reclassify(
    office: Office, window: Window = EVERYTHING, *, dry_run: bool = False, by: str = "zoe"
) -> dict[str, Any]:
    """Classify what is in quarantine again, really unless told."""
    classifier = office.classifier
    return await office.replayer.reclassify(window, classifier, dry_run=dry_run, by=by)


def counts(answer: dict[str, Any]) -> tuple[int, int]:
    """How many rows matched, and how many were replayed."""
    return answer["matched"], answer["replayed"]


def orders(office: Office) -> list[tuple[str, dict[str, Any], str]]:
    """What was ordered, with its facts, by whom."""
    return [
        (key.partition("|")[2], json.loads(values["facts"]), values["by"])
        for (partition, key), (values, _) in sorted(office.lanes.rows.items())
        if partition == ORDER
    ]


def states(office: Office) -> list[str]:
    """The states of all deliveries to the CRM."""
    deliveries = office.table.values("delivery")
    return [one["state"] for one in deliveries if one["destination"] == "crm"]


def lawful(office: Office) -> bool:
    """Whether all rows agree."""
    rows = [(*place, values) for place, (values, _) in office.table.rows.items()]
    return not violations(rows)


async def parked(office: Office, count: int, reason: str = "bad") -> None:
    """Park so many deliveries to the CRM, a minute after each other."""
    for number in range(1, count + 1):
        await office.take(number)
        await office.finish("crm", Rejected(reason))


class TestReplay:
    async def test_dry_run(self, office):
        """
        A dry run counts, and changes and records nothing.
        """
        await parked(office, 3)
        before = dict(office.table.rows)

        answer = await replay(office, dry_run=True)

        assert (3, 0) == counts(answer)
        assert (True, "deliveries") == (answer["dry_run"], answer["what"])
        assert before == office.table.rows
        assert [] == orders(office)

    async def test_all(self, office):
        """
        What is parked is due now, from its first attempt; all laws hold.
        """
        await parked(office, 3)
        office.now = NOW + minutes(60)

        assert (3, 3) == counts(await replay(office))
        assert ["due"] * 3 == states(office)
        assert {(0, "2026-11-22T13:00:00.000Z")} == {
            (due["attempts"], due["owed_since"])
            for due in office.table.values("due")
            if due["destination"] == "crm"
        }
        assert lawful(office)

    async def test_twice(self, office):
        """
        The same replay a second time finds nothing to do.
        """
        await parked(office, 3)
        await replay(office)
        before = dict(office.table.rows)

        assert (0, 0) == counts(await replay(office))
        assert before == office.table.rows

    async def test_who(self, office):
        """
        It is recorded who asked for what, and what came of it.
        """
        await parked(office, 2)

        answer = await replay(office, Window(reason="bad"), by="zoe@contoso.example")

        assert [("replay", answer, "zoe@contoso.example")] == orders(office)

    @pytest.mark.parametrize(
        ("window", "matched"),
        [
            pytest.param(Window(), 4, id="all"),
            pytest.param(Window(destination="crm"), 3, id="destination"),
            pytest.param(Window(destination="sellers"), 1, id="other-destination"),
            pytest.param(Window(destination="nobody"), 0, id="unknown-destination"),
            pytest.param(Window(reason="bad"), 3, id="reason"),
            pytest.param(Window(reason="gone"), 1, id="other-reason"),
            pytest.param(Window(reason="ba"), 0, id="part-of-a-reason"),
            pytest.param(Window(since=NOW + minutes(2)), 3, id="since"),
            pytest.param(Window(until=NOW + minutes(2)), 1, id="until"),
            pytest.param(Window(since=NOW + minutes(2), until=NOW + minutes(3)), 1, id="between"),
            pytest.param(Window(destination="crm", reason="gone"), 0, id="both"),
            pytest.param(Window(since=NOW - timedelta(days=30_000)), 4, id="since-long-ago"),
            pytest.param(Window(until=NOW + timedelta(days=90_000)), 4, id="until-far-away"),
        ],
    )
    async def test_window(self, office, window, matched):
        """
        Destination, reason and time of parking narrow a replay: from `since` to before `until`.
        """
        await parked(office, 3)
        office.now = NOW + minutes(4)
        reads = [await office.table.read(p, *under("due|sellers")) for p in PARTITIONS]
        row = next(row for rows in reads for row in rows)
        await office.table.write(row.partition, ledger.park(row, "gone", office.now))

        assert (matched, matched) == counts(await replay(office, window))
        assert lawful(office)

    async def test_changed_meanwhile(self, office):
        """
        What somebody else took up in between is left to them.
        """
        await parked(office, 2)
        write, left = office.table.write, [Conflict("changed")]

        async def once(partition: str, changes: Sequence[Change]) -> Any:
            if left:
                raise left.pop()
            return await write(partition, changes)

        office.table.write = once

        assert (2, 1) == counts(await replay(office))

    async def test_only_parked(self, office):
        """
        What is due, delivered or suppressed is no business of a replay.
        """
        await office.take(1)
        await office.finish("crm", Accepted())
        await office.take(2)
        await office.finish("crm", Deferred("timeout"))
        await office.take(3, ActionCode="DNC")
        before = dict(office.table.rows)

        assert (0, 0) == counts(await replay(office))
        assert before == office.table.rows

    async def test_told(self, office, caplog):
        """
        The log tells what was asked and what came of it, and not by whom.
        """
        caplog.set_level(logging.DEBUG)

        await replay(office, by="zoe@contoso.example")

        [record] = [one for one in caplog.records if one.name == "leadshare.replay"]
        assert ("replay.done", 0) == (record.getMessage(), record.matched)
        assert "zoe" not in str(record.__dict__)


class TestReclassify:
    @pytest.fixture(name="crashed")
    async def _crashed(self, office):
        """Two touches that crashed and one that cannot be read, a minute after each other."""
        for number in (1, 2):
            sent = message(post(Email=f"p{number}@x.example"), number, NOW + minutes(number))
            await office.quarantine.keep(sent, NOW, "crashed")
        await office.take(3, b"no json")
        return office

    async def test_dry_run(self, crashed):
        """
        A dry run counts, and changes and records nothing.
        """
        before = dict(crashed.table.rows)

        answer = await reclassify(crashed, dry_run=True)

        assert (3, 0) == counts(answer)
        assert "quarantine" == answer["what"]
        assert before == crashed.table.rows
        assert [] == orders(crashed)

    async def test_all(self, crashed):
        """
        What can be read now is a lead, in quarantine no more; what still cannot, stays.
        """
        assert (3, 2) == counts(await reclassify(crashed))
        assert 2 == len(crashed.table.values("touch")) == len(crashed.table.values("lead"))
        assert ["not_json"] == [kept["reason"] for kept in crashed.table.values("quarantine")]
        assert lawful(crashed)

    async def test_twice(self, crashed):
        """
        A second time nothing more is gained.
        """
        await reclassify(crashed)

        assert (1, 0) == counts(await reclassify(crashed))
        assert 2 == len(crashed.table.values("touch"))

    async def test_no_envelope(self, office):
        """
        What never was an envelope stays the one row that it is.
        """
        await office.classifier.classify(b"\xff", NOW)

        assert (1, 0) == counts(await reclassify(office))
        assert 1 == len(office.table.rows)

    async def test_kept_before(self, crashed):
        """
        A touch that came through in the meantime is kept once, and leaves quarantine.
        """
        await crashed.take(1, Email="p1@x.example")

        assert (3, 2) == counts(await reclassify(crashed))
        assert 2 == len(crashed.table.values("touch"))

    @pytest.mark.parametrize(
        ("window", "matched", "replayed"),
        [
            pytest.param(Window(reason="crashed"), 2, 2, id="reason"),
            pytest.param(Window(reason="not_json"), 1, 0, id="other-reason"),
            pytest.param(Window(since=NOW + minutes(2)), 2, 1, id="since"),
            pytest.param(Window(until=NOW + minutes(2)), 1, 1, id="until"),
        ],
    )
    async def test_window(self, crashed, window, matched, replayed):
        """
        Reason and time of receipt narrow it.
        """
        assert (matched, replayed) == counts(await reclassify(crashed, window))

    async def test_who(self, crashed):
        """
        It is recorded who asked.
        """
        answer = await reclassify(crashed, by="zoe")

        assert [("replay", answer, "zoe")] == orders(crashed)

    async def test_storage_fails(self, crashed):
        """
        Where the table fails, what was not done stays in quarantine.
        """

        async def fail(*_: Any, **__: Any) -> Any:
            raise StorageError("the table answered 503")

        before = dict(crashed.table.rows)
        crashed.table.write = fail

        with pytest.raises(StorageError):
            await reclassify(crashed)

        assert before == crashed.table.rows


class TestEnable:
    async def test_unknown(self, office):
        """
        A destination that has no lane cannot be enabled.
        """
        with pytest.raises(Unknown, match="destination"):
            await office.replayer.enable("other", "zoe")

        assert [] == orders(office)

    async def test_enable(self, office):
        """
        A disabled lane is enabled, its breaker and hold forgotten; what is parked is counted.
        """
        await parked(office, 2, "destination_disabled")
        row = await office.lanes.get(LANE, "crm")
        assert row is not None
        lane = replace(Lane(), disabled="gone", failures=9, held_until=NOW, open_until=NOW)
        await office.lanes.write(LANE, [Change("replace", "crm", lanes.to_row(lane), row.etag)])

        answer = await office.replayer.enable("crm", "zoe")

        assert {"destination": "crm", "enabled": True, "parked": 2} == answer
        row = await office.lanes.get(LANE, "crm")
        assert row is not None
        assert Lane() == lanes.from_row(row.values)
        assert ["parked"] * 2 == states(office)
        assert [("enable", {"destination": "crm"}, "zoe")] == orders(office)
