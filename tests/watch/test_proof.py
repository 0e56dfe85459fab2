"""Proofs: what is one, what a failure is, and what becomes of those that arrive late or twice."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from leadshare.intake.message import TABLE, open_envelope
from leadshare.leads import touch as touches
from leadshare.playbook import Category
from leadshare.watch import proof as proofs
from leadshare.watch.proof import LISTING, Proof
from tests.builders import IDENTITY, NOW, configuration, message, minutes


def envelope(body: bytes, listing: str = LISTING, via: str = ""):
    """An envelope of *body*, as intake would queue it."""
    return open_envelope(message(body, listing=listing, via=via))


def sent(before: Proof | None = None, nonce: str = "n1", hours: int = 0) -> Proof:
    """The proof that is sent after so many hours."""
    return proofs.send(before or Proof(), nonce, NOW + minutes(60 * hours))


def arrived(proof: Proof) -> Proof:
    """*proof*, once it has arrived, a minute after it was sent."""
    return proofs.arrive(proof, proof.sent_at + minutes(1))


class TestBody:
    def test_way_back(self):
        """A proof's nonce is read from its envelope, whatever case its listing has."""
        assert "n1" == proofs.nonce_in(envelope(proofs.body("n1")))
        assert "n1" == proofs.nonce_in(envelope(proofs.body("n1"), LISTING.upper()))

    @pytest.mark.parametrize(
        ("body", "listing", "via"),
        [
            pytest.param(proofs.body("n1"), "contoso.invoice-robot", "", id="other-listing"),
            pytest.param(proofs.body("n1"), "", "", id="no-listing"),
            pytest.param(proofs.body("n1"), LISTING, TABLE, id="other-way"),
            pytest.param(b"no json", LISTING, "", id="no-json"),
            pytest.param(b"[]", LISTING, "", id="no-object"),
            pytest.param(b"{}", LISTING, "", id="no-text"),
            pytest.param(b'{"Description": {"n": 1}}', LISTING, "", id="odd-text"),
        ],
    )
    def test_none(self, body, listing, via):
        """What is posted elsewhere, comes another way or says no text has none."""
        assert "" == proofs.nonce_in(envelope(body, listing, via))

    def test_of_nobody(self):
        """It tells of nobody; where it is not known for a proof it is a test lead, each the same
        one.
        """
        read = [
            touches.read(envelope(proofs.body(nonce)), configuration().catalogue, IDENTITY)
            for nonce in ("n1", "n2")
        ]

        assert [Category.TEST] * 2 == [touch.category for touch in read]
        assert 1 == len({touch.lead for touch in read})
        told = json.loads(proofs.body("n1"))["UserDetails"]
        assert {"1234567890", "US"} == {v for v in told.values() if not v.startswith("MSFT_TEST_")}


class TestSend:
    def test_first(self):
        """The first has failed at nothing."""
        assert Proof(nonce="n1", sent_at=NOW) == sent()

    def test_after_one_that_arrived(self):
        """After one that arrived the next has a nonce of its own."""
        again = sent(arrived(sent()), "n2", 1)

        assert ("n2", "n1", 0, False) == (again.nonce, again.seen, again.failures, again.arrived)

    def test_after_one_that_did_not(self):
        """One that has not arrived by the next has failed; it goes out again under its own
        nonce.
        """
        again = sent(sent(), "n2", 1)

        assert ("n1", 1, NOW + minutes(60)) == (again.nonce, again.failures, again.sent_at)

    def test_not_counted_twice(self):
        """One whose POST was not answered has failed already: that it is not there is no other."""
        first = sent()

        again = sent(proofs.fail(first, first), "n2", 1)

        assert ("n1", 1, False) == (again.nonce, again.failures, again.failed)

    def test_in_a_row(self):
        """Failures of either kind count until one arrives."""
        first = sent()
        second = sent(proofs.fail(first, first), hours=1)
        third = sent(second, hours=2)

        assert 2 == third.failures
        assert 0 == arrived(third).failures


class TestArrive:
    def test_proven(self):
        """What arrives is proven then."""
        first = sent()

        assert replace(first, seen="n1", proven_at=NOW + minutes(1)) == arrived(first)

    def test_repeat(self):
        """The same message again changes nothing, and later no more than at once."""
        first = arrived(sent())

        assert first == proofs.arrive(first, NOW + minutes(90))

    @pytest.mark.parametrize("early", [True, False], ids=["before", "after"])
    def test_unanswered(self, early):
        """What arrives though its POST was not answered is proven, and a failure still, whichever
        of the two is known first: the marketplace would have seen an error.
        """
        before = replace(sent(), failures=1)
        steps = [arrived, lambda proof: proofs.fail(proof, before)]
        proof = before
        for step in steps if early else reversed(steps):
            proof = step(proof)

        assert (True, 2) == (proof.arrived, proof.failures)
        assert NOW + minutes(1) == proof.proven_at
        assert 2 == sent(proof, "n2", 1).failures


class TestRow:
    @pytest.mark.parametrize(
        "proof", [Proof(), sent(), arrived(sent()), proofs.fail(sent(), sent())]
    )
    def test_way_back(self, proof):
        """A row holds all of it."""
        assert proof == proofs.from_row(proofs.to_row(proof))
