"""Alerts over rows as host and app write them: what fires, of which thing, and what does not."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.infra import insights as rows
from tests.infra.insights import Row, ours, request, tick
from tests.infra.kusto import alerts

LEAD: dict[str, Any] = {
    "destination": "crm",
    "lead": "a1",
    "version": 1,
    "attempt": 1,
    "owed_ms": 0,
}
MINUTES_OF_TRIES = range(1, 19)


def attempted(minutes: float = 1, outcome: str = "accepted", **facts: Any) -> Row:
    """The line of an attempt."""
    return ours("delivery.attempted", minutes, outcome=outcome, **LEAD | facts)


def looked_up(minutes: float = 1, outcome: str = "rejected", **facts: Any) -> Row:
    """The line of a look-up."""
    return ours("delivery.looked_up", minutes, outcome=outcome, **LEAD | facts)


def parked(minutes: float = 1, reason: str = "too_old", **facts: Any) -> Row:
    """The line of a delivery that was parked."""
    told = {"destination": "crm", "lead": "a1", "reason": reason}
    return ours("delivery.parked", minutes, **told | facts)


def watched(minutes: float = 1, **queues: int | None) -> Row:
    """The line of the queues: for how long the first message of each has waited."""
    told = {
        name.replace("_", "-"): {"count": 1, "oldest_seconds": seconds}
        for name, seconds in queues.items()
    }
    return ours("queues.watched", minutes, queues=told)


def tries(minutes: Any, name: str = "classify_touch") -> list[Row]:
    """Runs of a function that failed, one so many minutes ago each."""
    return [request(name, "0", one, success=False) for one in minutes]


def probes(count: int) -> list[Row]:
    """Tests from outside: each is refused, as it should be, and told of as a test."""
    told = [Row("availabilityResults", 5 * n, {"success": "1"}) for n in range(1, count + 1)]
    return told + [rows.REFUSED.aged(5 * n) for n in range(1, count + 1)]


def counted(minutes: float, leads: int = 0, deliveries: int = 0) -> Row:
    """What the tick counted of leads that nobody takes."""
    return ours("unrouted.counted", minutes, leads=leads, deliveries=deliveries, oldest_ms=60_000)


def sent(minutes: float, failures: int = 0) -> Row:
    """The prover's line: a proof was posted, and so many before have failed."""
    return ours("proof.sent", minutes, status=202, fault="", failures=failures)


def arrived(minutes: float, failures: int = 0) -> Row:
    """Classify's line: a proof has arrived."""
    return ours("proof.arrived", minutes, waited_ms=900, failures=failures)


def proven(minutes: float) -> list[Row]:
    """A proof that was posted so long ago, and arrived."""
    return [sent(minutes), arrived(minutes)]


def told(minutes: float, fault: str, book: str = "visits", *, late: bool = False) -> Row:
    """The hourly line of one of Microsoft's books."""
    return ours("books.watched", minutes, book=book, fault=fault, late=late)


def off(minutes: float) -> Row:
    """The prover's line where it is off."""
    return ours("proof.off", minutes, reason="LEADSHARE_PROOF_KEY: expected")


