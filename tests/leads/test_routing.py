"""Routing: the playbook's channels first, then the configured routes, each destination once."""

from __future__ import annotations

import pytest

from leadshare.leads.lead import facts_of
from leadshare.leads.routing import Routes, route
from leadshare.playbook import Category, Storefront
from tests.builders import configuration, lead

ALL = (
    {"name": "dynamics", "channel": "crm"},
    {"name": "sellers", "channel": "field_seller"},
    {"name": "portal", "channel": "marketplace"},
    {"name": "second-crm", "channel": "crm"},
)
FRENCH = {"when": [{"field": "country", "op": "eq", "value": "FR"}], "to": ["sellers"]}
"""A route that the lead of these tests does not meet."""


class TestChannels:
    @pytest.mark.parametrize(
        ("storefront", "names"),
        [
            pytest.param(Storefront.APPSOURCE, ["dynamics", "second-crm"], id="appsource"),
            pytest.param(
                Storefront.AZURE_MARKETPLACE,
                ["dynamics", "portal", "second-crm"],
                id="azure-marketplace",
            ),
            pytest.param(
                Storefront.UNKNOWN, ["dynamics", "portal", "second-crm"], id="unknown-anywhere"
            ),
        ],
    )
    def test_by_storefront(self, storefront, names):
        """A lead goes to every CRM and to what brings its storefront; to sellers by a route
        only.
        """
        told = configuration(*ALL, route=[FRENCH])

        assert names == route(facts_of(lead(storefront=storefront)), 0, ("new",), Routes.of(told))

    @pytest.mark.parametrize(
        ("wanted", "storefront", "is_brought"),
        [
            pytest.param([], Storefront.APPSOURCE, True, id="all"),
            pytest.param(["appsource"], Storefront.APPSOURCE, True, id="wanted"),
            pytest.param(["appsource"], Storefront.AZURE_MARKETPLACE, False, id="not-wanted"),
            pytest.param(["appsource"], Storefront.UNKNOWN, True, id="unknown"),
            pytest.param(list(Storefront), Storefront.AZURE_MARKETPLACE, True, id="each"),
        ],
    )
    def test_storefronts(self, wanted, storefront, is_brought):
        """A destination may want some storefronts only; an unknown one passes."""
        told = configuration({"name": "crm", "storefronts": wanted})

        found = route(facts_of(lead(storefront=storefront)), 0, ("new",), Routes.of(told))

        assert is_brought == (["crm"] == found)

    def test_none(self):
        """Without destinations a lead goes nowhere."""
        assert [] == route(facts_of(lead()), 100, ("sales_ready",), Routes())


class TestRoutes:
    @pytest.mark.parametrize(
        ("when", "is_met"),
        [
            pytest.param([], True, id="always"),
            pytest.param([("score", "at_least", 60)], True, id="score-at"),
            pytest.param([("score", "at_least", 61)], False, id="score-over"),
            pytest.param([("stage", "eq", "sales_ready")], True, id="stage"),
            pytest.param([("stage", "eq", "new")], False, id="other-stage"),
            pytest.param([("country", "in", ["DE", "AT"])], True, id="country"),
            pytest.param([("listing", "eq", "Contoso.Invoice-Robot")], True, id="listing"),
            pytest.param([("campaign", "missing", None)], True, id="campaign"),
            pytest.param([("category", "ne", "normal")], False, id="category"),
            pytest.param([("touches", "at_most", 1)], True, id="touches"),
            pytest.param(
                [("country", "eq", "DE"), ("score", "at_least", 61)], False, id="not-all-of-them"
            ),
        ],
    )
    def test_conditions(self, when, is_met):
        """A configured route adds its destinations if every condition is met."""
        conditions = [dict(zip(("field", "op", "value"), asked, strict=True)) for asked in when]
        told = configuration(*ALL, route=[{"when": conditions, "to": ["portal"]}])

        found = route(facts_of(lead()), 60, ("sales_ready",), Routes.of(told))

        assert is_met == ("portal" in found)

    def test_unknown_storefront(self):
        """A route may ask for leads whose storefront is unknown."""
        asked = {"field": "storefront", "op": "eq", "value": "unknown"}
        told = configuration(*ALL, route=[{"when": [asked], "to": ["sellers"]}])

        found = {
            storefront: "sellers"
            in route(facts_of(lead(storefront=storefront)), 0, ("new",), Routes.of(told))
            for storefront in Storefront
        }

        assert {Storefront.UNKNOWN} == {storefront for storefront, met in found.items() if met}

    def test_each_once(self):
        """A destination that several routes name, or the playbook does, is there once, first
        come.
        """
        routes = [{"to": ["portal", "dynamics"]}, {"to": ["portal", "portal"]}]
        told = configuration(*ALL, route=routes)

        assert ["dynamics", "second-crm", "portal"] == route(
            facts_of(lead()), 0, ("new",), Routes.of(told)
        )

    def test_special_leads_too(self):
        """Routes know nothing of special leads: what must not leave is suppressed, and so
        listed.
        """
        told = configuration(*ALL, route=[FRENCH | {"when": []}])

        found = route(facts_of(lead(category=Category.TEST)), 0, ("test",), Routes.of(told))

        assert ["dynamics", "second-crm", "sellers"] == found
