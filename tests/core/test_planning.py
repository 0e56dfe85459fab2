"""Planning: what one more touch changes in a contact's rows, and that it always fits."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from annotated_types import MaxLen
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare import intake
from leadshare.core import ledger
from leadshare.core import touch as touches
from leadshare.core.configuration import MOST_DESTINATIONS, Configuration
from leadshare.core.delivery import SCHEDULE, Deferred, State
from leadshare.core.envelope import open_envelope
from leadshare.core.ledger import Attempt
from leadshare.core.planning import plan
from leadshare.core.playbook import PLAYBOOK
from leadshare.core.rows import Change, kind_of, partition_of, whole_story, without_attempts
from leadshare.core.rules import Rule
from leadshare.core.story import COLUMNS, Story
from leadshare.core.touch import Touch
from leadshare.errors import Unreadable
from tests.builders import (
    IDENTITY,
    NOW,
    PERSON,
    check_fits,
    configuration,
    later,
    message,
    minutes,
    post,
    touch,
)
from tests.memory import MemoryTable

CRM, SELLERS = {"name": "crm"}, {"name": "sellers", "channel": "field_seller"}
BOTH = configuration(CRM, SELLERS)
ROBOT, KIT = "SPZA-PLT|contoso.robot", "SPZA-PLT|contoso.kit"


class Contact:
    """One contact's rows in a table, and what is planned on top of them."""

    def __init__(self) -> None:
        self.table = MemoryTable()

    async def plan(
        self, one: Touch, told: Configuration[Any] = BOTH, raw: bytes = b"{}"
    ) -> list[list[Change]]:
        """What a touch would change."""
        span = without_attempts(one.contact)
        rows = await self.table.read(partition_of(one.contact), *span, columns=COLUMNS)
        return plan(Story.of(rows), one, raw, told, one.received)

    async def take(self, one: Touch, told: Configuration[Any] = BOTH) -> None:
        """Change what a touch changes."""
        for changes in await self.plan(one, told):
            await self.table.write(partition_of(one.contact), changes)

    def deliveries(self) -> dict[str, tuple[str, int]]:
        """State and wanted version by destination, of the only lead."""
        return {
            values["destination"]: (values["state"], values["wanted"])
            for values in self.table.values("delivery")
        }


@pytest.fixture(name="contact")
def _contact() -> Contact:
    return Contact()


class TestFirstTouch:
    async def test_rows(self, contact):
        """
        A first touch makes one row of each kind, and two for each destination, in one piece.
        """
        [changes] = await contact.plan(touch())
        await contact.take(touch())

        rows = await contact.table.read(touch().contact[0], *whole_story(touch().contact))
        kinds = Counter(kind_of(row) for row in rows)
        assert {"touch": 1, "contact": 1, "lead": 1, "delivery": 2} == kinds
        assert len(changes) == len(contact.table.rows) == 8
        assert {"crm": ("due", 1), "sellers": ("due", 1)} == contact.deliveries()

    async def test_lead(self, contact):
        """
        The lead's row tells class, stage, score, version and all that a person asks about.
        """
        await contact.take(touch())

        [found] = contact.table.values("lead")
        expected = {
            "lead": touch().lead,
            "storefront": "appsource",
            "listing": "contoso.invoice-robot",
            "listing_title": "Contoso Invoice Robot",
            "stage": "sales_ready",
            "score": 90,
            "intent": "contact_request",
            "lane": "normal",
            "campaign_kind": "nurture",
            "version": 1,
            "touches": 1,
            "duplicates": 0,
            "last_seen": "2026-11-22T12:00:00.000Z",
            "first_touch": "2026-11-22T12:00:00.000Z",
            "route": '["crm","sellers"]',
            "flags": '["listing_unknown"]',
        }
        assert expected == {name: found[name] for name in expected}
        assert 90 == json.loads(found["receipt"])["score"]
        [due, _] = contact.table.values("due")
        assert json.loads(found["record"]) == json.loads(due["record"])

    async def test_raw(self, contact):
        """
        The raw body is kept as bytes, beside what was read of it.
        """
        [[first, *_]] = await contact.plan(touch(), raw=b"\xef\xbb\xbf{}")

        assert b"\xef\xbb\xbf{}" == first.values["raw"]
        assert touch() == touches.from_row(json.loads(first.values["data"]))


class TestRepeat:
    async def test_same_touch(self, contact):
        """
        A touch that is kept already changes nothing, whatever the time and the rules are now.
        """
        await contact.take(touch())

        assert [] == await contact.plan(touch(), configuration(CRM, {"name": "new"}))

    async def test_duplicate(self, contact):
        """
        A repeat is kept and counted, moves the lead up in the list, and owes nothing.
        """
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

    async def test_dnc(self, contact):
        """
        A DNC about a lead is kept, and owes nothing.
        """
        await contact.take(later(1))
        before = contact.table.values("delivery")

        await contact.take(later(2, ActionCode="DNC"))

        assert before == contact.table.values("delivery")
        [found] = contact.table.values("lead")
        assert ("normal", 1) == (found["lane"], found["version"])

    async def test_repeat_before_its_first(self, contact):
        """
        A repeat that is processed before its first leaves the lead as the other order does.
        """
        first, again = later(1), later(2, path="contoso.kit")
        other = Contact()
        for one in (first, again):
            await other.take(one)

        for one in (again, first):
            await contact.take(one)

        # What went out before the first was known is not called back for its time alone.
        found = [
            [{name: value for name, value in row.items() if name != "record"} for row in rows]
            for rows in (other.table.values("lead"), contact.table.values("lead"))
        ]
        assert found[0] == found[1]
        assert other.table.values("seen") == contact.table.values("seen")


