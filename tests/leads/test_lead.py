"""The fold: one contact's touches as leads, whatever the order in which they were processed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.leads.folding.repeats import WINDOW, duplicates
from leadshare.leads.lead import Lead, facts_of, fold
from leadshare.leads.touch import Touch
from leadshare.playbook import Category, Intent, Storefront
from leadshare.scoring.operators import NUMBERS, TEXTS
from leadshare.texts import words
from tests.builders import NOW, configuration, later, lead, minutes, touch

ROBOT, KIT = "SPZA-PLT|contoso.robot", "AzureMarketplace-INS|contoso.kit"
CAMPAIGNS = configuration(
    listing=[
        {"id": "contoso.robot", "title": "R", "kind": "app", "campaign": "own"},
        {"id": "contoso.a", "title": "A", "kind": "app", "campaign": "a"},
        {"id": "contoso.b", "title": "B", "kind": "app", "campaign": "b"},
    ]
)
STAFF = configuration(internal_domains=["fabrikam.example"])


def one(*touches: Touch) -> Lead:
    """The only lead of *touches*."""
    [found] = fold(touches, CAMPAIGNS.campaigns).values()
    return found


POSTS = st.fixed_dictionaries(
    {
        "LeadSource": st.sampled_from([ROBOT, KIT, "TestDrive|contoso.robot"]),
        "ActionCode": st.sampled_from(["PLT", "INS", "DNC", "StartTestDrive", "?"]),
        "FirstName": st.sampled_from(["Sample", "", "I.", "MSFT_TEST_1"]),
        "Company": st.sampled_from(["Fabrikam GmbH", ""]),
        "Title": st.sampled_from(["Head of IT", "", "CEO"]),
        "Description": st.sampled_from(["", "Campaigns: spring", "Call me"]),
    }
)
MOMENTS = st.sampled_from([0, 1, 1, 60, 1439, 1440, 2880, 5000, 20_000])
VIA = st.sampled_from(["", "", "table"])
STORIES = st.lists(st.tuples(POSTS, MOMENTS, st.booleans(), VIA), min_size=1, max_size=8).map(
    lambda told: [
        touch(number, NOW + minutes(moment), STAFF if staff else None, via=via, **changes)
        for number, (changes, moment, staff, via) in enumerate(told)
    ]
)
"""One contact's touches, some at the same time, some read while staff were known as such."""


class TestOrder:
    @given(STORIES, st.randoms(use_true_random=False))
    def test_any_order(self, touches, random):
        """Any order of the same touches gives the same leads (law 8)."""
        shuffled = random.sample(touches, len(touches))

        assert fold(touches) == fold(shuffled)

    @given(STORIES)
    def test_sums(self, touches):
        """Every touch belongs to the lead that it names, each lead has one that counts, and none
        counts twice.
        """
        leads = fold(touches)

        assert {one.lead for one in touches} == set(leads)
        for lead_id, found in leads.items():
            own = [one for one in touches if one.lead == lead_id]
            assert 1 <= found.touches <= found.touches + found.duplicates <= len(own)
            assert max(one.received for one in own) == found.seen
            assert found.first <= found.last <= found.seen

    def test_same_time(self):
        """Touches of one millisecond are ordered by their ids."""
        first, second = touch(1, Title="CEO"), touch(2, Title="CTO")

        assert "CTO" == one(second, first).facts["job_title"]


class TestIntent:
    @pytest.mark.parametrize(
        ("actions", "intent"),
        [
            pytest.param(["PLT"], Intent.CONTACT_REQUEST, id="contact"),
            pytest.param(["INS", "PLT"], Intent.ACQUISITION, id="acquisition-then-contact"),
            pytest.param(["PLT", "StartTestDrive"], Intent.TRIAL, id="contact-then-trial"),
            pytest.param(["StartTestDrive", "INS", "Create"], Intent.PURCHASE, id="all-the-way"),
            pytest.param(["?", "PLT"], Intent.CONTACT_REQUEST, id="other-then-contact"),
            pytest.param(["PLT", "DNC"], Intent.CONTACT_REQUEST, id="contact-then-dnc"),
            pytest.param(["DNC", "?"], Intent.OTHER, id="dnc-then-other"),
        ],
    )
    def test_strongest(self, actions, intent):
        """A lead's intent is the strongest that was asked for, whenever it was."""
        touches = [
            later(number, LeadSource="SPZA|contoso.robot", ActionCode=action)
            for number, action in enumerate(actions)
        ]

        assert intent is one(*touches).intent


