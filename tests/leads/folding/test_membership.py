"""Every lead is in exactly one campaign, whatever the order in which its touches came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.configuration.models import Configuration
from leadshare.leads.folding.repeats import duplicates, echoes
from leadshare.leads.lead import Lead, fold
from leadshare.leads.touch import Touch
from tests.builders import NOW, configuration, minutes, touch
from tests.leads.contact import Contact

DAY = 24 * 60
ROBOT = {"id": "contoso.robot", "title": "Robot", "kind": "app"}
COUNTRIES, TITLES = ("DE", "AT", "US"), ("CEO", "Buyer", "")


def campaign(number: int, **told: Any) -> dict[str, Any]:
    """A campaign by its number."""
    return {"id": f"c{number}", "name": f"Campaign {number}", "kind": "nurture", **told}


def asked(field: str, value: str) -> dict[str, str]:
    """A condition."""
    return {"field": field, "op": "eq", "value": value}


def day(number: int) -> str:
    """The day so many days after the first."""
    return (NOW + minutes(number * DAY)).date().isoformat()


WHEN = st.sampled_from(
    [
        *[[]] * 3,
        *[[asked("country", one)] for one in COUNTRIES],
        [asked("job_title", "CEO")],
        [asked("storefront", "appsource"), asked("country", "DE")],
    ]
)
WINDOWS = st.tuples(*[st.none() | st.integers(0, 6)] * 2).filter(
    lambda ends: None in ends or ends[0] <= ends[1]
)


@st.composite
def files(draw: Any) -> Configuration[Any]:
    """A file with campaigns of any windows and conditions, one of which a listing may have."""
    told = []
    for number in range(draw(st.integers(0, 4))):
        first, last = draw(WINDOWS)
        ends = {"from": first, "until": last}
        window = {name: day(end) for name, end in ends.items() if end is not None}
        told.append(campaign(number, when=draw(WHEN), **window))
    own = draw(st.sampled_from(["", *(one["id"] for one in told)]))
    return configuration(campaign=told, listing=[ROBOT | {"campaign": own}])


TOUCHES = st.lists(
    st.tuples(
        st.integers(0, 6 * DAY),
        st.sampled_from(
            ["", "Hello", *[f"Campaigns: c{n}" for n in range(5)], "campaign: CAMPAIGN 1"]
        ),
        st.sampled_from(COUNTRIES),
        st.sampled_from(TITLES),
        st.sampled_from(["PLT", "INS", "DNC"]),
    ),
    min_size=1,
    max_size=6,
)


def read(told: list[tuple[Any, ...]], under: Configuration[Any]) -> list[Touch]:
    """The touches of one lead, read under a file."""
    return [
        touch(
            *(number, NOW + minutes(at), under),
            LeadSource=f"SPZA-{action}|contoso.robot",
            ActionCode=action,
            Description=notes,
            Country=country,
            Title=title,
        )
        for number, (at, notes, country, title, action) in enumerate(told)
    ]


def one(touches: list[Touch], under: Configuration[Any]) -> Lead:
    """The only lead of *touches*."""
    [found] = fold(touches, under.campaigns).values()
    return found


def expected(found: Lead, told: dict[str, str], under: Configuration[Any]) -> str:
    """The campaign of a lead, told slowly: the first of all ways, ranked, that there are."""
    runs = {one.id: one.runs_at for one in under.campaign}
    ways = []
    for late, it in enumerate(reversed([t for t in found.own if t.id in found.counted])):
        names = told[it.id].lower().partition(": ")[2].replace("campaign ", "c")
        ways += [(0, late, 0, names)] if names in runs and runs[names](it.received) else []
        for place, campaign in enumerate(under.campaign):
            facts = {**found.facts, "storefront": found.storefront}
            meets = all(facts[c.field].casefold() == c.value for c in campaign.when)
            if campaign.when and meets and campaign.runs_at(it.received):
                ways.append((1, late, place, campaign.id))
        own = under.listing[0].campaign
        ways += [(2, late, 0, own)] if own and runs[own](it.received) else []
    return min(ways, default=(3, 0, 0, ""))[3]


class TestMembership:
    @given(files(), TOUCHES, st.randoms(use_true_random=False))
    def test_exactly_one(self, under, told, random):
        """A lead is in one, the same in any order: what the customer named outranks conditions,
        these what the listing brings, and that the playbook's kind.
        """
        touches = read(told, under)
        notes = {f"{number:032x}": text for number, (_, text, *_) in enumerate(told)}
        found = one(touches, under)

        shuffled = random.sample(touches, len(touches))

        assert expected(found, notes, under) == found.campaign
        assert found.campaign in {"", *under.campaigns.ids}
        assert bool(found.campaign) == bool(found.campaign_name)
        assert found == one(shuffled, under)
        # What only repeats takes no lead along.
        without = {*echoes(found.own), *duplicates(found.own)}
        assert found.campaign == one([t for t in touches if t.id not in without], under).campaign

    def test_named_before_it_was_there(self):
        """What a customer named is a campaign as soon as one is called so, and words until then."""
        before, after = configuration(), configuration(campaign=[campaign(1)])
        came = [touch(1, NOW, before, Description="Campaigns: c1\nCall me.")]

        assert ("", "") == (one(came, before).campaign, one(came, before).last_campaign)
        assert ("c1", "c1") == (one(came, after).campaign, one(came, after).last_campaign)

    def test_named_and_gone(self):
        """One that is not configured any more is still told of, and no lead is in it."""
        before, after = configuration(campaign=[campaign(1)]), configuration()
        found = one([touch(1, NOW, before, Description="Campaigns: Campaign 1")], after)

        assert ("", "c1", "c1") == (found.campaign, found.first_campaign, found.last_campaign)


class TestMoves:
    @pytest.mark.parametrize("again", [False, True], ids=["news", "repeat"])
    async def test_version(self, again):
        """A lead that has moved gets a version of its own with what comes next, and tells of it."""
        contact, crm = Contact(), {"name": "crm"}
        old = configuration(crm, campaign=[campaign(1, when=[asked("country", "DE")])])
        new = configuration(crm, campaign=[campaign(2, when=[asked("country", "DE")])])

        await contact.take(touch(1, NOW, old), old)
        [first] = contact.table.values("lead")
        more = {} if again else {"Description": "Please call me."}
        await contact.take(touch(2, NOW + minutes(5), new, **more), new)
        [second] = contact.table.values("lead")

        told = [json.loads(row["record"]) for row in (first, second)]
        assert [(1, "c1"), (2, "c2")] == [(one["version"], one["campaign"]) for one in told]
        assert ["Campaign 1", "Campaign 2"] == [one["campaign_name"] for one in told]
