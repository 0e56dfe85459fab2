"""What sources tell is written down once, in any order, and moves the lead's stage."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.leads.classify import Classifier
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.quarantine import Quarantine
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.times import to_text
from leadshare.watch.prover import Proofs
from tests.builders import (
    IDENTITY,
    NOW,
    Nudged,
    classifying,
    configuration,
    message,
    minutes,
    post,
)
from tests.laws.checker import violations
from tests.memory import MemoryTable

CRM, OTHER = {"name": "crm"}, {"name": "other"}
SOURCES = ["crm", "other", "saas"]


class Play:
    """A lead in a table, a clock, and what writes outcomes down."""

    def __init__(self, told=None):
        self.table, self.now, self.nudged = MemoryTable(), NOW + minutes(1), Nudged()
        told = told or configuration(CRM, OTHER)
        parts = classifying(told)
        clock = self.clock
        self.classifier = Classifier(
            *(self.table, Quarantine(self.table, clock), *parts),
            *(IDENTITY, clock, self.nudged, Proofs(MemoryTable(), clock)),
        )
        self.recorder = Recorder(self.table, *parts, clock, self.nudged)

    def clock(self):
        return self.now

    async def take(self, number=1, **changes):
        """A customer acts."""
        at = NOW + minutes(number - 1)
        await self.classifier.classify(message(post(**changes), number, at), at)

    def told(self, state, later=5, source="crm", **more):
        """An outcome of the lead, so many minutes after it came."""
        return Outcome(self.lead["lead"], source, NOW + minutes(later), state, **more)

    async def record(self, *outcomes, asked=False):
        """Write down what a source tells."""
        return await self.recorder.record(outcomes, asked=asked)

    @property
    def lead(self):
        """The row of the only lead."""
        [row] = self.table.values("lead")
        return row

    @property
    def outcomes(self):
        """What is kept of outcomes."""
        return [values for (_, key), (values, _) in self.table.rows.items() if "|outcome|" in key]

    @property
    def contact(self):
        [row] = [v for (_, key), (v, _) in self.table.rows.items() if key.endswith("|contact")]
        return row

    def check(self):
        """All rows keep the laws."""
        rows = [(part, key, values) for (part, key), (values, _) in self.table.rows.items()]
        assert [] == violations(rows, settled=True, identity=IDENTITY)


@pytest.fixture(name="play")
async def _play():
    play = Play()
    await play.take()
    return play


class TestMove:
    async def test_told_to_all(self, play):
        """A lead that moves is owed anew to all who have it, with its stage, and no more said."""
        assert "sales_ready" == play.lead["stage"]

        assert frozenset() == await play.record(play.told(State.WORKING))

        assert ("working", 2) == (play.lead["stage"], play.lead["version"])
        assert "working" == json.loads(play.lead["record"])["stage"]
        assert to_text(NOW + minutes(5)) == play.lead["stage_at"]
        assert "crm" == play.lead["stage_by"]
        assert [(2, "due")] * 2 == [
            (row["wanted"], row["state"]) for row in play.table.values("delivery")
        ]
        assert ["working"] == [row["stage"] for row in play.outcomes]
        assert ["working"] == [row["stage"] for row in play.table.values("seen")]
        assert {"crm", "other"} == {one.lane for one in play.nudged.nudges}
        play.check()

    async def test_kept(self, play):
        """What was told is a row, with all that came with it."""
        money = Money(Decimal("1200.50"), "EUR")
        await play.record(play.told(State.WON, status="Closed Won", reason="price", money=money))

        [row] = play.outcomes
        assert {
            "source": "crm",
            "at": to_text(NOW + minutes(5)),
            "state": "won",
            "status": "Closed Won",
            "reason": "price",
            "amount": "1200.50",
            "currency": "EUR",
            "by": "",
            "stage": "won",
        }.items() <= row.items()

    async def test_stays(self, play):
        """What does not move the lead is written down, and owed to nobody."""
        await play.record(play.told(State.WON))
        await play.record(play.told(State.WORKING, source="saas"))

        assert ("won", 2) == (play.lead["stage"], play.lead["version"])
        assert {"crm", "saas"} == {*json.loads(play.lead["states"])}
        play.check()

    async def test_touch_after(self, play):
        """A touch that comes later takes nothing back, and loses nothing that was told."""
        await play.record(play.told(State.WON, opted_out=True))
        before = play.lead

        await play.take(9, Description="And another question")

        assert ("won", 3) == (play.lead["stage"], play.lead["version"])
        for name in ("states", "stage_at", "stage_by", "ready_at", "signed_at", "signed_by"):
            assert before[name] == play.lead[name] != ""
        assert "crm" == play.contact["opted_out_by"]
        play.check()

    async def test_nobody_who_objected(self):
        """Whoever does not want contact becomes no opportunity, whatever a seller says."""
        play = Play()
        await play.take(ActionCode="DNC", LeadSource="SPZA-DNC|contoso.invoice-robot")

        await play.record(play.told(State.WON))

        assert ("no_contact", 1) == (play.lead["stage"], play.lead["version"])
        assert 1 == len(play.outcomes)
        play.check()

    async def test_route(self):
        """A route by stage brings the lead to somebody else."""
        told = configuration(
            CRM,
            {"name": "success", "channel": "field_seller"},
            route=[{"to": ["success"], "when": [{"field": "stage", "op": "eq", "value": "won"}]}],
        )
        play = Play(told)
        await play.take()
        assert ["crm"] == json.loads(play.lead["route"])

        await play.record(play.told(State.WON))

        assert ["crm", "success"] == json.loads(play.lead["route"])
        play.check()

    @pytest.mark.parametrize("state", [State.WORKING, State.LOST])
    async def test_route_of_the_score(self, state):
        """Whoever got a lead because it was sales-ready hears of it on, wherever it goes."""
        ready = {"to": ["seller"], "when": [{"field": "stage", "op": "eq", "value": "sales_ready"}]}
        told = configuration(CRM, {"name": "seller", "channel": "field_seller"}, route=[ready])
        play = Play(told)
        await play.take()

        await play.record(play.told(state))
        await play.take(9, Description="And another question")

        assert ["crm", "seller"] == json.loads(play.lead["route"])
        assert ["due", "due"] == [row["state"] for row in play.table.values("delivery")]
        assert ("sales_ready", state) == (play.lead["qualified"], play.lead["stage"])
        play.check()


class TestNothingNew:
    @pytest.mark.parametrize("asked", [True, False])
    async def test_repeat(self, play, asked):
        """The same told again writes nothing."""
        one = play.told(State.WORKING, signed_at=NOW + minutes(4))
        await play.record(one, asked=asked)
        rows = dict(play.table.rows)

        await play.record(one, asked=asked)

        assert rows == play.table.rows

    async def test_asked(self, play):
        """A record that changed, but not in what became of the lead, writes nothing."""
        await play.record(play.told(State.WORKING), asked=True)
        rows = dict(play.table.rows)

        await play.record(play.told(State.WORKING, 50), play.told(None, 60), asked=True)

        assert rows == play.table.rows

    async def test_new_records(self, play):
        """A record that is as new as it was is not even looked for."""
        calls = play.table.calls

        await play.record(play.told(None), asked=True)

        assert calls == play.table.calls

    async def test_unknown(self, play):
        """Of a lead that nobody has nothing is made: no lead, no contact."""
        rows, nobody = dict(play.table.rows), "0" * 32 + "-" + "0" * 16

        unknown = await play.record(replace(play.told(State.WON), lead=nobody))

        assert {nobody} == unknown
        assert rows == play.table.rows

    @pytest.mark.parametrize("lead", ["", "x", "0|contact", "z" * 32 + "-" + "0" * 16])
    async def test_no_id(self, play, lead):
        """What a person has written into the field of our id is nobody's lead."""
        calls = play.table.calls

        assert {lead} == await play.record(replace(play.told(State.WON), lead=lead), asked=True)
        assert calls == play.table.calls


