"""Verdicts of single records, a round that settles deliveries, and the reply they make."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from leadshare.client.errors import AddressRefused, AnswerTooLarge, AnswerUnreadable
from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.replies import (
    Round,
    Verdict,
    absent,
    every,
    failed,
    own_words,
    refusal,
    same,
    throttled_by,
    together,
    unreadable,
)
from tests.builders import LEAD, NOW, delivery, entry, record

OTHER = "f" * 32 + "-" + "0" * 16
TWO = [delivery(), delivery(lead=OTHER)]
DOWN = Verdict(Deferred("http_503"), 503, timedelta(minutes=1), failing=True)
BUSY = Verdict(Deferred("throttled", counts=False), 429, timedelta(minutes=2))
WRONG = Verdict(Rejected("crm_BAD"), 400)
TAKEN = Verdict(Accepted("r-1"), 200)
GONE = Verdict(Deferred("gone", counts=False), 410, gone=True)


class TestVerdict:
    def test_tells(self):
        """A verdict tells either why a record was not taken, or as what it was."""
        assert ("", "r-1") == (TAKEN.reason, TAKEN.record_id)
        assert ("crm_BAD", "") == (WRONG.reason, WRONG.record_id)


class TestTogether:
    def test_together(self):
        """Verdicts keep their order, the worst status, and the longest hold."""
        outcomes = (WRONG.outcome, DOWN.outcome, BUSY.outcome)

        expected = Reply(outcomes, 503, timedelta(minutes=2), failing=True)
        assert expected == together([WRONG, DOWN, BUSY])

    @pytest.mark.parametrize("verdicts", [[TAKEN, DOWN], [DOWN, WRONG, TAKEN]], ids=len)
    def test_one_taken(self, verdicts):
        """Where one record was taken, the system is not at fault, but may still ask for a rest."""
        reply = together(verdicts)

        assert (timedelta(minutes=1), False) == (reply.hold, reply.failing)

    def test_at_fault(self):
        """Records that are refused for what they hold are no fault of the system."""
        assert not together([WRONG, BUSY]).failing

    def test_gone(self):
        """One verdict that asks never to be called again is enough."""
        assert together([TAKEN, GONE]).gone
        assert not together([TAKEN, DOWN]).gone

    def test_every(self):
        """What is true for a whole call is true for each of its records."""
        expected = Reply((DOWN.outcome,) * 2, 503, timedelta(minutes=1), failing=True)
        assert expected == every(TWO, DOWN)


class TestRound:
    def test_open(self):
        """What is settled is no longer open; a round that was handed on stays as it was."""
        before = Round(TWO)
        after = before.settle({LEAD: TAKEN})

        assert ([LEAD, OTHER], [OTHER]) == (
            [one.lead for one in before.open],
            [one.lead for one in after.open],
        )

    def test_reply(self):
        """A reply is in the order of the deliveries, and later verdicts outweigh earlier ones."""
        reply = Round(TWO).settle({OTHER: WRONG}).settle({LEAD: TAKEN, OTHER: BUSY}).reply()

        assert together([TAKEN, BUSY]) == reply

    def test_rest(self):
        """What is left open comes to what is told of the rest, and is never left out."""
        settled = Round(TWO).settle(same(TWO[:1], TAKEN))

        assert together([TAKEN, DOWN]) == settled.reply(DOWN)
        with pytest.raises(KeyError):
            settled.reply()


class TestAbsent:
    def test_absent(self):
        """A record that is not there was deleted if it was accepted; else nobody knows yet."""
        assert Deferred("changed_meanwhile") == absent(delivery())
        assert Rejected("deleted_in_crm") == absent(replace(delivery(), sent=1))


class TestOwnWords:
    def test_entries(self):
        """What a customer wrote in any entry is not what the system says."""
        told = delivery(entries=(entry(words="Too many requests of ours fail."),))

        assert "Invalid:  " == own_words("Invalid: Too many requests of ours fail.", [told])


class TestAnswers:
    @pytest.mark.parametrize("status", [200, 201, 204, 207, 400, 404, 409, 412, 422, 451])
    def test_no_refusal(self, status):
        """An answer about records is left to the destination."""
        assert refusal(httpx.Response(status), NOW) is None

    @pytest.mark.parametrize(
        ("status", "text", "reason"),
        [(200, "<p>", "unreadable_answer"), (404, "", "http_404")],
    )
    def test_unreadable(self, status, text, reason):
        """What is no answer at all is told by its status, unless that says that all is well."""
        verdict = unreadable(httpx.Response(status, text=text))

        assert Verdict(Deferred(reason), status, failing=True) == verdict

    def test_quoted(self):
        """What a customer wrote is no word of the system's, whatever an answer quotes."""
        quoted = "Too many requests on the daily limit\nRate limit exceeded"
        one = delivery(record=record(notes=quoted))
        answer = httpx.Response(400, json={"message": f"Invalid text: {quoted}"})

        assert refusal(answer, NOW, [one]) is None
        told = refusal(answer, NOW)
        assert told is not None
        assert "quota_exhausted" == told.reason
        assert throttled_by("Rate limit exceeded: slow down", one) is not None
        assert throttled_by("Bad: Rate limit exceeded", one) is None

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (AddressRefused("canary"), Deferred("address_refused", counts=False)),
            (httpx.ConnectError("canary"), Deferred("unreachable", counts=False)),
            (httpx.ReadTimeout("canary"), Deferred("timeout")),
            (httpx.ReadError("canary"), Deferred("connection_lost")),
            (AnswerTooLarge("canary"), Deferred("answer_too_large")),
            (AnswerUnreadable("canary"), Deferred("unreadable_answer")),
        ],
    )
    def test_failed(self, error, outcome):
        """Where no connection was had, no request has left, and no attempt is used up."""
        assert Verdict(outcome, failing=True) == failed(error)