FIRES: dict[str, list[tuple[str, list[Row], str]]] = {
    "chunked-leads": [
        (
            "lost",
            [ours("touch.refused", listing="contoso.robot", status=411, reason="chunked")],
            "contoso.robot",
        ),
        ("no-listing", [ours("touch.refused", listing="", status=411, reason="chunked")], "-"),
    ],
    "intake-errors": [
        (code, [request("take_touch", code, success=code != "500")], code)
        for code in ("400", "413", "500")
    ],
    "host-errors": [
        ("in-error", [rows.IN_ERROR], "in error take_touch"),
        ("cannot-start", [rows.CANNOT_START], "cannot start"),
        ("not-indexed", [rows.NOT_INDEXED, rows.NO_FUNCTIONS], "not indexed"),
        ("shuts-down", [rows.SHUTS_DOWN], "shuts down"),
    ],
    "look-up-failures": [
        ("at-once", [looked_up(n, lead=f"a{n}") for n in (1, 50, 100)], "crm"),
        ("for-good", [parked(reason="not_found_after_accept")], "crm"),
    ],
    "queue-age": [
        ("touches", [watched(touches=901)], "touches"),
        ("poison", [watched(touches=0, touches_poison=2000)], "touches-poison"),
        ("no-tick-since", [watched(600, referrals=901)], "referrals"),
        ("hidden-between-tries", tries(MINUTES_OF_TRIES), "touches"),
        ("referrals", tries(MINUTES_OF_TRIES, "classify_referral"), "referrals"),
        ("outcomes", tries(MINUTES_OF_TRIES, "record_outcome"), "outcomes"),
    ],
    "unproven-intake": [
        ("unanswered", [*proven(130), sent(70, failures=1), sent(10, failures=2)], "-"),
        ("unanswered-arrives", [sent(10, failures=2), arrived(9, failures=2)], "-"),
        ("absent", [*proven(151), sent(91), sent(31, failures=1)], "-"),
        ("never", [sent(151), sent(91, failures=1), sent(31, failures=1)], "-"),
        ("stopped", [*proven(200)], "-"),
        ("off-once", [off(800), *proven(700), *proven(152)], "-"),
    ],
    "unrouted": [
        ("leads", [counted(1, leads=2)], "-"),
        ("due-elsewhere", [counted(20), counted(5, deliveries=1)], "-"),
    ],
    "parked": [
        ("parked", [parked()], "crm too_old"),
        ("rejected", [attempted(outcome="rejected", reason="http_400")], "crm http_400"),
        ("again", [parked(300), attempted(200, "deferred"), parked(100)], "crm too_old"),
    ],
    "quarantine-not-empty": [
        (
            "touch",
            [ours("touch.quarantined", level=logging.WARNING, touch="t", reason="not_json")],
            "touch.quarantined not_json",
        ),
        (
            "referral",
            [ours("referral.given_up", referral="r", note="unfetched")],
            "referral.given_up unfetched",
        ),
    ],
    "keys-refused": [
        ("one", [rows.REFUSED, rows.AUTHORIZATION], "-"),
        ("among-probes", [*probes(50), *[rows.REFUSED] * 6], "-"),
    ],
    "breaker-open": [
        ("open", [tick(n, hook={"stopped": True}) for n in range(1, 15)], "hook"),
    ],
    "oldest-due": [
        ("deferred", [attempted(5, "deferred", owed_ms=4 * 3_600_000)], "crm"),
        ("left-due", [tick(2, crm={"due": 9, "oldest_ms": 4 * 3_600_000})], "crm"),
        ("by-now", [attempted(250, "deferred")], "crm"),
    ],
    "unproven-path": [("days", [tick(2, crm={"proven_ms": 5 * 86_400_000})], "crm")],
    "listing-silent": [
        (
            "late",
            [ours("listing.watched", 600, listing="contoso.robot", late=True)],
            "contoso.robot",
        )
    ],
    "secret-expiring": [
        (
            "soon",
            [ours("preflight.done", 900, destination="crm", problems=["secret_expires_soon"])],
            "crm",
        )
    ],
    "marketplace-table": [
        (
            "failed",
            [ours("source.failed", 30, source="account|leads", fault="403")],
            "account|leads",
        )
    ],
    "books-unread": [
        ("failing", [told(30, "sign_in_failed", late=True)], "sign_in_failed"),
        ("silent", [told(30, "", late=True)], "-"),
        ("no-line-since", [told(2000, "forbidden", late=True)], "forbidden"),
        (
            "one-of-three",
            [told(9, "forbidden", late=True), told(8, "", "orders"), told(7, "", "revenue")],
            "forbidden",
        ),
        (
            "read-before",
            [told(30, "forbidden", late=True), ours("books.taken", 60, book="visits")],
            "forbidden",
        ),
    ],
    "faults": [
        ("touch", [ours("touch.crashed", touch="t", fault="KeyError")], "touch.crashed KeyError"),
        (
            "destination",
            [ours("delivery.crashed", destination="crm", fault="KeyError")],
            "delivery.crashed KeyError crm",
        ),
        (
            "lane",
            [ours("lane.failed", n, destination="crm", fault="table") for n in range(1, 6)],
            "lane.failed table crm",
        ),
        (
            "chore",
            [ours("chore.failed", n, chore="watch", fault="table") for n in range(1, 6)],
            "chore.failed table watch",
        ),
        (
            "poison",
            [ours("poison.failed", n, queue="touches-poison", fault="t") for n in range(1, 6)],
            "poison.failed t touches-poison",
        ),
        (
            "unseen",
            [ours("queues.failed", 5 * n, fault="queue") for n in range(1, 6)],
            "queues.failed queue",
        ),
    ],
}
"""Rows that raise an alert, and what it is said to be about; `tick-stopped` is of none."""