class TestSign:
    async def test_first(self, play):
        """The first sign counts, in whatever order they are told."""
        await play.record(play.told(None, signed_at=NOW + minutes(9)), asked=True)
        await play.record(play.told(None, signed_at=NOW + minutes(4), source="other"), asked=True)
        await play.record(play.told(None, signed_at=NOW + minutes(6)), asked=True)

        assert to_text(NOW + minutes(4)) == play.lead["signed_at"]
        assert "other" == play.lead["signed_by"]
        assert 1 == play.lead["version"]

    async def test_before_the_customer_asked(self, play):
        """What happened before the lead was there is no sign of somebody who cares for it."""
        await play.record(play.told(None, signed_at=NOW - minutes(1)), asked=True)

        assert "" == play.lead["signed_at"]

    async def test_who_tells(self, play):
        """Who tells of its own accord is a sign itself; a system that is asked is not."""
        await play.record(play.told(State.WORKING), asked=True)
        assert "" == play.lead["signed_at"]

        await play.record(play.told(State.WORKING, 7, source="saas"))
        assert to_text(NOW + minutes(7)) == play.lead["signed_at"]

    async def test_ready_since(self, play):
        """Since when a lead is sales-ready is kept, wherever it goes from there."""
        await play.record(play.told(State.WORKING))

        assert to_text(NOW) == play.lead["ready_at"]


