"""Classify: one queued touch is kept in its lead or in quarantine, however often it comes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from leadshare import intake
from leadshare.configuration.models import Configuration
from leadshare.errors import Conflict, RowRefused, StorageError
from leadshare.leads.classify import Classifier
from leadshare.leads.quarantine import Quarantine
from leadshare.store.retrying import TRIES
from leadshare.store.table import Change, Row
from leadshare.watch.prover import Proofs
from tests.builders import (
    IDENTITY,
    NOW,
    TRACE,
    Nudged,
    classifying,
    configuration,
    message,
    minutes,
    post,
)
from tests.memory import MemoryTable

CRM, SELLERS = {"name": "crm"}, {"name": "sellers", "channel": "field_seller"}
ROBOT, KIT = "SPZA-PLT|contoso.robot", "SPZA-PLT|contoso.kit"
TOUCH = f"{1:032x}"


class Table(MemoryTable):
    """A table that counts its writes, and before a call does what the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.before_write: Callable[[], Any] | None = None
        self.before_read: Callable[[], Any] | None = None

    async def read(self, *where: Any, **narrow: Any) -> list[Row]:
        """Read, once what must happen before has happened."""
        if self.before_read:
            self.before_read()
        return await super().read(*where, **narrow)

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Write, once what must happen before has happened."""
        if self.before_write:
            self.before_write()
        etags = await super().write(partition, changes)
        self.writes += 1
        return etags


@pytest.fixture(name="table")
def _table() -> Table:
    return Table()


def classifier(table: MemoryTable, told: Configuration[Any] | None = None) -> Classifier:
    """A classifier under a configuration; its clock stands an hour after noon."""
    clock = lambda: NOW + minutes(60)  # noqa: E731 - a clock that stands
    told = configuration(CRM, SELLERS) if told is None else told
    quarantine, proofs = Quarantine(table, clock), Proofs(MemoryTable(), clock)
    return Classifier(table, quarantine, *classifying(told), IDENTITY, clock, Nudged(), proofs)


async def classify(
    table: MemoryTable, number: int = 1, told: Configuration[Any] | None = None, **changes: Any
) -> None:
    """Classify touch *number*, so many minutes after noon."""
    sent = message(post(**changes), number, NOW + minutes(number))
    await classifier(table, told).classify(sent, NOW)


def raising(error: BaseException) -> Callable[[], None]:
    """A function that raises *error*."""

    def fail() -> None:
        raise error

    return fail


def everything(table: MemoryTable) -> dict[tuple[str, str], dict[str, Any]]:
    """All rows, without their etags."""
    return {place: values for place, (values, _) in table.rows.items()}


class TestKept:
    async def test_touch(self, table):
        """A touch is kept with its raw body, in a lead with its deliveries, in one transaction."""
        await classify(table)

        [body] = table.values("raw")
        assert post() == json.loads(body["raw"])
        assert 1 == table.writes
        assert ["crm", "sellers"] == [due["destination"] for due in table.values("due")]
        assert [] == table.values("quarantine")

    async def test_owed_since_the_time_of_classifying(self, table):
        """What is owed is due at the time of classifying, not of arrival."""
        await classify(table)

        assert {"2026-11-22T13:00:00.000Z"} == {due["owed_since"] for due in table.values("due")}

    async def test_twice(self, table):
        """The same message twice changes nothing: the second time nothing is written at all."""
        await classify(table)
        before, writes = dict(table.rows), table.writes

        await classify(table)

        assert (before, writes) == (table.rows, table.writes)

    async def test_twice_at_once(self, table):
        """The same message twice at the same time is kept once."""
        other = Table()
        await classify(other)

        await asyncio.gather(classify(table), classify(table), classify(table))

        assert everything(other) == everything(table)

    async def test_one_contact_at_once(self, table):
        """Touches of one contact at the same time are all kept, and all count."""
        await asyncio.gather(
            *(classify(table, n, LeadSource=f"SPZA-PLT|contoso.listing-{n}") for n in range(1, 5))
        )

        assert 4 == len(table.values("touch"))
        assert [74] * 4 == [lead["score"] for lead in table.values("lead")]

    async def test_siblings(self, table):
        """A second listing rescores the first lead, and owes it again once it is sales-ready."""
        await classify(table, 1, LeadSource=ROBOT, Description="Hello", Title="")
        [before] = table.values("lead")

        await classify(table, 2, LeadSource=KIT)

        found = {lead["listing"]: lead for lead in table.values("lead")}
        assert before["score"] + 10 == found["contoso.robot"]["score"]
        versions = {
            (record["listing"], record["version"])
            for record in (json.loads(due["record"]) for due in table.values("due"))
        }
        assert {("contoso.robot", 2), ("contoso.kit", 1)} == versions

    async def test_route_changed(self, table):
        """Under another configuration, what the route has left is suppressed as `left_route`."""
        await classify(table, 1)

        await classify(table, 2, configuration(SELLERS, {"name": "new"}), Title="CEO")

        found = {d["destination"]: (d["state"], d["reason"]) for d in table.values("delivery")}
        assert {
            "crm": ("suppressed", "left_route"),
            "sellers": ("due", ""),
            "new": ("due", ""),
        } == found
        assert {"sellers", "new"} == {due["destination"] for due in table.values("due")}

    async def test_route_changed_back(self, table):
        """A destination that the route takes up again is owed the newest version."""
        await classify(table, 1)
        await classify(table, 2, configuration(SELLERS), Title="CEO")

        await classify(table, 3, Title="CTO")

        assert {("crm", 3), ("sellers", 3)} == {
            (due["destination"], due["version"]) for due in table.values("due")
        }

    @pytest.mark.parametrize("changes", [{"ActionCode": "DNC"}, {"FirstName": "MSFT_TEST_1"}])
    async def test_never_due(self, table, changes):
        """DNC and test leads are kept, and due nowhere."""
        await classify(table, **changes)

        assert [] == table.values("due")
        assert ["suppressed"] * 2 == [d["state"] for d in table.values("delivery")]


class TestConflict:
    async def test_read_again(self, table):
        """A contact that somebody changed since it was read is read again."""
        await classify(table, 1, LeadSource=ROBOT)
        left = [Conflict("changed"), Conflict("changed")]

        def sometimes() -> None:
            if left:
                raise left.pop()

        table.before_write = sometimes
        await classify(table, 2, LeadSource=KIT)

        assert 2 == len(table.values("touch"))
        assert [] == table.values("quarantine")

    async def test_gives_up(self, table):
        """A contact that never stands still brings the message back."""
        tries = []

        def always() -> None:
            tries.append(1)
            raise Conflict("changed")

        table.before_write = always

        with pytest.raises(StorageError, match="kept changing"):
            await classify(table)

        assert TRIES == len(tries)
        assert {} == table.rows


class TestStorage:
    @pytest.mark.parametrize("when", ["before_read", "before_write"])
    async def test_comes_back(self, table, when):
        """A storage failure leaves classify, so that the message comes back; nothing is
        quarantined.
        """
        setattr(table, when, raising(StorageError("the table answered 503")))

        with pytest.raises(StorageError, match="503"):
            await classify(table)

        assert {} == table.rows

    async def test_cancelled(self, table):
        """Being cancelled is no fault of the touch."""
        table.before_write = raising(asyncio.CancelledError())

        with pytest.raises(asyncio.CancelledError):
            await classify(table)

        assert {} == table.rows


class TestQuarantined:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            pytest.param(b"no json", "not_json", id="words"),
            pytest.param(b"[1]", "not_an_object", id="list"),
            pytest.param(b'{"a":' * 5000, "too_deep", id="deep"),
        ],
    )
    async def test_unreadable(self, table, body, reason):
        """A body that cannot be read is kept in quarantine under its reason, with all of it."""
        sent = message(body)

        await classifier(table).classify(sent, NOW)

        [kept] = table.values("quarantine")
        assert (TOUCH, reason, sent) == (kept["touch"], kept["reason"], kept["message"])
        assert 1 == len(table.rows)

    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b'{"v":2,"touch":{}}', id="another-version"),
            pytest.param(b"\x80" * 49_152, id="as-large-as-may-be"),
        ],
    )
    async def test_no_envelope(self, table, sent):
        """What no intake has queued is kept, too."""
        await classifier(table).classify(sent, NOW)

        [kept] = table.values("quarantine")
        assert ("not_an_envelope", sent) == (kept["reason"], kept["message"])

    async def test_time_of_no_time(self, table):
        """An envelope with a time that no clock shows is kept, too."""
        inner = json.loads(message(b"{}"))["touch"] | {"received": "0001-01-01T00:00:00+14:00"}

        await classifier(table).classify(json.dumps({"v": 1, "touch": inner}).encode(), NOW)

        assert ["not_an_envelope"] == [kept["reason"] for kept in table.values("quarantine")]

    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(ValueError("canary"), id="value"),
            pytest.param(RecursionError("canary"), id="recursion"),
            pytest.param(KeyError("canary"), id="key"),
            pytest.param(MemoryError("canary"), id="memory"),
        ],
    )
    async def test_crash(self, table, caplog, error):
        """A bug of ours costs no lead: the touch is kept in quarantine, and the log tells the
        place.
        """
        caplog.set_level(logging.DEBUG)
        table.before_read = raising(error)

        await classify(table)

        assert ["crashed"] == [kept["reason"] for kept in table.values("quarantine")]
        crash = next(r for r in caplog.records if r.getMessage() == "touch.crashed")
        assert (TOUCH, logging.ERROR) == (crash.touch, crash.levelno)
        assert crash.fault.startswith(f"{type(error).__name__} at test_classify.py:")
        assert not [r for r in caplog.records if "canary" in str(r.__dict__)]

    async def test_row_refused(self, table, caplog):
        """A row that the table takes at no time is no reason to try again: the log tells the
        rule.
        """
        table.before_read = raising(RowRefused("the table refused a row: PropertyValueTooLarge"))

        await classify(table)

        assert ["crashed"] == [kept["reason"] for kept in table.values("quarantine")]
        crash = next(r for r in caplog.records if r.getMessage() == "touch.crashed")
        assert "the table refused a row: PropertyValueTooLarge" == crash.fault

    async def test_no_room_in_quarantine(self, table):
        """What can be kept neither here nor there brings the message back."""
        table.before_write = raising(StorageError("the table answered 503"))

        with pytest.raises(StorageError):
            await classifier(table).classify(b"", NOW)


class TestTold:
    async def test_line(self, table, caplog):
        """One wide line tells the touch, its class and what became of it, and nothing of a
        person.
        """
        caplog.set_level(logging.DEBUG)

        await classify(table)

        [line] = [record for record in caplog.records if record.name == "leadshare.leads.classify"]
        [lead] = table.values("lead")
        expected = {
            "touch": TOUCH,
            "lead": lead["lead"],
            "storefront": "appsource",
            "intent": "contact_request",
            "category": "normal",
            "listing": "other",
            "campaign": "",
            "flags": ["listing_unknown"],
            "changed": True,
            "new": True,
            "duplicate": False,
            "lead_category": "normal",
            "stage": lead["stage"],
            "score": lead["score"],
            "waited_ms": 59 * 60 * 1000,
            "trace": "",
        }
        assert "touch.classified" == line.getMessage()
        assert expected == {name: getattr(line, name) for name in expected}
        assert "Buyer" not in str(line.__dict__)

    async def test_repeat(self, table, caplog):
        """A repeat is told as one that changed nothing."""
        await classify(table)
        caplog.set_level(logging.DEBUG)
        caplog.clear()

        await classify(table)

        assert [False] == [record.changed for record in caplog.records]

    async def test_known_names(self, table, caplog):
        """A listing and a campaign that the publisher has named are told by their names."""
        robot = {"id": "Contoso.Robot", "title": "Robot", "kind": "app", "campaign": "autumn"}
        caplog.set_level(logging.DEBUG)

        told = configuration(CRM, listing=[robot])
        await classify(table, 1, told, LeadSource=ROBOT, Description="Campaign: autumn")
        await classify(table, 2, told, LeadSource=KIT, Description="Campaign: my mother's name")
        await classify(table, 3, told, LeadSource=KIT, Description="")

        names = [(line.listing, line.campaign) for line in caplog.records]
        assert [("contoso.robot", "autumn"), ("other", ""), ("other", "")] == names

    async def test_duplicate(self, table, caplog):
        """The first touch makes a lead, the same again is a duplicate, and another adds to the
        lead.
        """
        caplog.set_level(logging.DEBUG)

        await classify(table)
        await classify(table, 2)
        await classify(table, 3, LeadSource="SPZA-INS|contoso.invoice-robot", ActionCode="INS")

        told = [(line.new, line.duplicate) for line in caplog.records]
        assert [(True, False), (False, True), (False, False)] == told

    async def test_trace(self, table, caplog):
        """The trace of a POST is told, and goes on in what is due for it."""
        caplog.set_level(logging.DEBUG)
        body = json.dumps(post()).encode()
        sent = intake.take(body, "", touch=TOUCH, now=NOW, trace=TRACE).message

        await classifier(table).classify(sent or b"", NOW)

        assert [TRACE] == [line.trace for line in caplog.records]
        assert {TRACE} == {row["trace"] for row in table.values("due")}
