"""The configuration: what loads can run, and what cannot run is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from leadshare.configuration.models import MOST_DESTINATIONS, Listing
from leadshare.errors import Faults
from leadshare.playbook import Storefront
from leadshare.scoring.default_rules import DEFAULT_RULES
from tests.builders import configuration

ROBOT = {"id": "contoso.robot", "title": "Contoso Robot", "kind": "app"}
RULE = {
    "name": "german",
    "points": 10,
    "why": "from Germany",
    "when": [{"field": "country", "op": "eq", "value": "DE"}],
}


def wrong(*destinations: dict[str, Any], **changes: Any) -> str:
    """What is said about a wrong configuration: places and messages."""
    with pytest.raises(ValidationError) as caught:
        configuration(*destinations, **changes)
    told = [f"{error['loc']} {error['msg']}" for error in caught.value.errors()]
    own = (error.get("ctx", {}).get("error") for error in caught.value.errors())
    faults = [fault for error in own if isinstance(error, Faults) for fault in error.faults]
    return "; ".join([*told, *(f"{place} {text}" for place, text in faults)])


class TestDefaults:
    def test_empty(self):
        """An empty file is a configuration, with the built-in rules and thresholds."""
        found = configuration()

        assert ((), (), ()) == (found.listing, found.destination, found.route)
        assert DEFAULT_RULES == found.scoring.rule
        assert (60, 60) == (
            found.scoring.sales_ready.appsource,
            found.scoring.sales_ready.azure_marketplace,
        )


class TestCanRun:
    @pytest.mark.parametrize(
        ("changes", "place", "message"),
        [
            pytest.param(
                {"destinations": []}, "('destinations',)", "Extra inputs", id="unknown-key"
            ),
            pytest.param(
                {"listing": [ROBOT | {"sku": "x"}]},
                *("('listing', 0, 'sku')", "Extra inputs"),
                id="unknown-key-in-listing",
            ),
            pytest.param(
                {"listing": [ROBOT | {"id": "robot"}]},
                *("('listing', 0, 'id')", "match pattern"),
                id="listing-without-publisher",
            ),
            pytest.param(
                {"listing": [ROBOT | {"id": "contoso.röbot"}]},
                *("('listing', 0, 'id')", "match pattern"),
                id="listing-not-ascii",
            ),
            pytest.param(
                {"listing": [ROBOT | {"id": "contoso." + "x" * 1025}]},
                *("('listing', 0, 'id')", "at most"),
                id="long-id",
            ),
            pytest.param(
                {"listing": [ROBOT | {"kind": "gadget"}]},
                *("('listing', 0, 'kind')", "'app', 'consulting service', 'offer' or 'technology'"),
                id="unknown-kind",
            ),
            pytest.param(
                {"listing": [ROBOT | {"title": "x" * 1025}]},
                *("('listing', 0, 'title')", "at most"),
                id="long-title",
            ),
            pytest.param(
                {"listing": [ROBOT | {"campaign": "x" * 1025}]},
                *("('listing', 0, 'campaign')", "at most"),
                id="long-campaign",
            ),
            pytest.param(
                {"listing": [ROBOT, ROBOT | {"id": "Contoso.ROBOT"}]},
                *("('listing', 1, 'id')", '"Contoso.ROBOT" is there twice; expected once'),
                id="listing-twice",
            ),
            pytest.param(
                {"route": [{"when": []}]}, "('route', 0, 'to')", "required", id="route-to-none"
            ),
            pytest.param(
                {"route": [{"to": ["crm"]}]},
                *("('route', 0, 'to', 0)", 'no destination "crm"; known: none'),
                id="route-to-nowhere",
            ),
            pytest.param(
                {"scoring": {"rule": [RULE, RULE]}},
                *("('scoring', 'rule', 1, 'name')", '"german" is there twice; expected once'),
                id="rule-twice",
            ),
            pytest.param(
                {"scoring": {"rule": []}}, "('scoring', 'rule')", "at least 1", id="no-rule"
            ),
            pytest.param(
                {"scoring": {"rule": [RULE | {"name": f"r{n}"} for n in range(101)]}},
                *("('scoring', 'rule')", "at most 100"),
                id="too-many-rules",
            ),
            pytest.param(
                {"scoring": {"sales_ready": {"appsource": 101}}},
                *("('scoring', 'sales_ready', 'appsource')", "less than or equal to 100"),
                id="threshold-never-met",
            ),
            pytest.param(
                {"scoring": {"sales_ready": {"app_source": 50}}},
                *("('scoring', 'sales_ready', 'app_source')", "Extra inputs"),
                id="threshold-of-nothing",
            ),
            pytest.param(
                {"internal_domains": "contoso.com"},
                *("('internal_domains',)", "valid frozenset"),
                id="domains-not-a-list",
            ),
        ],
    )
    def test_wrong(self, changes, place, message):
        """What is wrong is refused with its place and what is expected."""
        told = wrong(**changes)

        assert place in told
        assert message in told

    def test_destination_twice(self):
        """A name stands for one destination."""
        told = wrong({"name": "crm"}, {"name": "crm", "channel": "field_seller"})

        assert "('destination', 1, 'name') \"crm\" is there twice; expected once" in told

    def test_route_to_nowhere_tells_what_is_there(self):
        """A route to nowhere is told with the names that there are."""
        told = wrong({"name": "a"}, {"name": "b"}, route=[{"to": ["a"]}, {"to": ["b", "c"]}])

        assert "('route', 1, 'to', 1) no destination \"c\"; known: a, b" in told

    def test_most_destinations(self):
        """Twenty destinations fit a lead's transaction, one more does not."""
        many = [{"name": f"d{number}"} for number in range(MOST_DESTINATIONS + 1)]

        assert 20 == len(configuration(*many[:-1]).destination)
        assert "('destination',)" in wrong(*many)
        assert "at most 20 items" in wrong(*many)

    def test_cannot_be_changed(self):
        """What was loaded stays as it was loaded."""
        with pytest.raises(ValidationError, match="frozen"):
            configuration().listing = ()


