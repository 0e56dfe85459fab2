"""The contract: what every destination promises, shown with its simulator.

A destination that is registered, and calls anybody, is in here by that alone; its simulator is the
class `Account` in `simulators/<type>.py`.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.base import Destination
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import findings
from leadshare.destinations.replies import DEFAULT_HOLD
from leadshare.playbook import Storefront
from leadshare.reason import Reason
from tests.builders import NOW
from tests.destinations.contract import (
    SAMPLES,
    account,
    again,
    check_codes,
    forgetting,
    lost,
    person,
    reads_back,
    shown,
    stepping,
    told,
    writes_of,
)
from tests.destinations.simulators.base import CALLING, Fault, Simulator, Worked

SNAPSHOTS: Final = Path(__file__).parent / "snapshots"


@pytest.fixture(name="simulator", params=CALLING)
def _simulator(request: pytest.FixtureRequest) -> Simulator:
    return account(request.param)


@pytest.fixture(name="there")
def _there(simulator: Simulator) -> Destination[Any]:
    return simulator.destination()


class TestDeliver:
    async def test_success(self, simulator, there):
        """A lead is accepted, and one record of it is there."""
        one = person(1)

        reply = await there.deliver([one], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert not reply.failing
        assert 1 == len(simulator.found(one))

    async def test_batch(self, simulator, there):
        """A whole batch is accepted, with a record for each, by one call that writes.

        What takes one lead at a time may need several: a person for the lead to belong to.
        """
        many = [person(number) for number in range(there.batch_size)]

        reply = await there.deliver(many, NOW)

        assert len(many) == len(reply.outcomes)
        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert [1] * len(many) == [len(simulator.found(one)) for one in many]
        assert 1 == simulator.writes or there.batch_size == 1

    async def test_update(self, simulator, there):
        """A later version is taken into the record that is there; see `test_sellers` as well."""
        first = person(1)
        [outcome] = (await there.deliver([first], NOW)).outcomes
        second = person(1, version=2, notes="They came back", score=99)
        second = replace(second, sent=1, record_id=outcome.record_id)

        [updated] = (await there.deliver([second], NOW)).outcomes

        assert isinstance(updated, Accepted)
        if reads_back(there):
            [found] = simulator.found(second)
        if reads_back(there) and not isinstance(simulator, Worked):
            assert "They came back" in told(found)

    async def test_says_it_all(self, simulator, there):
        """Score, reasons, campaign, offer, intent and storefront have a place by default."""
        if not isinstance(there, Crm):
            return  # a notice tells what it is configured to, a receiver gets the whole record
        await there.deliver([person(1)], NOW)

        [found] = simulator.found(person(1))
        text = told(found).lower()
        for part in ("75", "asked to be contacted", "autumn-webinar", "invoice", "contact"):
            assert part in text
        assert "appsource" in text

    def test_every_storefront(self, there):
        """A default that tells storefronts in words has them for each, the unknown one too."""
        if isinstance(there, Crm):
            tables = [one.values for one in there.mapping.values() if one.field == "storefront"]
            assert all(set(Storefront) == set(values) for values in tables if values)

    async def test_refused(self, simulator, there):
        """One bad record is rejected alone."""
        if there.batch_size == 1:
            return
        one, bad, other = person(1), person(2), person(3)
        simulator.refused.add(bad.record["email"])

        reply = await there.deliver([one, bad, other], NOW)

        assert [Accepted, Rejected, Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert [1, 0, 1] == [len(simulator.found(d)) for d in (one, bad, other)]
        assert not reply.failing
        check_codes(reply)

    async def test_refused_alone(self, simulator, there):
        """A bad record that comes alone is rejected, or retried where that is the protocol."""
        bad = person(2)
        simulator.refused.add(bad.record["email"])

        reply = await there.deliver([bad], NOW)

        [outcome] = reply.outcomes
        assert not isinstance(outcome, Accepted)
        assert not simulator.found(bad)
        check_codes(reply)


class TestFaults:
    async def test_throttled(self, simulator, there):
        """A throttled call costs no attempt and holds the lane for as long as it says."""
        simulator.faults = [Fault.THROTTLED]

        reply = await there.deliver([person(1)], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert reply.hold is not None
        if simulator.RETRY_AFTER is not None:
            assert simulator.RETRY_AFTER == reply.hold.total_seconds()
        assert not reply.failing

    async def test_throttled_vaguely(self, simulator, there):
        """Where no time is told, the lane waits all the same."""
        simulator.faults = [Fault.THROTTLED_VAGUELY]

        reply = await there.deliver([person(1)], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert reply.hold is not None
        assert reply.hold >= DEFAULT_HOLD / 3

    async def test_unavailable(self, simulator, there):
        """A server that is down is at fault itself, and nothing is rejected."""
        simulator.faults = [Fault.UNAVAILABLE]

        reply = await there.deliver([person(1)], NOW)

        assert [Deferred] == [type(outcome) for outcome in reply.outcomes]
        assert reply.failing
        check_codes(reply)

    @pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
    async def test_lost(self, simulator, fault):
        """Whenever the connection breaks, at whichever write, in the end there is one record."""
        one = person(1)
        for before in range(await writes_of(simulator, one)):
            anew = type(simulator)()
            there = anew.destination()
            anew.faults = [Fault.NONE] * before + [fault]

            reply = await there.deliver([one], NOW)

            assert reply.failing
            [outcome] = reply.outcomes
            if isinstance(outcome, Rejected):
                # What cannot be looked up is never repeated by itself.
                assert "unclear" == outcome.reason
                assert not reads_back(there)
                continue
            repeated = await there.deliver([again(one)], NOW)
            assert [Accepted] == [type(outcome) for outcome in repeated.outcomes]
            assert 1 == len(anew.found(one))

    @pytest.mark.parametrize("blind", [Fault.UNAVAILABLE, Fault.PAGE, Fault.THROTTLED])
    async def test_blind(self, simulator, there, blind):
        """Whoever cannot see what is there makes no second record, and parks nothing for it."""
        if not reads_back(there):
            return
        one = person(1)
        simulator.faults = [Fault.LOST_AFTER]
        for _ in range(await writes_of(simulator, one)):
            await there.deliver([again(one)], NOW)
        assert 1 == len(simulator.found(one))
        simulator.blind = blind

        reply = await there.deliver([again(one)], NOW)

        [outcome] = reply.outcomes
        assert isinstance(outcome, Accepted | Deferred)
        assert 1 == len(simulator.found(one))
        check_codes(reply)

    async def test_lost_batch(self, simulator, there):
        """A batch whose answer was lost is repeated without a second record of anybody."""
        if there.batch_size == 1:
            return
        many = [person(number) for number in range(3)]
        simulator.faults = [Fault.LOST_AFTER]
        await there.deliver(many, NOW)

        await there.deliver([again(one) for one in many] + [person(9)], NOW)

        assert [1, 1, 1, 1] == [len(simulator.found(one)) for one in [*many, person(9)]]

    async def test_page(self, simulator, there):
        """A page of somebody on the way is no acceptance, where the vendor's answer has a body."""
        simulator.faults = [Fault.PAGE]

        reply = await there.deliver([person(1)], NOW)

        if reads_back(there):
            assert [Deferred] == [type(outcome) for outcome in reply.outcomes]
            assert reply.failing

    async def test_expired(self, simulator, there):
        """An ended token is replaced once, and the lead is accepted."""
        await there.deliver([person(1)], NOW)
        if not simulator.sign_ins:
            return  # it signs in with what it has, not with a token
        simulator.faults = [Fault.EXPIRED]
        before = simulator.sign_ins

        reply = await there.deliver([person(2)], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert before + 1 == simulator.sign_ins

    async def test_signed_out(self, simulator, there):
        """Where nobody lets us in, every lead waits and none is rejected."""
        simulator.signed_out = True
        simulator.faults = [Fault.EXPIRED] * 4

        reply = await there.deliver([person(1)], NOW)

        assert [Deferred] == [type(outcome) for outcome in reply.outcomes]
        assert reply.failing
        check_codes(reply)


class TestLookUps:
    async def test_found(self, there):
        """A record that is there is found by its key."""
        if not reads_back(there):
            return
        many = [person(number) for number in range(min(there.batch_size, 3))]
        reply = await there.deliver(many, NOW)
        sent = [
            replace(one, sent=1, record_id=outcome.record_id)
            for one, outcome in zip(many, reply.outcomes, strict=True)
        ]

        found = await there.look_up(sent, NOW)

        assert {Accepted} == {type(outcome) for outcome in found.outcomes}

    async def test_nothing_stored(self, simulator, there):
        """Who answers well and stores nothing is found out."""
        if not reads_back(there):
            return
        one = person(1)
        before = await writes_of(simulator, one) - 1
        simulator.faults = [Fault.NONE] * before + [Fault.FORGETFUL]
        [outcome] = (await there.deliver([one], NOW)).outcomes
        if not isinstance(outcome, Accepted):
            return  # its answer itself gave it away

        found = await there.look_up([replace(one, sent=1, record_id=outcome.record_id)], NOW)

        assert (Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),) == found.outcomes

    async def test_down(self, simulator, there):
        """A check that gets no answer says nothing."""
        if not reads_back(there):
            return
        await there.deliver([person(1)], NOW)
        simulator.signed_out = True
        simulator.handle = lost  # a dead line
        dead = simulator.destination()

        reply = await dead.look_up([replace(person(1), sent=1)], NOW)

        assert [Deferred] == [type(outcome) for outcome in reply.outcomes]


