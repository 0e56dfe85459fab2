"""Coverage agrees with routing, whatever configuration and lead are drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadshare.leads.coverage import Row, coverage
from leadshare.leads.lead import facts_of
from leadshare.leads.routing import Routes, Routing, route
from leadshare.playbook import PLAYBOOK, Category, Intent, Storefront
from leadshare.scoring.operators import Facts
from leadshare.scoring.rules import holds
from leadshare.texts import words
from tests.builders import configuration, lead
from tests.leads.routes import APPS, CARD, CRM, HOOK, OFFERS, PAGE, ROBOT, SUITE, configured, to

TEXTS: dict[str, list[str]] = {
    "country": ["", "DE", "AT", "FR"],
    "campaign": ["", "autumn", "autumn webinar", "spring"],
    "job_title": ["", "ceo", "head of it", "the ceo"],
    "listing": ["", "contoso.robot", "contoso.suite", "contoso.other"],
    "intent": [intent.value for intent in Intent if intent is not Intent.NONE],
    "email_kind": ["business", "free", "disposable", ""],
}

FIXED: dict[str, list[str]] = {
    "storefront": [storefront.value for storefront in Storefront],
    "audience": [play.audience for play in PLAYBOOK.values()],
    "listing_kind": [kind for play in PLAYBOOK.values() for kind in play.listing_kinds],
    "category": ["normal", "test"],
    "stage": [
        configuration().scoring.stage(Category.NORMAL, Storefront.APPSOURCE, score)
        for score in (0, 100)
    ],
}

NUMBERS = {"score": st.sampled_from([0, 30, 59, 60, 100]), "touches": st.integers(0, 3)}

PRESENCE = ("present", "missing")


@st.composite
def conditions(draw: Any) -> tuple[Any, ...]:
    """A condition on a fact, with a value that leads may have."""
    field = draw(st.sampled_from([*TEXTS, *FIXED, *NUMBERS]))
    if field in NUMBERS:
        op = draw(st.sampled_from(["eq", "ne", "at_least", "at_most"]))
        return field, op, draw(NUMBERS[field])
    value = st.sampled_from((TEXTS | FIXED)[field])
    op = draw(st.sampled_from(["eq", "ne", "in", "contains", "has_word", *PRESENCE]))
    if op in PRESENCE:
        return field, op
    return field, op, draw(st.lists(value, max_size=2) if op in ("in", "has_word") else value)


@st.composite
def configurations(draw: Any) -> Any:
    """A configuration of few destinations that routes lead to, in part, on conditions."""
    kinds = st.sampled_from([CRM, APPS, OFFERS, PAGE, CARD, HOOK, HOOK, HOOK])
    drawn = draw(st.lists(kinds, max_size=3))
    names = [f"d{number}" for number in range(len(drawn))]
    destinations = [one | {"name": name} for one, name in zip(drawn, names, strict=True)]
    routes = st.builds(
        lambda names, when: to(*names, when=when),
        st.lists(st.sampled_from(names), max_size=2) if names else st.just([]),
        st.lists(conditions(), max_size=3),
    )
    ready = st.sampled_from([0, 30, 60, 100])
    return configured(
        *destinations,
        route=draw(st.lists(routes, max_size=5)),
        listing=[ROBOT, SUITE],
        scoring={"sales_ready": {"appsource": draw(ready), "azure_marketplace": draw(ready)}},
    )


@st.composite
def leads(draw: Any, row: Row, under: Any) -> tuple[Facts, int, str]:
    """A normal lead of *row*: its facts, score and stage."""
    # What the lead does not tell of its storefront, a listing of the catalogue does.
    known = st.sampled_from([Storefront.APPSOURCE, Storefront.AZURE_MARKETPLACE])
    storefront = Storefront(row["storefront"] or draw(known))
    facts = dict(facts_of(lead(storefront=storefront, listing_kind=row["listing_kind"])))
    facts |= {name: words(draw(st.sampled_from(values))) for name, values in TEXTS.items()}
    facts["touches"] = draw(st.integers(1, 4))
    if row["listing"]:
        facts["listing"] = words(row["listing"])
    score = draw(st.integers(0, 100) | st.sampled_from([29, 30, 31, 59, 60, 61]))
    return facts, score, under.scoring.stage(Category.NORMAL, storefront, score)


class TestAgreesWithRouting:
    @given(st.data(), configurations())
    def test_drawn(self, data, told):
        """Whatever is configured and whatever comes: what a row says of its leads is what
        happens.
        """
        follow_up = {one.name for one in told.destination if one.follows_up}
        for row in coverage(told):
            facts, score, stage = data.draw(leads(row, told))
            asked = {**facts, "score": score, "stage": words(stage)}
            names = set(route(facts, score, (stage,), Routes.of(told)))
            kept = any(
                not extra.to and all(holds(one, asked) for one in extra.when)
                for extra in told.route
            )

            shares = {share["destination"]: share for share in row["destinations"]}
            assert names <= set(shares)
            assert {name for name, share in shares.items() if not share["only_if"]} <= names
            assert follow_up & set(shares) == {n for n, s in shares.items() if s["follows_up"]}
            if row["routing"] == Routing.ROUTED:
                assert names & follow_up
            if row["routing"] == Routing.KEPT:
                assert names & follow_up or kept
            if row["routing"] == Routing.NOTICE_ONLY:
                assert names or kept
