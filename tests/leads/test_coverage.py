"""Coverage: who gets what is told before any lead has come, and agrees with what is routed."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.leads.coverage import Row, coverage
from leadshare.leads.routing import Routing
from tests.leads.routes import (
    APPS,
    BELOW,
    CARD,
    CRM,
    HOOK,
    OFFERS,
    PAGE,
    ROBOT,
    SCORE,
    SUITE,
    configured,
    to,
)

KINDS = [
    *("appsource app", "appsource consulting service"),
    *("azure_marketplace offer", "azure_marketplace technology"),
    "unknown ",
]


def place(row: Row) -> str:
    """Whose leads a row is about."""
    return row["listing"] or f"{row['storefront']} {row['listing_kind']}"


def brief(row: Row) -> str:
    """A row in short: the destinations, with their conditions, and what becomes of the rest."""
    shares = [
        " or ".join([share["destination"], *share["only_if"]]) for share in row["destinations"]
    ]
    return "; ".join([*shares, row["routing"]])


def told(*destinations: dict[str, Any], **changes: Any) -> dict[str, str]:
    """Who gets what, in short."""
    return {place(row): brief(row) for row in coverage(configured(*destinations, **changes))}


READY = ("stage", "eq", "sales_ready")

NOT_READY = ("stage", "ne", "sales_ready")

GERMAN = ("country", "in", ["DE", "AT"])

OF_APPSOURCE = "storefront is AppSource"

OF_MARKETPLACE = "storefront is Azure Marketplace"


class TestRows:
    def test_places(self):
        """There is a row for each kind of listing in the playbook, and one for each listing."""
        rows = coverage(configured(CRM, listing=[ROBOT, SUITE]))

        assert [*KINDS, "Contoso.Robot", "contoso.suite"] == [place(row) for row in rows]
        assert ["app", "offer"] == [row["listing_kind"] for row in rows[-2:]]

    def test_data(self):
        """A row says who gets its leads and when, what is left, and an example of that."""
        [row, *_] = coverage(configured(CARD, HOOK, route=[to("hook", when=[SCORE])]))

        assert {
            "storefront": "appsource",
            "listing_kind": "app",
            "listing": "",
            "destinations": [
                {"destination": "card", "follows_up": False, "only_if": []},
                {"destination": "hook", "follows_up": True, "only_if": ["score at least 60"]},
            ],
            "routing": "notice_only",
            "example": ["score 59"],
        } == row


class TestWhoGetsWhat:
    @pytest.mark.parametrize(
        ("destinations", "routes", "apps", "offers"),
        [
            pytest.param([CRM], [], "crm; routed", "crm; routed", id="one-crm"),
            pytest.param([APPS], [], "apps; routed", "unrouted", id="one-crm-of-a-storefront"),
            pytest.param([APPS, OFFERS], [], "apps; routed", "offers; routed", id="a-crm-for-each"),
            pytest.param([PAGE], [], "unrouted", "page; routed", id="worklist-only"),
            pytest.param([CARD], [], "card; notice_only", "card; notice_only", id="notices-only"),
            pytest.param([CRM, CARD], [], *["crm; card; routed"] * 2, id="and-a-notice"),
            pytest.param([], [to()], "kept", "kept", id="kept-on-purpose"),
            pytest.param([], [], "unrouted", "unrouted", id="nothing"),
            pytest.param(
                [APPS], [to(when=[("storefront", "eq", "azure_marketplace")])],
                "apps; routed", "kept", id="one-storefront-kept",
            ),
            pytest.param(
                [APPS], [to(when=[("audience", "eq", "all customers")])],
                "apps; routed", "kept", id="audience-is-the-storefront",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[SCORE])],
                *["hook or score at least 60; unrouted"] * 2, id="by-score",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[SCORE]), to()],
                *["hook or score at least 60; kept"] * 2, id="by-score-rest-kept",
            ),
            pytest.param(
                [HOOK, CARD], [to("hook", when=[SCORE])],
                *["hook or score at least 60; card; notice_only"] * 2, id="by-score-rest-noticed",
            ),
            pytest.param(
                [HOOK, CARD], [to("hook", when=[SCORE]), to(when=[BELOW])],
                *["hook or score at least 60; card; kept"] * 2, id="rest-kept-before-noticed",
            ),
            pytest.param(
                [HOOK | {"name": "a"}, HOOK | {"name": "b"}],
                [to("a", when=[SCORE]), to("b", when=[BELOW])],
                *["a or score at least 60; b or score at most 59; routed"] * 2,
                id="scores-that-meet",
            ),
            pytest.param(
                [HOOK | {"name": "a"}, HOOK | {"name": "b"}],
                [to("a", when=[SCORE]), to("b", when=[("score", "at_most", 58)])],
                *["a or score at least 60; b or score at most 58; unrouted"] * 2,
                id="scores-with-a-hole",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[SCORE]), to("hook", when=[BELOW])],
                *["hook; routed"] * 2, id="two-ways-to-one",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[SCORE]), to("hook", when=[SCORE])],
                *["hook or score at least 60; unrouted"] * 2, id="one-way-twice",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[READY]), to("hook", when=[NOT_READY])],
                *["hook; routed"] * 2, id="stages",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[READY]), to("hook", when=[BELOW])],
                *["hook; routed"] * 2, id="stage-goes-by-score",
            ),
            pytest.param(
                [HOOK],
                [
                    to("hook", when=[GERMAN]),
                    to("hook", when=[("country", "ne", "DE"), ("country", "ne", "AT")]),
                ],
                *["hook; routed"] * 2, id="countries",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[GERMAN]), to("hook", when=[("country", "missing")])],
                *["hook or country is one of DE, AT or country is missing; unrouted"] * 2,
                id="other-countries",
            ),
            pytest.param(
                [HOOK],
                [
                    to("hook", when=[("campaign", "contains", "webinar")]),
                    to("hook", when=[("campaign", "missing")]),
                ],
                *["hook or campaign contains webinar or campaign is missing; unrouted"] * 2,
                id="other-campaigns",
            ),
            pytest.param(
                [HOOK],
                [
                    to("hook", when=[("intent", "ne", "trial")]),
                    to("hook", when=[("intent", "eq", "trial")]),
                ],
                *["hook; routed"] * 2, id="intents",
            ),
            pytest.param(
                [HOOK],
                [to("hook", when=[("email_kind", "in", ["business", "free", "disposable"])])],
                *["hook or email kind is one of business, free, disposable; unrouted"] * 2,
                id="no-readable-email",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[("intent", "eq", "none")])],
                *["unrouted"] * 2, id="no-normal-lead-asks-for-nothing",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[("category", "eq", "normal")])],
                *["hook; routed"] * 2, id="category",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[("category", "eq", "test")])],
                *["unrouted"] * 2, id="special-only",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[("touches", "at_least", 1)])],
                *["hook; routed"] * 2, id="touches",
            ),
            pytest.param(
                [HOOK],
                [
                    to("hook", when=[("touches", "at_least", 2)]),
                    to("hook", when=[("touches", "eq", 1)]),
                ],
                *["hook; routed"] * 2, id="first-and-later-touches",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[SCORE, ("score", "at_most", 50)])],
                *["unrouted"] * 2, id="never",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[SCORE, ("listing_kind", "eq", "app")])],
                "hook or score at least 60; unrouted", "unrouted", id="decided-where-it-can-be",
            ),
            pytest.param(
                [HOOK],
                [
                    to("hook", when=[SCORE, GERMAN]),
                    to("hook", when=[BELOW]),
                    to("hook", when=[("country", "ne", "DE"), ("country", "ne", "AT")]),
                ],
                *["hook; routed"] * 2, id="several-fields",
            ),
        ],
    )  # fmt: skip
    def test_by_storefront(self, destinations, routes, apps, offers):
        """What is known of a storefront's leads decides conditions; what is not is told in
        words.
        """
        found = told(*destinations, route=routes)

        assert (apps, offers) == (found["appsource app"], found["azure_marketplace offer"])

    @pytest.mark.parametrize("kind", ["app", "consulting service", "offer", "technology"])
    def test_by_kind(self, kind):
        """A kind of listing that no route names leads nowhere, while the others are followed up."""
        others = [
            one for one in ("app", "consulting service", "offer", "technology") if one != kind
        ]
        found = told(HOOK, route=[to("hook", when=[("listing_kind", "in", others)])])

        assert ["unrouted"] == [short for at, short in found.items() if at.endswith(f" {kind}")]
        assert 3 == list(found.values()).count("hook; routed")

    @pytest.mark.parametrize(
        ("destinations", "routes", "robot", "suite"),
        [
            pytest.param([CRM], [], "crm; routed", "crm; routed", id="one-crm"),
            pytest.param(
                [HOOK], [to("hook", when=[("listing", "eq", "contoso.robot")])],
                "hook; routed", "unrouted", id="one-listing",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[("listing_kind", "eq", "app")])],
                "hook; routed", "unrouted", id="one-kind",
            ),
            pytest.param(
                [HOOK], [to("hook", when=[("campaign", "eq", "Autumn")])],
                *["hook or campaign is autumn; unrouted"] * 2, id="a-campaign-may-be-another",
            ),
            pytest.param(
                [APPS], [], *[f"apps or {OF_APPSOURCE}; unrouted"] * 2, id="one-storefront",
            ),
            pytest.param(
                [APPS, OFFERS], [],
                *[f"apps or {OF_APPSOURCE}; offers or {OF_MARKETPLACE}; routed"] * 2,
                id="each-storefront",
            ),
            pytest.param(
                [CRM, PAGE], [],
                *[f"crm; page or {OF_MARKETPLACE}; routed"] * 2, id="channels",
            ),
        ],
    )  # fmt: skip
    def test_by_listing(self, destinations, routes, robot, suite):
        """A listing's id and kind are known; where its leads come from and by what campaign is
        not.
        """
        found = told(*destinations, route=routes, listing=[ROBOT, SUITE])

        assert (robot, suite) == (found["Contoso.Robot"], found["contoso.suite"])

    def test_thresholds(self):
        """From which score on a lead is sales-ready is the storefront's own affair."""
        routes = [to("hook", when=[READY]), to("hook", when=[("score", "at_most", 49)])]
        sales_ready = {"appsource": 50, "azure_marketplace": 51}

        rows = coverage(configured(HOOK, route=routes, scoring={"sales_ready": sales_ready}))

        found = {place(row): row for row in rows}
        assert Routing.ROUTED == found["appsource app"]["routing"]
        assert Routing.UNROUTED == found["azure_marketplace offer"]["routing"]
        assert "score 50" == found["azure_marketplace offer"]["example"][0]

    @pytest.mark.parametrize(
        ("destination", "taken"),
        [
            pytest.param(APPS, "apps; routed", id="whatever-it-wants"),
            pytest.param(PAGE, "page; routed", id="whatever-its-channel-brings"),
            pytest.param(HOOK, "unrouted", id="but-by-a-route"),
        ],
    )
    def test_unknown_storefront(self, destination, taken):
        """A lead whose storefront nobody tells passes every wish for one."""
        assert taken == told(destination)["unknown "]