class TestLane:
    def test_dnc_never_lowers(self):
        """A DNC after a request for contact changes nothing about the lead but when it was seen."""
        asked, dnc = later(1), later(2, ActionCode="DNC", FirstName="X", Title="Y", Company="Z")
        expected = replace(one(asked), seen=dnc.received)

        assert expected == one(asked, dnc)

    def test_dnc_before_the_request(self):
        """A DNC before a request for contact changes nothing either."""
        dnc, asked = later(1, ActionCode="DNC", Title=""), later(2)

        assert one(asked) == one(dnc, asked)

    def test_only_dnc(self):
        """A lead of nothing but DNC touches is no contact."""
        found = one(later(1, ActionCode="DNC"), later(2, ActionCode="DNC", Company="X"))

        assert Category.NO_CONTACT is found.category
        assert Intent.NONE is found.intent
        assert 2 == found.touches

    @pytest.mark.parametrize(
        ("categories", "category"),
        [
            pytest.param([Category.TEST, Category.NORMAL], Category.NORMAL, id="test"),
            pytest.param([Category.INTERNAL, Category.NORMAL], Category.NORMAL, id="internal"),
            pytest.param([Category.BLANK, Category.NORMAL], Category.NORMAL, id="blank"),
            pytest.param(
                [Category.INTERNAL, Category.BLANK], Category.INTERNAL, id="internal-and-blank"
            ),
            pytest.param([Category.NO_CONTACT, Category.BLANK], Category.BLANK, id="dnc-and-blank"),
            pytest.param(
                [Category.TEST, Category.NO_CONTACT], Category.NO_CONTACT, id="test-and-dnc"
            ),
            pytest.param([Category.TEST, Category.TEST], Category.TEST, id="only-tests"),
        ],
    )
    def test_best(self, categories, category):
        """The best category among the touches wins, in either order."""
        for turned in (categories, categories[::-1]):
            touches = [replace(later(n), category=which) for n, which in enumerate(turned)]
            assert category is one(*touches).category

    def test_other_categories_say_nothing(self):
        """What was said in a worse category is no fact about the lead."""
        test = replace(
            later(2), category=Category.TEST, facts={**later(2).facts, "company": "Test AG"}
        )

        assert "Fabrikam GmbH" == one(later(1), test).facts["company"]

    def test_repeat_of_another_category(self):
        """A touch that repeats one of a worse category is the first that counts."""
        staff, customer = later(1, under=STAFF), later(2)

        found = one(staff, customer)

        assert (Category.NORMAL, 1) == (found.category, found.touches)


class TestFacts:
    def test_latest_given(self):
        """Each fact is the last that was given; saying nothing takes nothing back."""
        found = one(later(1, Title="CTO", Company=""), later(2, Title="CEO"), later(3, Title=""))

        assert ("CEO", "Fabrikam GmbH") == (found.facts["job_title"], found.facts["company"])

    def test_campaign_and_title(self):
        """Campaign and title of the listing are the last that were given, too."""
        found = one(
            later(1, under=CAMPAIGNS, Description="Campaigns: a", OfferTitle="Robot"),
            later(2, under=CAMPAIGNS, Description="Campaigns: b", OfferTitle="Robot 2"),
            later(3, under=CAMPAIGNS, Description="", OfferTitle=""),
        )

        assert ("b", "Robot 2") == (found.campaign, found.listing_title)

    def test_campaigns(self):
        """The campaign that was named last outranks what listings belong to; the first and the
        last are kept.
        """
        found = one(
            *(
                later(n, under=CAMPAIGNS, Description=text, LeadSource="SPZA-PLT|contoso.robot")
                for n, text in enumerate(
                    ["hello", "Campaign: b", "Campaign: B", "good bye", "Campaign: c"]
                )
            )
        )

        assert ("b", "own", "own") == (found.campaign, found.first_campaign, found.last_campaign)
        assert "Campaign: c\ngood bye\nhello" == found.words

    def test_flags(self):
        """A lead has the flags of all its touches, once each."""
        found = one(later(1, Country="?"), later(2, Phone="?"), later(3, Phone="?"))

        assert ("country_unreadable", "listing_unknown", "phone_unreadable") == found.flags

    def test_storefront_of_the_latest(self):
        """Storefront and kind are those of the latest touch."""
        found = one(
            later(1, LeadSource="AzureMarketplace-INS|contoso.robot"),
            later(2, LeadSource="SPZA-INS|contoso.robot"),
        )

        assert (Storefront.APPSOURCE, "app") == (found.storefront, found.listing_kind)

    def test_storefront_once_known(self):
        """A touch whose storefront is unknown takes nothing from what another told."""
        known, unknown = "SPZA-INS|contoso.robot", "Elsewhere-INS|contoso.robot"
        found = one(
            later(1, LeadSource=known, ActionCode="INS"),
            later(2, LeadSource=unknown, ActionCode="INS", Description="again"),
        )
        nothing = one(later(1, LeadSource=unknown, ActionCode="INS"))

        assert (Storefront.APPSOURCE, "app", 2) == (
            found.storefront,
            found.listing_kind,
            found.touches,
        )
        assert (Storefront.UNKNOWN, "") == (nothing.storefront, nothing.listing_kind)