class TestListing:
    @pytest.mark.parametrize(
        ("kind", "storefront"),
        [
            pytest.param("app", Storefront.APPSOURCE, id="app"),
            pytest.param("consulting service", Storefront.APPSOURCE, id="consulting-service"),
            pytest.param("offer", Storefront.AZURE_MARKETPLACE, id="offer"),
            pytest.param("technology", Storefront.AZURE_MARKETPLACE, id="technology"),
        ],
    )
    def test_storefront(self, kind, storefront):
        """A listing's kind tells its storefront."""
        assert storefront is Listing.model_validate(ROBOT | {"kind": kind}).storefront


class TestFindListing:
    CATALOGUE = configuration(
        listing=[
            ROBOT,
            {"id": "Contoso.VM", "title": "VM", "kind": "offer"},
            {"id": "contoso.vm-2", "title": "vm", "kind": "offer"},
        ]
    )

    @pytest.mark.parametrize(
        ("offer", "titles", "found"),
        [
            pytest.param("contoso.robot", (), "contoso.robot", id="offer"),
            pytest.param("contoso.vm", ("Contoso Robot",), "Contoso.VM", id="offer-before-title"),
            pytest.param("contoso.new", ("Contoso Robot",), None, id="unknown-offer"),
            pytest.param("", ("contoso  ROBOT ",), "contoso.robot", id="title"),
            pytest.param("", ("", "Contoso Robot"), "contoso.robot", id="second-title"),
            pytest.param("", ("vm",), "Contoso.VM", id="first-of-one-title"),
            pytest.param("", ("Robot",), None, id="unknown-title"),
            pytest.param("", ("", ""), None, id="nothing"),
        ],
    )
    def test_find(self, offer, titles, found):
        """A listing is found by its offer, else, where no offer is told, by a title."""
        listing = self.CATALOGUE.catalogue.find_listing(offer, titles)

        assert found == (listing and listing.id)

    def test_no_title(self):
        """A touch without any title is not on a listing that has none either."""
        untitled = configuration(listing=[ROBOT | {"title": ""}])

        assert untitled.catalogue.find_listing("", ("",)) is None
