"""Bodies of outcomes: understood whole, or refused by the name of what is wrong."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.errors import BadRequest, Unreadable
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.lifecycle.posted.body import STATES, read
from leadshare.lifecycle.posted.message import message_of, read_message
from leadshare.times import to_text
from tests.builders import LEAD, NOW, minutes

AT = NOW - minutes(5)
RIGHT: dict[str, Any] = {"lead": LEAD, "at": to_text(AT), "state": "won"}


def told(**changes: Any) -> Outcome:
    """What a body says that is right but for some changes; None takes a key out."""
    return read(json.dumps(RIGHT | changes).encode(), "shop", NOW)


def fault(body: bytes) -> str:
    """What is said about a body."""
    with pytest.raises(BadRequest) as caught:
        read(body, "shop", NOW)
    assert "canary" not in str(caught.value)
    return str(caught.value)


class TestRead:
    def test_least(self):
        assert Outcome(LEAD, "shop", AT, State.WON) == told()

    def test_all(self):
        """Each key says what it says."""
        assert Outcome(
            *(LEAD, "shop", AT, State.LOST),
            status="closed",
            reason="No budget",
            money=Money(Decimal("1200.5"), "EUR"),
            signed_at=AT - minutes(1),
            opted_out=True,
        ) == told(
            state="lost",
            status=" closed ",
            reason="No budget",
            amount="1200.50",
            currency="EUR",
            signed_at=to_text(AT - minutes(1)),
            opted_out=True,
        )

    def test_numbers(self):
        """A sum that is sent as a number is read to its last digit, as no float could be."""
        body = json.dumps(RIGHT | {"currency": "EUR"})[:-1] + ', "amount": 900000000000000.1}'

        assert Money(Decimal("900000000000000.1"), "EUR") == read(body.encode(), "shop", NOW).money

    def test_nulls(self):
        """What is null is not told."""
        assert told() == told(reason=None, amount=None, currency=None, opted_out=None)

    @pytest.mark.parametrize("key", ["at", "signed_at"])
    def test_future(self, key):
        """A time to come is now: it would hide all that is told until then."""
        assert NOW == getattr(told(**{key: to_text(NOW + timedelta(days=400))}), key)

    @pytest.mark.parametrize("more", [{"opted_out": True}, {"signed_at": to_text(AT)}])
    def test_no_state(self, more):
        """An opt-out or a sign says something by itself."""
        assert told(state=None, **more).state is None

    def test_long(self):
        """A text that is too long keeps no outcome out: its end is left out."""
        assert "x" * 1024 == told(reason="x" * 5000).reason

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"sate": "won"}, 'sate: no such key; did you mean "state"? known: lead, at, state,'),
            ({"canary@fabrikam.example": 1}, "(a key): no such key; known: lead, at, state,"),
            ({"lead": None}, "lead: expected the id of a lead"),
            ({"lead": "0123456789abcdef"}, "lead: expected the id of a lead"),
            ({"lead": LEAD.upper()}, "lead: expected the id of a lead"),
            ({"lead": f"{LEAD}\n"}, "lead: expected the id of a lead"),
            ({"lead": [LEAD]}, "lead: expected the id of a lead"),
            ({"at": None}, "at: expected a time"),
            ({"at": "canary"}, "at: expected a time"),
            ({"at": True}, "at: expected a time"),
            ({"state": None}, "state: expected one of working, opportunity, won, lost; or give"),
            ({"state": "gone"}, "state: expected one of working, opportunity, won, lost"),
            ({"state": "Won"}, "state: expected one of"),
            ({"state": ["won"]}, "state: expected one of"),
            ({"status": {}}, "status: expected a text"),
            ({"reason": ["canary"]}, "reason: expected a text"),
            ({"amount": "1", "currency": "eur"}, "currency: expected three capital letters"),
            ({"amount": "canary", "currency": "EUR"}, "amount: expected a sum"),
            ({"amount": -1, "currency": "EUR"}, "amount: expected a sum"),
            ({"amount": "1"}, "currency: expected together with amount"),
            ({"currency": "EUR"}, "currency: expected together with amount"),
            (
                {"state": None, "opted_out": True, "amount": 1, "currency": "EUR"},
                "amount: expected together with state",
            ),
            ({"opted_out": False}, "opted_out: expected true, or nothing"),
            ({"opted_out": "true"}, "opted_out: expected true, or nothing"),
            ({"signed_at": "soon"}, "signed_at: expected a time"),
        ],
    )
    def test_refused(self, changes, said):
        """What is wrong is named, with what is expected, and never repeated."""
        assert fault(json.dumps(RIGHT | changes).encode()).startswith(said)

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 200])
    def test_no_object(self, body):
        assert "body: expected a JSON object" == fault(body)

    @given(
        st.dictionaries(
            st.sampled_from([*RIGHT, "status", "reason", "amount", "currency", "opted_out", "x"]),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text(max_size=40)
            | st.sampled_from([*RIGHT.values(), *STATES, "EUR", "1200", "1e5"])
            | st.lists(st.text(max_size=3), max_size=2),
        )
    )
    def test_anything(self, changes):
        """Whatever is sent is refused, or it is an outcome that its message tells again."""
        try:
            outcome = told(**changes)
        except BadRequest:
            return
        posted = read_message(message_of(outcome, NOW))

        assert (outcome, NOW) == (posted.outcome, posted.received)
        assert outcome.at <= NOW


class TestMessage:
    @given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode()))
    def test_not_ours(self, message):
        """What we did not write is no message of ours."""
        with pytest.raises(Unreadable, match=r"not_an_envelope|not_json|not_an_object|too_deep"):
            read_message(message)

    @pytest.mark.parametrize(
        "changes",
        [
            *({"lead": "x"}, {"lead": 7}, {"at": "x"}, {"at": 1}, {"state": "x"}, {"amount": "x"}),
            *({"received": None}, {"signed_at": "x"}, {"lead": None}, {"amount": [1]}),
        ],
    )
    def test_broken(self, changes):
        """A message with another value in it is none of ours either."""
        whole = json.loads(message_of(told(), NOW))
        whole["outcome"] |= changes

        with pytest.raises(Unreadable, match="not_an_envelope"):
            read_message(json.dumps(whole).encode())

    def test_size(self):
        """The message of the largest outcome fits its queue with much to spare."""
        largest = told(reason="\u20ac" * 9000, status="\u20ac" * 9000)

        assert len(message_of(largest, NOW)) < 48 * 1024