class TestFramed:
    @pytest.mark.parametrize("last", ["length", "chunked"])
    def test_last(self, last):
        """How the last POST was framed is told, be it a repeat or a DNC, in any order."""
        dnc = replace(later(3, ActionCode="DNC"), framed=last)
        told = [later(1), replace(later(2), framed="chunked"), dnc]

        assert [last, last] == [one(*told).framed, one(*told[::-1]).framed]

    def test_others(self):
        """What came by no POST, or did not tell, takes nothing back."""
        first, older = replace(later(1), framed="chunked"), replace(later(3), framed="")

        assert "chunked" == one(first, row(2, 5), older).framed


class TestDuplicates:
    @pytest.mark.parametrize(
        ("gaps", "repeats"),
        [
            pytest.param([timedelta(0)], {1}, id="at-once"),
            pytest.param([WINDOW - timedelta(milliseconds=1)], {1}, id="just-inside"),
            pytest.param([WINDOW], set(), id="just-outside"),
            pytest.param([WINDOW / 2, WINDOW / 2], {1}, id="window-counts-from-the-first"),
            pytest.param([WINDOW, WINDOW / 2], {2}, id="window-begins-anew"),
            pytest.param([WINDOW / 2, WINDOW, WINDOW / 4], {1, 3}, id="anew-after-a-repeat"),
        ],
    )
    def test_window(self, gaps, repeats):
        """The same action within a day of the first is a repeat; after that it is a new touch."""
        times = [sum(gaps[:count], NOW - NOW) for count in range(len(gaps) + 1)]
        touches = [touch(number, NOW + time) for number, time in enumerate(times)]

        assert {f"{number:032x}" for number in repeats} == duplicates(touches)

    def test_others_are_none(self):
        """Another action within the window is no repeat."""
        assert set() == duplicates([later(1), later(2, ActionCode="INS", LeadSource="SPZA")])

    def test_counted(self):
        """A repeat is counted as such and not as a touch, and moves only when the lead was seen."""
        first, again = later(1), later(2)

        found = one(first, again)

        assert (1, 1) == (found.touches, found.duplicates)
        assert (first.received, again.received) == (found.first, found.seen)

    def test_first_and_last_of_what_counts(self):
        """First and last time are those of touches that count; a repeat does not move them."""
        found = one(
            later(1),
            later(2),
            later(3, ActionCode="?", LeadSource="SPZA|contoso.invoice-robot"),
            later(4),
        )

        assert (NOW + minutes(1), NOW + minutes(3)) == (found.first, found.last)

    def test_counts_add(self):
        """Touches that count add up."""
        assert 3 == one(touch(1), touch(2, NOW + WINDOW), touch(3, NOW + 2 * WINDOW)).touches


class TestListings:
    def test_counted_for_all(self):
        """Every lead of a contact that may be followed up knows on how many listings it may."""
        touches = [
            later(1, LeadSource=ROBOT),
            later(2, LeadSource=KIT),
            later(3, LeadSource="SPZA-DNC|contoso.other", ActionCode="DNC"),
        ]

        assert [2, 2, 0] == [found.listings for found in fold(touches).values()]

    def test_several_touches_of_one(self):
        """Many touches on one listing are one listing."""
        assert 1 == one(later(1), later(2, Company="X")).listings