class TestExample:
    @pytest.mark.parametrize(
        ("routes", "example"),
        [
            pytest.param([to("hook", when=[SCORE])], ["score 59"], id="score"),
            pytest.param([to("hook", when=[GERMAN])], ["another country"], id="text"),
            pytest.param(
                [to("hook", when=[("storefront", "eq", "appsource"), SCORE])],
                ["score 59"],
                id="but-what-all-have",
            ),
            pytest.param(
                [to("hook", when=[("country", "present")])], ["no country"], id="not-given"
            ),
            pytest.param(
                [to("hook", when=[("country", "ne", "DE")])], ["country DE"], id="this-one"
            ),
            pytest.param(
                [to("hook", when=[("intent", "in", ["purchase", "other"])])],
                ["intent contact_request"],
                id="intent",
            ),
            pytest.param(
                [to("hook", when=[SCORE, GERMAN])],
                ["score 100", "another country"],
                id="two-fields",
            ),
        ],
    )
    def test_nobody(self, routes, example):
        """Where some leads are left, one of them is described by what decides."""
        [row, *_] = coverage(configured(HOOK, route=routes))

        assert (Routing.UNROUTED, example) == (row["routing"], row["example"])

    def test_listing(self):
        """Of a listing's lead it is told where it comes from."""
        [*_, row] = coverage(configured(APPS, listing=[SUITE]))

        assert ["storefront Azure Marketplace"] == row["example"]

    def test_all(self):
        """Where all leads are left there is nothing to tell."""
        routes = [
            to("hook", when=[("storefront", "eq", "appsource"), ("listing_kind", "eq", "offer")])
        ]
        [*rows, robot] = coverage(configured(HOOK, route=routes, listing=[ROBOT]))

        assert [] == [row["example"] for row in rows if row["example"]]
        assert (Routing.UNROUTED, []) == (robot["routing"], robot["example"])

    @pytest.mark.parametrize(
        ("count", "routing", "only_if"),
        [
            pytest.param(30, Routing.ROUTED, 0, id="many"),
            pytest.param(60, Routing.UNROUTED, 62, id="more"),
        ],
    )
    def test_too_many_conditions(self, count, routing, only_if):
        """Where too many conditions play into each other, nothing is claimed that is not proven."""
        firsts = [f"first {number}" for number in range(count)]
        lasts = [f"last {number}" for number in range(count)]
        routes = [
            *(
                to("hook", when=[("first_name", "eq", a), ("last_name", "in", lasts)])
                for a in firsts
            ),
            to("hook", when=[("first_name", "ne", a) for a in firsts]),
            to("hook", when=[("last_name", "ne", a) for a in lasts]),
        ]

        [row, *_] = coverage(configured(HOOK, route=routes))

        assert (routing, []) == (row["routing"], row["example"])
        assert only_if == len(row["destinations"][0]["only_if"])
