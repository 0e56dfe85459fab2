"""Erasing a person: what is counted, goes, is kept out, and what the certificate waits for."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from leadshare.custody.erasing.needles import Needles
from leadshare.deliveries import ledger
from leadshare.deliveries.closing import Closing, write_down
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Deferred, Rejected
from leadshare.deliveries.ledger import Attempt, to_delivery
from leadshare.errors import BadRequest, Conflict
from leadshare.intake.message import TABLE
from leadshare.leads.outcomes.recording import Recorder
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.lifecycle.posted.message import message_of
from leadshare.marketplace_table.row import LeadRow
from leadshare.reason import Waits
from tests.builders import IDENTITY, NOW, message, minutes, post
from tests.custody.erasures import LEASE, Custodian
from tests.laws.checker import violations

MAIL = "person-1@fabrikam.example"
PHONE = "+49 30 5550101"
WORDS = "We would like a quote for the north."
SOON = 3 * LEASE
INDEXES = ("due|", "count|", "suppressed|")


@pytest.fixture(name="office")
async def _office() -> Custodian:
    """Somebody has written twice; it was delivered to the CRM, and is due at the sellers."""
    office = Custodian()
    await office.take(1, Description=WORDS, Phone=PHONE)
    await office.finish("crm")
    await office.take(2, Email=MAIL, Description="And for the south.", Phone=PHONE)
    return office


def check(office: Custodian) -> None:
    """Hold all rows to the laws."""
    rows = [(part, key, values) for (part, key), (values, _) in office.table.rows.items()]
    assert [] == violations(rows, identity=IDENTITY)


def left_of(office: Custodian, *texts: str) -> list[str]:
    """Return the keys of rows in which one of *texts* is, but for those by which it goes on."""
    tables = (office.table, office.state)
    return [
        key
        for table in tables
        for (_, key), (values, _) in table.rows.items()
        if not key.endswith("|erase")
        and Needles(frozenset(texts)).are_in(
            json.dumps(values, default=bytes.hex).encode()
            + b"".join(value for value in values.values() if isinstance(value, bytes))
        )
    ]


async def finished(office: Custodian, order: str) -> dict[str, Any]:
    """Let all that is to be erased in systems be erased, and return the certificate."""
    await office.go_on(SOON)
    await office.finish("crm", Accepted(did="deleted"))
    await office.finish("sellers", Accepted(did="task"))
    await office.go_on(timedelta(days=1))
    return await office.show(order)


class TestCounting:
    async def test_told(self, office):
        """A dry run tells what would go and changes nothing."""
        before = dict(office.table.rows)

        told = await office.erasures().count("email", f"Sample <{MAIL.upper()}>", persons=True)

        assert {"attempt": 1, "delivery": 2, "lead": 1, "touch": 2} == told["rows"]
        assert [("crm", 1, "delete"), ("sellers", 1, "task")] == [
            (one["destination"], one["records"], one["does"]) for one in told["destinations"]
        ]
        assert ["Sample Buyer Fabrikam GmbH"] == told["who"]
        assert {"logs", "crm: HubSpot"} <= {one["where"] for one in told["stays"]}
        assert before == office.table.rows

    async def test_moved_on(self, office):
        """An order is refused, and tells the difference, if anything has come since."""
        counted = await office.erasures().count("email", MAIL, persons=False)
        await office.take(3, Email=MAIL, Description="One more thing.")

        with pytest.raises(Conflict, match="touch: 2 then, 3 now"):
            await office.erasures().order("email", MAIL, counted["token"])

        assert 3 == len(office.table.values("touch"))

    async def test_whose_else(self, office):
        """It is told how many persons write from an address; who, only where that is shown."""
        await office.take(3, Email=MAIL, LastName="Other", FirstName="Jo", Company="Contoso Ltd")

        told = await office.erasures().count("email", MAIL, persons=False)

        assert (2, []) == (told["persons"], told["who"])


class TestRows:
    async def test_gone(self, office):
        """All goes but a row that keeps the person out and what its systems are still to do."""
        order = await office.erase("email", MAIL)

        check(office)
        kinds = {key.split("|")[1] for _, key in office.table.rows if not key.startswith(INDEXES)}
        assert {"contact", "forget"} == kinds
        assert [] == left_of(office, MAIL)
        assert [] == await office.due("sellers")
        told = await finished(office, order)
        assert told["complete"], told["waits_for"]
        assert {"crm": {"deleted": 1}, "sellers": {"task": 1}} == told["records"]
        assert {"contact"} == {
            key.split("|", 1)[1] for _, key in office.table.rows if not key.startswith(INDEXES)
        }
        assert MAIL not in json.dumps(told)

    async def test_many(self, monkeypatch):
        """More rows than one transaction takes go in several, those first by which it may leave."""
        office = Custodian()
        for number in range(1, 50):
            listing = f"contoso.offer-{number}"
            await office.take(number, Email=MAIL, LeadSource=f"SPZA-PLT|{listing}")
        await office.finish("crm")
        erasures = office.erasures()
        counted = await erasures.count("email", MAIL, persons=False)
        empty = type(erasures.erasing).empty
        monkeypatch.setattr(type(erasures.erasing), "empty", lambda *_: _nothing())

        order = (await erasures.order("email", MAIL, counted["token"]))["order"]

        assert [] == await office.due("sellers")
        check(office)
        monkeypatch.setattr(type(erasures.erasing), "empty", empty)
        monkeypatch.setattr("leadshare.store.retrying.SHORTEST", 0)
        with pytest.raises(Exception, match="kept changing"):  # the message comes back in a minute
            await office.take(60, Email=MAIL)
        await office.go_on()
        assert [] == left_of(office, MAIL)
        assert 49 == (await office.show(order))["rows"]["touch"]
        await office.take(60, Email=MAIL)
        check(office)
        assert 1 == len(office.table.values("lead"))

    async def test_waits_and_alarms(self):
        """What reminds of a lead goes as well, wherever it is due."""
        clock = {"zone": "UTC", "remind_to": ["bell"]}
        bell = {"name": "bell", "follows_up": False}
        office = Custodian({"name": "crm", "tells_outcomes": True}, bell, clock=clock)
        await office.take(1)

        await office.erase("email", MAIL)

        assert [] == office.table.values("waiting")
        assert {"erase"} == {row["kind"] for row in office.table.values("due")}

    async def test_again(self, office):
        """A second order goes on with what the first had left, and says so."""
        first = await office.erase("email", MAIL)
        second = await office.erase("email", MAIL)

        told = await finished(office, second)

        check(office)
        assert told["complete"]
        assert {"crm": {"deleted": 1}, "sellers": {"task": 1}} == told["records"]
        assert second == (await office.show(first))["continued_by"]

    async def test_nobody(self, office):
        """Somebody of whom nothing is held can be erased: what is still on its way is kept out."""
        await office.erase("email", "nobody@fabrikam.example")

        late = message(post(Email="Nobody@Fabrikam.example"), 9, NOW)
        await office.classifier.classify(late, office.now)

        assert 1 == len(office.table.values("lead"))
        check(office)


async def _nothing() -> None:
    return None


class TestKeepingOut:
    @pytest.mark.parametrize("via", ["", TABLE])
    async def test_late(self, office, via):
        """What is of before the order is taken and kept nowhere; what came after is a new lead."""
        await office.erase("email", MAIL)
        late = message(post(Email=MAIL), 9, office.now - minutes(1), via=via)
        await office.classifier.classify(late, office.now)

        assert [] == office.table.values("touch")
        new = message(post(Email=MAIL), 10, office.now + minutes(1), via=via)
        office.now += minutes(2)
        await office.classifier.classify(new, office.now)
        assert ["1"] == [str(row["touches"]) for row in office.table.values("lead")]
        check(office)

    async def test_same_day(self, office):
        """What has only a date counts as of before to the end of the order's day."""
        await office.erase("email", MAIL)
        midnight = office.now.replace(hour=0, minute=0)
        office.now += timedelta(days=2)

        for number, day in ((9, midnight), (10, midnight + timedelta(days=1))):
            dated = message(post(Email=MAIL), number, day, via=TABLE)
            await office.classifier.classify(dated, office.now)

        assert 1 == len(office.table.values("touch"))

    async def test_outcome(self, office):
        """What a source tells of an erased lead waits for nobody."""
        [lead] = {row["lead"] for row in office.table.values("lead")}
        await office.erase("email", MAIL)
        recorder: Recorder = office.recorder

        assert frozenset() == await recorder.record([Outcome(lead, "saas", NOW, State.WON)])
        later = Outcome(lead, "saas", office.now + minutes(1), State.WON)
        assert {lead} == await recorder.record([later])

    async def test_comes_anew(self, office):
        """Whoever comes anew is not taken out of records that may hold the new words."""
        order = await office.erase("email", MAIL)
        await office.go_on(SOON)
        await office.take(30, Email=MAIL)

        assert [] == [row for row in await office.due("crm") if row.values["kind"] == "forget"]
        await office.go_on(timedelta(hours=1))
        told = await office.show(order)
        assert {"asked_again"} == {one["reason"] for one in told["by_hand"]}
        check(office)


