"""What the parts of a configuration have against each other: told of models and of what is raw."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from leadshare.configuration.coherence import incoherent
from leadshare.errors import Faults
from leadshare.playbook import Stage
from tests.builders import configuration

ROBOT = {"id": "contoso.robot", "title": "Contoso Robot", "kind": "app"}
SUITE = {"id": "Contoso.VM", "title": "VM", "kind": "offer"}
CATALOGUE = {"listing": [ROBOT, SUITE]}
CAMPAIGN = {"campaign": [{"id": "autumn", "name": "Autumn webinar", "kind": "nurture"}]}


def asked(field: str, op: str, value: Any) -> dict[str, Any]:
    """A condition as the file has it."""
    return {"field": field, "op": op, "value": value}


def route(*when: dict[str, Any], to: str = "crm") -> dict[str, Any]:
    """A file with one route."""
    return {"destination": [{"name": "crm"}], "route": [{"when": [*when], "to": [to]}]}


def rule(*when: dict[str, Any]) -> dict[str, Any]:
    """A file with one scoring rule."""
    return {"scoring": {"rule": [{"name": "r", "points": 1, "why": "w", "when": [*when]}]}}


class TestIncoherent:
    @pytest.mark.parametrize(
        ("told", "place", "text"),
        [
            pytest.param(
                {"destination": [{"name": "a"}, {"name": "b"}, {"name": "a"}]},
                ("destination", 2, "name"),
                '"a" is there twice; expected once',
                id="destination-twice",
            ),
            pytest.param(
                {"listing": [ROBOT, ROBOT | {"id": "CONTOSO.robot"}]},
                ("listing", 1, "id"),
                '"CONTOSO.robot" is there twice; expected once',
                id="listing-twice",
            ),
            pytest.param(
                {"scoring": {"rule": [*rule()["scoring"]["rule"]] * 2}},
                ("scoring", "rule", 1, "name"),
                '"r" is there twice; expected once',
                id="rule-twice",
            ),
            pytest.param(
                {"outcome_source": [{"name": "shop"}, {"name": "shop"}]},
                ("outcome_source", 1, "name"),
                '"shop" is there twice; expected once',
                id="source-twice",
            ),
            pytest.param(
                {"destination": [{"name": "crm"}], "outcome_source": [{"name": "crm"}]},
                ("outcome_source", 0, "name"),
                '"crm" speaks for others; expected a name that no destination has',
                id="source-and-destination",
            ),
            pytest.param(
                {"outcome_source": [{"name": "people"}]},
                ("outcome_source", 0, "name"),
                '"people" speaks for others; expected a name that no destination has',
                id="source-people",
            ),
            pytest.param(
                {"destination": [{"name": "people"}]},
                ("destination", 0, "name"),
                '"people" speaks for others; expected another name',
                id="destination-people",
            ),
            pytest.param(
                {
                    "outcome_source": [
                        {"name": "shop", "secrets": ["ONE", "TWO"]},
                        {"name": "bank", "secrets": ["TWO"]},
                    ]
                },
                ("outcome_source", 1, "secrets", 0),
                "is there twice; expected once",
                id="secret-twice",
            ),
            pytest.param(
                route(to="crn"),
                ("route", 0, "to", 0),
                'no destination "crn"; did you mean "crm"? known: crm',
                id="nearly-a-destination",
            ),
            pytest.param(
                route(to="desk"),
                ("route", 0, "to", 0),
                'no destination "desk"; known: crm',
                id="no-destination",
            ),
            pytest.param(
                route(to="whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5"),
                ("route", 0, "to", 0),
                "no destination this value; known: crm",
                id="a-secret-for-a-name",
            ),
            pytest.param(
                CATALOGUE | route(asked("listing", "eq", "contoso.robott")),
                ("route", 0, "when", 0, "value"),
                'no [[listing]] has the id "contoso.robott"; did you mean "contoso.robot"?',
                id="nearly-a-listing",
            ),
            pytest.param(
                CATALOGUE | route(asked("listing", "in", ["contoso.vm", "litware.suite"])),
                ("route", 0, "when", 0, "value", 1),
                'no [[listing]] has the id "litware.suite"',
                id="no-listing",
            ),
            pytest.param(
                CATALOGUE | rule(asked("listing", "eq", "VM")),
                ("scoring", "rule", 0, "when", 0, "value"),
                'no [[listing]] has the id "VM"; did you mean "Contoso.VM"?',
                id="title-for-id",
            ),
            pytest.param(
                CATALOGUE | route(asked("listing", "contains", "fabrikam")),
                ("route", 0, "when", 0, "value"),
                'no [[listing]] has an id with "fabrikam"',
                id="contains",
            ),
            pytest.param(
                CATALOGUE | rule(asked("listing", "has_word", ["robot", "vms"])),
                ("scoring", "rule", 0, "when", 0, "value", 1),
                'no [[listing]] has an id with "vms"',
                id="has-word",
            ),
        ],
    )
    def test_told(self, told, place, text):
        """What cannot be together is told with its place."""
        assert [(place, text)] == [*incoherent(told)]

    @pytest.mark.parametrize(
        "told",
        [
            pytest.param({}, id="empty"),
            pytest.param(CATALOGUE | route(asked("listing", "eq", "CONTOSO.vm")), id="case"),
            pytest.param(CATALOGUE | route(asked("listing", "ne", "contoso.new")), id="ne"),
            pytest.param(CATALOGUE | route(asked("listing", "contains", "VM")), id="contains"),
            pytest.param(CAMPAIGN | route(asked("campaign", "eq", "AUTUMN")), id="campaign"),
            pytest.param(route(asked("listing", "eq", "contoso.new")), id="no-catalogue"),
            pytest.param(
                {"outcome_source": [{"name": "shop", "secrets": ["A", "B"]}, {"name": "bank"}]},
                id="sources",
            ),
            pytest.param({"destination": {"name": "crm"}, "route": {"to": ["crm"]}}, id="single"),
        ],
    )
    def test_fine(self, told):
        """What is there is found, whatever its case; where there is no catalogue, none is asked."""
        assert [] == [*incoherent(told)]

    @pytest.mark.parametrize(
        "told",
        [
            {"destination": 5, "listing": "x", "route": None, "scoring": []},
            {"destination": [5, {"name": 5}, {}], "listing": [{"id": []}, "x"]},
            {"route": [5, {"to": 5, "when": 5}, {"to": [5], "when": [5, {}]}]},
            CATALOGUE | route(asked("listing", "in", 5), asked("listing", "eq", [5])),
            CATALOGUE | {"route": [{"when": [{"field": [], "op": {}}]}]},
            {"scoring": {"rule": 5}},
            {"outcome_source": [5, {"name": [], "secrets": 5}, {"secrets": [[], {}]}]},
            {"scoring": {"rule": [{"when": {}, "name": []}]}},
        ],
        ids=str,
    )
    def test_of_any_form(self, told):
        """What has not the form that it should have is left alone."""
        assert [] == [*incoherent(told)]

    def test_model(self):
        """A model is told of with the same places."""
        with pytest.raises(ValidationError) as caught:
            configuration({"name": "crm"}, route=[{"to": ["crm", "crn"]}])

        [error] = caught.value.errors()
        own = error["ctx"]["error"]
        assert isinstance(own, Faults)
        assert [("route", 0, "to", 1)] == [place for place, _ in own.faults]


def excluded(told: dict[str, Any]) -> list[Any]:
    """The places of conditions that no lead can meet in a file whose parts are right."""
    try:
        configuration(*told.pop("destination", []), **told)
    except ValidationError as caught:
        [error] = caught.errors()
        own = error["ctx"]["error"]
        assert isinstance(own, Faults)
        return [*own.faults]
    return []


class TestExcluding:
    READY = ("stage", "eq", Stage.SALES_READY)

    @pytest.mark.parametrize(
        ("told", "fields"),
        [
            pytest.param(
                route(asked(*READY), asked("score", "at_most", 59)), "stage and score", id="under"
            ),
            pytest.param(
                route(asked("stage", "eq", Stage.NURTURING), asked("score", "at_least", 60)),
                "stage and score",
                id="over",
            ),
            pytest.param(
                route(asked("category", "eq", "test"), asked("score", "at_least", 1)),
                "category and score",
                id="special-leads-score-nothing",
            ),
            pytest.param(
                route(asked("stage", "eq", "internal"), asked("category", "ne", "internal")),
                "stage and category",
                id="stage-of-a-special-lead",
            ),
            pytest.param(
                {
                    **route(
                        asked(*READY),
                        asked("score", "at_most", 79),
                        asked("storefront", "eq", "appsource"),
                    ),
                    "scoring": {"sales_ready": {"appsource": 80, "azure_marketplace": 20}},
                },
                "stage and score and storefront",
                id="by-storefront",
            ),
            pytest.param(
                CATALOGUE
                | route(asked("listing", "eq", "contoso.vm"), asked("listing_kind", "eq", "app")),
                "listing and listing_kind",
                id="catalogue",
            ),
        ],
    )
    def test_told(self, told, fields):
        """Thresholds and catalogue decide what can be met together."""
        text = f"no lead can meet all that is asked about {fields}"

        assert [(("route", 0, "when"), text)] == excluded(told)

    def test_rule(self):
        """The catalogue decides for rules as well."""
        when = (asked("listing", "eq", "contoso.vm"), asked("listing_kind", "eq", "app"))

        [(place, _)] = excluded(CATALOGUE | rule(*when))

        assert ("scoring", "rule", 0, "when") == place

    @pytest.mark.parametrize(
        "told",
        [
            pytest.param(route(asked(*READY), asked("score", "at_most", 60)), id="threshold"),
            pytest.param(
                {
                    **route(asked(*READY), asked("score", "at_most", 20)),
                    "scoring": {"sales_ready": {"appsource": 80, "azure_marketplace": 20}},
                },
                id="one-of-the-storefronts",
            ),
            pytest.param(
                {
                    **route(asked(*READY), asked("score", "at_most", 0)),
                    "scoring": {"sales_ready": {"appsource": 0}},
                },
                id="all-are-ready",
            ),
            pytest.param(
                CATALOGUE
                | route(asked("listing", "ne", "contoso.vm"), asked("listing_kind", "eq", "offer")),
                id="leads-that-name-no-listing",
            ),
            pytest.param(
                CATALOGUE
                | route(
                    {"field": "listing", "op": "missing"},
                    {"field": "listing_kind", "op": "missing"},
                ),
                id="leads-that-tell-neither-listing-nor-kind",
            ),
        ],
    )
    def test_fine(self, told):
        """What can be met under them is taken."""
        assert [] == excluded(told)
