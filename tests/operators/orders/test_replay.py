"""What operators order: replays, which are counted first, and a lane that is enabled again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import LOOK_UPS, Accepted, Deferred, Rejected
from leadshare.deliveries.lanes.lane import Lane
from leadshare.errors import Conflict, StorageError, Unknown
from leadshare.operators.orders.replay import Window
from leadshare.reason import Reason
from leadshare.store import lease
from leadshare.store.keys import LANE, PARTITIONS, under
from leadshare.store.lease import read_row
from leadshare.store.table import Change
from tests.builders import NOW, Office, message, minutes, post
from tests.operators.orders.ordered import EVERYTHING, counts, lawful, states


async def replay(
    office: Office, window: Window = EVERYTHING, *, dry_run: bool = False
) -> dict[str, Any]:
    """Replay deliveries, really unless told."""
    return await office.replayer.replay(window, dry_run=dry_run)


async def reclassify(
    office: Office, window: Window = EVERYTHING, *, dry_run: bool = False
) -> dict[str, Any]:
    """Classify what is in quarantine again, really unless told."""
    classifier = office.classifier
    return await office.replayer.reclassify(window, classifier, dry_run=dry_run)


async def parked(office: Office, count: int, reason: str = "bad") -> None:
    """Park so many deliveries to the CRM, a minute after each other."""
    for number in range(1, count + 1):
        await office.take(number)
        await office.finish("crm", Rejected(reason))


class TestReplay:
    async def test_dry_run(self, office):
        """A dry run counts, and changes nothing."""
        await parked(office, 3)
        before = dict(office.table.rows)

        answer = await replay(office, dry_run=True)

        assert (3, 0) == counts(answer)
        assert (True, "deliveries") == (answer["dry_run"], answer["what"])
        assert before == office.table.rows

    async def test_all(self, office):
        """What is parked is due now, from its first attempt; all laws hold."""
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
        """The same replay a second time finds nothing to do."""
        await parked(office, 3)
        await replay(office)
        before = dict(office.table.rows)

        assert (0, 0) == counts(await replay(office))
        assert before == office.table.rows

    async def test_nudges(self, office):
        """The lanes of what is due now are nudged, and no others; a dry run nudges none."""
        await parked(office, 3)
        office.now = NOW + minutes(60)
        office.nudged.nudges.clear()

        await replay(office, dry_run=True)
        assert [] == office.nudged.nudges
        await replay(office)

        places = {partition for partition, key in office.table.rows if "due|crm|" in key}
        assert places == {one.partitions for one in office.nudged.nudges}
        assert {("crm", office.now)} == {(one.lane, one.until) for one in office.nudged.nudges}

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
        """Destination, reason and time of parking narrow a replay: from `since` to before
        `until`.
        """
        await parked(office, 3)
        office.now = NOW + minutes(4)
        reads = [await office.table.read(p, *under("due|sellers")) for p in PARTITIONS]
        row = next(row for rows in reads for row in rows)
        await office.table.write(row.partition, ledger.park(row, "gone", office.now))

        assert (matched, matched) == counts(await replay(office, window))
        assert lawful(office)

    async def test_changed_meanwhile(self, office):
        """What somebody else took up in between is left to them."""
        await parked(office, 2)
        write, left = office.table.write, [Conflict("changed")]

        async def once(partition: str, changes: Sequence[Change]) -> Any:
            if left:
                raise left.pop()
            return await write(partition, changes)

        office.table.write = once

        assert (2, 1) == counts(await replay(office))

    async def test_only_parked(self, office):
        """What is due, delivered or suppressed is no business of a replay."""
        await office.take(1)
        await office.finish("crm", Accepted())
        await office.take(2)
        await office.finish("crm", Deferred("timeout"))
        await office.take(3, ActionCode="DNC")
        before = dict(office.table.rows)

        assert (0, 0) == counts(await replay(office))
        assert before == office.table.rows

    async def test_told(self, office, caplog):
        """The log tells what was asked and what came of it."""
        caplog.set_level(logging.DEBUG)

        await replay(office)

        [record] = [
            one for one in caplog.records if one.name == "leadshare.operators.orders.replay"
        ]
        assert ("replay.done", 0) == (record.getMessage(), record.matched)


class TestWrittenAnew:
    async def test_story(self, office):
        """What was accepted and is not there goes out anew as its lead's row has it now, with all
        that was ever said.
        """
        buyer = {"Email": "person-1@fabrikam.example"}
        await office.take(1, Description="first", **buyer)
        await office.finish("crm")
        await office.take(2, Description="second", **buyer)
        await office.finish("crm", look_up=True)
        for number in range(len(LOOK_UPS)):
            [row] = await office.due("crm")
            at = office.now + minutes(100 * (1 + number))
            look = ledger.finish_look_up(
                row, Rejected(Reason.NOT_FOUND_AFTER_ACCEPT), at, office.now
            )
            await office.table.write(row.partition, look)

        await replay(office)

        [delivery] = [ledger.to_delivery(row) for row in await office.due("crm")]
        assert (0, 2) == (delivery.sent, delivery.record["version"])
        assert ["first", "second"] == [entry["words"] for entry in delivery.entries]


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
        """A dry run counts, and changes nothing."""
        before = dict(crashed.table.rows)

        answer = await reclassify(crashed, dry_run=True)

        assert (3, 0) == counts(answer)
        assert "quarantine" == answer["what"]
        assert before == crashed.table.rows

    async def test_all(self, crashed):
        """What can be read now is a lead, in quarantine no more; what still cannot, stays."""
        assert (3, 2) == counts(await reclassify(crashed))
        assert 2 == len(crashed.table.values("touch")) == len(crashed.table.values("lead"))
        assert ["not_json"] == [kept["reason"] for kept in crashed.table.values("quarantine")]
        assert lawful(crashed)

    async def test_twice(self, crashed):
        """A second time nothing more is gained."""
        await reclassify(crashed)

        assert (1, 0) == counts(await reclassify(crashed))
        assert 2 == len(crashed.table.values("touch"))

    async def test_no_envelope(self, office):
        """What never was an envelope stays the one row that it is."""
        await office.classifier.classify(b"\xff", NOW)

        assert (1, 0) == counts(await reclassify(office))
        assert 1 == len(office.table.rows)

    async def test_kept_before(self, crashed):
        """A touch that came through in the meantime is kept once, and leaves quarantine."""
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
        """Reason and time of arrival narrow it."""
        assert (matched, replayed) == counts(await reclassify(crashed, window))

    async def test_storage_fails(self, crashed):
        """Where the table fails, what was not done stays in quarantine."""

        async def fail(*_: Any, **__: Any) -> Any:
            raise StorageError("the table answered 503")

        before = dict(crashed.table.rows)
        crashed.table.write = fail

        with pytest.raises(StorageError):
            await reclassify(crashed)

        assert before == crashed.table.rows

    async def test_taken_meanwhile(self, crashed):
        """A row that somebody else took away meanwhile is theirs: it is not counted twice."""
        write, theirs = crashed.table.write, list[str]()

        async def once(partition: str, changes: Sequence[Change]) -> Any:
            [first, *_] = changes
            if first.kind == "delete" and not theirs:
                theirs.append(first.key)
                await write(partition, changes)
            return await write(partition, changes)

        crashed.table.write = once

        assert (3, 1) == counts(await reclassify(crashed))
        assert ["not_json"] == [kept["reason"] for kept in crashed.table.values("quarantine")]


class TestEnable:
    async def test_unknown(self, office):
        """A destination that has no lane cannot be enabled."""
        with pytest.raises(Unknown, match="destination"):
            await office.replayer.enable("other")

    async def test_enable(self, office):
        """A disabled lane is enabled, and in the same step what it parked is due again."""
        await parked(office, 2, "destination_disabled")
        row = await office.state.get(LANE, "crm")
        assert row is not None
        lane = replace(Lane(), disabled="gone", failures=9, held_until=NOW, open_until=NOW)
        await office.state.write(LANE, [Change("replace", "crm", lease.to_row(lane), row.etag)])

        answer = await office.replayer.enable("crm")

        assert {"destination": "crm", "enabled": True, "replayed": 2, "parked": 0} == answer
        row = await office.state.get(LANE, "crm")
        assert row is not None
        assert Lane() == read_row(Lane, row.values)
        assert ["due"] * 2 == states(office)

    async def test_enable_busy(self, office, monkeypatch):
        """While somebody works on the lane, who writes the same row, it is enabled all the same."""
        row = await office.state.get(LANE, "crm")
        assert row is not None
        disabled = lease.to_row(replace(Lane(), disabled="gone"))
        await office.state.write(LANE, [Change("replace", "crm", disabled, row.etag)])
        write, busy = office.state.write, [None, None]

        async def some(partition: str, changes: Any) -> Any:
            if busy:
                busy.pop()
                raise Conflict("changed")
            return await write(partition, changes)

        monkeypatch.setattr(office.state, "write", some)

        assert (await office.replayer.enable("crm"))["enabled"]
        row = await office.state.get(LANE, "crm")
        assert row is not None
        assert "" == row.values["disabled"]

    async def test_enable_others(self, office):
        """What is parked for another reason stays so, and is counted."""
        await parked(office, 2, "closed_in_crm")

        answer = await office.replayer.enable("crm")

        assert (0, 2) == (answer["replayed"], answer["parked"])
        assert ["parked"] * 2 == states(office)
