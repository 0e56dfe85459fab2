"""What a referral holds of a lead, and what of it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from leadshare.destinations.partner_center.fields import changes, connected, referral
from leadshare.destinations.partner_center.notes import BEGIN
from tests.builders import delivery, record
from tests.destinations.partner_center.builders import referrer
from tests.destinations.simulators.partner_center_referral import Account


class TestMapping:
    def settings(self, **changes: Any) -> Any:
        """Settings of a referrer."""
        return referrer(Account(), **changes).settings

    def test_qualification(self):
        """What is ready for sales is SalesQualified, the rest is not judged; none claims to be
        direct.
        """
        for stage, said in (("sales_ready", "SalesQualified"), ("nurturing", "None")):
            assert said == referral(record(stage=stage), self.settings())["qualification"]

    def test_solution(self):
        """Each listing may have its own solution."""
        settings = self.settings(deal="Shared", solutions={"contoso.kit": "SOL-2"})

        for listing, solution in (("contoso.kit", "SOL-2"), ("contoso.x", "SOL-12345-ABC")):
            made = referral(record(listing=listing), settings)
            assert solution == made["target"][0]["id"]
            assert solution == made["details"]["requirements"]["solutions"][0]["id"]

    def test_worth(self):
        """Worth and closing day are told if the publisher told them, and are the same every
        time.
        """
        told = {"deal_value": 5000, "currency": "EUR", "close_in_days": 90}
        details = referral(record(), self.settings(**told))["details"]

        assert (5000, "EUR") == (details["dealValue"], details["currency"])
        assert "2027-02-20T00:00:00Z" == details["closingDateTime"]
        bare = referral(record(), self.settings())["details"]
        assert {"notes", "requirements"} == set(bare)

    def test_consent(self):
        """All three consents are given: only who agreed gets here."""
        assert {True} == set(referral(record(), self.settings())["consent"].values())

    @pytest.mark.parametrize(
        ("facts", "name"),
        [
            ({}, "Contoso Invoice Robot - Fabrikam GmbH"),
            ({"company": ""}, "Contoso Invoice Robot - Sample Buyer"),
            ({"listing_title": ""}, "contoso.invoice-robot - Fabrikam GmbH"),
            ({"listing_title": "", "listing": ""}, "Marketplace lead - Fabrikam GmbH"),
            (
                {
                    "listing_title": "",
                    "listing": "",
                    "company": "",
                    "first_name": "",
                    "last_name": "",
                },
                "Marketplace lead",
            ),
        ],
    )
    def test_name(self, facts, name):
        """A deal is named by the listing and the customer, as far as they are known."""
        assert name == referral(record(**facts), self.settings())["name"]

    def test_connected(self):
        """Microsoft's side is the same but for target and ids."""
        settings = self.settings(deal="Shared")
        ours, theirs = referral(record(), settings), connected(record(), settings, "e-1")

        different = {name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}
        assert {"target", "engagementId", "externalReferenceId"} == different

    def test_long_email(self):
        """An address that is too long is told whole in the notes."""
        long = f"{'x' * 300}@fabrikam.example"
        made = referral(record(email=long), self.settings())

        assert "email" not in made["customerProfile"]["team"][0]
        assert f"{BEGIN}\n{long}\n" in made["details"]["notes"]


def found(**profile: Any) -> Mapping[str, Any]:
    """A referral that is there."""
    return {"customerProfile": profile, "details": {"notes": ""}}


class TestChanges:
    CONTACT: Mapping[str, str] = {
        "firstName": "Sample",
        "lastName": "Buyer",
        "phoneNumber": "+4930123456",
        "email": "sample.buyer@fabrikam.example",
        "title": "Head of IT",
    }

    def of(self, row: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
        """What the builder's lead sets, but for its notes."""
        told = changes(row, delivery(record=record(**facts)))
        del told["/details/notes"]
        return told

    def test_contact(self):
        """The contact is known by e-mail among the customer's people."""
        team = [{"email": "boss@fabrikam.example"}, {"email": "SAMPLE.buyer@fabrikam.example"}]
        told = self.of(found(name="Fabrikam", address={"country": "AT"}, team=team))

        missing = {n: v for n, v in self.CONTACT.items() if n != "email"}
        assert {f"/customerProfile/team/1/{n}": v for n, v in missing.items()} == told

    def test_sellers(self):
        """What sellers wrote of the contact stays; what the customer said before fills no gap."""
        member = {"email": self.CONTACT["email"], "lastName": "Buyer", "title": "Chief"}
        row = found(name="Fabrikam", address={"country": "AT"}, team=[member])
        since = record()["since"] | {"phone": 2}
        later = delivery(version=2, sent=1, record=record(version=2, since=since))

        told = changes(row, later)

        assert ["/customerProfile/team/0/phoneNumber", "/details/notes"] == [*told]

    @pytest.mark.parametrize(
        "shows",
        [{"lastName": "Li"}, {"lastName": "Buyer", "company": "Contoso Ltd"}],
        ids=["name", "company"],
    )
    def test_somebody_else(self, shows):
        """Nothing is filled where the referral shows somebody else, or another employer."""
        name = shows.get("company", "Fabrikam")
        member = {"email": self.CONTACT["email"], "lastName": shows["lastName"]}

        assert {} == self.of(found(name=name, team=[member]))

    def test_new_contact(self):
        """Who is not among them is added."""
        told = self.of(
            found(name="Fabrikam", address={"country": "AT"}, team=[None, {"email": "x"}])
        )

        assert {"/customerProfile/team/-": self.CONTACT} == told

    def test_removed(self):
        """Whom sellers took from the team stays out of it until there is news of them."""
        later = delivery(version=2, sent=1, record=record(version=2))

        assert ["/details/notes"] == [*changes(found(name="Fabrikam", team=[]), later)]

    def test_nobody(self):
        """Where there is nobody, the contact is the first; name and country are filled where
        missing.
        """
        assert {
            "/customerProfile/name": "Fabrikam GmbH",
            "/customerProfile/address/country": "DE",
            "/customerProfile/team": [self.CONTACT],
        } == self.of(found())
        elsewhere = self.of(found(name="(not given)", address={"city": "Graz"}, team=[]))
        assert {
            "/customerProfile/name": "Fabrikam GmbH",
            "/customerProfile/address/country": "DE",
            "/customerProfile/team/-": self.CONTACT,
        } == elsewhere

    def test_by_phone(self):
        """Who has no e-mail is known by phone; a name that nobody gave replaces none."""
        row = found(
            name="Fabrikam", address={"country": "AT"}, team=[{"phoneNumber": "+4930123456"}]
        )

        told = self.of(row, email="", last_name="", country="")

        assert {
            "/customerProfile/team/0/firstName": "Sample",
            "/customerProfile/team/0/title": "Head of IT",
        } == told

    def test_by_name(self):
        """Whose e-mail is too long for its field is known by name, and added once."""
        long = {"email": f"{'x' * 300}@fabrikam.example", "phone": ""}
        first = self.of(found(name="Fabrikam", address={"country": "AT"}, team=[]), **long)
        member = first["/customerProfile/team/-"]

        again = self.of(found(name="Fabrikam", address={"country": "AT"}, team=[member]), **long)

        assert ("Buyer", {}) == (member["lastName"], again)