class TestSystems:
    async def test_on_its_way(self, office):
        """What a delivery on its way has made is noted, and erased once it can have arrived."""
        [due] = await office.due("crm")
        await office.erase("email", MAIL)
        await office.go_on()

        assert [] == await office.due("crm")
        await office.go_on(2 * LEASE)

        [row] = await office.due("crm")
        assert ("forget", "r-1") == (row.values["kind"], row.values["record_id"])
        assert due.key != row.key
        record = json.loads(row.values["record"])
        assert {"lead", "listing"} == {
            name
            for name, value in record.items()
            if value and name not in {"first_touch", "last_touch", "stage_at"}
        }

    async def test_late(self, office, monkeypatch):
        """An attempt that is noted late is not noted once its lead is erased, however close."""
        [due] = await office.due("crm")
        await office.take(3, Email=MAIL, Description="And for the west.")
        get, ordered = office.table.get, list[str]()

        async def then_erased(partition: str, key: str) -> Any:
            row = await get(partition, key)
            if "|lead|" in key and not ordered:
                ordered.append("")
                ordered[0] = await office.erase("email", MAIL)
            return row

        monkeypatch.setattr(office.table, "get", then_erased)
        ended = Attempt(to_delivery(due), Deferred("throttled", counts=False), office.now)
        changes = ledger.finish(due, ended, SCHEDULE, office.now, 0.0)

        await write_down(office.table, [Closing(due, ended, changes, IDENTITY.index_name)], print)

        assert ordered
        check(office)

    async def test_refused(self, office):
        """What a system refuses is left to people, who are told the record's id and why."""
        order = await office.erase("email", MAIL)
        await office.go_on(SOON)
        await office.finish("crm", Rejected("erase_refused"))
        await office.finish("sellers", Deferred("http_500"))
        await office.go_on(timedelta(days=1))

        told = await office.show(order)

        assert [("crm", "r-1", "erase_refused")] == [
            (one["destination"], one["record_id"], one["reason"]) for one in told["by_hand"]
        ]
        assert ["records"] == told["waits_for"]
        await office.go_on(timedelta(days=7))
        told = await office.show(order)
        assert told["complete"]
        assert {"erase_refused", "not_in_time"} == {one["reason"] for one in told["by_hand"]}
        assert [] == office.table.values("due")

    async def test_cards(self, office):
        """What was sent to people stays; where nothing is configured any more people do it."""
        del office.systems["sellers"]
        office.systems["crm"] = type(office.systems["crm"])("stays", "teams")

        order = await office.erase("email", MAIL)
        await office.go_on(SOON)

        told = await office.show(order)
        assert {"crm": {"stays": 1}, "sellers": {"by_hand": 1}} == told["records"]
        assert told["complete"]


