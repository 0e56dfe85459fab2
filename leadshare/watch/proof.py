"""Watch: the proof that a POST through the public URL still arrives, as pure values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from leadshare.errors import Unreadable
from leadshare.intake.body import lower_keys, read_object
from leadshare.intake.message import Envelope
from leadshare.times import EPOCH, from_text, to_text

LISTING: Final = "leadshare.proof"
"""The listing that proofs are posted to, which is nobody else's."""

_TEST: Final = "MSFT_TEST_"
_NOBODY: Final = f"{_TEST}leadshare_proof"


@dataclass(frozen=True, slots=True)
class Proof:
    """The last proof, and what came of those before it."""

    nonce: str = ""
    """What its body says, and no other's."""
    sent_at: datetime = EPOCH
    failed: bool = False
    """Whether its POST was not answered 2xx."""
    seen: str = ""
    """The nonce that arrived last."""
    proven_at: datetime = EPOCH
    """When that was."""
    failures: int = 0
    """Proofs in a row whose POST was not answered 2xx, or that had not arrived by the next."""

    @property
    def arrived(self) -> bool:
        """Whether it has arrived, or none was ever sent."""
        return self.seen == self.nonce


def body(nonce: str) -> bytes:
    """Return the body of a POST that says *nonce*: a test lead of nobody, as Microsoft sends one.

    Whatever is not known for a proof any more becomes that one test lead.
    """
    names = ("FirstName", "LastName", "Company", "Title")
    person = dict.fromkeys(names, _NOBODY) | {"Email": f"{_NOBODY}@test.com"}
    lead = {
        "UserDetails": person | {"Phone": "1234567890", "Country": "US"},
        "LeadSource": "AzureMarketplace",
        "ActionCode": "INS",
        "OfferTitle": _NOBODY,
        "Description": f"{_TEST}{nonce}",
    }
    return json.dumps(lead).encode()


def nonce_in(envelope: Envelope) -> str:
    """Return the nonce that a POST to the proofs' own listing says; nothing of any other touch."""
    if envelope.via or envelope.path.lower() != LISTING:
        return ""
    try:
        notes = lower_keys(read_object(envelope.body)).get("description")
    except Unreadable:
        return ""
    return notes.removeprefix(_TEST) if isinstance(notes, str) else ""


def send(before: Proof, nonce: str, now: datetime) -> Proof:
    """Return the proof that is sent *now*, under *nonce* unless the one before is still to arrive.

    That goes out under its own nonce again, so that it is known however late any of them arrives.
    """
    missed = not (before.arrived or before.failed)
    return replace(
        before,
        nonce=nonce if before.arrived else before.nonce,
        sent_at=now,
        failed=False,
        failures=before.failures + missed,
    )


def fail(proof: Proof, sent: Proof) -> Proof:
    """Return *proof* now that the POST which *sent* tells of was not answered 2xx.

    It may have arrived all the same: a failure it is, for the marketplace would have seen one.
    """
    return replace(proof, failed=True, failures=sent.failures + 1)


def arrive(proof: Proof, now: datetime) -> Proof:
    """Return *proof* now that it has arrived; it is as it was if it had before."""
    if proof.arrived:
        return proof
    failures = proof.failures if proof.failed else 0
    return replace(proof, seen=proof.nonce, proven_at=now, failures=failures)


def to_row(proof: Proof) -> dict[str, object]:
    """Return *proof* as column values."""
    values = asdict(proof)
    return {k: to_text(v) if isinstance(v, datetime) else v for k, v in values.items()}


def from_row(values: Mapping[str, Any]) -> Proof:
    """Return what `to_row` wrote down."""
    times = {name: from_text(values[name]) for name in ("sent_at", "proven_at")}
    return Proof(**{f.name: values[f.name] for f in fields(Proof)} | times)
