"""The prover: what it posts and counts, what classify takes for a proof, and what both leave."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from leadshare.errors import Conflict, StorageError, Unreachable
from leadshare.store.retrying import TRIES
from leadshare.watch import proof as proofs
from leadshare.watch.proof import LISTING
from tests.builders import NOW, Office, message, minutes


class WayIn:
    """An intake that answers as it is told, and remembers what it was sent."""

    def __init__(self, *answers: int | str) -> None:
        self.answers = [*answers]
        self.bodies: list[bytes] = []

    async def post(self, body: bytes) -> int:
        """Answer with the next status, or do not answer at all."""
        self.bodies.append(body)
        answer = self.answers.pop(0) if self.answers else 202
        if isinstance(answer, str):
            raise Unreachable(answer)
        return answer


@pytest.fixture(name="office")
def _office(caplog: pytest.LogCaptureFixture) -> Office:
    caplog.set_level(logging.INFO)
    office = Office()
    office.way_in = WayIn()
    return office


async def arrive(office: Office, number: int = -1, listing: str = LISTING) -> None:
    """Classify what the prover has posted, the last unless told."""
    sent = message(office.way_in.bodies[number], at=office.now, listing=listing)
    office.now += minutes(1)
    await office.classifier.classify(sent, office.now)


async def hours(office: Office, *answers: int | str, arrives: bool) -> None:
    """Prove once an hour, with these answers."""
    office.way_in.answers += answers
    for _ in answers:
        office.now += minutes(60)
        await office.prover.prove()
        if arrives:
            await arrive(office)


def told(caplog: Any, event: str) -> list[dict[str, Any]]:
    """The facts of each line of an event."""
    names = ("status", "fault", "failures", "waited_ms", "reason")
    lines = [line for line in caplog.records if line.msg == event]
    return [{n: getattr(line, n) for n in names if hasattr(line, n)} for line in lines]


class TestProve:
    async def test_whole_way(self, office, caplog):
        """A proof that arrives replaces its one row, and leaves nothing else: no touch, lead, route
        or count, and no nudge.
        """
        await office.prover.prove()
        await arrive(office)

        assert {} == office.table.rows
        assert [("proof", "last")] == [*office.state.rows]
        assert [] == office.nudged.nudges
        assert ["proof.sent", "proof.arrived"] == [line.msg for line in caplog.records]
        assert [{"status": 202, "fault": "", "failures": 0}] == told(caplog, "proof.sent")
        assert [{"waited_ms": 60_000, "failures": 0}] == told(caplog, "proof.arrived")
        office.now += minutes(30)
        assert {
            "state": "on",
            "reason": "",
            "proven_at": "2026-11-22T12:01:00.000Z",
            "proven_seconds": 1800,
            "failures": 0,
        } == (await office.health.report([]))["proof"]

    async def test_row_comes_first(self, office):
        """The nonce is in its row before it is posted: it may arrive before it is answered."""

        class Quick(WayIn):
            async def post(self, body: bytes) -> int:
                self.bodies.append(body)
                await arrive(office)
                return 202

        office.way_in = Quick()

        await office.prover.prove()

        assert {} == office.table.rows
        assert (await office.proofs.read()).arrived

    async def test_nonces(self, office):
        """Each proof says another nonce, once the one before has arrived."""
        await hours(office, 202, 202, arrives=True)

        assert 2 == len({*office.way_in.bodies})

    async def test_off(self, office, caplog):
        """Without an address or a key nothing is posted or written, and line and health say why."""
        office.way_in = None

        await office.prover.prove()

        assert {} == office.state.rows
        assert [{"reason": "no way in"}] == told(caplog, "proof.off")
        health = (await office.health.report([]))["proof"]
        assert ("off", "no way in", None) == (
            health["state"],
            health["reason"],
            health["proven_seconds"],
        )

    @pytest.mark.parametrize("answer", [500, 401, 302, "ConnectError"])
    async def test_unanswered(self, office, caplog, answer):
        """A POST that is not answered 2xx is a failure, and two are two in a row."""
        await hours(office, answer, answer, arrives=False)

        status, fault = (0, answer) if isinstance(answer, str) else (answer, "")
        facts = {"status": status, "fault": fault}
        assert [facts | {"failures": n} for n in (1, 2)] == told(caplog, "proof.sent")
        assert 2 == (await office.health.report([]))["proof"]["failures"]
        assert [logging.WARNING] * 2 == [line.levelno for line in caplog.records]

    async def test_never_arrives(self, office, caplog):
        """A proof that was taken and has not arrived by the next is a failure; the one that arrives
        ends the row of them.
        """
        await hours(office, 202, 202, 202, arrives=False)
        await arrive(office)

        assert [0, 1, 2] == [line["failures"] for line in told(caplog, "proof.sent")]
        assert 0 == (await office.proofs.read()).failures

    async def test_arrives_unanswered(self, office, caplog):
        """What arrives though nobody was answered is proven, and a failure all the same."""
        await hours(office, 504, 504, arrives=True)

        assert [1, 2] == [line["failures"] for line in told(caplog, "proof.sent")]
        assert [1, 2] == [line["failures"] for line in told(caplog, "proof.arrived")]
        assert {} == office.table.rows


class TestTake:
    async def test_repeat(self, office, caplog):
        """The same message again, however often, changes nothing and is told once."""
        await office.prover.prove()
        await arrive(office)
        before = dict(office.state.rows)
        await arrive(office)
        await arrive(office)

        assert before == office.state.rows
        assert {} == office.table.rows
        assert 1 == len(told(caplog, "proof.arrived"))

    async def test_backlog(self, office):
        """Proofs that waited for hours, as while the configuration was wrong, are proofs all of
        them.
        """
        await hours(office, 202, 202, 202, arrives=False)
        for number in (0, 1, 2):
            await arrive(office, number)

        assert {} == office.table.rows
        assert (await office.proofs.read()).arrived

    @pytest.mark.parametrize("nonce", ["", "another"])
    async def test_stranger(self, office, nonce):
        """Who has a key and guesses silences nothing: a touch with another nonce is an ordinary
        one.
        """
        await office.prover.prove()
        before = dict(office.state.rows)
        office.way_in.bodies = [proofs.body(nonce)]

        await arrive(office)

        assert 1 == len(office.table.values("touch"))
        assert ["test"] == [row["category"] for row in office.table.values("lead")]
        assert before == office.state.rows

    async def test_old_nonce(self, office):
        """The nonce of a proof that has arrived is nobody's any more once the next is sent."""
        await hours(office, 202, 202, arrives=True)

        await arrive(office, 0)

        assert 1 == len(office.table.values("touch"))

    async def test_other_listing(self, office):
        """The right nonce at another listing is no proof: that POST took another way."""
        await office.prover.prove()

        await arrive(office, listing="contoso.invoice-robot")

        assert 1 == len(office.table.values("touch"))
        assert not (await office.proofs.read()).arrived

    async def test_no_proof_yet(self, office):
        """Before the first proof, and while the prover is off, no touch is one."""
        office.way_in.bodies = [proofs.body("")]

        await arrive(office)

        assert 1 == len(office.table.values("touch"))
        assert {} == office.state.rows

    async def test_others_cost_nothing(self, office):
        """A touch of any other listing costs not one read more."""
        await office.take(1)

        assert 0 == office.state.calls

    async def test_twice_at_once(self, office, monkeypatch):
        """Of two that take the same proof at once, the second finds it done."""
        await office.prover.prove()
        write, others = office.state.write, [1]

        async def beaten(partition: str, changes: Any) -> list[str]:
            if others:
                others.pop()
                await arrive(office)
            etags: list[str] = await write(partition, changes)
            return etags

        monkeypatch.setattr(office.state, "write", beaten)
        await arrive(office)

        assert (await office.proofs.read()).proven_at == NOW + minutes(2)
        assert {} == office.table.rows

    async def test_keeps_changing(self, office, monkeypatch):
        """A row that never comes to rest brings the message back, and puts nothing into
        quarantine.
        """
        await office.prover.prove()

        async def changed(*_: Any) -> list[str]:
            raise Conflict("changed")

        monkeypatch.setattr(office.state, "write", changed)

        with pytest.raises(StorageError, match=f"during {TRIES} readings"):
            await arrive(office)
        assert {} == office.table.rows
