"""`listings audit`: every product, where its leads go, and what is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from leadshare.listings.api import Veil
from leadshare.listings.audit import MISSING, Place, Standing
from leadshare.listings.ingestion import Product
from leadshare.listings.keys import Key
from leadshare.listings.offers import REQUIRED, requires
from tests.listings.microsoft import HOST, SCHEMA, Fault


@pytest.fixture(name="robot")
def _robot(microsoft, line):
    """A listing with a key of its own."""
    product = microsoft.add("robot")
    assert 0 == line.run("keys", "create", "--all")[0]
    return product


def url(microsoft, host=HOST, listing="contoso.robot"):
    """The URL that leads of the listing are to go to."""
    [key] = microsoft.keys.values()
    return f"{host}/api/leads/{listing}?code={key}"


def told(line):
    """What audit tells programs of the only listing."""
    _, said = line.run("listings", "audit", "--json")
    [listing] = json.loads(said)["listings"]
    return listing


class TestAudit:
    def test_pages(self, microsoft, line):
        """Products of all pages are told, but those that are deleted."""
        for number in range(5):
            microsoft.add(f"offer-{number}")
        microsoft.add("gone", lifecycleState="deleted")

        code, said = line.run("listings", "audit")

        assert 1 == code
        assert [f"contoso.offer-{n}" for n in range(5)] == [
            text.split()[0] for text in said.splitlines()[1:6]
        ]
        assert "5 listings, 5 of them with something missing" in said

    def test_right(self, microsoft, line, robot):
        """A listing whose live leads come here under its own key misses nothing."""
        microsoft.point(robot, url(microsoft), "draft", "preview", "live")

        code, said = line.run("listings", "audit")

        assert 0 == code
        assert "1 listings, 0 of them" in said
        assert told(line)["here"] is True
        assert told(line)["key"] in microsoft.keys

    @pytest.mark.parametrize(
        ("place", "expected"),
        [
            pytest.param("https://other.example/api/leads/contoso.robot", "elsewhere", id="host"),
            pytest.param(f"{HOST}/api/manage/leads", "elsewhere", id="path"),
            pytest.param(f"{HOST}/api/leads/contoso.other?code=x", "address", id="listing"),
            pytest.param(f"{HOST}/api/leads?code=x", "address", id="no-listing"),
            pytest.param(f"{HOST}/api/leads/contoso.robot?code=x", "key", id="key"),
            pytest.param(f"{HOST}/api/leads/contoso.robot", "key", id="no-key"),
        ],
    )
    def test_wrong(self, microsoft, line, robot, place, expected):
        """What is wrong with the address that a listing's leads go to is told by a code."""
        microsoft.point(robot, place, "draft", "live")

        assert expected == told(line)["missing"]

    def test_older_keys(self, microsoft, line, robot):
        """A key that has been replaced is told until it is ended, lest it be forgotten."""
        line.run("keys", "rotate", "--all")
        older, newer = sorted(microsoft.keys)
        microsoft.point(
            robot, f"{HOST}/api/leads/contoso.robot?code={microsoft.keys[newer]}", "draft", "live"
        )

        code, said = line.run("listings", "audit")

        assert 0 == code
        assert f"contoso.robot: {older} has been replaced and lives on; `keys revoke`" in said
        assert [older] == told(line)["older_keys"]

    def test_none(self, microsoft, line):
        """An account without listings is no success: it may be the wrong one."""
        assert 1 == line.run("listings", "audit")[0]
        assert "tells of no listing" in line.errors
        assert not microsoft.keys

    def test_nowhere(self, line, robot):
        """A listing whose leads go nowhere is told apart from one whose leads go elsewhere."""
        assert robot
        assert "destination" == told(line)["missing"]

    def test_unpublished(self, microsoft, line, robot):
        """A listing that is right in its draft only must be published."""
        microsoft.point(robot, url(microsoft), "draft")

        assert "publish" == told(line)["missing"]
        assert told(line)["here"] is False

    def test_other_destination(self, microsoft, line, robot):
        """Leads that go to a CRM of another kind go elsewhere; of another URL only the host is
        told.
        """
        microsoft.trees[robot, "draft"] = [microsoft.leads(robot, "dynamics")]
        microsoft.point(robot, "https://hooks.example/a?sig=very-secret", "live")

        _, said = line.run("listings", "audit")

        assert "dynamics" in said
        assert "https to hooks.example" in said
        assert "very-secret" not in said
        assert "elsewhere" == told(line)["missing"]

    def test_withdrawn(self, microsoft, line):
        """A withdrawn product is told, and misses nothing."""
        microsoft.add("old", lifecycleState="deprecated")

        code, said = line.run("listings", "audit")

        assert 0 == code
        assert "withdrawn" in said

    def test_unread(self, microsoft, line, robot):
        """A product that the API cannot tell of is told with the reason, beside all others."""
        other = microsoft.add("advice", "consultingService")
        microsoft.faults = [Fault("GET", other, 400, message="type not supported", times=9)]

        code, said = line.run("listings", "audit")

        assert 1 == code
        assert robot
        assert "contoso.robot" in said
        assert MISSING["unread"] in said
        assert "unknown  unknown  unknown" in said
        why = "contoso.advice: HTTP 400 from 127.0.0.1, fault: type not supported; set it by hand"
        assert why in line.errors

    def test_fails(self, microsoft, line, robot):
        """A server that fails is no reason to set anything by hand."""
        microsoft.faults = [Fault("GET", robot, 500)]

        assert 1 == line.run("listings", "audit")[0]
        assert "contoso.robot: HTTP 500 from 127.0.0.1, fault: no; try again later" in line.errors

    @pytest.mark.parametrize("missing", MISSING)
    def test_words(self, missing):
        """Everything that may be missing is told in words."""
        assert MISSING[missing]


