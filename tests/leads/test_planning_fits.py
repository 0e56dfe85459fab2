"""Planning: whatever comes, what it changes fits one transaction."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from annotated_types import MaxLen
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare import intake
from leadshare.configuration.models import MOST_DESTINATIONS, Configuration
from leadshare.configuration.tracks import MOST_LISTS
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Kind, State
from leadshare.deliveries.ledger import Attempt
from leadshare.errors import Unreadable
from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.touch import Touch
from leadshare.persons.finding import MOST_WORDS
from leadshare.scoring.rules import Rule
from leadshare.store.keys import due_key, lead_key, of_contact, partition_of
from leadshare.store.table import Change, Row
from leadshare.times import from_text
from tests.builders import IDENTITY, NOW, PERSON, configuration, later, message, minutes
from tests.leads.contact import Contact
from tests.limits import check_fits


def accepted(row: Row, *, look_up: bool = False) -> list[Change]:
    """What follows once what *row*, a due row, holds was accepted."""
    at = NOW + minutes(60)
    attempt = Attempt(ledger.to_delivery(row), Accepted("r"), at, 200)
    return ledger.finish(row, attempt, SCHEDULE, at, 0.0, look_up=look_up)


@pytest.fixture(name="contact")
def _contact() -> Contact:
    return Contact()


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


OTHERS = configuration(*({"name": f"other{n}"} for n in range(MOST_DESTINATIONS)))
"""As many, and none of them the same."""


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
        return touches.read(envelope, FULL.catalogue, IDENTITY)
    except Unreadable:
        return None


def kind_of(key: str) -> str:
    """What a row is."""
    first, second = key.split("|")[:2]
    return second if len(first) == 32 else first


def check_all(transactions: list[list[Change]]) -> None:
    """Check the limits on each transaction."""
    for changes in transactions:
        check_fits(changes)


class TestFits:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(BODIES, min_size=1, max_size=2))
    async def test_any_bodies(self, bodies):
        """Whatever intake takes, its rows fit, with as many destinations and rules as there may
        be.
        """
        contact = Contact()
        for number, body in enumerate(bodies):
            one = read(body, number)
            if one:
                check_all(await contact.plan(one, FULL, body))
                await contact.take(one, FULL)

    async def test_worst(self, contact):
        """The longest texts in a script that JSON would escape fit, too."""
        one = read(WORST)

        assert one is not None
        check_all(await contact.plan(one, FULL, WORST))

    async def test_worst_of_many(self, contact):
        """So do the longest texts of many persons, each of whom wrote as much as a body holds."""
        for number in range(8):
            changes = {
                "FirstName": f"{number} " + "漢" * 1000,
                "Title": "\\" * 1024 if number % 2 else "漢" * 400,
            }
            body = json.loads(WORST)
            body["UserDetails"] |= {"Email": "info@fabrikam.example", **changes}
            body |= {"ActionCode": "ΐ" * 1000, "Description": "漢" * 2500}
            raw = json.dumps(body, ensure_ascii=False).encode()
            one = read(raw[: intake.LARGEST], number)
            assert one is not None
            check_all(await contact.plan(one, FULL, raw))
            await contact.take(one, FULL)

        [found] = contact.table.values("lead")
        assert 8 == found["version"]
        assert 40 * 1024 >= len(found["story"]) > 20 * 1024

    async def test_most_persons(self, contact):
        """Of the other persons a record tells as many as it has room for, the last heard."""
        for number in range(80):
            told = {"FirstName": chr(97 + number % 26) * 2 + "x" * (number // 26), "LastName": "Li"}
            await contact.take(later(number, under=FULL, **told), FULL)

        [found] = contact.table.values("lead")
        record = json.loads(found["record"])
        assert "several_persons" in json.loads(found["flags"])
        assert 10 < len(record["persons"]) < 79
        assert [*range(78, 78 - len(record["persons"]), -1)] == [
            (from_text(one["last_heard"]) - NOW).total_seconds() // 60 for one in record["persons"]
        ]

    async def test_full(self, contact):
        """A lead with the most destinations is one transaction, also when all move."""
        await contact.take(later(1, under=FULL), FULL)

        [changes] = await contact.plan(later(2, under=FULL, Title="CEO"), FULL)

        assert 7 + 3 * MOST_DESTINATIONS == len(changes)

    async def test_full_and_listed(self, contact):
        """So is one with the most destinations that was listed as told of only, and is no more."""
        notices = configuration(
            *({**one.model_dump(), "follows_up": False} for one in FULL.destination)
        )
        await contact.take(later(1, under=notices), notices)

        [changes] = await contact.plan(later(2, under=FULL, Title="CEO"), FULL)

        check_fits(changes)
        assert 8 + 3 * MOST_DESTINATIONS == len(changes)
        assert 1 == sum(change.key.startswith("notice_only|") for change in changes)

    async def test_every_kind_of_row(self, contact):
        """So is one with every kind of row: one that was listed as told of only, and whose touch
        tells another phone number and a company of as many words as count.
        """
        notices = configuration(
            *({**one.model_dump(), "follows_up": False} for one in FULL.destination)
        )
        await contact.take(later(1, under=notices), notices)
        told = {"Phone": "+49 30 9876543", "Company": " ".join(f"w{n}" for n in range(99))}

        [changes] = await contact.plan(later(2, under=FULL, Title="CEO", **told), FULL)

        check_fits(changes)
        kinds = Counter(kind_of(change.key) for change in changes)
        assert {
            **dict.fromkeys(("touch", "raw", "contact", "lead", "count"), 1),
            "seen": 2,
            "notice_only": 1,
            "find": 1 + MOST_WORDS,
            "delivery": MOST_DESTINATIONS,
            "due": 2 * MOST_DESTINATIONS,
        } == kinds

    async def test_every_kind_of_row_and_the_clock(self, contact):
        """A lead that begins to wait for a call as well has two rows more."""
        *others, last = [one.model_dump() for one in FULL.destination]
        told = configuration(
            *others,
            last | {"tells_outcomes": True},
            scoring=FULL.scoring.model_dump(),
            clock={"zone": "UTC", "remind_to": [last["name"]]},
        )
        ready = told.model_copy(update={"scoring": configuration().scoring})
        await contact.take(later(1, under=told), told)
        for row in await contact.due():
            await contact.write(accepted(row, look_up=True))
        more = {"Phone": "+49 30 9876543", "Company": " ".join(f"w{n}" for n in range(99))}

        [changes] = await contact.plan(later(2, under=ready, Title="CEO", **more), ready)

        check_fits(changes)
        kinds = Counter(kind_of(change.key) for change in changes)
        assert {"waiting": 1, "due": 1 + 2 * MOST_DESTINATIONS}.items() <= kinds.items()
        assert 78 == len(changes)  # and two more where it was listed, and is so otherwise now

    async def test_every_kind_of_row_and_a_track(self, contact):
        """A lead whose track ends while a step of it is on its way, and that is on as many lists as
        there may be, has six rows more.
        """
        *others, last = [one.model_dump() for one in FULL.destination]
        lists = [{"do": "list", "at": last["name"], "into": str(n)} for n in range(MOST_LISTS)]
        told = configuration(
            *others,
            last | {"tells_outcomes": True},
            scoring=FULL.scoring.model_dump(),
            clock={"zone": "UTC", "remind_to": [last["name"]]},
            track=[{"id": "t", "kind": "nurture", "basis": "consent", "step": lists}],
        )
        ready = told.model_copy(update={"scoring": configuration().scoring})
        await contact.take(later(1, under=told), told)
        for row in await contact.due():
            if row.values["kind"] == Kind.DELIVER:
                await contact.write(accepted(row, look_up=True))
        [lead] = contact.table.values("lead")
        on = [[last["name"], str(n), "r", 1] for n in range(MOST_LISTS)]
        sent = due_key(last["name"], "1", NOW, lead["lead"], "step")
        columns = {"track_lists": json.dumps(on), "track_sent": sent}
        await contact.write([Change("merge", lead_key(lead["lead"]), columns)])
        more = {"Phone": "+49 30 9876543", "Company": " ".join(f"w{n}" for n in range(99))}

        [changes] = await contact.plan(later(2, under=ready, Title="CEO", **more), ready)

        check_fits(changes)
        left = [change for change in changes if "|leave-" in change.key]
        assert MOST_LISTS == len(left)
        assert 84 == len(changes)  # and two more where it was listed, and is so otherwise now

    async def test_every_kind_of_row_and_other_routes(self, contact):
        """Where all destinations are others as well, what does not fit goes first."""
        await contact.take(later(1, under=FULL), FULL)
        for row in await contact.due():
            await contact.write(accepted(row, look_up=True))
        await contact.take(later(2, under=OTHERS, Title="CEO"), OTHERS)
        told = {"Phone": "+49 30 9876543", "Company": " ".join(f"w{n}" for n in range(99))}

        retired, changed = await contact.plan(later(3, under=FULL, Title="CTO", **told), FULL)

        check_all([retired, changed])
        assert 100 - len(changed) < 2

    async def test_all_routes_changed(self, contact):
        """When all destinations are others, the old are let go in the transaction that owes the
        new.
        """
        await contact.take(later(1, under=FULL), FULL)

        [changes] = await contact.plan(later(2, under=OTHERS, Title="CEO"), OTHERS)

        check_fits(changes)
        assert 7 + (2 + 2) * MOST_DESTINATIONS == len(changes)

    async def test_all_routes_changed_back(self, contact):
        """Where those to be owed have rows of their own, what of the old does not fit is let go
        first.
        """
        await contact.take(later(1, under=FULL), FULL)
        for row in await contact.due():
            await contact.write(accepted(row, look_up=True))
        await contact.take(later(2, under=OTHERS, Title="CEO"), OTHERS)

        retired, changed = await contact.plan(later(3, under=FULL, Title="CTO"), FULL)

        check_all([retired, changed])
        assert 100 - len(changed) < 2
        states = {change.values.get("state") for change in retired if "|delivery|" in change.key}
        assert {State.SUPPRESSED} == states

    # The SDK hands over bytes, not a stream; aiohttp would rather have it otherwise.
    @pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
    async def test_azurite(self, contact, azure_table):
        """The service takes the longest rows that there can be."""
        one = read(WORST)
        assert one is not None

        for changes in await contact.plan(one, FULL, WORST):
            await azure_table.write(partition_of(one.contact), changes)

        span = of_contact(one.contact)
        assert 3 + MOST_DESTINATIONS == len(
            await azure_table.read(partition_of(one.contact), *span)
        )
