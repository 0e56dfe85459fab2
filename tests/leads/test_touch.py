"""Reading a touch: tolerant of everything that the marketplace may send, and of more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from leadshare.playbook import Category, Intent, Storefront
from tests.builders import PERSON, configuration, touch
from tests.leads.catalogue import APPSOURCE, AZURE, UNKNOWN, known

TEST = "MSFT_TEST_636573304831318844"


SOURCES: list[tuple[str, Storefront | None, bool]] = [
    ("AzureMarketplace", AZURE, True),
    ("Azure Marketplace", AZURE, True),
    ("AzurePortal", AZURE, True),
    ("Azure Portal", AZURE, True),
    ("AppSource", APPSOURCE, True),
    ("AppSource (SPZA)", APPSOURCE, True),
    ("SPZA", APPSOURCE, True),
    ("spza", APPSOURCE, True),
    ("TestDrive", None, True),
    ("MicrosoftMarketplace", None, False),
    ("", None, False),
]
"""A source's token, the storefront that it means, and whether it is known."""


ACTIONS: list[tuple[str, Intent, Storefront | None]] = [
    ("Create", Intent.PURCHASE, AZURE),
    ("INS", Intent.ACQUISITION, None),
    ("ins", Intent.ACQUISITION, None),
    ("StartTestDrive", Intent.TRIAL, None),
    ("PLT", Intent.CONTACT_REQUEST, APPSOURCE),
    ("DNC", Intent.NONE, APPSOURCE),
    ("CNS", Intent.OTHER, None),
    ("", Intent.OTHER, None),
]
"""An action code, its intent, and the only storefront that sends it."""


LISTED: list[tuple[str, str, Storefront | None]] = [
    ("", "", None),
    ("contoso.unheard-of", "", None),
    ("contoso.robot", "app", APPSOURCE),
    ("contoso.advice", "consulting service", APPSOURCE),
    ("CONTOSO.vm", "offer", AZURE),
    ("contoso.kit", "technology", AZURE),
]
"""An offer, its listing's kind in the catalogue, and the storefront that carries such."""


def combinations() -> Iterator[Any]:
    """Every source with every action and every listing."""
    for source, action, listing in product(SOURCES, ACTIONS, LISTED):
        names = (source[0] or "none", action[0] or "none", listing[0] or "none")
        yield pytest.param(source, action, listing, id="-".join(names).replace(" ", "_"))


class TestClass:
    @pytest.mark.parametrize(("source", "action", "listing"), list(combinations()))
    def test_every_combination(self, source, action, listing):
        """Storefront, kind, intent, category and flags follow from source, listing and action."""
        token, of_source, source_known = source
        code, intent, of_action = action
        offer, kind, of_listing = listing

        found = known(LeadSource=f"{token}-{code}|{offer}", ActionCode="", OfferTitle="")

        storefront = of_source or of_listing or of_action
        assert (storefront or UNKNOWN) is found.storefront
        default = {APPSOURCE: "app", AZURE: "offer", UNKNOWN: ""}[found.storefront]
        assert (kind or default) == found.listing_kind
        assert intent is found.intent
        assert (Category.NO_CONTACT if code == "DNC" else Category.NORMAL) is found.category
        odd = {
            "source_unknown": not source_known,
            "action_unknown": code in ("CNS", ""),
            "listing_unknown": not kind,
            "storefront_unknown": storefront is None,
        }
        assert {flag for flag, is_so in odd.items() if is_so} == set(found.flags)

    @pytest.mark.parametrize(
        ("in_source", "code", "action", "flags"),
        [
            pytest.param("PLT", "", "PLT", (), id="only-in-source"),
            pytest.param("", "PLT", "PLT", (), id="only-in-code"),
            pytest.param("plt", "PLT", "plt", (), id="agree-but-for-case"),
            pytest.param("PLT", "INS", "PLT", ("action_disagrees",), id="source-before-code"),
            pytest.param("PLT", "DNC", "DNC", ("action_disagrees",), id="dnc-in-code"),
            pytest.param("dnc", "PLT", "DNC", ("action_disagrees",), id="dnc-in-source"),
            pytest.param("DNC", "DNC", "DNC", (), id="dnc-in-both"),
        ],
    )
    def test_action_twice(self, in_source, code, action, flags):
        """Where source and code disagree, that is flagged, and do-not-contact wins."""
        found = known(LeadSource=f"SPZA-{in_source}|contoso.robot", ActionCode=code)

        assert (action, flags) == (found.action, found.flags)