class TestRequired:
    @pytest.mark.parametrize(
        ("setup", "expected"),
        [
            pytest.param({"sellThroughMicrosoft": True}, False, id="sold"),
            pytest.param(
                {"sellThroughMicrosoft": False, "callToAction": "contactMe"}, True, id="contact-me"
            ),
            pytest.param(
                {"sellThroughMicrosoft": False, "callToAction": "freeTrial"}, False, id="trial"
            ),
            pytest.param({"sellThroughMicrosoft": False}, None, id="not-told"),
        ],
    )
    @pytest.mark.parametrize("kind", ["softwareAsAService", "dynamics365ForCustomerEngagement"])
    def test_contact_me(self, kind, setup, expected):
        """Types that require a destination if listed as Contact me are told by their set-up."""
        schema = f"{SCHEMA}/commercial-marketplace-setup/2022-03-01-preview2"

        assert expected is requires(kind, [{"$schema": schema, **setup}])

    @pytest.mark.parametrize(
        "kind", ["consultingService", "dynamics365BusinessCentral", "dynamics365ForOperations"]
    )
    def test_always(self, kind):
        """Some types always require one."""
        assert requires(kind, []) is True

    def test_optional(self):
        """Types that are not in the table never require one."""
        assert "azureVirtualMachine" not in REQUIRED
        assert requires("azureVirtualMachine", []) is False

    def test_unknown(self, microsoft, line):
        """Where the set-up does not tell, the audit says on what it hangs."""
        microsoft.add("robot")

        assert "if Contact me" in line.run("listings", "audit")[1]


class TestRepr:
    def test_hidden(self):
        """Neither a URL nor a key shows when what holds it is shown."""
        place = Place("httpsEndpoint", f"{HOST}/api/leads/contoso.robot?code=very-secret")
        key = Key("listing-a", datetime(2026, 1, 1, tzinfo=UTC), "very-secret")
        product = Product("1", "robot", "softwareAsAService", "Robot", "generallyAvailable")
        trees = {"draft": [{"httpsEndpointUrl": place.url}]}
        standing = Standing("contoso.robot", product, HOST, [key], trees)

        assert "very-secret" not in f"{place!r} {place} {key!r} {Veil({'very-secret'})!r}"
        assert "very-secret" not in repr(standing)
