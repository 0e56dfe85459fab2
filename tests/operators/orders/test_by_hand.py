"""What operators order of one thing: park, resend, replay, drop, pause, resume."""

from __future__ import annotations

import base64

import pytest

from leadshare.deliveries.delivery import Deferred, Rejected
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.errors import BadRequest, ConfigurationError, Conflict, Forbidden, Unknown
from leadshare.operators.requests import OperatorRequests
from leadshare.store.keys import LANE
from leadshare.store.lease import to_row
from leadshare.store.table import Change
from tests.builders import PRIVACY_KEY, Office, touch
from tests.operators.orders.ordered import lawful, states
from tests.operators.requests import Configured, body, wrong

LEAD = touch(Email="person-1@fabrikam.example").lead
OTHER = touch(Email="person-2@fabrikam.example").lead


@pytest.fixture(name="office")
async def _office() -> Office:
    office = Office()
    await office.take(1)
    await office.take(2)
    return office


@pytest.fixture(name="requests")
def _requests(office: Office) -> OperatorRequests:
    rates: dict[str, Rate | None] = {"crm": None, "sellers": None}
    return office.requests(lambda: Configured(office.classifier, rates, office.unrouted))


async def deliveries(requests, lead=LEAD):
    """What the story tells of the deliveries of a lead, by destination."""
    told = await requests.get_lead(lead, {})
    return {one["destination"]: one for one in told["deliveries"]}


async def whats(requests):
    """What was ordered, newest first: only the beginnings."""
    return [act["what"] for act in (await requests.custody.list_acts({}))["acts"] if "asked" in act]


class TestPark:
    async def test_one(self, requests, office):
        """What is due for one lead is parked, at one destination or at all; no other lead is."""
        answer = await requests.orders.park(body(lead=LEAD[:8], destination="crm"))

        told = await deliveries(requests)
        assert (LEAD, ["crm"], {}) == (answer["lead"], answer["parked"], answer["others"])
        assert ("parked", "parked_by_hand") == (told["crm"]["state"], told["crm"]["reason"])
        assert told["crm"]["parked_since"]
        assert "due" == told["sellers"]["state"]
        assert "due" == (await deliveries(requests, OTHER))["crm"]["state"]
        assert lawful(office)

    async def test_twice(self, requests):
        """What is not due is left alone, and told by its state."""
        await requests.orders.park(body(lead=LEAD, destination="crm"))

        again = await requests.orders.park(body(lead=LEAD))
        assert (["sellers"], {"crm": "parked"}) == (again["parked"], again["others"])

    async def test_replayed(self, requests, office):
        """A replay of that lead lets it go, and no other."""
        for lead in (LEAD, OTHER):
            await requests.orders.park(body(lead=lead))

        counted = await requests.orders.replay(body(lead=LEAD))
        done = await requests.orders.replay(body(lead=LEAD, destination="crm", dry_run=False))

        assert (2, 0) == (counted["matched"], counted["replayed"])
        assert (1, 1) == (done["matched"], done["replayed"])
        assert ["due", "parked"] == sorted(states(office))
        assert lawful(office)

    @pytest.mark.parametrize(
        ("order", "said"),
        [
            pytest.param({}, "lead: expected the id of a lead", id="no-lead"),
            pytest.param({"lead": LEAD[:7]}, "lead: expected the id of a lead", id="too-short"),
            pytest.param({"lead": LEAD, "to": "crm"}, "to: no such key", id="key"),
        ],
    )
    async def test_wrong(self, requests, order, said):
        """What is wrong is named, and nothing is done."""
        assert (await wrong(requests.orders.park(body(**order)))).startswith(said)
        assert [] == await whats(requests)

    async def test_unknown(self, requests):
        """A lead that is not there, or has no such delivery, is told as such."""
        with pytest.raises(Unknown, match="no such lead"):
            await requests.orders.park(body(lead="0" * 8))
        with pytest.raises(Unknown, match="destination: expected one of crm, sellers"):
            await requests.orders.park(body(lead=LEAD, destination="srm"))
        for order in (requests.orders.park, requests.orders.resend):
            with pytest.raises(Unknown, match="no such"):
                await order(body(lead="0" * 32 + "-" + "0" * 16))

    async def test_meanwhile(self, requests, office, monkeypatch):
        """What somebody else changes in between is told as such, and all else is parked."""
        write = office.table.write

        async def overtaken(partition, changes):
            if any(change.values.get("destination") == "crm" for change in changes):
                raise Conflict
            return await write(partition, changes)

        monkeypatch.setattr(office.table, "write", overtaken)
        answer = await requests.orders.park(body(lead=LEAD))

        assert (["sellers"], {"crm": "changed_meanwhile"}) == (answer["parked"], answer["others"])
        assert "due" == (await deliveries(requests))["crm"]["state"]

    async def test_misconfigured(self, office):
        """While the configuration is wrong, what has a lane already can be ordered about."""

        def fail() -> Configured:
            raise ConfigurationError("leadshare.toml: wrong")

        await office.state.write(LANE, [Change("insert", "crm", to_row(Lane()))])
        requests = office.requests(fail)

        assert ["crm"] == (await requests.orders.park(body(lead=LEAD, destination="crm")))["parked"]
        with pytest.raises(Unknown, match="destination: expected one of crm;"):
            await requests.orders.park(body(lead=LEAD, destination="srm"))


