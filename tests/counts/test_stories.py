"""Stories of one or two leads, and what docs/report.md has the report say of each, by hand."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest

from leadshare.counts.measures import DIMENSIONS
from leadshare.lifecycle.outcome import State
from tests.counts.telling import CRM, MONDAY, WEAK, Step, tell

LAKE: Final[dict[str, Any]] = {
    "LeadSource": "AzureMarketplace-Create|contoso.lake",
    "ActionCode": "Create",
}
NOBODY: Final[dict[str, Any]] = dict.fromkeys(
    ("FirstName", "LastName", "Email", "Phone", "Company", "Title", "Country"), ""
)
DNC: Final[dict[str, Any]] = {"LeadSource": "SPZA-DNC|contoso.robot", "ActionCode": "DNC"}
ERP, BELL = {"name": "erp"}, {"name": "bell", "follows_up": False}
NEVER: Final = {"name": "azure", "channel": "crm", "storefronts": ["azure_marketplace"]}

OF: Final = {
    "listing": "contoso.robot",
    "kind": "app",
    "campaign": "spring",
    "storefront": "appsource",
    "destination": "crm",
    "country": "DE",
}
"""What all is of in most stories."""

LEAD: Final = {"touches": 1, "contacts": 1, "leads": 1}
READY: Final = LEAD | {"sales_ready": 1, "then sales_ready": 1}
SENT: Final = {"delivered": 1, "accepted_in": 1.0}
WON: Final = READY | {"then opportunity": 1, "then won": 1}


class Story(NamedTuple):
    """What happens, and what is counted on which day: day 0 is a Monday, hours are UTC."""

    name: str
    steps: tuple[Step, ...]
    days: dict[int, dict[str, Any]]
    of: dict[str, Any] = {}  # noqa: RUF012 - never changed
    """What is of something else than usual: a value, or figures by value where there are more."""
    to: tuple[dict[str, Any], ...] = ()
    """Destinations, if other than the CRM."""


def step(name: str, *told: Any, **more: Any) -> Step:
    """One thing that happens: what `Teller` calls it, and when."""
    return lambda teller: getattr(teller, name)(*told, **more)


def touch(day: float, hour: float = 9, **more: Any) -> Step:
    """A customer acts."""
    return step("touch", day, hour, **more)


def says(
    day: float, state: State | None, amount: str = "", currency: str = "EUR", **more: Any
) -> Step:
    """A source tells."""
    return step("tell", day, state, amount, currency, **more)


ROBOT = {"touches": 1, "contacts": 1, "leads": 1, "sales_ready": 1, "then sales_ready": 1}
OTHER = {name: number for name, number in ROBOT.items() if name != "contacts"}

STORIES: Final = (
    # What is counted of touches
    Story("weak, and delivered", (touch(0, **WEAK), step("send", 0)), {0: LEAD | SENT}),
    Story("ready at once", (touch(0), step("send", 0)), {0: READY | SENT}),
    Story("a test", (touch(0, Company="MSFT_TEST_1"),), {0: {"tests": 1}}),
    Story("our own people", (touch(0, Email="own@contoso.example"),), {0: {"internals": 1}}),
    Story("nobody", (touch(0, **NOBODY),), {0: {"blanks": 1}}, {"country": "none"}),
    Story("do not contact", (touch(0, **DNC),), {0: {"no_contacts": 1}}),
    Story("asked after all", (touch(0, **DNC), touch(2)), {0: {"no_contacts": 1}, 2: READY}),
    Story("said again within a day", (touch(0), touch(0, 10)), {0: READY | {"repeats": 1}}),
    Story("said again a day later", (touch(0), touch(1, 10)), {0: READY, 1: {"touches": 1}}),
    Story(
        "a test, then in earnest",
        (touch(0, Company="MSFT_TEST_1"), touch(2)),
        {0: {"tests": 1}, 2: READY},
    ),
    Story(
        "two contacts of a company",
        (touch(0), touch(1, Email="other@fabrikam.example", FirstName="Other")),
        {0: READY, 1: READY},
    ),
    Story(
        "one contact, two listings",
        (touch(0), touch(1, **LAKE)),
        {0: READY, 1: OTHER},
        {
            "listing": {"contoso.robot": ROBOT, "contoso.lake": OTHER},
            "kind": {"app": ROBOT, "offer": OTHER},
            "campaign": {"spring": ROBOT, "none": OTHER},
            "storefront": {"appsource": ROBOT, "azure_marketplace": OTHER},
        },
    ),
    # On which day
    Story("processed two days late", (touch(2, received=0),), {0: READY}),
    Story("half past midnight in Berlin", (touch(0, 23.5),), {1: READY}),
    Story(
        "the night in which the clock goes back",
        (touch(-9, 22.5), touch(-8, 22.5, Description="b"), touch(-8, 23.5, Description="a")),
        {-8: READY | {"touches": 2}, -7: {"touches": 1}},
    ),
    # Sales-ready, and called
    Story(
        "ready by its second touch",
        (touch(0, **WEAK), touch(3)),
        {0: LEAD | {"then sales_ready": 1}, 3: {"touches": 1, "sales_ready": 1}},
    ),
    Story(
        "a sign four hours later",
        (touch(0), says(1, State.WORKING, signed_at=MONDAY.replace(hour=13))),
        {0: READY | {"called": 1, "called_in": 4.0, "then called": 1}},
    ),
    Story(
        "a sign before it was ready",
        (touch(0, **WEAK), says(1, None, signed_at=MONDAY.replace(day=3)), touch(3)),
        {
            0: LEAD | {"then sales_ready": 1, "then called": 1},
            1: {"called": 1},
            3: {"touches": 1, "sales_ready": 1},
        },
    ),
    Story(
        "taken before it was ready",
        (touch(0, **WEAK), says(1, State.WORKING, signed_at=MONDAY.replace(day=3)), touch(3)),
        {0: LEAD, 1: {"called": 1}, 3: {"touches": 1}},
    ),
    Story("wants to hear no more", (touch(0), says(1, None, opted_out=True)), {0: READY}),
    # What became of it, and what it is worth
    Story(
        "won and never an opportunity",
        (touch(0), says(4, State.WON, "100")),
        {0: WON, 4: {"opportunities": 1, "won": 1, "won EUR": "100"}},
    ),
    Story(
        "an opportunity, then won",
        (touch(0), says(2, State.OPPORTUNITY, "50"), says(6, State.WON, "100.10")),
        {0: WON, 2: {"opportunities": 1}, 6: {"won": 1, "won EUR": "100.10"}},
    ),
    Story(
        "the same, told the other way round",
        (touch(0), says(6, State.WON, "100.10"), says(2, State.OPPORTUNITY, "50", heard=8)),
        {0: WON, 2: {"opportunities": 1}, 6: {"won": 1, "won EUR": "100.10"}},
    ),
    Story(
        "won, then lost",
        (touch(0), says(4, State.WON, "100"), says(6, State.LOST)),
        {
            0: READY | {"then opportunity": 1, "then lost": 1},
            4: {"opportunities": 1},
            6: {"lost": 1},
        },
    ),
    Story(
        "no opportunity any more",
        (touch(0), says(2, State.OPPORTUNITY, "50"), says(5, State.WORKING)),
        {0: READY | {"then opportunity": 1}, 2: {"opportunities": 1}},
    ),
    Story(
        "another sum, and another currency",
        (
            touch(0),
            says(4, State.WON, "100"),
            says(9, State.WON, "120"),
            says(11, State.WON, "9", "USD"),
        ),
        {0: WON, 4: {"opportunities": 1, "won": 1, "won USD": "9"}},
    ),
    Story(
        "twenty-five sums",
        (touch(0), *(says(n, State.OPPORTUNITY, f"{n}") for n in range(1, 26))),
        {0: READY | {"then opportunity": 1}, 1: {"opportunities": 1, "opportunity EUR": "25"}},
    ),
    Story(
        "a sum without a currency",
        (touch(0), says(4, State.WON, "100", "")),
        {0: WON, 4: {"opportunities": 1, "won": 1, "won XXX": "100"}},
    ),
    Story(
        "won by two, the first of whom mends its sum",
        (
            touch(0),
            says(4, State.WON, "100"),
            says(5, State.WON, "7", source="saas"),
            says(6, State.WON, "101"),
        ),
        {
            0: WON | {"then called": 1},
            4: {"opportunities": 1, "won": 1, "won EUR": "101"},
            5: {"called": 1, "called_in": 127.9},
        },
    ),
    Story(
        "lost by one, and worked by another",
        (touch(0), says(4, State.LOST), says(5, State.WORKING, source="saas")),
        {0: READY | {"then called": 1}, 5: {"called": 1, "called_in": 127.9}},
    ),
    # Where it went
    Story(
        "parked, and replayed",
        (touch(0), step("refuse", 0), step("replay", 2), step("send", 2)),
        {0: READY | {"parked": 1}, 2: {"delivered": 1, "accepted_in": 49.3}},
    ),
    Story(
        "parked twice",
        (touch(0), step("refuse", 0), step("replay", 2), step("refuse", 2)),
        {0: READY | {"parked": 1}, 2: {"parked": 1}},
    ),
    Story(
        "news of it parked",
        (touch(0), step("send", 0), touch(2, Description="more"), step("refuse", 2)),
        {0: READY | SENT, 2: {"touches": 1, "parked": 1}},
    ),
    Story(
        "nobody takes it",
        (touch(0),),
        {0: READY | {"unrouted": 1}},
        {"destination": "none"},
        (NEVER,),
    ),
    Story(
        "nobody took it until there was a CRM",
        (touch(0), step("reroute", 5, CRM), step("send", 5)),
        {0: READY, 5: {"delivered": 1, "accepted_in": 117.3}},
        {},
        (NEVER,),
    ),
    Story(
        "two systems and a notice",
        (touch(0), step("send", 0), step("send", 0, to="erp"), step("send", 0, to="bell")),
        {0: READY | {"delivered": 2, "accepted_in": 1.0}},
        {"destination": {"crm": READY | SENT, "erp": READY | SENT, "bell": READY}},
        (CRM, ERP, BELL),
    ),
    Story(
        "parked at a system that is no more",
        (touch(0), step("refuse", 0, to="erp"), step("send", 0), step("reroute", 3, CRM)),
        {0: READY | SENT | {"parked": 1}},
        {"destination": {"crm": READY | SENT, "erp": {"parked": 1}}},
        (CRM, ERP),
    ),
    # What it is of
    Story(
        "a listing that is not in the catalogue",
        (touch(0, LeadSource="SPZA-PLT|contoso.other", OfferTitle="Other"),),
        {0: READY},
        {"listing": "contoso.other", "campaign": "none"},
    ),
    Story(
        "a listing without an id",
        (touch(0, LeadSource="SPZA-PLT|Robot of Jane", OfferTitle="Robot of Jane"),),
        {0: READY},
        {"listing": "other", "campaign": "none"},
    ),
    Story(
        "no listing",
        (touch(0, LeadSource="SPZA-PLT|", OfferTitle=""),),
        {0: READY},
        {"listing": "none", "campaign": "none"},
    ),
    Story(
        "by the link of a campaign",
        (touch(0, Description="Campaigns: fair"),),
        {0: READY},
        {"campaign": "fair"},
    ),
    Story("by a link that is over", (touch(6, Description="Campaigns: fair"),), {6: READY}),
    Story("by a link that nobody made", (touch(0, Description="Campaigns: Jane Doe"),), {0: READY}),
    Story(
        "an offer of Azure Marketplace",
        (touch(0, **LAKE), step("send", 0)),
        {0: READY | SENT},
        {
            "listing": "contoso.lake",
            "kind": "offer",
            "campaign": "none",
            "storefront": "azure_marketplace",
        },
    ),
    Story(
        "an action that nobody documents",
        (touch(0, LeadSource="SPZA-CNS|contoso.robot", ActionCode="CNS"),),
        {0: LEAD},
    ),
    Story(
        "a country without a code",
        (touch(0, Country="Atlantis"),),
        {0: READY},
        {"country": "other"},
    ),
    Story(
        "another country, and all follows",
        (touch(0), step("send", 0), touch(2, Country="FR"), step("send", 2)),
        {0: READY | SENT, 2: {"touches": 1}},
        {"country": "FR"},
    ),
    # What is no more
    Story(
        "erased",
        (touch(0), step("send", 0), says(4, State.WON, "100"), step("vanish", 5)),
        {0: WON | SENT, 4: {"opportunities": 1, "won": 1}, 5: {"departed": 1}},
        dict.fromkeys(("campaign", "destination", "country"), "departed"),
    ),
    Story(
        "erased, and here again",
        (touch(0), step("vanish", 1), touch(3)),
        {0: READY, 1: {"departed": 1}, 3: READY},
        {
            name: {"departed": READY | {"departed": 1}, value: READY}
            for name, value in OF.items()
            if name in {"campaign", "destination", "country"}
        },
    ),
    Story(
        "its time is up",
        (touch(0), step("send", 0), says(4, State.LOST), step("send", 5), step("age", 40)),
        {0: READY | SENT | {"then lost": 1}, 4: {"lost": 1}, 40: {"departed": 1}},
        dict.fromkeys(("campaign", "destination", "country"), "departed"),
    ),
    Story(
        "a test whose time is up",
        (touch(0, Company="MSFT_TEST_1"), step("age", 20)),
        {0: {"tests": 1}},
        dict.fromkeys(("campaign", "destination", "country"), "departed"),
    ),
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_story(story):
    """The report says exactly that: each figure on its day, and under what it is of."""
    told = await tell(story.steps, *story.to)

    assert story.days == told["days"]
    for name in DIMENSIONS:
        of = story.of.get(name, OF[name])
        assert (of if isinstance(of, dict) else {of: told["all"]}) == told[name], name
