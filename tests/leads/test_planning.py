"""Planning: what one more touch changes in a contact's rows, and that it always fits."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Deferred
from leadshare.deliveries.ledger import Attempt
from leadshare.leads import touch as touches
from leadshare.leads.held import Held
from leadshare.leads.planning.touches import plan
from leadshare.leads.routing import Routes
from leadshare.store.keys import body_key, kind_in, of_contact
from tests.builders import NOW, PERSON, configuration, later, post, touch
from tests.leads.contact import BOTH, CRM, SELLERS, Contact

ROBOT, KIT = "SPZA-PLT|contoso.robot", "SPZA-PLT|contoso.kit"


@pytest.fixture(name="contact")
def _contact() -> Contact:
    return Contact()


class TestFirstTouch:
    async def test_rows(self, contact):
        """A first touch makes one row of each kind, two for each destination, one for each name by
        which it is found, and one of what is counted by it, in one piece.
        """
        [changes] = await contact.plan(touch())
        await contact.take(touch())

        rows = await contact.table.read(touch().contact[0], *of_contact(touch().contact))
        kinds = Counter(kind_in(row.key) for row in rows)
        assert {"touch": 1, "contact": 1, "lead": 1, "delivery": 2} == kinds
        assert len(changes) == len(contact.table.rows) == 10 + 3
        assert {"crm": ("due", 1), "sellers": ("due", 1)} == contact.deliveries()

    async def test_lead(self, contact):
        """The lead's row tells class, stage, score, version and all that a person asks about."""
        await contact.take(touch())

        [found] = contact.table.values("lead")
        expected = {
            "lead": touch().lead,
            "storefront": "appsource",
            "listing": "contoso.invoice-robot",
            "listing_title": "Contoso Invoice Robot",
            "stage": "sales_ready",
            "score": 64,
            "intent": "contact_request",
            "category": "normal",
            "campaign": "",
            "campaign_kind": "nurture",
            "routing": "routed",
            "version": 1,
            "touches": 1,
            "duplicates": 0,
            "last_seen": "2026-11-22T12:00:00.000Z",
            "first_touch": "2026-11-22T12:00:00.000Z",
            "route": '["crm","sellers"]',
            "flags": '["listing_unknown"]',
        }
        assert expected == {name: found[name] for name in expected}
        assert 64 == json.loads(found["receipt"])["score"]
        [due, _] = contact.table.values("due")
        assert json.loads(found["record"]) == json.loads(due["record"])

    async def test_raw(self, contact):
        """The raw body is kept as bytes, in a row of its own by time."""
        [[first, body, *_]] = await contact.plan(touch(), raw=b"\xef\xbb\xbf{}")

        assert b"\xef\xbb\xbf{}" == body.values["raw"]
        assert body_key(touch().received, touch().id) == body.key
        assert replace(touch(), version=1) == touches.from_row(first.values)


class TestRepeat:
    async def test_same_touch(self, contact):
        """A touch that is kept already changes nothing, whatever the time and the rules are now."""
        await contact.take(touch())

        assert [] == await contact.plan(touch(), configuration(CRM, {"name": "new"}))

    async def test_duplicate(self, contact):
        """A repeat is kept and counted, moves the lead up in the list, and owes nothing."""
        await contact.take(later(1))
        before = contact.table.values("due")

        await contact.take(later(2))

        [found] = contact.table.values("lead")
        assert (1, 1, 1) == (found["version"], found["touches"], found["duplicates"])
        assert "2026-11-22T12:02:00.000Z" == found["last_seen"]
        assert before == contact.table.values("due")
        [seen] = contact.table.values("seen")
        assert {name: found[name] for name in seen} == seen
        assert 2 == len(contact.table.values("touch"))

    async def test_framed(self, contact):
        """Rows tell how the last POST was framed; the same touch again writes none that does
        not.
        """
        older = replace(later(1), framed="")
        await contact.take(older)
        for values, _ in contact.table.rows.values():
            values.pop("framed", None)

        assert [] == await contact.plan(older)
        await contact.take(replace(later(2), framed="chunked"))
        assert [["chunked"], ["chunked"]] == [
            [row["framed"] for row in contact.table.values(kind)] for kind in ("lead", "seen")
        ]

    async def test_dnc(self, contact):
        """A DNC about a lead is kept, and owes nothing."""
        await contact.take(later(1))
        before = contact.table.values("delivery")

        await contact.take(later(2, ActionCode="DNC"))

        assert before == contact.table.values("delivery")
        [found] = contact.table.values("lead")
        assert ("normal", 1) == (found["category"], found["version"])

    async def test_repeat_before_its_first(self, contact):
        """A repeat that is processed before its first leaves the lead as the other order does."""
        first, again = later(1), later(2, path="contoso.kit")
        other = Contact()
        for one in (first, again):
            await other.take(one)

        for one in (again, first):
            await contact.take(one)

        # What went out before the first was known is not called back for its time alone.
        gone = ("record", "story", "stage_at", "ready_at")
        found = [
            [{name: value for name, value in row.items() if name not in gone} for row in rows]
            for rows in (other.table.values("lead"), contact.table.values("lead"))
        ]
        assert found[0] == found[1]
        assert other.table.values("seen") == contact.table.values("seen")