class TestSearching:
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(MAIL.encode(), id="plain"),
            pytest.param("".join(f"\\u{ord(one):04x}" for one in MAIL).encode(), id="escaped"),
            pytest.param("".join(f"%{ord(one):02X}" for one in MAIL).encode(), id="url"),
            pytest.param(MAIL.encode("utf-16"), id="utf-16"),
            *(
                pytest.param(b64encode(b"x" * shift + b"," + MAIL.encode()), id=f"base64-{shift}")
                for shift in range(3)
            ),
            pytest.param(b"tel 030/555 0101.", id="phone"),
        ],
    )
    async def test_quarantine(self, office, body):
        """A touch that nobody could read goes if the person is in it, however encoded."""
        await office.take(3, body=b"broken, " + body)
        await office.take(4, body=b"broken, other-person-1@fabrikam.example, 030 5550102")
        order = await office.erase("email", MAIL)
        await office.go_on()

        assert 1 == (await office.show(order))["rows"]["quarantine"]
        assert 1 == len(office.table.values("quarantine"))

    async def test_microsoft(self, office):
        """Rows of Microsoft's table go where that is allowed; else it is told how many stay."""
        info = json.dumps({"Email": MAIL})
        rows = [
            LeadRow("p", f"{number}", NOW, {"CustomerInfo": text, "CreatedTime": "2026-11-01"})
            for number, text in enumerate((info, "{}", info))
        ]
        office.microsoft.rows = [*rows]
        office.microsoft.allows = False
        order = await office.erase("email", MAIL)
        await office.go_on()
        assert 2 == (await office.show(order))["rows"]["microsoft_row_not_allowed"]
        office.microsoft.allows = True
        again = await office.erase("email", MAIL)
        await office.go_on()

        assert 2 == (await office.show(again))["rows"]["microsoft_row"]
        assert [rows[1]] == office.microsoft.rows

    async def test_waiting_outcome(self, office):
        """What waits for a lead of the person goes."""
        [lead] = {row["lead"] for row in office.table.values("lead")}
        told = Outcome(lead, "saas", NOW, State.WON)
        await office.outcomes.keep(message_of(told, NOW), Waits.UNKNOWN_LEAD)
        order = await office.erase("email", MAIL)
        await office.go_on()

        assert 1 == (await office.show(order))["rows"]["waiting_outcome"]

    async def test_queues(self, office):
        """It is complete once no message of before is in a queue, and is searched once more."""
        order = await office.erase("email", MAIL)
        office.queues = {"touches": {"count": 1, "oldest_seconds": 10**6}}
        assert ["queues"] == (await finished(office, order))["waits_for"]
        late = b"broken, " + MAIL.encode()
        await office.classifier.classify(message(late, 9, NOW), office.now)
        office.queues = {"touches": {"count": 1, "oldest_seconds": 5}}

        await office.go_on(timedelta(days=1))

        told = await office.show(order)
        assert told["complete"]
        assert [] == office.table.values("quarantine")
        assert [] == left_of(office, MAIL)