class TestResend:
    async def test_delivered(self, requests, office):
        """What was delivered is owed again as a repeat, and is delivered as before."""
        await office.finish("crm")
        answer = await requests.orders.resend(body(lead=LEAD))

        assert (["crm"], {"sellers": "due"}) == (answer["resent"], answer["others"])
        told = (await deliveries(requests))["crm"]
        assert ("due", "r-1") == (told["state"], told["record_id"])
        assert lawful(office)
        [due] = [one for one in office.table.values("due") if one["destination"] == "crm"]
        assert due["tried"]
        await office.finish("crm")
        assert "delivered" == (await deliveries(requests))["crm"]["state"]
        assert lawful(office)

    async def test_suppressed(self, requests, office):
        """What must not go is not sent by this either."""
        await office.take(3, ActionCode="DNC")
        lead = touch(Email="person-3@fabrikam.example").lead

        answer = await requests.orders.resend(body(lead=lead))
        assert ([], {"suppressed"}) == (answer["resent"], {*answer["others"].values()})

    async def test_act(self, requests, office):
        """It is recorded with the whole id of the lead."""
        await office.finish("crm")
        await requests.orders.resend(body(lead=LEAD[:8], destination="crm"))

        acts = (await requests.custody.list_acts({}))["acts"]
        assert [{"lead": LEAD, "destination": "crm"}] == [a["asked"] for a in acts if "asked" in a]


class TestPause:
    async def test_told(self, requests):
        """While a destination is paused, that is what holds its deliveries; others go on."""
        assert {"destination": "crm", "paused": True} == await requests.orders.pause(
            body(destination="crm")
        )
        told = await deliveries(requests)
        listed = (await requests.list_deliveries({"state": "due", "destination": "crm"}))[
            "deliveries"
        ]

        assert ("paused", "") == (told["crm"]["held_by"], told["crm"]["next"])
        assert ("", True) == (told["sellers"]["held_by"], bool(told["sellers"]["next"]))
        assert [("paused", "")] * 2 == [(one["held_by"], one["next"]) for one in listed]
        await requests.orders.resume(body(destination="crm"))
        assert "" == (await deliveries(requests))["crm"]["held_by"]
        assert ["pause", "resume"] == sorted(await whats(requests))

    async def test_no_such(self, requests):
        """A mistyped destination is told with what is known."""
        with pytest.raises(Unknown, match="expected one of crm, sellers"):
            await requests.orders.pause(body(destination="srm"))


