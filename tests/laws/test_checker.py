"""The check of the laws finds each way of breaking them, and nothing in a table that keeps them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.leads.classify import Classifier
from leadshare.leads.quarantine import Quarantine
from leadshare.watch.prover import Proofs
from tests.builders import (
    IDENTITY,
    NOW,
    Nudged,
    classifying,
    configuration,
    message,
    post,
    visit_ids,
)
from tests.laws.checker import violations
from tests.memory import MemoryTable

OUTCOMES: dict[str, Outcome] = {
    "good": Accepted("r-1"),
    "late": Deferred("http_503"),
    "strict": Rejected("invalid"),
}
"""What becomes of a delivery, by destination: delivered, due, parked."""
ASKING = {"good": ("internal",)}
OTHER = "f" * 32
STRANGER = f"{OTHER}-{'0' * 16}"

NOTICE = "bell"
CONFIGURATION = configuration(
    *(
        {"name": name, "accepts": ASKING.get(name, ()), "storefronts": ["appsource"]}
        for name in OUTCOMES
    ),
    {"name": NOTICE, "channel": "field_seller", "follows_up": False},
    internal_domains=["contoso.example"],
    route=[
        {"when": [{"field": "listing", "op": "eq", "value": "pub.told"}], "to": [NOTICE]},
        {"when": [{"field": "listing", "op": "eq", "value": "pub.kept"}], "to": []},
    ],
)


class Destination:
    """A destination of one mind."""

    batch_size = 1
    settings = SimpleNamespace(schedule=(0, 30, 300), timeout=30.0, concurrency=1, follows_up=True)
    rate = None
    requests = 0

    def __init__(self, name: str) -> None:
        self.name = name

    def looks_up(self, _lead: str) -> bool:
        """What it accepts is read back."""
        return self.name == "look_up"

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Find nothing that it can tell."""
        del now
        return Reply((Deferred("http_503"),) * len(deliveries))

    carry_out = look_up
    forget = look_up

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Say the same to everything."""
        del now
        return Reply((OUTCOMES.get(self.name, Accepted()),) * len(deliveries))


class Rows:
    """All rows of a table, to be spoilt."""

    def __init__(self, table: MemoryTable) -> None:
        self.rows = {place: dict(values) for place, (values, _) in table.rows.items()}

    def place(self, kind: str, **wanted: Any) -> tuple[str, str]:
        """Return where the first row of a *kind* is that says what is *wanted*."""
        return next(
            place
            for place, values in sorted(self.rows.items())
            if kind in place[1].split("|")[:2]
            if all(values.get(name) == value for name, value in wanted.items())
        )

    def change(self, kind: str, values: dict[str, Any], **wanted: Any) -> None:
        """Change *values* of that row."""
        self.rows[self.place(kind, **wanted)].update(values)

    def drop(self, kind: str, **wanted: Any) -> None:
        """Take that row away."""
        del self.rows[self.place(kind, **wanted)]

    def copy(self, kind: str, renamed: Callable[[str], str], **wanted: Any) -> None:
        """Put a copy of that row under another key."""
        partition, key = self.place(kind, **wanted)
        new = renamed(key)
        place = (new[0] if new[1:2] in OTHER else partition, new)
        self.rows[place] = dict(self.rows[partition, key])

    def patch(self, kind: str, column: str, values: dict[str, Any]) -> None:
        """Change *values* within a *column* of JSON in the first row of a *kind*."""
        row = self.rows[self.place(kind)]
        row[column] = json.dumps(json.loads(row[column]) | values)

    def violations(self, *, settled: bool = False) -> list[str]:
        """Check all rows."""
        told = [(partition, key, values) for (partition, key), values in self.rows.items()]
        return violations(told, ASKING, notices=(NOTICE,), settled=settled, identity=IDENTITY)


@pytest.fixture(name="rows")
async def _rows() -> Rows:
    """A table with leads and deliveries of all kinds, one touch in quarantine, in good order."""
    table, state = MemoryTable(), MemoryTable()
    quarantine = Quarantine(table, lambda: NOW)
    proofs = Proofs(state, lambda: NOW)
    classifier = Classifier(
        *(table, quarantine, *classifying(CONFIGURATION), IDENTITY),
        *(lambda: NOW, Nudged(), proofs),
    )
    touches = [
        ("a@x.example", "SPZA-PLT|pub.one"),
        ("a@x.example", "SPZA-PLT|pub.one"),
        ("a@x.example", "SPZA-INS|pub.two"),
        ("a@x.example", "SPZA-INS|pub.one"),
        ("b@x.example", "SPZA-DNC|pub.one"),
        ("c@contoso.example", "SPZA-PLT|pub.one"),
        ("MSFT_TEST@x.example", "SPZA-PLT|pub.one"),
        ("d@x.example", "AzureMarketplace-INS|pub.three"),
        ("d@x.example", "AzureMarketplace-INS|pub.told"),
        ("d@x.example", "AzureMarketplace-INS|pub.kept"),
    ]
    for number, (email, source) in enumerate(touches):
        body = post(Email=email, LeadSource=source, ActionCode="")
        await classifier.classify(message(body, number), NOW)
    destinations = [Destination(name) for name in (*OUTCOMES, NOTICE)]
    lease = timedelta(seconds=60)
    context = WorkerContext(
        *(table, state, lambda: NOW, lambda: 0.0, visit_ids(), lease, Nudged()),
        IDENTITY.index_name,
    )
    await Ticker(context, destinations).tick(timedelta(seconds=9))
    await quarantine.keep(b"?", NOW, "not_an_envelope")
    return Rows(table)


def at_all(*kinds: str) -> Callable[[Rows], None]:
    """Spoil a table by taking away the first row of each of the *kinds*."""

    def spoil(rows: Rows) -> None:
        for kind in kinds:
            rows.drop(kind)

    return spoil


WAYS: dict[str, tuple[Callable[[Rows], None], str]] = {
    "no delivery": (lambda r: r.drop("delivery", state="delivered"), "no delivery to good"),
    "a state of its own": (
        lambda r: r.change("delivery", {"state": "lost"}, state="delivered"),
        "in state lost",
    ),
    "due without a row": (lambda r: r.drop("due"), "has nothing"),
    "parked without a row": (lambda r: r.drop("parked"), "has nothing"),
    "two due rows": (
        lambda r: r.copy("due", lambda key: key.replace("|17", "|18")),
        "says index due|late|",
    ),
    "due row of a delivered one": (
        lambda r: r.copy("due", lambda key: key.replace("|late|", "|good|")),
        "says index nothing, has due|good|",
    ),
    "due row of no delivery": (
        lambda r: r.copy("due", lambda key: key.replace("|late|", "|gone|")),
        "no such delivery",
    ),
    "due row of a suppressed one": (
        lambda r: r.change("delivery", {"state": "suppressed", "reason": "x"}, state="due"),
        "suppressed with index due|late|",
    ),
    "parked with a due row's name": (
        lambda r: r.change("delivery", {"state": "parked", "reason": "x"}, state="due"),
        "parked with index due|late|",
    ),
    "a fact that nobody finds": (lambda r: r.drop("find"), "found by"),
    "found by what is no name": (
        lambda r: r.copy("find", lambda key: key.replace("|", "|x", 1)),
        "no row of ours",
    ),
    "found by another fact": (
        lambda r: r.copy("find", lambda key: f"{key[:-1]}x"),
        "told",
    ),
    "found under another contact": (
        lambda r: r.copy("find", lambda key: "|".join((*key.split("|")[:2], STRANGER, "0"))),
        f"lead {STRANGER}: found by",
    ),
    "found by names of another key": (
        lambda r: r.patch("touch", "data", {"found": [["0" * 32]]}),
        "by other names than its facts",
    ),
    "a record id that nobody finds": (
        lambda r: r.drop("find", destination="good"),
        "with a record id",
    ),
    "found by a record of before": (
        lambda r: r.change("delivery", {"record_id": "other"}, state="delivered"),
        "not found by its record id",
    ),
    "found by a record that was never made": (
        lambda r: r.change("delivery", {"record_id": ""}, state="delivered"),
        "with a record id",
    ),
    "index of another version": (lambda r: r.change("due", {"version": 9}), "another version"),
    "index of other words": (lambda r: r.change("parked", {"said": "no"}), "another said"),
    "index of another sent": (lambda r: r.change("parked", {"sent": 1}), "another sent"),
    "index with an old record": (lambda r: r.patch("due", "record", {"version": 9}), "record"),
    "index of another time": (
        lambda r: r.change("delivery", {"next": "2026-01-01T00:00:00.000Z"}, state="due"),
        "another time",
    ),
    "parked row's reason": (lambda r: r.change("parked", {"reason": "other"}), "another reason"),
    "delivered and not sent": (
        lambda r: r.change("delivery", {"sent": 0}, state="delivered"),
        "delivered with 0 of",
    ),
    "sent and not delivered": (
        lambda r: r.change("delivery", {"sent": 2}, state="due", wanted=2),
        "due with 2 of 2 sent",
    ),
    "a touch that made a version that is not there": (
        lambda r: r.change("touch", {"version": 9}),
        "with touches that made",
    ),
    "two touches that made one version": (
        lambda r: r.change("touch", {"version": 1}, version=2),
        "with touches that made",
    ),
    "a touch that made none": (
        lambda r: r.change("touch", {"version": 0}, version=2),
        "another story than its touches",
    ),
    "a story of nothing": (lambda r: r.change("lead", {"story": b"[]"}), "another story than its"),
    "due with no story": (
        lambda r: r.change("due", {"story": b"[]"}),
        "with another story than is owed",
    ),
    "sent more than wanted": (
        lambda r: r.change("delivery", {"sent": 9}, state="due"),
        "sent 9 of",
    ),
    "wants too much": (
        lambda r: r.change("delivery", {"wanted": 9, "sent": 9}, state="delivered"),
        "wants 9 of a lead at",
    ),
    "wants too little": (
        lambda r: r.change("lead", {"version": 9}, category="normal"),
        "of a lead at 9",
    ),
    "attempt ahead of its lead": (
        lambda r: r.change("attempt", {"version": 9}),
        "a version that is not there yet",
    ),
    "attempt of no delivery": (
        lambda r: r.copy("attempt", lambda key: key.replace("|good|", "|gone|")),
        "no such delivery",
    ),
    "delivery of no lead": (lambda r: r.drop("lead"), "no such lead"),
    "due off the route": (
        lambda r: r.change("lead", {"route": "[]"}, category="normal"),
        "due off the lead's route",
    ),
    "twice on the route": (
        lambda r: r.change("lead", {"route": '["good","good"]'}, category="normal"),
        "on its route twice",
    ),
    "parked for no reason": (
        lambda r: r.change("delivery", {"reason": ""}, state="parked"),
        "parked without a reason",
    ),
    "unseen lead": (lambda r: r.drop("seen"), "0 rows in the list"),
    "lead seen twice": (
        lambda r: r.copy("seen", lambda key: key.replace("seen|8", "seen|9")),
        "2 rows in the list",
    ),
    "seen elsewhere": (lambda r: r.change("lead", {"seen": "seen|0"}), "the lead says seen|0"),
    "seen as it was": (lambda r: r.change("seen", {"score": 101}), "the list has another score"),
    "seen and not there": (
        lambda r: r.copy("seen", lambda key: key[:19] + STRANGER),
        f"seen of {STRANGER}: no such lead",
    ),
    "touch in no lead": (at_all("lead", "seen"), "in no lead"),
    "touch in two rows": (
        lambda r: r.copy("touch", lambda key: key.replace(key[:32], OTHER)),
        "in 2 rows",
    ),
    "touch of another contact": (
        lambda r: r.patch("touch", "data", {"contact": OTHER}),
        "under another contact",
    ),
    "touch that was lost": (at_all("touch"), "says"),
    "contact that was lost": (at_all("contact"), "says 0 touches"),
    "lead under another's key": (
        lambda r: r.change("lead", {"lead": STRANGER}),
        f"says it is {STRANGER}",
    ),
    "record of another version": (
        lambda r: r.patch("lead", "record", {"version": 9}),
        "its record is another version",
    ),
    "due though no contact": (
        lambda r: r.change("lead", {"category": "no_contact"}, category="normal"),
        "due though no_contact",
    ),
    "sent though test": (
        lambda r: r.change("delivery", {"sent": 1}, reason="test", destination="late"),
        "sent though test",
    ),
    "suppressed though normal": (
        lambda r: r.change("lead", {"category": "normal"}, category="test"),
        "suppressed as test though normal",
    ),
    "attempted though blank": (
        lambda r: r.change("lead", {"category": "blank"}, category="normal"),
        "an attempt for a blank lead",
    ),
    "nobody's and not unrouted": (
        lambda r: r.change("lead", {"routing": "routed"}, routing="unrouted"),
        "routed though normal and on its way to []",
    ),
    "told of only and not said": (
        lambda r: r.change("lead", {"routing": "routed"}, routing="notice_only"),
        "routed though normal and on its way to ['bell']",
    ),
    "kept and followed up": (
        lambda r: r.change("lead", {"routing": "kept"}, routing="routed"),
        "kept though normal and on its way to ['good'",
    ),
    "unrouted and told of": (
        lambda r: r.change("lead", {"routing": "unrouted"}, routing="notice_only"),
        "unrouted though normal and on its way to ['bell']",
    ),
    "normal and nothing": (
        lambda r: r.change("lead", {"routing": ""}, routing="kept"),
        "nothing though normal",
    ),
    "special and routed": (
        lambda r: r.change("lead", {"routing": "routed"}, category="test"),
        "routed though test",
    ),
    "unrouted without a row": (
        lambda r: r.drop("unrouted"),
        "has none",
    ),
    "told of only without a row": (
        lambda r: r.drop("notice_only"),
        "has none",
    ),
    "unrouted and says no row": (
        lambda r: r.change("lead", {"index": ""}, routing="unrouted"),
        "unrouted with index none",
    ),
    "two rows of an unrouted one": (
        lambda r: r.copy("unrouted", lambda key: key.replace("|17", "|18")),
        "has unrouted|17",
    ),
    "row of one that is kept": (
        lambda r: r.copy(
            "unrouted", lambda key: key[:-49] + r.rows[r.place("lead", routing="kept")]["lead"]
        ),
        "says index none, has unrouted|",
    ),
    "kept and says a row": (
        lambda r: r.change("lead", {"index": r.place("unrouted")[1]}, routing="kept"),
        "kept with index unrouted|",
    ),
    "row of no lead": (
        lambda r: r.copy("unrouted", lambda key: key[:-49] + STRANGER),
        "no such lead",
    ),
    "row of an unrouted one as it was": (
        lambda r: r.change("unrouted", {"score": 101}),
        "another score than its lead",
    ),
    "row in another partition": (
        lambda r: r.rows.update({("g", r.place("lead")[1]): r.rows.pop(r.place("lead"))}),
        "in partition g",
    ),
    "row that says too little": (
        lambda r: r.rows.update({r.place("delivery"): {"state": "due"}}),
        "without lead, destination",
    ),
    "row of another kind": (lambda r: r.rows.update({("0", "lane|crm"): {}}), "no row of ours"),
}


def test_in_order(rows: Rows) -> None:
    """A table that real leads left behind breaks no law."""
    states = {values["state"] for place, values in rows.rows.items() if "|delivery|" in place[1]}

    assert {"due", "delivered", "parked", "suppressed"} == states
    leads = [values for place, values in rows.rows.items() if "|lead|" in place[1]]
    assert {"routed", "unrouted", "notice_only", "kept", ""} == {one["routing"] for one in leads}
    assert [] == rows.violations(settled=True)


@pytest.mark.parametrize("way", WAYS)
def test_violation(rows: Rows, way: str) -> None:
    """Each way of breaking a law is told."""
    spoil, expected = WAYS[way]

    spoil(rows)

    assert expected in "\n".join(rows.violations())


@pytest.mark.parametrize(
    ("values", "wanted", "expected"),
    [
        pytest.param({"duplicates": 0}, {"duplicates": 1}, "another duplicates", id="count"),
        pytest.param(
            {"category": "internal"}, {"category": "test"}, "another category", id="category"
        ),
        pytest.param({"last_seen": ""}, {}, "another last_seen", id="last seen"),
        pytest.param({"digest": ""}, {}, "another digest", id="digest"),
        pytest.param({"score": 99}, {}, "another score", id="score"),
        pytest.param({"receipt": "{}"}, {}, "another receipt", id="receipt"),
        pytest.param({"listings": 9}, {}, "another listings", id="listings"),
        pytest.param({"stage": "won"}, {}, "another stage", id="stage"),
    ],
)
def test_not_folded(
    rows: Rows, values: dict[str, Any], wanted: dict[str, Any], expected: str
) -> None:
    """A lead that lags behind its touches is told once nothing is queued."""
    rows.change("lead", values, **wanted)

    assert expected in "\n".join(rows.violations(settled=True))


def test_stale_record(rows: Rows) -> None:
    """A record that lags behind the facts of its touches is told once nothing is queued."""
    rows.patch("lead", "record", {"email": "old@x.example"})

    assert [] == rows.violations()
    assert "another email" in "\n".join(rows.violations(settled=True))


def test_left_route(rows: Rows) -> None:
    """A destination is left a moment before the route says so, but not for long."""
    left = {"state": "suppressed", "reason": "left_route", "index": "", "next": ""}
    rows.change("delivery", left, state="due", destination="late")
    rows.drop("due", destination="late")

    assert [] == rows.violations()
    assert "left though" in "\n".join(rows.violations(settled=True))
