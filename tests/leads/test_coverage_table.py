"""The table of who gets what: for people at a terminal, and what leads nowhere by name."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.leads.coverage import Row, Share
from leadshare.leads.coverage_table import WIDTH, drawn, left
from leadshare.leads.routing import Routing

COUNTRIES = "AT, BE, BG, CY, CZ, DE, DK, EE, ES, FI, FR, GR, HR, HU, IE, IT, LT, LU, LV, MT, NL"


def share(name: str = "our-crm", *only_if: str, follows_up: bool = True) -> Share:
    """What a destination gets."""
    return {"destination": name, "follows_up": follows_up, "only_if": list(only_if)}


def row(*shares: Share, routing: Routing = Routing.ROUTED, **changes: Any) -> Row:
    """A row about apps of AppSource."""
    told: Any = {"storefront": "appsource", "listing_kind": "app", "listing": "", "example": []}
    told |= {"destinations": list(shares), "routing": routing, **changes}
    return told  # type: ignore[no-any-return]  # a test may change any part


class TestDrawn:
    def test_whole(self):
        """Each place is told with each destination on a line of its own, aligned, and what is
        left.
        """
        vm = {"storefront": "", "listing_kind": "offer", "listing": "contoso.vm"}
        rows = [
            row(share(), share("team", follows_up=False)),
            row(
                storefront="azure_marketplace", listing_kind="technology", routing=Routing.UNROUTED
            ),
            row(share("desk", "score at least 60", "country is DE"), routing=Routing.KEPT, **vm),
            row(routing=Routing.KEPT),
            row(share("team", follows_up=False), routing=Routing.NOTICE_ONLY),
            row(share("desk", "score at least 60"), routing=Routing.UNROUTED),
        ]

        assert [
            "AppSource app                 our-crm",
            "                              team (a notice)",
            "Azure Marketplace technology  NOBODY",
            "contoso.vm (offer)            desk, only if score at least 60, or if country is",
            "                                DE",
            "                              else nobody, on purpose",
            "AppSource app                 nobody, on purpose",
            "AppSource app                 team (a notice)",
            "                              else notices only",
            "AppSource app                 desk, only if score at least 60",
            "                              else NOBODY",
        ] == drawn(rows).splitlines()

    def test_no_kind(self):
        """Leads of which no kind of listing is known are told by their storefront alone."""
        assert "AppSource storefront  our-crm" == drawn([row(share(), listing_kind="")])

    def test_long_label(self):
        """A label that is too long for its column has a line of its own."""
        listing = "contoso." + "x" * 60
        told = drawn([row(share()), row(share(), listing=listing)]).splitlines()

        assert f"AppSource app{' ' * 23}our-crm" == told[0]
        assert [f"{listing} (app)", f"{' ' * 36}our-crm"] == told[1:]

    @pytest.mark.parametrize("width", [60, WIDTH, 120])
    def test_width(self, width):
        """No line is wider than the terminal."""
        rows = [
            row(share("d" * 20, f"country is one of {COUNTRIES}", "score at least 60")),
            row(share(), listing="contoso.invoice-robot-for-all"),
        ]
        told = drawn(rows, width).splitlines()

        assert width >= max(map(len, told))
        assert width - 10 < max(map(len, told))

    def test_names_stay_whole(self):
        """No line ends within a name, which people search for."""
        told = drawn([row(share("dddddddddd", "listing is my-company.robot"))], 40)

        assert "my-company.robot" in told

    def test_nothing(self):
        """Without rows there is nothing to draw."""
        assert "" == drawn([])


class TestLeft:
    OFFER = row(storefront="azure_marketplace", listing_kind="offer", routing=Routing.UNROUTED)
    KIT = row(storefront="azure_marketplace", listing_kind="technology", routing=Routing.UNROUTED)

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            pytest.param(row(routing=Routing.UNROUTED), "nobody gets these leads", id="all"),
            pytest.param(
                row(
                    share("desk", "score at least 60"),
                    routing=Routing.UNROUTED,
                    example=["score 59"],
                ),
                "nobody gets the others, such as one with score 59",
                id="some",
            ),
            pytest.param(
                row(
                    share("team", "...", follows_up=False),
                    routing=Routing.UNROUTED,
                    example=["score 59"],
                ),
                "nobody gets the others, such as one with score 59",
                id="some-noticed",
            ),
            pytest.param(
                row(
                    share("desk", "..."),
                    routing=Routing.UNROUTED,
                    example=["score 59", "no country"],
                ),
                "nobody gets the others, such as one with score 59 and no country",
                id="several-facts",
            ),
            pytest.param(
                row(share("desk", "..."), routing=Routing.UNROUTED),
                "nobody gets the others, if there are any: too many conditions to tell",
                id="not-proven",
            ),
        ],
    )
    def test_nobody(self, told, expected):
        """What leads nowhere is named, with an example where others do not."""
        assert [f"AppSource app: {expected}"] == left([told], Routing.UNROUTED)
        assert [] == left([told], Routing.NOTICE_ONLY)

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            pytest.param(
                row(share("team", follows_up=False), routing=Routing.NOTICE_ONLY),
                "only notices tell of these leads",
                id="all",
            ),
            pytest.param(
                row(
                    share("team", follows_up=False),
                    share("desk", "score at least 60"),
                    routing=Routing.NOTICE_ONLY,
                    example=["score 59"],
                ),
                "only notices tell of the others, such as one with score 59",
                id="some",
            ),
        ],
    )
    def test_notice_only(self, told, expected):
        """What only notices tell of is named, too."""
        assert [f"AppSource app: {expected}"] == left([told], Routing.NOTICE_ONLY)
        assert [] == left([told], Routing.UNROUTED)

    def test_alike(self):
        """Places of which the same is to be said share a line."""
        assert [
            "Azure Marketplace offer, Azure Marketplace technology: nobody gets these leads"
        ] == left([self.OFFER, row(share()), self.KIT], Routing.UNROUTED)
