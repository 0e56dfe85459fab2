"""The story: each touch that counts makes a version, and is told once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.deliveries.ledger.story import unpack
from leadshare.leads.folding.story import DATED, entries, since
from leadshare.leads.lead import fold
from leadshare.leads.touch import Touch, from_row
from tests.builders import NOW, configuration, later, minutes, touch
from tests.leads.contact import CRM, Contact

DAY = 24 * 60
ROBOT, KIT = "SPZA-PLT|contoso.robot", "SPZA-PLT|contoso.kit"


async def told(*touches: Touch, under: Any = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of the only lead and its story, the newest first, once *touches* were classified."""
    contact = Contact()
    for one in touches:
        await (contact.take(one, under) if under else contact.take(one))
    [lead] = contact.table.values("lead")
    return lead, [dict(entry) for entry in unpack(lead["story"])]


class TestEntries:
    async def test_whole(self):
        """An entry says what its touch did, as it gave it, with every word."""
        words = "Please call me. " + "x" * 3000
        _, [entry] = await told(touch(Description=words, Country="Deutschland"))

        assert {
            "touch": f"{1:032x}",
            "version": 1,
            "received": "2026-11-22T12:00:00.000Z",
            "action": "PLT",
            "intent": "contact_request",
            "first_name": "Sample",
            "last_name": "Buyer",
            "job_title": "Head of IT",
            "phone": "+4930123456",
            "company": "Fabrikam GmbH",
            "country": "DE",
            "words": words,
            "campaign": "",
        } == entry

    async def test_newest_first(self):
        """The story begins with what was received last, whatever was processed last."""
        lead, story = await told(later(2, Title="CEO"), later(1))

        assert [(2, 1), (1, 2)] == [(int(one["touch"], 16), one["version"]) for one in story]
        assert 2 == lead["version"]

    def test_none(self):
        """What made no version is no entry."""
        assert [] == entries([touch()])


class TestVersions:
    @pytest.mark.parametrize(
        "again",
        [
            pytest.param({}, id="repeat"),
            pytest.param({"ActionCode": "DNC", "Title": "X"}, id="dnc"),
            pytest.param({"via": "table"}, id="row"),
            pytest.param({"FirstName": "MSFT_TEST_1"}, id="test"),
        ],
    )
    async def test_nothing_new(self, again):
        """A repeat, a row beside its POST, a DNC and a test make no version and are not told."""
        contact = Contact()
        await contact.take(later(1))
        await contact.take(later(2, **again))

        rows = contact.table.values("touch")
        assert [1, 0] == [row["version"] for row in rows]
        [lead] = contact.table.values("lead")
        assert (1, [1]) == (lead["version"], [one["version"] for one in unpack(lead["story"])])

    async def test_a_colleague(self):
        """A colleague who says the same an hour later makes a version, and is told."""
        lead, story = await told(later(1), later(60, FirstName="Another"))

        assert (2, ["Another", "Sample"]) == (
            lead["version"],
            [entry["first_name"] for entry in story],
        )

    async def test_repeat_first(self):
        """A repeat that is processed first is told, and what it repeats is not told again."""
        lead, story = await told(later(60), later(1))

        assert (1, [60]) == (lead["version"], [int(entry["touch"], 16) for entry in story])

    async def test_repeat_first_with_another_between(self):
        """So it is where what it repeats turns out to be older than what another said."""
        first, other = later(1, Description="a"), later(30, FirstName="Another", LastName="One")
        again = later(60, Description="a")
        lead, story = await told(again, other, first)

        assert [60, 30] == [int(entry["touch"], 16) for entry in story]
        assert ("Another", 3) == (json.loads(lead["record"])["first_name"], lead["version"])

    async def test_better_category(self):
        """What was said in a worse category is told no more once there is a better one."""
        lead, story = await told(later(1, ActionCode="DNC", Title="X"), later(2))

        assert (2, [2]) == (lead["version"], [entry["version"] for entry in story])

    async def test_sibling(self):
        """What a contact does about another listing raises no version, but moves the score."""
        contact = Contact()
        await contact.take(later(1, LeadSource=ROBOT))
        [before] = contact.table.values("lead")
        await contact.take(later(2, LeadSource=KIT))

        found = {lead["listing"]: lead for lead in contact.table.values("lead")}
        [seen] = [one for one in contact.table.values("seen") if one["listing"] == "contoso.robot"]
        after = found["contoso.robot"]
        assert before["score"] + 10 == after["score"] == seen["score"]
        assert after["score"] == json.loads(after["receipt"])["score"]
        for name in ("version", "record", "story", "digest", "route"):
            assert before[name] == after[name]
        assert {1} == {row["wanted"] for row in contact.table.values("delivery")}

    async def test_sibling_moves_the_way(self):
        """Where another listing takes it to another destination, its version rises."""
        when = [{"field": "score", "op": "at_least", "value": 70}]
        bell = configuration(
            CRM,
            {"name": "more", "channel": "field_seller"},
            route=[{"when": when, "to": ["more"]}],
        )
        contact = Contact()
        await contact.take(later(1, LeadSource=ROBOT), bell)
        await contact.take(later(2, LeadSource=KIT), bell)

        found = {lead["listing"]: lead for lead in contact.table.values("lead")}
        assert (2, '["crm","more"]') == tuple(
            found["contoso.robot"][name] for name in ("version", "route")
        )