class TestIdentities:
    async def test_phone(self, office):
        """A number that is this person's alone keeps out, and what came from it goes as well."""
        await office.take(3, Email="", Phone="0049 30 5550101")
        await office.take(4, Email="", Phone="030 5550101")
        assert 3 == len(office.table.values("lead"))

        order = await office.erase("email", MAIL)

        assert [] == office.table.values("lead")
        late = message(post(Email="", Phone="49305550101"), 9, NOW)
        await office.classifier.classify(late, office.now)
        assert [] == office.table.values("touch")
        assert (await finished(office, order))["complete"]
        check(office)

    async def test_shared(self, office):
        """A number that others have as well is left alone, and told."""
        await office.take(3, Email="someone@fabrikam.example", Phone=PHONE, FirstName="Jo")
        await office.take(4, Email="", Phone=PHONE)

        told = await office.erasures().count("email", MAIL, persons=False)
        await office.erase("email", MAIL)

        assert 1 == told["shared_phones"]
        assert 2 == len(office.table.values("lead"))

    async def test_of_several(self):
        """Of several who have a number nobody is erased by that."""
        office = Custodian()
        await office.take(1, Phone=PHONE)
        await office.take(2, Phone=PHONE)

        with pytest.raises(BadRequest, match="say which by email or lead"):
            await office.erase("phone", PHONE)

    async def test_by_phone_or_lead(self):
        """Whoever is known by a number or a lead is erased as by the address."""
        for kind in ("phone", "lead"):
            office = Custodian()
            await office.take(1, Phone=PHONE)
            [lead] = [row["lead"] for row in office.table.values("lead")]
            await office.erase(kind, {"phone": "+49305550101", "lead": lead}[kind])
            assert [] == office.table.values("touch")
            assert [] == left_of(office, MAIL)


class TestObjecting:
    async def test_outlives(self, office):
        """That somebody objects outlives an erasure, and is known of who comes after it."""
        await office.objections.object("email", MAIL)
        await office.erase("email", MAIL)
        await office.take(30, Email=MAIL)

        [contact] = [row for row in office.table.values("contact") if row["touches"]]
        assert ("people", 1) == (contact["opted_out_by"], contact["touches"])
        check(office)

    async def test_waits_no_more(self):
        """Nobody is reminded of who objects, and a second objection changes nothing."""
        clock = {"zone": "UTC", "remind_to": ["bell"]}
        bell = {"name": "bell", "follows_up": False}
        office = Custodian({"name": "crm", "tells_outcomes": True}, bell, clock=clock)
        await office.take(1)

        told = await office.objections.object("email", MAIL)

        assert 1 == told["leads"]
        assert [] == office.table.values("waiting")
        assert {"deliver"} == {row["kind"] for row in office.table.values("due")}
        check(office)
        before = dict(office.table.rows)
        await office.objections.object("email", MAIL)
        assert before == office.table.rows

    async def test_not_yet(self):
        """Who is not there yet can object, and is known by it when they come."""
        office = Custodian()
        await office.objections.object("email", MAIL)
        await office.take(1)

        [contact] = office.table.values("contact")
        assert ("people", 1) == (contact["opted_out_by"], contact["touches"])