class TestUpdate:
    async def test_later_touch(self, contact):
        """
        A later touch that says more updates the lead and owes its next version everywhere.
        """
        await contact.take(later(1, Title=""))

        await contact.take(later(2, Title="CEO", ActionCode="INS", LeadSource=ROBOT_BY_CODE))

        [found] = contact.table.values("lead")
        assert (2, 2, "acquisition") == (found["version"], found["touches"], found["intent"])
        assert {"crm": ("due", 2), "sellers": ("due", 2)} == contact.deliveries()
        assert [2, 2] == [
            json.loads(due["record"])["version"] for due in contact.table.values("due")
        ]

    async def test_tried(self, contact):
        """
        Later versions of what was tried in vain are owed as repeats.
        """
        partition = touch().contact[0]
        await contact.take(touch())
        [due, _] = await contact.table.read(partition, "due|", "due|~")
        timeout = Attempt(ledger.to_delivery(due), Deferred("timeout"), NOW)
        await contact.table.write(partition, ledger.finish(due, timeout, SCHEDULE, NOW, 0.0))

        for number in (2, 3):
            await contact.take(later(number, Company=f"Fabrikam {number}"))

        rows = await contact.table.read(partition, "due|", "due|~")
        assert [(3, True), (3, False)] == [
            (one.version, one.known) for one in map(ledger.to_delivery, rows)
        ]

    async def test_sibling(self, contact):
        """
        Another listing rescores what the contact has already, and owes it anew.
        """
        await contact.take(later(1, LeadSource=ROBOT))
        [before] = contact.table.values("lead")

        own, sibling = await contact.plan(later(2, LeadSource=KIT))
        await contact.take(later(2, LeadSource=KIT))

        versions = {lead["listing"]: lead["version"] for lead in contact.table.values("lead")}
        assert {"contoso.robot": 2, "contoso.kit": 1} == versions
        scores = {lead["listing"]: lead["score"] for lead in contact.table.values("lead")}
        assert before["score"] + 8 == scores["contoso.robot"]
        assert [True, False] == ["|touch|" in changes[0].key for changes in (own, sibling)]

    async def test_special_sibling(self, contact):
        """
        A DNC on another listing is no interest in it: it rescores nothing.
        """
        await contact.take(later(1, LeadSource=ROBOT))

        [changes] = await contact.plan(later(2, LeadSource=KIT, ActionCode="DNC"))

        assert not [change for change in changes if "contoso.robot" in str(change.values)]

    @pytest.mark.parametrize("kept", [0, 1, 2])
    async def test_crash_in_between(self, contact, kept):
        """
        After a crash between two transactions the same touch plans what is still missing.
        """
        other = Contact()
        for one in (later(1, LeadSource=ROBOT), later(2, LeadSource=KIT)):
            await other.take(one)
        await contact.take(later(1, LeadSource=ROBOT))

        for changes in (await contact.plan(later(2, LeadSource=KIT)))[:kept]:
            await contact.table.write(touch().contact[0], changes)
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
        """
        A special lead is due only where it is asked for; elsewhere it is suppressed as what it is.
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
        """
        A destination that the route has left is owed nothing any more; a new one is owed all.
        """
        await contact.take(later(1))
        told = configuration(SELLERS, {"name": "new"})

        await contact.take(later(2, Title="CEO"), told)

        assert {
            "crm": ("suppressed", 1),
            "sellers": ("due", 2),
            "new": ("due", 2),
        } == contact.deliveries()
        assert ["unrouted"] == [
            values["reason"] for values in contact.table.values("delivery") if values["reason"]
        ]

    async def test_what_was_delivered_stays(self, contact):
        """
        What was delivered to a destination that the route has left stays delivered.
        """
        await contact.take(later(1))
        place = next(place for place in contact.table.rows if place[1].endswith("|crm"))
        values, etag = contact.table.rows[place]
        done = {"state": "delivered", "sent": 1, "index": ""}
        contact.table.rows[place] = (values | done, etag)

        await contact.take(later(2, Title="CEO"), configuration(SELLERS))

        assert ("delivered", 1) == contact.deliveries()["crm"]

    async def test_special_is_no_more(self, contact):
        """
        A lead that was no contact and asks for contact is due where it was suppressed.
        """
        await contact.take(later(1, ActionCode="DNC"))

        await contact.take(later(2))

        assert {"crm": ("due", 2), "sellers": ("due", 2)} == contact.deliveries()


ROBOT_BY_CODE = "SPZA|contoso.invoice-robot"
SPECIAL = {"test", "internal", "blank", "no_contact"}


def longest(name: str) -> int:
    """How long the configuration lets a rule's text be."""
    found = Rule.model_fields[name].metadata
    return next(limit.max_length for limit in found if isinstance(limit, MaxLen))