class TestCampaign:
    @pytest.mark.parametrize(
        ("notes", "campaign", "words"),
        [
            pytest.param("Campaigns: autumn-webinar", "autumn-webinar", "", id="named"),
            pytest.param("campaign :  Two  words ", "two-words", "", id="by-name"),
            pytest.param("Campaigns: TWO-words", "two-words", "", id="other-spelling"),
            pytest.param("Campaigns: ", "robots", "", id="blank"),
            pytest.param("", "robots", "", id="none"),
            pytest.param("About campaigns: soon", "robots", "About campaigns: soon", id="inside"),
            pytest.param("Campaigns: \nPlease call me.", "robots", "Please call me.", id="next"),
            pytest.param("Campaigns: robots\nCall me.", "robots", "Call me.", id="first-line"),
            pytest.param("Campaigns: spring", "robots", "Campaigns: spring", id="unknown"),
            pytest.param(
                "Campaign: none, call me\nsoon", "robots", "Campaign: none, call me\nsoon", id="no"
            ),
        ],
    )
    def test_campaign(self, notes, campaign, words):
        """A campaign that the description names at its head, by id or name, counts if there is one,
        else the listing's own does, and what stands there is words.
        """
        found = known(Description=notes)

        assert (campaign, words) == (found.campaign, found.words)
        assert words == found.facts["notes"]
        assert found.names_campaign == (
            found.words != notes and notes[-2:] != ": " and "\nP" not in notes
        )


class TestNormalise:
    @pytest.mark.parametrize(
        ("name", "fact", "value", "flag"),
        [
            pytest.param("Email", "email", "sample at fabrikam", "email_unreadable", id="email"),
            pytest.param("Phone", "phone", "call me", "phone_unreadable", id="phone"),
            pytest.param("Country", "country", "Atlantis", "country_unreadable", id="country"),
        ],
    )
    def test_unreadable(self, name, fact, value, flag):
        """What has no normal form stays as it came, beside a flag."""
        found = known(**{name: value})

        assert value == found.facts[fact]
        assert flag in found.flags

    @pytest.mark.parametrize("name", ["Email", "Phone", "Country"])
    def test_nothing_is_not_unreadable(self, name):
        """What was not given is not flagged as unreadable."""
        assert () == known(**{name: ""}).flags

    def test_state_with_the_name_of_a_country(self):
        """Georgia is the country, and flagged, for it may be the state."""
        found = known(Country="Georgia", Phone="")

        assert "GE" == found.facts["country"]
        assert ("country_ambiguous",) == found.flags

    def test_phone_of_two_readings(self):
        """A number that was read with its country's prefix, and may be another one, is flagged."""
        found = known(Phone="4915123456789", Country="DE")

        assert "+4915123456789" == found.facts["phone"]
        assert ("phone_ambiguous",) == found.flags

    def test_extension(self):
        """An extension is part of the number, in the one text that every destination is told."""
        assert "+4930123456 ext. 12" == known(Phone="030 123456 x12").facts["phone"]

    def test_phone_by_country(self):
        """A national number is read by the rules of the country that was given beside it."""
        assert "+33142685300" == known(Phone="01 42 68 53 00", Country="FRA").facts["phone"]

    @pytest.mark.parametrize(
        ("email", "kind", "domain"),
        [
            pytest.param("sample@gmail.com", "free", "", id="free"),
            pytest.param("sample@mailinator.com", "disposable", "", id="disposable"),
            pytest.param("sample@Fabrikam.example", "business", "fabrikam.example", id="business"),
            pytest.param("sample", "", "", id="unreadable"),
        ],
    )
    def test_company_domain(self, email, kind, domain):
        """Only a business address tells the company's domain."""
        facts = known(Email=email).facts

        assert (kind, domain) == (facts["email_kind"], facts["company_domain"])