class TestOptOut:
    async def test_of_the_contact(self, play):
        """It belongs to the contact, and is written once."""
        out = play.told(None, opted_out=True)
        await play.record(out, asked=True)
        assert (to_text(out.at), "crm") == (
            play.contact["opted_out"],
            play.contact["opted_out_by"],
        )
        rows = dict(play.table.rows)

        await play.record(replace(out, at=out.at + minutes(9)), asked=True)

        assert rows == play.table.rows
        play.check()

    async def test_our_own(self):
        """Of whom we have said so to a system that tells it back nothing is written."""
        play = Play()
        await play.take(ActionCode="DNC", LeadSource="SPZA-DNC|contoso.invoice-robot")

        await play.record(play.told(None, opted_out=True), asked=True)

        assert "" == play.contact["opted_out"]


class TestMany:
    async def test_more_than_a_transaction(self):
        """Any number of outcomes of one lead, with as many destinations as there may be."""
        names = [{"name": f"crm-{number}"} for number in range(20)]
        play = Play(configuration(*names))
        await play.take()
        told = [play.told(State.WORKING, 5 + n, source=f"s{n}") for n in range(30)]

        await play.record(*told)

        assert 30 == len(play.outcomes)
        assert 2 == play.lead["version"]
        play.check()


class TestOrder:
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(State),
                st.integers(5, 9),
                st.sampled_from(SOURCES),
                st.sampled_from(["", "somebody"]),
            ),
            min_size=1,
            max_size=6,
        ),
        st.randoms(),
        st.booleans(),
    )
    def test_any(self, told, random, at_once):
        """Any order, repeats and two at once come to the same stage, history and first sign."""

        async def played(outcomes, *, at_once):
            play = Play()
            await play.take()
            made = [
                play.told(state, later, source, corrected_by=by)
                for state, later, source, by in outcomes
            ]
            if at_once:
                await asyncio.gather(*(play.record(one) for one in made))
            else:
                for one in made:
                    await play.record(one)
            play.check()
            names = ("stage", "states", "stage_by", "signed_at", "signed_by", "ready_at")
            return [play.lead[name] for name in names]

        again = told * 2
        random.shuffle(again)

        assert asyncio.run(played(told, at_once=False)) == asyncio.run(
            played(again, at_once=at_once)
        )


class TestCost:
    async def test_operations(self, play):
        """One reading says that nothing is new; a move costs two, and one transaction.

        The table counts a transaction as two calls.
        """
        play.table.calls = 0
        await play.record(play.told(State.WORKING), asked=True)
        moved = play.table.calls
        await play.record(play.told(State.WORKING, 50), asked=True)

        assert (4, 5) == (moved, play.table.calls)

    @pytest.mark.parametrize("open_leads", [1, 300])
    async def test_flat(self, play, open_leads):
        """What an outcome costs does not grow with the leads that are there."""
        for number in range(2, open_leads):
            await play.take(number, Email=f"buyer{number}@fabrikam.example", Phone="")
        rows = play.table.values("lead")
        play.table.calls = 0

        outcome = Outcome(rows[0]["lead"], "crm", NOW + timedelta(hours=1), State.WORKING)
        await play.recorder.record([outcome])

        assert 4 == play.table.calls
