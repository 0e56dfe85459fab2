"""Watch: prove every hour that a POST through the public URL is taken, and gets to classify."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from leadshare.errors import Unreachable
from leadshare.intake.message import Envelope
from leadshare.store.keys import LAST_PROOF, PROOF
from leadshare.store.retrying import until_written
from leadshare.store.table import Table, put
from leadshare.times import EPOCH, to_text
from leadshare.watch import proof as proofs
from leadshare.watch.proof import Proof

log = logging.getLogger("leadshare.watch.prover")


class WayIn(Protocol):
    """What the prover needs of intake's public URL."""

    async def post(self, body: bytes) -> int:
        """Post *body* to the proofs' listing; return the status, or raise `Unreachable`."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """The row of the last proof: the prover writes it, classify finishes it, health tells it."""

    state: Table
    clock: Callable[[], datetime]

    async def accept(self, envelope: Envelope) -> bool:
        """Accept the touch in *envelope* as the proof that it may be; say whether it was it.

        What merely looks like it is not: who does not know the nonce cannot silence a touch.
        """
        nonce, now = proofs.nonce_in(envelope), self.clock()
        if not nonce:
            return False
        before, after = await self.change(
            lambda proof: proofs.arrive(proof, now) if proof.nonce == nonce else proof
        )
        if before.nonce != nonce:
            return False
        if before != after:
            waited = round((now - envelope.received).total_seconds() * 1000)
            log.info("proof.arrived", extra={"waited_ms": waited, "failures": after.failures})
        return True

    async def read(self) -> Proof:
        """Return the last proof, an empty one if none was ever sent."""
        row = await self.state.get(PROOF, LAST_PROOF)
        return proofs.from_row(row.values) if row else Proof()

    async def change(self, how: Callable[[Proof], Proof]) -> tuple[Proof, Proof]:
        """Write what *how* makes of the last proof; return that as it was, and as it is."""

        async def write() -> tuple[Proof, Proof]:
            row = await self.state.get(PROOF, LAST_PROOF)
            before = proofs.from_row(row.values) if row else Proof()
            after = how(before)
            if after != before:
                await self.state.write(PROOF, [put(row, LAST_PROOF, proofs.to_row(after))])
            return before, after

        return await until_written("the proof", write)


@dataclass(frozen=True, slots=True)
class Prover:
    """Posts proofs, unless it is off."""

    proofs: Proofs
    way_in: WayIn
    off: str
    """Why it is off; nothing if it is on."""
    new_nonce: Callable[[], str]

    async def prove(self) -> None:
        """Post one proof, and log how that went and what became of those before it."""
        if self.off:
            log.info("proof.off", extra={"reason": self.off})
            return
        nonce, now = self.new_nonce(), self.proofs.clock()
        _, sent = await self.proofs.change(lambda proof: proofs.send(proof, nonce, now))
        status, fault = 0, ""
        try:
            status = await self.way_in.post(proofs.body(sent.nonce))
        except Unreachable as error:
            fault = str(error)
        failed = status // 100 != 2  # noqa: PLR2004 - the class of success
        if failed:
            _, sent = await self.proofs.change(lambda proof: proofs.fail(proof, sent))
        facts = {"status": status, "fault": fault, "failures": sent.failures}
        log.log(logging.WARNING if sent.failures else logging.INFO, "proof.sent", extra=facts)

    async def status(self) -> dict[str, object]:
        """Return how the last proof stands, for health."""
        proof = await self.proofs.read()
        ever, age = proof.proven_at > EPOCH, self.proofs.clock() - proof.proven_at
        return {
            "state": "off" if self.off else "on",
            "reason": self.off,
            "proven_at": to_text(proof.proven_at) if ever else "",
            "proven_seconds": round(age.total_seconds()) if ever else None,
            "failures": proof.failures,
        }