class TestFactsOf:
    def test_all(self):
        """Conditions may ask about each fact that they name, texts as the eye compares."""
        facts = facts_of(lead(touches=3, listings=2))

        assert {*TEXTS, *NUMBERS} == set(facts)
        assert ("head of it", "fabrikam gmbh") == (facts["job_title"], facts["company"])
        assert (3, 2) == (facts["touches"], facts["listings"])
        assert ("business customers", "nurture") == (facts["audience"], facts["campaign_kind"])

    @given(STORIES)
    def test_as_they_compare(self, touches):
        """Each text is as conditions compare it, what leadshare calls things itself no less."""
        for found in fold(touches, CAMPAIGNS.campaigns).values():
            facts = facts_of(found)

            assert {name: words(str(facts[name])) for name in TEXTS} == {n: facts[n] for n in TEXTS}

    @pytest.mark.parametrize(
        ("notes", "said"),
        [
            pytest.param(["Call me"], "call me", id="one"),
            pytest.param(["Campaigns: "], "", id="no-words"),
            pytest.param(["Campaigns: a"], "", id="campaign"),
            pytest.param(["Campaigns: x"], "campaigns: x", id="no-campaign"),
            pytest.param(["Campaigns: a\nCall me."], "call me.", id="below-a-campaign"),
            pytest.param(["Call me", "Campaigns: a"], "call me", id="campaign-later"),
            pytest.param(["Call me", "A demo"], "a demo call me", id="newest-first"),
            pytest.param(["", "A demo", ""], "a demo", id="once"),
            pytest.param(["A demo", "Call me", "A demo"], "call me a demo", id="each-once"),
            pytest.param(["Ask about campaigns: now"], "ask about campaigns: now", id="inside"),
        ],
    )
    def test_words(self, notes, said):
        """Notes are what the customer wrote, in all touches; campaigns are the marketplace's
        words.
        """
        found = one(*(later(n, under=CAMPAIGNS, Description=text) for n, text in enumerate(notes)))

        assert said == facts_of(found)["notes"]


DAY = 24 * 60
BARE = {"LeadSource": "AzureMarketplace", "ActionCode": "INS"}
CATALOGUE = configuration(
    listing=[{"id": "contoso.invoice-robot", "title": "Contoso Invoice Robot", "kind": "app"}]
)


def row(number: int, at: float = 0, **changes: Any) -> Touch:
    """A touch of a table's row so many minutes after noon."""
    return touch(number, NOW + minutes(at), CATALOGUE, via="table", **changes)


class TestRow:
    @pytest.mark.parametrize("at", [0, 5, -5, DAY - 1, 1 - DAY])
    @pytest.mark.parametrize("path", ["", "contoso.invoice-robot"])
    @pytest.mark.parametrize("changes", [{}, BARE])
    def test_beside_its_post(self, at, path, changes):
        """A row within a day of the POST of the same action, before or after, is counted, no
        more.
        """
        posted = touch(1, NOW, CATALOGUE, path, **changes)
        told = row(2, at, **changes)

        found = one(told, posted)

        seen = max(posted.received, told.received)
        assert replace(one(posted), duplicates=1, seen=seen) == found

    @pytest.mark.parametrize(
        "changes",
        [
            {"Description": "please call me"},
            {"LeadSource": "SPZA-INS|contoso.invoice-robot", "ActionCode": "INS"},
            {"Phone": "4930999999"},
            {"Company": "Other"},
        ],
    )
    def test_another_action(self, changes):
        """A row of another action beside a POST is a touch of its own."""
        found = one(touch(1, NOW, CATALOGUE), row(2, 5, **changes))

        assert (2, 0) == (found.touches, found.duplicates)

    @pytest.mark.parametrize("at", [DAY, -DAY])
    def test_another_day(self, at):
        """The same action on another day is another touch."""
        assert 2 == one(touch(1, NOW, CATALOGUE), row(2, at)).touches

    def test_without_a_post(self):
        """Rows alone are touches as POSTs are, repeats within a day included."""
        found = one(row(1), row(2, 5), row(3, 3 * DAY))

        assert (2, 1) == (found.touches, found.duplicates)
