"""Fuzz: whatever lies in a queue, its function keeps it, and the same again changes nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.lanes.visit import read_message
from leadshare.errors import Unreadable
from leadshare.intake.message import content_of
from tests.builders import NOW, Office, message, post
from tests.fuzzing import often
from tests.laws.checker import violations
from tests.laws.test_fuzz import DESTINATIONS, LISTING, TEXTS, VALUES, LimitedTable

TIMES = st.datetimes().map(lambda time: time.isoformat(timespec="milliseconds") + "Z")
BODIES = st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode())
RIGHT: dict[str, Any] = json.loads(message(post()))["touch"]
"""A touch as intake queues it."""
PARTS = {
    "id": TEXTS | st.text("0123456789abcdef", min_size=32, max_size=32),
    "received": TIMES | TEXTS,
    "listing": TEXTS,
    "body": BODIES.map(lambda body: b64encode(body).decode()) | TEXTS,
    "via": st.just("table") | TEXTS,
    "trace": TEXTS,
    "framed": TEXTS,
    "key": TEXTS,
    "proof": TEXTS,
}
"""What each of its parts might be, if it is a text."""


def with_part(name: str, value: Any) -> dict[str, Any]:
    """That touch with another part."""
    return RIGHT | {name: value}


CHANGED = st.one_of(
    [st.builds(with_part, st.just(name), texts | VALUES) for name, texts in PARTS.items()]
)
OUTER = st.builds(
    lambda touch, more: {"v": 1, "touch": touch} | more,
    CHANGED | VALUES,
    st.dictionaries(st.sampled_from(["v", "touch", "id", "nudge"]), VALUES, max_size=1),
)
SPLICED = st.builds(
    lambda start, length, put: message(post())[:start] + put + message(post())[start + length :],
    st.integers(0, 300),
    st.integers(0, 20),
    st.binary(max_size=20),
)
ENVELOPES = CHANGED.map(lambda touch: json.dumps({"v": 1, "touch": touch}).encode())
OBJECTS = (OUTER | VALUES).map(lambda value: json.dumps(value).encode())
MESSAGES = st.one_of([ENVELOPES] * 3 + [OBJECTS, SPLICED, st.binary(max_size=200)])


class TestTouches:
    @often(3)
    @given(MESSAGES)
    async def test_kept(self, what):
        """A message is in one touch's row or in quarantine afterwards, and the laws hold; the same
        once more changes nothing.
        """
        office = Office(*DESTINATIONS, listing=[LISTING])
        office.table = LimitedTable()

        await office.classifier.classify(what, NOW)

        kept = office.table.values("quarantine")
        assert 1 == len(office.table.values("touch")) + len(kept)
        assert [what] * len(kept) == [one["message"] for one in kept]
        rows = [(*place, values) for place, (values, _) in office.table.rows.items()]
        assert [] == violations(rows, {"crm": DESTINATIONS[0]["accepts"]}, settled=True)
        before = {place: values for place, (values, _) in office.table.rows.items()}

        await office.classifier.classify(what, NOW)

        assert before == {place: values for place, (values, _) in office.table.rows.items()}


class TestOthers:
    @often(3)
    @given(MESSAGES, st.sampled_from(["nudge", "referral", "touch"]))
    def test_read(self, what, kind):
        """Messages of the other queues are read, or are unreadable; nothing else is raised."""
        reads: list[Callable[[], object]] = [
            lambda: content_of(what, kind),
            lambda: read_message(what),
        ]
        reasons = [reason_of(read) for read in reads]

        assert all(reason is None or reason.startswith("not_") for reason in reasons)


def reason_of(read: Callable[[], object]) -> str | None:
    """Why a message could not be read, if it could not."""
    try:
        read()
    except Unreadable as error:
        return error.reason
    return None
