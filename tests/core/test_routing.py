"""Routing: the playbook's channels first, then the configured routes, each destination once."""

from __future__ import annotations

import pytest

from leadshare.core.lead import facts_of
from leadshare.core.playbook import Lane, Storefront
from leadshare.core.routing import route
from tests.builders import configuration, lead

ALL = (
    {"name": "dynamics", "channel": "crm"},
    {"name": "sellers", "channel": "field_seller"},
    {"name": "portal", "channel": "marketplace"},
    {"name": "second-crm", "channel": "crm"},
)


class TestChannels:
    @pytest.mark.parametrize(
        ("storefront", "names"),
        [
            pytest.param(
                Storefront.APPSOURCE, ["dynamics", "sellers", "second-crm"], id="appsource"
            ),
            pytest.param(
                Storefront.AZURE_MARKETPLACE, ["sellers", "portal"], id="azure-marketplace"
            ),
        ],
    )
    def test_by_storefront(self, storefront, names):
        """
        A lead goes to all destinations on its storefront's channels.
        """
        assert names == route(
            facts_of(lead(storefront=storefront)), 0, "nurture", configuration(*ALL)
        )

    def test_none(self):
        """
        Without destinations a lead goes nowhere.
        """
        assert [] == route(facts_of(lead()), 100, "sales_ready", configuration())


class TestRoutes:
    @pytest.mark.parametrize(
        ("when", "is_met"),
        [
            pytest.param([], True, id="always"),
            pytest.param([("score", "at_least", 60)], True, id="score-at"),
            pytest.param([("score", "at_least", 61)], False, id="score-over"),
            pytest.param([("stage", "eq", "sales_ready")], True, id="stage"),
            pytest.param([("stage", "eq", "nurture")], False, id="other-stage"),
            pytest.param([("country", "in", ["DE", "AT"])], True, id="country"),
            pytest.param([("listing", "eq", "Contoso.Invoice-Robot")], True, id="listing"),
            pytest.param([("campaign", "contains", "webinar")], True, id="campaign"),
            pytest.param([("lane", "ne", "normal")], False, id="lane"),
            pytest.param([("touches", "at_most", 1)], True, id="touches"),
            pytest.param(
                [("country", "eq", "DE"), ("score", "at_least", 61)], False, id="not-all-of-them"
            ),
        ],
    )
    def test_conditions(self, when, is_met):
        """
        A configured route adds its destinations if every condition is met.
        """
        conditions = [dict(zip(("field", "op", "value"), asked, strict=True)) for asked in when]
        told = configuration(*ALL, route=[{"when": conditions, "to": ["portal"]}])

        found = route(facts_of(lead()), 60, "sales_ready", told)

        assert is_met == ("portal" in found)

    def test_each_once(self):
        """
        A destination that several routes name, or the playbook does, is there once, first come.
        """
        routes = [{"to": ["portal", "dynamics"]}, {"to": ["portal", "portal"]}]
        told = configuration(*ALL, route=routes)

        assert ["dynamics", "sellers", "second-crm", "portal"] == route(
            facts_of(lead()), 0, "nurture", told
        )

    def test_special_leads_too(self):
        """
        Routes know nothing of special leads: what must not leave is suppressed, and so listed.
        """
        found = route(facts_of(lead(lane=Lane.TEST)), 0, "test", configuration(*ALL))

        assert ["dynamics", "sellers", "second-crm"] == found