QUIET: dict[str, list[Row]] = {
    "taken": [request("take_touch", "202"), ours("touch.taken", touch="t", status=202)],
    "probe-of-a-release": [
        ours("touch.refused", listing="leadshare.smoke", status=411, reason="chunked"),
        request("take_touch", "411"),
    ],
    "refused-long-ago": [request("take_touch", "500", 61)],
    "others": [request("tell_health", "503"), request("list_leads", "400")],
    "host-warns": [rows.NO_FUNCTIONS, rows.by_host("Host.Startup", "Slow start.", 2)],
    "worker-says": [rows.by_host("Worker.LanguageWorkerChannel.python.4a3e", "Stream closed.")],
    "host-of-old": [rows.CANNOT_START.aged(60)],
    "not-found": [rows.NOT_FOUND],
    "probes": probes(50),
    "look-ups-again": [looked_up(1), looked_up(10)],
    "proofs-arrive": [*proven(62), *proven(2)],
    "proof-under-way": [*proven(61), sent(1)],
    "proof-late-once": [*proven(120), sent(60), sent(1, failures=1)],
    "proof-failed-twice-before": [sent(120, 1), sent(60, 2), *proven(1)],
    "proof-recovers": [sent(60, 1), sent(1, 2), arrived(0.5)],
    "proof-the-first-day": [sent(1)],
    "proof-first-ones-missing": [sent(140), sent(80, 1)],
    "prover-off": [off(120), off(60), off(1)],
    "prover-off-long-ago": [off(400)],
    "prover-off-since": [sent(200, 1), sent(140, 2), off(80), off(20)],
    "prover-on-again": [*proven(1000), off(100), off(61), sent(1)],
    "queues": [watched(1, touches=899, lanes=None), watched(6, touches=5000)],
    # It is taken again ten minutes after its host was killed, and has no age until then.
    "killed-host": [watched(1, touches=None), watched(6, touches=None), watched(11, touches=None)],
    "failed-twice": tries([1, 20]),
    "failed-for-long-before": tries(range(16, 31)),
    "others-failed": tries(MINUTES_OF_TRIES, "tick"),
    "worklist": [parked(reason="worklist")],
    "routed-since": [counted(16, leads=2, deliveries=3), counted(1)],
    "delivered-since": [parked(30), attempted(1)],
    "two-days-ago": [parked(1500)],
    "breaker-probes": [tick(1, hook={"stopped": False}), tick(2, hook={"stopped": True})],
    "deferred-for-a-while": [attempted(5, "deferred", owed_ms=3 * 3_600_000)],
    "deferred-then-accepted": [attempted(300, "deferred"), attempted(5)],
    "nothing-due": [tick(300, crm={"oldest_ms": 4 * 3_600_000}), tick(1, crm={"oldest_ms": 0})],
    "due-unknown": [tick(1, crm={"oldest_ms": None, "proven_ms": None})],
    "proven": [tick(1, crm={"proven_ms": 3 * 86_400_000})],
    "silent-no-more": [
        ours("listing.watched", 600, listing="contoso.robot", late=True),
        ours("touch.classified", 5, listing="contoso.robot"),
    ],
    "secret-renewed": [
        ours("preflight.done", 1500, destination="crm", problems=["secret_expired"]),
        ours("preflight.done", 60, destination="crm", problems=[]),
    ],
    "table-read-since": [
        ours("source.failed", 30, source="account|leads", fault="403"),
        ours("source.read", 5, source="account|leads"),
    ],
    "book-failed-for-a-while": [
        ours("books.failed", 20, book="visits", fault="forbidden"),
        told(10, "forbidden"),
    ],
    "book-well-again": [told(70, "forbidden", late=True), told(10, "")],
    "book-read-since": [
        told(30, "", late=True),
        ours("books.taken", 29, book="visits", lines=9, units=3),
    ],
    "chore-failed-once": [ours("chore.failed", chore="watch", fault="table")],
    "lane-failed-once": [ours("lane.failed", destination="crm", fault="table")],
}
"""Rows that raise none, but may look as if they did."""


ALSO = {"look-up-failures-for-good": {("parked", "crm not_found_after_accept")}}
"""What rows of one kind raise besides, and rightly so."""


class TestFires:
    def test_all(self):
        """Each alert is tried."""
        assert {*FIRES, "tick-stopped"} == {alert["name"] for alert in alerts()}

    @pytest.mark.parametrize(
        ("alert", "there", "thing"),
        [
            pytest.param(alert, there, thing, id=f"{alert}-{name}")
            for alert, cases in FIRES.items()
            for name, there, thing in cases
        ],
    )
    def test_fires(self, fired, request, alert, there, thing):
        """Rows of one kind raise their alert alone, about the thing that they are of."""
        also = ALSO.get(request.node.callspec.id, set())

        assert {(alert, thing)} | also == fired(*there)

    @pytest.mark.parametrize("name", QUIET)
    def test_quiet(self, fired, name):
        """What is no fault, or none any more, raises nothing."""
        assert set() == fired(*QUIET[name])

    def test_many(self, fired):
        """Several faults at once are each told, of each thing by itself."""
        there = [
            rows.IN_ERROR,
            request("take_touch", "500", success=False),
            parked(),
            parked(destination="other"),
            watched(touches=5000),
        ]

        assert {
            ("host-errors", "in error take_touch"),
            ("intake-errors", "500"),
            ("parked", "crm too_old"),
            ("parked", "other too_old"),
            ("queue-age", "touches"),
        } == fired(*there)


class TestTick:
    @pytest.mark.parametrize(
        ("minutes", "expected"),
        [
            # What the lock of a killed host explains: another ticks 132 s later at most.
            pytest.param(132 / 60, set(), id="lock"),
            pytest.param(14, set(), id="late"),
            pytest.param(16, {("tick-stopped", "-")}, id="stopped"),
        ],
    )
    def test_stopped(self, fired, minutes, expected):
        """A tick is missed later than the lock of a killed host can explain."""
        assert expected == fired(tick(minutes), ticks=False)

    def test_never(self, fired):
        """Where no tick was ever seen, as on the first day, it is said to have stopped."""
        assert {("tick-stopped", "-")} == fired(ticks=False)

    def test_waiting_still(self, fired):
        """With the tick stopped, messages that waited at the last look are not forgotten."""
        assert {("tick-stopped", "-"), ("queue-age", "touches")} == fired(
            tick(500), watched(500, touches=1000), ticks=False
        )