class TestUpdate:
    async def test_later_touch(self, contact):
        """A later touch that says more updates the lead and owes its next version everywhere."""
        await contact.take(later(1, Title=""))

        await contact.take(later(2, Title="CEO", ActionCode="INS", LeadSource=ROBOT_BY_CODE))

        [found] = contact.table.values("lead")
        assert (2, 2, "acquisition") == (found["version"], found["touches"], found["intent"])
        assert {"crm": ("due", 2), "sellers": ("due", 2)} == contact.deliveries()
        assert [2, 2] == [
            json.loads(due["record"])["version"] for due in contact.table.values("due")
        ]

    async def test_tried(self, contact):
        """Later versions of what was tried in vain are owed as repeats."""
        await contact.take(touch())
        [due, _] = await contact.due()
        timeout = Attempt(ledger.to_delivery(due), Deferred("timeout"), NOW)
        await contact.write(ledger.finish(due, timeout, SCHEDULE, NOW, 0.0))

        for number in (2, 3):
            await contact.take(later(number, Company=f"Fabrikam {number}"))

        rows = await contact.due()
        assert [(3, True), (3, False)] == [
            (one.version, one.known) for one in map(ledger.to_delivery, rows)
        ]

    async def test_sibling(self, contact):
        """Another listing rescores what the contact has already, and owes it anew where that
        makes it sales-ready.
        """
        await contact.take(later(1, LeadSource=ROBOT, Description="Hello", Title=""))
        [before] = contact.table.values("lead")

        own, sibling = await contact.plan(later(2, LeadSource=KIT))
        await contact.take(later(2, LeadSource=KIT))

        versions = {lead["listing"]: lead["version"] for lead in contact.table.values("lead")}
        assert {"contoso.robot": 2, "contoso.kit": 1} == versions
        scores = {lead["listing"]: lead["score"] for lead in contact.table.values("lead")}
        assert before["score"] + 10 == scores["contoso.robot"]
        assert [True, False] == ["|touch|" in changes[0].key for changes in (own, sibling)]

    async def test_special_sibling(self, contact):
        """A DNC on another listing is no interest in it: it rescores nothing."""
        await contact.take(later(1, LeadSource=ROBOT))

        [changes] = await contact.plan(later(2, LeadSource=KIT, ActionCode="DNC"))

        assert not [change for change in changes if "contoso.robot" in str(change.values)]

    @pytest.mark.parametrize("kept", [0, 1, 2])
    async def test_crash_in_between(self, contact, kept):
        """After a crash between two transactions the same touch plans what is still missing."""
        other = Contact()
        for one in (later(1, LeadSource=ROBOT), later(2, LeadSource=KIT)):
            await other.take(one)
        await contact.take(later(1, LeadSource=ROBOT))

        for changes in (await contact.plan(later(2, LeadSource=KIT)))[:kept]:
            await contact.write(changes)
        await contact.take(later(2, LeadSource=KIT))

        expected = {place: values for place, (values, _) in other.table.rows.items()}
        assert expected == {place: values for place, (values, _) in contact.table.rows.items()}


class TestSuppression:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            pytest.param({"FirstName": "MSFT_TEST_1"}, "test", id="test"),
            pytest.param({"ActionCode": "DNC"}, "no_contact", id="no-contact"),
            pytest.param({**dict.fromkeys(PERSON, ""), "Description": ""}, "blank", id="blank"),
            pytest.param({"Email": "zoe@contoso.example"}, "internal", id="internal"),
        ],
    )
    async def test_special(self, contact, changes, reason):
        """A special lead is due only where it is asked for; elsewhere it is suppressed as what it
        is.
        """
        told = configuration(
            {"name": "asks", "accepts": [reason]},
            {"name": "asks-others", "accepts": sorted(SPECIAL - {reason})},
            CRM,
            internal_domains=["contoso.example"],
        )

        await contact.take(touch(under=told, **changes), told)

        assert {
            "asks": ("due", 1),
            "asks-others": ("suppressed", 1),
            "crm": ("suppressed", 1),
        } == contact.deliveries()
        assert {"", reason} == {values["reason"] for values in contact.table.values("delivery")}

    async def test_route_changed(self, contact):
        """A destination that the route has left is owed nothing any more; a new one is owed all."""
        await contact.take(later(1))
        told = configuration(SELLERS, {"name": "new"})

        await contact.take(later(2, Title="CEO"), told)

        assert {
            "crm": ("suppressed", 1),
            "sellers": ("due", 2),
            "new": ("due", 2),
        } == contact.deliveries()
        assert ["left_route"] == [
            values["reason"] for values in contact.table.values("delivery") if values["reason"]
        ]

    async def test_what_was_delivered_stays(self, contact):
        """What was delivered to a destination that the route has left stays delivered."""
        await contact.take(later(1))
        place = next(place for place in contact.table.rows if place[1].endswith("|crm"))
        values, etag = contact.table.rows[place]
        done = {"state": "delivered", "sent": 1, "index": ""}
        contact.table.rows[place] = (values | done, etag)

        await contact.take(later(2, Title="CEO"), configuration(SELLERS))

        assert ("delivered", 1) == contact.deliveries()["crm"]

    async def test_special_is_no_more(self, contact):
        """A lead that was no contact and asks for contact is due where it was suppressed."""
        await contact.take(later(1, ActionCode="DNC"))

        await contact.take(later(2))

        assert {"crm": ("due", 2), "sellers": ("due", 2)} == contact.deliveries()


ROBOT_BY_CODE = "SPZA|contoso.invoice-robot"

SPECIAL = {"test", "internal", "blank", "no_contact"}


class TestPlan:
    def test_data_is_json(self):
        """A row's texts are JSON, in the script that they came in."""
        [[first, *_]] = plan(Held(), touch(FirstName="漢"), b"", Routes.of(BOTH), BOTH.scoring, NOW)

        assert '"first_name":"漢"' in first.values["data"]
        assert post()["LeadSource"] == json.loads(first.values["data"])["source"]