class TestWords:
    async def test_column(self):
        """Words that are longer than rules see have a column of their own; others have none."""
        contact = Contact()
        await contact.take(later(1, Description="short"))
        await contact.take(later(2, Description="漢" * 2000))

        short, long = contact.table.values("touch")
        assert "words" not in short
        assert "漢" * 2000 == long["words"].decode() == from_row(long).words
        assert "漢" * 1024 == from_row(long).facts["notes"]


class TestSince:
    def test_first_given(self):
        """Each fact is as old as the first version that gave it, whoever gave it."""
        one, two, three = (
            replace(later(n, **changes), version=n)
            for n, changes in ((1, {"Title": ""}), (2, {}), (3, {"Phone": ""}))
        )
        found = since(two.facts, [one, two, three], 4)

        assert {*DATED} == found.keys()
        assert (1, 2, 1) == (found["phone"], found["job_title"], found["first_name"])

    def test_new(self):
        """What no touch that made a version gave is new with the version at hand."""
        assert 4 == since(later(1).facts, [later(1)], 4)["phone"]

    async def test_record(self):
        """The record says it of the person shown."""
        lead, _ = await told(later(1, Phone="", Title="CFO"), later(2, Title=""))

        found = json.loads(lead["record"])["since"]
        assert (1, 2, 1) == (found["job_title"], found["phone"], found["email"])


WHO: list[dict[str, Any]] = [
    {},
    {"FirstName": "Another"},
    {"Company": "Contoso"},
    {"Description": "Call me"},
]
TOUCHES = st.lists(
    st.tuples(
        st.sampled_from(WHO),
        st.sampled_from([0, 1, DAY - 1, DAY, 2 * DAY]),
    ),
    min_size=1,
    max_size=6,
).map(
    lambda chosen: [
        touch(number, NOW + minutes(at + number / 100), **who)
        for number, (who, at) in enumerate(chosen)
    ]
)


class TestAny:
    @settings(max_examples=60, deadline=None)
    @given(TOUCHES, st.randoms(use_true_random=False))
    async def test_each_once(self, touches, random):
        """In any order of processing, what counts is told, and what was said twice is told once."""
        lead, story = await told(*random.sample(touches, len(touches)))
        in_order, _ = await told(*touches)

        assert len(story) == len({entry["version"] for entry in story}) == lead["touches"]
        for name in ("score", "receipt", "stage", "flags", "touches", "duplicates", "digest"):
            assert in_order[name] == lead[name]

    @settings(max_examples=60, deadline=None)
    @given(TOUCHES, st.lists(st.tuples(st.integers(0, 5), st.integers(1, DAY - 1)), max_size=4))
    async def test_repeats(self, touches, again):
        """Repeats after what they repeat raise no version and move no fact (law 12)."""
        before, story = await told(*touches)
        [folded] = fold(touches).values()
        counted = [one for one in touches if one.id in folded.counted]
        repeats = [
            replace(one, id=f"{100 + n:032x}", received=one.received + minutes(late))
            for n, (place, late) in enumerate(again)
            for one in [counted[place % len(counted)]]
        ]
        after, same = await told(*touches, *repeats)

        assert story == same
        for name in ("version", "record", "score", "stage", "digest", "touches"):
            assert before[name] == after[name]
        assert before["duplicates"] + len(repeats) == after["duplicates"]