FULL: Configuration[Any] = configuration(
    *({"name": f"{n:02d}" + "d" * 38} for n in range(MOST_DESTINATIONS)),
    scoring={
        "rule": [
            {
                "name": f"{n:03d}" + "r" * 37,
                "points": -100,
                "why": '"' * longest("why"),
                "when": [{"field": "storefront", "op": "present"}],
            }
            for n in range(100)
        ]
    },
)
"""As many destinations and rules as a configuration may have, all of which a lead meets."""

ALPHABETS = ["a", "é", "漢", "🙂", '"', "\\", "\n", "ß", "ΐ", "\u2028", "ﷺ", "a 漢🙂"]
TEXTS = st.builds(
    lambda piece, count: piece * count, st.sampled_from(ALPHABETS), st.integers(0, 1100)
)
BODIES = st.builds(
    lambda person, top, encoding, escaped: json.dumps(
        {"UserDetails": person, **top}, ensure_ascii=escaped
    ).encode(encoding)[: intake.LARGEST],
    st.fixed_dictionaries(dict.fromkeys(PERSON, TEXTS)),
    st.fixed_dictionaries(
        {
            "LeadSource": TEXTS.map("SPZA-PLT|{}".format),
            "ActionCode": TEXTS,
            "OfferTitle": TEXTS,
            "Description": TEXTS.map("Campaigns: {}".format),
        }
    ),
    st.sampled_from(["utf-8", "utf-16"]),
    st.booleans(),
)
WORST = json.dumps(
    {
        "UserDetails": dict.fromkeys(PERSON, "漢" * 1024),
        "LeadSource": "SPZA-PLT|" + "ΐ" * 1000,
        "Description": "Campaigns: " + "漢" * 1013,
    },
    ensure_ascii=False,
).encode()


def read(body: bytes, number: int = 1) -> Touch | None:
    """The touch that *body* is read as, if it is whole."""
    envelope = open_envelope(message(body, number, NOW + minutes(number), "p" * 2000))
    try:
        return touches.read(envelope, FULL, IDENTITY)
    except Unreadable:
        return None


def check_all(transactions: list[list[Change]]) -> None:
    """Check the limits on each transaction."""
    for changes in transactions:
        check_fits(changes)


class TestFits:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(BODIES, min_size=1, max_size=2))
    async def test_any_bodies(self, bodies):
        """
        Whatever intake takes, its rows fit, with as many destinations and rules as there may be.
        """
        contact = Contact()
        for number, body in enumerate(bodies):
            one = read(body, number)
            if one:
                check_all(await contact.plan(one, FULL, body))
                await contact.take(one, FULL)

    async def test_worst(self, contact):
        """
        The longest texts in a script that JSON would escape fit, too.
        """
        one = read(WORST)

        assert one is not None
        check_all(await contact.plan(one, FULL, WORST))

    async def test_full(self, contact):
        """
        A lead with the most destinations is one transaction, also when all move.
        """
        await contact.take(later(1, under=FULL), FULL)

        [changes] = await contact.plan(later(2, under=FULL, Title="CEO"), FULL)

        assert 5 + 3 * MOST_DESTINATIONS == len(changes)

    async def test_all_routes_changed(self, contact):
        """
        When all destinations are others, the old are let go before the new are owed.
        """
        await contact.take(later(1, under=FULL), FULL)
        others = configuration(*({"name": f"other{n}"} for n in range(MOST_DESTINATIONS)))

        retired, changed = await contact.plan(later(2, under=others, Title="CEO"), others)

        check_all([retired, changed])
        assert 2 * MOST_DESTINATIONS == len(retired)
        states = {change.values.get("state") for change in retired if "|delivery|" in change.key}
        assert {State.SUPPRESSED} == states

    # The SDK hands over bytes, not a stream; aiohttp would rather have it otherwise.
    @pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
    async def test_azurite(self, contact, azure_table):
        """
        The service takes the longest rows that there can be.
        """
        one = read(WORST)
        assert one is not None

        for changes in await contact.plan(one, FULL, WORST):
            await azure_table.write(partition_of(one.contact), changes)

        span = whole_story(one.contact)
        assert 33 == len(await azure_table.read(partition_of(one.contact), *span))


class TestPlan:
    def test_channels_are_those_of_the_playbook(self):
        """
        Every lead of these tests goes to a CRM and to field sellers.
        """
        assert {"crm", "field_seller"} == set(PLAYBOOK[touch().storefront].channels)

    def test_data_is_json(self):
        """
        A row's texts are JSON, in the script that they came in.
        """
        [[first, *_]] = plan(Story(), touch(FirstName="漢"), b"", BOTH, NOW)

        assert '"first_name":"漢"' in first.values["data"]
        assert post()["LeadSource"] == json.loads(first.values["data"])["source"]
