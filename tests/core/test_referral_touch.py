"""A marketplace lead that a referral tells of, as the POST that its customer made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadshare import intake
from leadshare.core import touch as touches
from leadshare.core.envelope import REFERRAL, open_envelope
from leadshare.core.identity import Identity
from leadshare.core.playbook import Intent, Lane, Storefront
from leadshare.core.referral_touch import Told, acted, instant_of, touch_of
from leadshare.core.touch import Touch
from tests.builders import IDENTITY, NOW, configuration, post, referral, touch

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
ROBOT = {"id": "Contoso.invoice-robot", "title": "Contoso Invoice Robot", "kind": "app"}
SUITE = {"id": "contoso.vm-suite", "title": "Contoso VM Suite", "kind": "offer"}
KIT = {"id": "contoso.kit", "title": "Kit", "kind": "offer"}
UNDER = configuration(listing=[ROBOT, SUITE, KIT])


def told(key: str = KEY, **changes: Any) -> Told | str:
    """What a referral tells."""
    return touch_of(key, referral(**changes), UNDER, IDENTITY)


def read(found: Told | str) -> Touch:
    """The touch, as it is read once it comes out of the queue."""
    assert isinstance(found, Told)
    message = intake.envelope(found.body, found.listing, found.id, NOW, via=REFERRAL)
    return touches.read(open_envelope(message), UNDER, IDENTITY)


def member(**changes: Any) -> dict[str, Any]:
    """A customer profile of one person."""
    return {"team": [{"email": "a@fabrikam.example", "phoneNumber": "", **changes}]}


class TestTold:
    def test_touch(self):
        """
        It is a touch of the same contact, lead, listing and storefront as the customer's POST.
        """
        posted = touch(under=UNDER)

        found = read(told())

        assert "referral" == found.via
        assert (posted.contact, posted.lead) == (found.contact, found.lead)
        assert (posted.listing, posted.storefront) == (found.listing, found.storefront)
        assert (posted.listing_title, posted.listing_kind) == (
            found.listing_title,
            found.listing_kind,
        )
        assert Lane.NORMAL is found.lane

    def test_facts(self):
        """
        It has the facts that the referral has, and claims no more.
        """
        found = read(told())

        assert {
            "first_name": "Sample",
            "last_name": "Buyer",
            "email": "sample.buyer@fabrikam.example",
            "email_kind": "business",
            "phone": "+4930123456",
            "country": "DE",
            "company": "Fabrikam GmbH",
            "company_domain": "fabrikam.example",
            "job_title": "",
            "notes": "Need help with invoices",
        } == found.facts
        assert Intent.OTHER is found.intent
        assert ("action_unknown",) == found.flags

    def test_lead(self):
        """
        The lead that it is said to belong to is the one that it belongs to.
        """
        found = told()

        assert isinstance(found, Told)
        assert read(found).lead == found.lead

    @pytest.mark.parametrize(
        ("name", "storefront"),
        [
            pytest.param(ROBOT["title"], Storefront.APPSOURCE, id="app"),
            pytest.param(SUITE["title"], Storefront.AZURE_MARKETPLACE, id="offer"),
        ],
    )
    def test_storefront(self, name, storefront):
        """
        The storefront is the one that carries the listing.
        """
        found = read(told(name=name))

        assert storefront is found.storefront
        assert "source_unknown" not in found.flags

    @pytest.mark.parametrize(
        ("consent", "lane"),
        [
            pytest.param({"consentToContact": False}, Lane.NO_CONTACT, id="refused"),
            pytest.param({"consentToContact": True}, Lane.NORMAL, id="given"),
            pytest.param({}, Lane.NO_CONTACT, id="not-said"),
            pytest.param(None, Lane.NO_CONTACT, id="nothing"),
            pytest.param({"consentToContact": "true"}, Lane.NO_CONTACT, id="no-flag"),
        ],
    )
    def test_consent(self, consent, lane):
        """
        Who does not say so is not contacted.
        """
        assert lane is read(told(consent=consent, callToAction="PLT")).lane

    def test_call_to_action(self):
        """
        A call to action that is a known code tells the intent.
        """
        assert Intent.CONTACT_REQUEST is read(told(callToAction="PLT")).intent

    def test_test(self):
        """
        A test lead stays one.
        """
        found = told(customerProfile=member(firstName="MSFT_TEST_1"))

        assert Lane.TEST is read(found).lane

    def test_fits(self):
        """
        However long its texts are, it fits one queue message.
        """
        long = "\U0001f600" * 50_000
        profile = {
            "name": long,
            "address": {"country": long},
            **member(firstName=long, lastName=long),
        }

        found = told(customerProfile=profile, callToAction=long, details={"notes": long})

        assert isinstance(found, Told)
        assert len(found.body) <= intake.LARGEST

    def test_no_secret(self):
        """
        What it is printed as shows nobody.
        """
        assert "fabrikam" not in repr(told())


class TestId:
    def test_update(self):
        """
        Whatever an update changes but the contact, it tells of the same touch.
        """
        changed = told(
            details={"notes": "changed"}, name=SUITE["title"], status="Active", consent=None
        )

        assert isinstance(changed, Told)
        assert read(told()).id == changed.id

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(told(key="other"), id="referral"),
            pytest.param(told(customerProfile=member()), id="contact"),
            pytest.param(touch_of(KEY, referral(), UNDER, Identity(b"other" * 9)), id="deployment"),
        ],
    )
    def test_another(self, other):
        """
        Another referral or another contact is another touch: no touch is ever under two contacts.
        """
        assert isinstance(other, Told)
        assert read(told()).id != other.id

    @pytest.mark.parametrize(
        "email", ["Sample.Buyer@Fabrikam.example", "  sample.buyer@fabrikam.example "]
    )
    def test_same_contact(self, email):
        """
        The same contact written otherwise is the same touch.
        """
        found = told(customerProfile=member(email=email))

        assert isinstance(found, Told)
        assert read(told()).id == found.id


class TestContact:
    @pytest.mark.parametrize(
        "profile",
        [
            pytest.param(None, id="no-profile"),
            pytest.param({}, id="no-team"),
            pytest.param({"team": []}, id="nobody"),
            pytest.param({"team": "x"}, id="no-list"),
            pytest.param({"team": [None, 1, "x"]}, id="no-members"),
            pytest.param(member(email=""), id="neither"),
            pytest.param(member(email=None), id="null"),
            pytest.param(member(email=["a@b.example"]), id="no-text"),
            pytest.param(member(email="no address", phoneNumber="12"), id="of-no-use"),
        ],
    )
    def test_unknown(self, profile):
        """
        Where nobody can be told apart there is no touch.
        """
        assert "contact_unknown" == told(customerProfile=profile)

    def test_by_phone(self):
        """
        Who has no e-mail is known by phone.
        """
        posted = touch(under=UNDER, Email="")

        assert (
            posted.lead
            == read(told(customerProfile=member(email="", phoneNumber="4930123456"))).lead
        )

    def test_first_who_can_be_reached(self):
        """
        Of several the first who can be reached is the customer.
        """
        team = [
            {"firstName": "A"},
            {"firstName": "B", "email": "b@x.example"},
            {"email": "c@x.example"},
        ]

        assert "B" == read(told(customerProfile={"team": team})).facts["first_name"]


class TestListing:
    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"name": "contoso invoice  ROBOT"}, id="title"),
            pytest.param({"name": "contoso.invoice-robot"}, id="id-as-name"),
            pytest.param({"name": "Contoso Invoice Robot for Fabrikam"}, id="title-within"),
            pytest.param({"name": "x", "target": [{"type": "x", "id": ROBOT["id"]}]}, id="target"),
            pytest.param(
                {"name": "", "details": {"requirements": {"solutions": [{"id": ROBOT["id"]}]}}},
                id="solution",
            ),
            pytest.param(
                {"name": None, "details": {"requirements": {"products": [ROBOT["title"]]}}},
                id="product",
            ),
            pytest.param(
                {"name": "Kit", "target": [{"id": "x"}], "details": {"requirements": {"x": 1}}},
                id="others-are-nothing",
            ),
        ],
    )
    def test_known(self, changes):
        """
        The listing is found wherever it is named by its id or title.
        """
        expected = "contoso.kit" if changes["name"] == "Kit" else "contoso.invoice-robot"

        assert expected == read(told(**changes)).listing

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"name": None}, id="nothing"),
            pytest.param({"name": "Another Robot"}, id="another"),
            pytest.param({"name": "Kitchen"}, id="part-of-a-word"),
            pytest.param({"name": "Kit and Contoso VM Suite"}, id="two-within"),
            pytest.param({"name": "Kit", "target": [{"id": "contoso.vm-suite"}]}, id="two-by-name"),
            pytest.param({"name": ["Kit"]}, id="no-text"),
        ],
    )
    def test_unknown(self, changes):
        """
        Where no listing or more than one is named there is no touch.
        """
        assert "listing_unknown" == told(**changes)

    def test_no_catalogue(self):
        """
        Without a catalogue no title can be an offer.
        """
        assert "listing_unknown" == touch_of(KEY, referral(), configuration(), IDENTITY)


class TestOurs:
    def test_marked(self):
        """
        A referral that carries a lead's id is that lead's already, and no touch of its own.
        """
        assert "ours" == told(externalReferenceId=touch(under=UNDER).lead)

    @pytest.mark.parametrize("mark", ["", None, "CRM-1", 7])
    def test_marked_by_others(self, mark):
        """
        Another mark says nothing.
        """
        assert isinstance(told(externalReferenceId=mark), Told)


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "instant"),
        [
            ("2026-11-22T11:58:00.1234567Z", datetime(2026, 11, 22, 11, 58, 0, 123456, UTC)),
            ("2026-11-22T12:58:00+01:00", datetime(2026, 11, 22, 11, 58, tzinfo=UTC)),
            ("2026-11-22T11:58:00", datetime(2026, 11, 22, 11, 58, tzinfo=UTC)),
            ("0001-01-01T00:00:00+14:00", datetime(1970, 1, 1, tzinfo=UTC)),
            ("soon", None),
            ("", None),
            (None, None),
            (20261122, None),
        ],
    )
    def test_instant(self, text, instant):
        """
        Times are read as Partner Center writes them, in UTC where they name no zone.
        """
        assert instant == instant_of(text)

    @pytest.mark.parametrize("text", ["2030-01-01T00:00:00Z", "soon", None])
    def test_acted_by_then(self, text):
        """
        The customer has acted at the latest when we are told.
        """
        assert NOW == acted(referral(createdDateTime=text), NOW)

    def test_acted(self):
        """
        The customer acted when the referral was made.
        """
        assert NOW > acted(referral(), NOW)


def test_shape():
    """
    The body has the marketplace's own shape.
    """
    found = told()

    assert isinstance(found, Told)
    body = json.loads(found.body)
    assert set(post()) == set(body)
    assert set(body["UserDetails"]) == set(post()["UserDetails"]) - {"Title"}