class TestLane:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            pytest.param("FirstName", TEST, id="first-name"),
            pytest.param("LastName", TEST, id="last-name"),
            pytest.param("Company", TEST.lower(), id="company"),
            pytest.param("Title", TEST, id="title"),
            pytest.param("Description", f" {TEST}", id="description"),
            pytest.param("Email", f"{TEST}@test.com", id="email"),
            pytest.param("LeadSource", f"{TEST}-{TEST}|Contoso Test", id="source"),
        ],
    )
    def test_test(self, name, value):
        """Any field that begins with MSFT_TEST makes a test lead, in any case."""
        assert Category.TEST is known(**{name: value}).category

    @pytest.mark.parametrize("code", [["DNC"], "D.N.C.", {"code": "dnc"}, "PLT+DNC\u200b"])
    def test_dnc(self, code):
        """Do-not-contact in any spelling is one action, and no lead for anybody."""
        found = known(ActionCode=code)

        assert (Category.NO_CONTACT, "DNC") == (found.category, found.action)
        assert Category.NO_CONTACT is known(LeadSource=f"SPZA_{code}|contoso.robot").category

    @pytest.mark.parametrize("code", [f"\u200b{TEST}", [TEST], "MSFT TEST"])
    def test_test_codes(self, code):
        """So is the mark of test leads, in source or code."""
        assert Category.TEST is known(ActionCode=code).category
        assert Category.TEST is known(LeadSource=f"A {TEST}|contoso.robot").category

    def test_test_before_all_else(self):
        """A test lead is one even with DNC, and even where nobody is named."""
        assert Category.TEST is known(FirstName=TEST, ActionCode="DNC").category

    def test_not_in_the_middle(self):
        """A customer who writes of MSFT_TEST is a customer."""
        assert Category.NORMAL is known(Description="What is MSFT_TEST?").category

    @pytest.mark.parametrize(
        ("email", "category"),
        [
            pytest.param("zoe@contoso.example", Category.INTERNAL, id="internal"),
            pytest.param("zoe@CONTOSO.Example", Category.INTERNAL, id="case"),
            pytest.param("zoe@mail.eu.contoso.example", Category.INTERNAL, id="subdomain"),
            pytest.param("<z..e@contoso.example>", Category.INTERNAL, id="readable-by-eye"),
            pytest.param("z..e@contoso.example (work)", Category.INTERNAL, id="remark"),
            pytest.param("zoe@notcontoso.example", Category.NORMAL, id="longer-name"),
            pytest.param("zoe@contoso.example.evil.test", Category.NORMAL, id="name-inside"),
            pytest.param("contoso.example@fabrikam.example", Category.NORMAL, id="local-part"),
        ],
    )
    def test_internal(self, email, category):
        """The publisher's own people are known by their domain."""
        assert category is known(Email=email).category

    @pytest.mark.parametrize("domain", ["Contoso.Example", " contoso.example"])
    def test_internal_domains_as_people_write_them(self, domain):
        """The configured domains count in any case."""
        own = configuration(internal_domains=[domain])

        assert Category.INTERNAL is touch(under=own, Email="zoe@contoso.example").category

    @pytest.mark.parametrize("address", ["zoe@MÜLLER.de", "zoe@xn--mller-kva.de", "jörg@müller.de"])
    @pytest.mark.parametrize("domain", ["Müller.de", "@xn--mller-kva.de"])
    def test_internal_domains_in_letters_or_ascii(self, domain, address):
        """A domain counts in both its forms."""
        own = configuration(internal_domains=[domain])

        assert Category.INTERNAL is touch(under=own, Email=address).category

    @pytest.mark.parametrize("name", ["FirstName", "LastName", "Email", "Phone", "Company"])
    def test_blank(self, name):
        """One fact of a person is enough for a lead; without any it is a blank one."""
        nobody = dict.fromkeys(PERSON, "") | {"Country": "US", "Title": "Student"}

        assert Category.BLANK is known(**nobody).category
        assert Category.NORMAL is known(**nobody | {name: "x"}).category

    def test_dnc_before_internal_and_blank(self):
        """DNC is no contact, whoever it is about."""
        assert Category.NO_CONTACT is known(ActionCode="DNC", Email="zoe@contoso.example").category
        assert Category.NO_CONTACT is known(ActionCode="DNC", **dict.fromkeys(PERSON, "")).category