class TestOutlook:
    async def test_waits(self, requests, office):
        """What failed tells its next attempt, never in the past, why it waits and what was said."""
        await office.finish("crm", Deferred("timeout"))
        told = (await deliveries(requests))["crm"]
        assert ("timeout", "schedule") == (told["reason"], told["held_by"])
        assert ("deferred", "timeout", 200) == tuple(
            told["last"][name] for name in ("outcome", "reason", "status")
        )

        office.now = office.now.replace(year=2027)
        later = (await deliveries(requests))["crm"]
        assert ("", True) == (later["held_by"], later["next"].startswith("2027"))

    async def test_not_configured(self, office):
        """What nobody takes any more has no next attempt."""
        gone = Configured(office.classifier, {"crm": None}, office.unrouted)
        told = await deliveries(office.requests(lambda: gone))

        assert ("not_configured", "") == (told["sellers"]["held_by"], told["sellers"]["next"])

    async def test_link(self, office):
        """Where people see the record is told, where that is known."""
        await office.finish("crm")
        link = {"crm": "https://crm.example/{}".format}
        linked = Configured(office.classifier, {"crm": None}, office.unrouted, links=link)
        told = await deliveries(office.requests(lambda: linked))

        assert ("https://crm.example/r-1", "") == (told["crm"]["link"], told["sellers"]["link"])

    async def test_parked(self, requests, office):
        """What is parked tells since when, and no next attempt; so does the list."""
        await office.finish("crm", Rejected("bad"))
        told = (await deliveries(requests))["crm"]
        [listed, _] = (await requests.list_deliveries({}))["deliveries"]

        assert told["parked_since"] == listed["parked_since"] != ""
        assert "next" not in told


class TestQuarantine:
    @pytest.fixture(name="ids")
    async def _ids(self, office):
        """Two touches that cannot be read."""
        for number in (7, 8):
            await office.take(number, b"no json, canary")
        return [f"{number:032x}" for number in (7, 8)]

    async def test_show(self, requests, ids):
        """What was posted is shown to whom persons may be shown, and to nobody else."""
        bare = await requests.orders.get_quarantined(ids[0], {})
        query = {"persons": "true"}
        shown = await requests.orders.get_quarantined(ids[0], query, PRIVACY_KEY, "zoe")

        assert (ids[0], "not_json", 15) == (bare["touch"], bare["reason"], bare["bytes"])
        assert "body" not in bare
        assert b"no json, canary" == base64.b64decode(shown["body"])
        with pytest.raises(Forbidden):
            await requests.orders.get_quarantined(ids[0], query, "x" * 40, "zoe")

    async def test_no_envelope(self, requests, office):
        """What was no message of ours is shown whole."""
        await office.classifier.classify(b"\xff no envelope, canary", office.now)
        [touch_id] = [row["touch"] for row in office.table.values("quarantine")]
        query = {"persons": "true"}

        shown = await requests.orders.get_quarantined(touch_id, query, PRIVACY_KEY, "zoe")

        assert ("not_an_envelope", 21) == (shown["reason"], shown["bytes"])
        assert b"\xff no envelope, canary" == base64.b64decode(shown["body"])
        assert "via" not in shown

    async def test_drop(self, requests, office, ids):
        """One is deleted for good, the others stay, and the act is recorded."""
        answer = await requests.orders.drop(body(touch=ids[0]))

        assert (ids[0], True) == (answer["touch"], answer["dropped"])
        assert [ids[1]] == [row["touch"] for row in office.table.values("quarantine")]
        assert ["drop"] == await whats(requests)
        with pytest.raises(Unknown, match="no such touch"):
            await requests.orders.drop(body(touch=ids[0]))

    async def test_again(self, requests, ids):
        """One is classified again, and only it."""
        order = {"what": "quarantine", "touch": ids[1]}
        assert 1 == (await requests.orders.replay(body(**order)))["matched"]
        assert "touch: expected nothing, unless what is quarantine" == await wrong(
            requests.orders.replay(body(touch=ids[1]))
        )

    async def test_alike(self, requests, ids):
        """A beginning that several have is refused."""
        assert ids
        with pytest.raises(BadRequest, match="touch: several begin so"):
            await requests.orders.drop(body(touch=ids[0][:8]))
