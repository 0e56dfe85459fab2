"""Acts: nothing is ordered without a trace, whatever breaks, and whoever breaks it off."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leadshare.deliveries.delivery import Rejected
from leadshare.deliveries.lanes.lane import Lane
from leadshare.errors import StorageError
from leadshare.operators.models.orders import LARGEST
from leadshare.operators.requests import OperatorRequests
from leadshare.store import lease
from leadshare.store.keys import CHAIN, LANE
from leadshare.store.table import Change
from tests.builders import Office, minutes
from tests.limits import check_fits
from tests.operators.requests import Configured, body

ASKED = {"destination": "crm"}


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


async def rows(office: Office) -> list[dict[str, Any]]:
    """All that was recorded, oldest first."""
    told: Any = (await office.acts.chain.acts(200, ""))["acts"]
    return list(reversed(told))


class TestCarryOut:
    async def test_two_rows(self, office):
        """An act's beginning says who asked for what, its end what came of it, and of which."""
        acts = office.acts

        async def deed() -> dict[str, Any]:
            [begun] = await rows(office)
            assert ("enable", "zoe", ASKED) == (begun["what"], begun["by"], begun["asked"])
            office.now += minutes(1)
            return {"enabled": True}

        answer = await acts.carry_out("enable", "zoe", ASKED, deed)

        begun, ended = await rows(office)
        assert {"enabled": True} == answer == ended["came_to"]
        assert (begun["act"], "done", "enable") == (ended["of"], ended["ended"], ended["what"])
        assert "2026-11-22T12:00:00.000Z" == begun["at"] < ended["at"]
        assert "ended" not in begun

    async def test_fails(self, office):
        """What fails is recorded as such, with the kind of fault alone."""

        async def deed() -> dict[str, Any]:
            raise StorageError("canary")

        with pytest.raises(StorageError):
            await office.acts.carry_out("enable", "zoe", ASKED, deed)

        [ended] = [row for row in await rows(office) if "of" in row]
        assert ("failed", {"fault": "StorageError"}) == (ended["ended"], ended["came_to"])

    async def test_broken_off(self, office):
        """What is broken off in its midst has a beginning, and no end."""

        async def deed() -> dict[str, Any]:
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await office.acts.carry_out("replay", "zoe", {}, deed)

        assert [("replay", "zoe")] == [(row["what"], row["by"]) for row in await rows(office)]

    async def test_not_recorded(self, office):
        """What cannot be recorded is not done."""
        done: list[str] = []

        async def fail(*_: Any) -> Any:
            raise StorageError("down")

        async def deed() -> dict[str, Any]:
            done.append("deed")
            return {}

        office.state.write = fail

        with pytest.raises(StorageError):
            await office.acts.carry_out("replay", "zoe", {}, deed)
        assert [] == done

    async def test_same_moment(self, office):
        """Acts of one moment are kept each for itself."""

        async def deed() -> dict[str, Any]:
            return {}

        acts = office.acts
        await asyncio.gather(*(acts.carry_out("replay", by, {}, deed) for by in ("zoe", "max")))

        assert 4 == len(await rows(office))
        assert {"zoe", "max"} == {row["by"] for row in await rows(office) if "by" in row}


class TestOrders:
    @pytest.fixture(name="requests")
    async def _requests(self, office: Office) -> OperatorRequests:
        disabled = Lane(disabled="gone")
        await office.state.write(LANE, [Change("insert", "crm", lease.to_row(disabled))])
        configured = Configured(office.classifier, {"crm": None}, office.unrouted)
        return office.requests(lambda: configured)

    async def test_all_recorded(self, office, requests):
        """Whatever is ordered is recorded, with who asked; what is only counted is not."""
        await office.take(1)
        await office.finish("crm", Rejected("worklist"))
        [lead] = [row["lead"] for row in office.table.values("parked")]
        await requests.orders.replay(body(destination="crm"))
        assert [] == await rows(office)

        for order in (
            requests.do_work(body(destination="crm", leads=[lead])),
            requests.orders.replay(body(destination="crm", reason="bad", dry_run=False)),
            requests.orders.replay(body(what="quarantine", dry_run=False)),
            requests.orders.replay(body(what="unrouted", dry_run=False)),
            requests.orders.enable(body(destination="crm")),
        ):
            office.now += minutes(1)
            await order

        begun = [row for row in await rows(office) if "by" in row]
        crm = {"what": "deliveries", "destination": "crm", "reason": "bad"}
        limits = {
            "token": "",
            "lead": "",
            "destination": "",
            "reason": "",
            "since": "",
            "until": "",
            "touch": "",
        }
        assert [
            ("done", "zoe", {"destination": "crm", "leads": [lead]}),
            ("replay", "zoe", limits | crm),
            ("replay", "zoe", limits | {"what": "quarantine"}),
            ("replay", "zoe", limits | {"what": "unrouted"}),
            ("enable", "zoe", {"destination": "crm"}),
        ] == [(row["what"], row["by"], row["asked"]) for row in begun]
        assert 5 == len([row for row in await rows(office) if row.get("ended") == "done"])

    @pytest.mark.parametrize("by", ["x" * 201, "x" * 20_000, "", None], ids=lambda by: str(by)[:3])
    async def test_without_a_trace(self, office, requests, by):
        """Nobody orders by a name that no row could take."""
        with pytest.raises(Exception, match="by: expected who"):
            await requests.orders.enable(body(destination="crm", by=by))

        lane = await office.state.get(LANE, "crm")
        assert "gone" == lane.values["disabled"]

    async def test_fits(self, office, requests):
        """The largest order that is read fits the rows of its act."""
        leads = [f"{number:032x}-{number:016x}" for number in range(200)]

        order = body(destination="crm", leads=leads, by="\U0001f600" * 200)
        assert len(order) < LARGEST
        await requests.do_work(order)

        kept = [values for (place, _), (values, _) in office.state.rows.items() if place == CHAIN]
        assert 2 == len(kept)
        check_fits([Change("insert", f"{number}", one) for number, one in enumerate(kept)])