class TestIdentify:
    def test_email_else_phone(self):
        """A contact is known by e-mail, else by phone, with the folding of identity."""
        assert known().contact == known(Email="SAMPLE.Buyer@fabrikam.example", Phone="1").contact
        assert known(Email="").contact == known(Email="?", Phone="+49 30 123456").contact
        assert known().contact != known(Email="").contact

    def test_unknown_by_the_touch_itself(self):
        """Who gives neither is known by the touch: the same body is the same contact."""
        nobody = {"Email": "", "Phone": ""}

        assert known(**nobody).contact == known(**nobody).contact
        assert known(**nobody).contact != known(**nobody, Company="Other GmbH").contact

    def test_unknown_does_not_hang_on_the_catalogue(self):
        """A contact that is known by the touch stays who it is when the catalogue changes."""
        nobody: dict[str, Any] = {"Email": "", "Phone": "", "LeadSource": "SPZA-PLT|Robot"}

        assert touch(**nobody).contact == known(**nobody).contact

    def test_lead_by_listing(self):
        """A contact has one lead for each listing."""
        one, other = known(), known(LeadSource="SPZA-PLT|contoso.kit")

        assert one.contact == other.contact
        assert one.lead != other.lead

    @pytest.mark.parametrize(
        ("changes", "same"),
        [
            pytest.param({}, True, id="repeat"),
            pytest.param({"Company": " Fabrikam GmbH\n"}, True, id="blanks-around"),
            pytest.param({"Email": "<sample.buyer@FABRIKAM.example>"}, True, id="same-address"),
            pytest.param({"Company": "FABRIKAM GmbH"}, False, id="case"),
            pytest.param({"FirstName": "Another"}, False, id="first-name"),
            pytest.param({"LastName": "Another"}, False, id="last-name"),
            pytest.param({"Title": "CEO"}, False, id="title"),
            pytest.param({"Country": "AT"}, False, id="country"),
            pytest.param({"LeadSource": "spza | contoso.robot"}, True, id="action-in-code-only"),
            pytest.param(
                {"ActionCode": "INS", "LeadSource": "SPZA|contoso.robot"}, False, id="action"
            ),
            pytest.param({"LeadSource": "SPZA-PLT|contoso.kit"}, False, id="offer"),
            pytest.param({"LeadSource": "AppSource-PLT|contoso.robot"}, False, id="source"),
            pytest.param({"Email": "zoe@fabrikam.example"}, False, id="email"),
            pytest.param({"Phone": "4930999999"}, False, id="phone"),
            pytest.param({"Company": "Other GmbH"}, False, id="company"),
            pytest.param({"Description": "Call me"}, False, id="description"),
        ],
    )
    def test_fingerprint(self, changes, same):
        """Two posts of the same action of the same customer share a fingerprint, no others do."""
        assert same == (known().fingerprint == known(**changes).fingerprint)