class TestRecords:
    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"notes": "n" * 1024, "company": "c" * 1024}, id="long-texts"),
            pytest.param({"first_name": "f" * 1024, "job_title": "j" * 1024}, id="long-names"),
            pytest.param(
                {"listing_title": "t" * 1024, "campaign_name": "k" * 1024}, id="long-topic"
            ),
            pytest.param({"first_name": "\ud83d", "notes": "a\x00b\ufffe"}, id="unprintable"),
            pytest.param({"first_name": "🚀" * 300, "last_name": "عربى"}, id="astral"),
            pytest.param({"company": "<b>&\"'</b>\r\n--b"}, id="markup"),
        ],
    )
    async def test_odd(self, simulator, there, changes):
        """Whatever a customer typed, the record is taken."""
        one = person(1, **changes)

        reply = await there.deliver([one], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert 1 == len(simulator.found(one))

    @pytest.mark.parametrize(
        "empty",
        [
            pytest.param(("last_name",), id="no-last-name"),
            pytest.param(("company",), id="no-company"),
            pytest.param(("email",), id="no-email"),
            pytest.param(("listing_title", "listing"), id="no-listing"),
            pytest.param(
                (
                    *("first_name", "last_name", "email", "phone", "country", "company"),
                    *("company_domain", "job_title", "notes", "campaign_name"),
                ),
                id="blank",
            ),
        ],
    )
    async def test_missing(self, simulator, there, empty):
        """A lead without this is taken all the same, or rejected for it; it never comes back."""
        changes: dict[str, Any] = dict.fromkeys(empty, "")
        one = person(1, **changes)

        reply = await there.deliver([one], NOW)

        [outcome] = reply.outcomes
        assert isinstance(outcome, Accepted | Rejected)
        assert isinstance(outcome, Accepted) == bool(simulator.found(one))
        assert not reply.failing
        check_codes(reply)


class TestPreflight:
    async def test_all_well(self, there):
        """Everything that is written by default is there and takes what we write."""
        description = await there.describe(NOW)

        if isinstance(there, Crm):
            values = [there.values(person(number)) for number in range(3)]
            assert [] == findings(description, values, there.mapping, frozenset(), NOW)
            assert description.key_unique is not False

    async def test_field_removed(self, simulator, there):
        """A field that was removed is named, with the leads that it would have failed."""
        if not isinstance(there, Crm):
            return
        name = next(name for name in there.mapping if name in there.values(person(1)))
        simulator.lacks.add(name)

        description = await there.describe(NOW)
        values = [there.values(person(number)) for number in range(3)]
        [finding] = findings(description, values, there.mapping, frozenset(), NOW)

        assert ("field_missing", name, 3) == (finding.problem, finding.field, finding.leads)

    async def test_canary(self, simulator, there):
        """A record can be taken away again, where the destination says so."""
        if not there.erases:
            return
        one = person(1)
        [outcome] = (await there.deliver([one], NOW)).outcomes

        await there.erase(replace(one, sent=1, record_id=outcome.record_id), NOW)

        assert [] == list(simulator.found(one))


class TestConfiguration:
    @pytest.mark.parametrize("kind", CALLING)
    def test_mapping_is_checked(self, kind):
        """A mapping from a lead field that is not there is an error when it loads."""
        simulator = account(kind)
        if not isinstance(simulator.destination(), Crm):
            return

        with pytest.raises(ValueError, match="fields"):
            simulator.destination(fields={"Whatever": "no_such_lead_field"})

    @pytest.mark.parametrize("kind", CALLING)
    async def test_mapping_changes(self, kind):
        """A field can be filled with a constant or left out."""
        simulator = account(kind)
        default = simulator.destination()
        if not isinstance(default, Crm):
            return
        first, second, *_ = (
            name for name, value in default.values(person(1)).items() if isinstance(value, str)
        )

        there = simulator.destination(fields={first: {"constant": "Fixed"}, second: ""})

        values = there.values(person(1))  # type: ignore[attr-defined]  # a Crm
        assert "Fixed" == values[first]
        assert second not in values

    @pytest.mark.parametrize("kind", CALLING)
    def test_hides_secrets(self, kind):
        """No secret shows when settings are printed."""
        simulator = account(kind)

        shown = repr(simulator.destination().settings)

        assert not [value for value in simulator.ENVIRONMENT.values() if value in shown]

    def test_every_destination_has_tests(self):
        """Each kind has a test file of its own for what is peculiar to it."""
        here = Path(__file__).parent

        modules = [there.__module__.split(".")[2:] for there in DESTINATIONS.values()]
        paths = [here.joinpath(*folders, f"test_{name}.py") for *folders, name in modules]
        assert [] == [path.name for path in paths if not path.exists()]


class TestSnapshot:
    @pytest.mark.parametrize("kind", CALLING)
    async def test_requests(self, kind):
        """What goes out for one set of leads is what it was; `SNAPSHOT=1` writes it anew."""
        simulator = account(kind)
        there = simulator.destination()
        campaign = getattr(simulator, "CAMPAIGN", "")
        there.campaigns = {"autumn-webinar": campaign} if campaign else {}
        for one in SAMPLES:
            await there.deliver([one], NOW)
        for verb in sorted(there.verbs):
            await there.carry_out([stepping(simulator, SAMPLES[0], verb)], NOW)
        if type(there).take_out is not Destination.take_out:
            await there.forget([forgetting(SAMPLES[1])], NOW)
        sent = [shown(request) for request in simulator.requests if simulator.is_write(request)]

        path = SNAPSHOTS / f"{kind}.json"
        text = json.dumps(sent, indent=2, ensure_ascii=False) + "\n"
        if "SNAPSHOT" in os.environ or not path.exists():
            path.write_text(text, encoding="utf-8")
            pytest.fail(f"{path.name} is written, to be looked at and committed")
        assert path.read_text(encoding="utf-8") == text
