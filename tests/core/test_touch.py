"""Reading a touch: tolerant of everything that the marketplace may send, and of more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare import intake
from leadshare.core import touch as touches
from leadshare.core.envelope import open_envelope
from leadshare.core.playbook import Intent, Lane, Storefront
from leadshare.core.touch import Touch, from_row, to_row
from leadshare.errors import Unreadable
from tests.builders import (
    IDENTITY,
    NOW,
    PERSON,
    TRACE,
    configuration,
    message,
    minutes,
    post,
    touch,
)

APPSOURCE, AZURE = Storefront.APPSOURCE, Storefront.AZURE_MARKETPLACE
TEST = "MSFT_TEST_636573304831318844"

LISTINGS = [
    {"id": "contoso.robot", "title": "Robot", "kind": "app", "campaign": "robots"},
    {"id": "contoso.advice", "title": "Advice", "kind": "consulting service"},
    {"id": "Contoso.VM", "title": "Contoso  VM", "kind": "offer"},
    {"id": "contoso.kit", "title": "Kit", "kind": "technology"},
]
CATALOGUE = configuration(listing=LISTINGS, internal_domains=["contoso.example"])


def read(body: bytes | dict[str, Any], path: str = "") -> Touch:
    """The touch that *body* is read as, with the catalogue above."""
    return touches.read(open_envelope(message(body, listing=path)), CATALOGUE, IDENTITY)


def known(**changes: Any) -> Touch:
    """The touch of Contact me on a known listing: nothing about it is odd."""
    return read(post(**{"LeadSource": "SPZA-PLT|contoso.robot", **changes}))


class TestFields:
    def test_sample(self):
        """
        The documented body is read whole, and nothing about it is odd.
        """
        found = known()

        assert {
            "first_name": "Sample",
            "last_name": "Buyer",
            "email": "sample.buyer@fabrikam.example",
            "email_kind": "business",
            "phone": "+4930123456",
            "country": "DE",
            "company": "Fabrikam GmbH",
            "company_domain": "fabrikam.example",
            "job_title": "Head of IT",
            "notes": "Campaigns: autumn-webinar",
        } == found.facts
        assert () == found.flags
        assert "SPZA-PLT|contoso.robot" == found.source
        assert "PLT" == found.action

    @pytest.mark.parametrize("case", [str.lower, str.upper, str.swapcase], ids=lambda c: c.__name__)
    def test_case_of_keys(self, case):
        """
        Keys count in any case.
        """
        body = post()
        body["UserDetails"] = {case(name): value for name, value in PERSON.items()}

        assert touch() == read_plain({case(name): value for name, value in body.items()})

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
    )
    def test_encodings(self, encoding):
        """
        UTF-8 with a BOM, UTF-16 and UTF-32 are read as UTF-8 is.
        """
        body = post(FirstName="Zoë 🙂")

        assert read(body) == read(json.dumps(body, ensure_ascii=False).encode(encoding))

    @pytest.mark.parametrize(
        "name", [*PERSON, "OfferTitle", "LeadSource", "ActionCode", "Description"]
    )
    @pytest.mark.parametrize(
        "nothing", [pytest.param(None, id="null"), pytest.param("", id="empty"), " \n"]
    )
    def test_nothing(self, name, nothing):
        """
        A field that is null, empty or blank is as good as not there.
        """
        body = post()
        (body["UserDetails"] if name in PERSON else body).pop(name)

        assert read(body) == read(post(**{name: nothing}))

    @pytest.mark.parametrize(
        "name", [*PERSON, "OfferTitle", "LeadSource", "ActionCode", "Description"]
    )
    @pytest.mark.parametrize(
        "value",
        [
            pytest.param(True, id="true"),
            pytest.param([], id="list"),
            pytest.param(["Sample"], id="list-of-text"),
            pytest.param({"a": 1}, id="object"),
        ],
    )
    def test_wrong_type(self, name, value):
        """
        A field of a type that is no text is as good as empty, and flagged by its key.
        """
        without, found = known(**{name: None}), known(**{name: value})

        assert without == replace(found, flags=without.flags)
        assert {f"{name.lower()}_is_no_text"} == set(found.flags) - set(without.flags)

    @pytest.mark.parametrize(
        "number",
        [
            pytest.param("4930123456", id="phone"),
            pytest.param("0", id="zero"),
            pytest.param("-1.50e3", id="fraction"),
            pytest.param("9" * 900, id="longer-than-any-integer"),
            pytest.param("NaN", id="not-a-number"),
            pytest.param("-Infinity", id="infinity"),
        ],
    )
    def test_numbers(self, number):
        """
        A number is the text that was sent, digit by digit.
        """
        sent = json.dumps(post(Company="?")).replace('"?"', number)

        assert read(post(Company=number)) == read(sent.encode())

    @pytest.mark.parametrize(
        "value",
        [None, "Sample", 5, True, [], [PERSON], {}],
        ids=lambda value: type(value).__name__,
    )
    def test_no_person(self, value):
        """
        Where UserDetails holds nobody, the lead is a blank one.
        """
        found = read({**post(), "UserDetails": value, "Description": ""})

        assert Lane.BLANK is found.lane
        assert not any(found.facts.values())

    def test_empty_object(self):
        """
        An object without a single field is a touch.
        """
        found = read(b"{}")

        assert Lane.BLANK is found.lane
        assert Intent.OTHER is found.intent

    def test_unknown_fields(self):
        """
        Fields that nobody has heard of change nothing.
        """
        body = post(CustomData={"a": [1, 2]}, leadId=7)
        body["UserDetails"] |= {"Fax": "1", "Consent": True}

        assert read(post()) == read(body)

    def test_same_key_in_two_cases(self):
        """
        Of two keys that differ in case only, the one that says something counts.
        """
        person = {**PERSON, "email": "", "EMAIL": None, "COMPANY": "Other GmbH"}

        assert read(post()) == read({**post(), "UserDetails": person})

    def test_same_key_twice(self):
        """
        Of a key that is there twice, the last counts, as in most readers of JSON.
        """
        email = f'"Email": "{PERSON["Email"]}"'
        sent = json.dumps(post()).replace(email, f'"Email": "", {email}')

        assert read(post()) == read(sent.encode())

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            pytest.param(b"no json", "not_json", id="words"),
            pytest.param(b"\xff", "not_json", id="no-text"),
            pytest.param(b'{"a": 1} x', "not_json", id="something-behind"),
            pytest.param(b"[]", "not_an_object", id="list"),
            pytest.param(b'"{}"', "not_an_object", id="text"),
            pytest.param(b"[" * 16_000, "too_deep", id="brackets"),
            pytest.param(b'{"a":' + b"[" * 101 + b"]" * 101 + b"}", "too_deep", id="deep"),
        ],
    )
    def test_unreadable(self, body, reason):
        """
        What is no JSON object is unreadable, for a reason.
        """
        with pytest.raises(Unreadable) as caught:
            read(body)

        assert reason == caught.value.reason


class TestTexts:
    @pytest.mark.parametrize(
        ("name", "fact"),
        [
            pytest.param("FirstName", "first_name", id="name"),
            pytest.param("Title", "job_title", id="title"),
            pytest.param("Description", "notes", id="notes"),
        ],
    )
    def test_cut(self, name, fact):
        """
        A text too long for a CRM is cut, and flagged.
        """
        found = known(**{name: "🙂" * 600})

        assert "🙂" * 512 == found.facts[fact]
        assert ("cut",) == found.flags

    def test_fits(self):
        """
        A text that just fits is neither cut nor flagged.
        """
        found = known(Company="x" * 1024)

        assert "x" * 1024 == found.facts["company"]
        assert () == found.flags

    def test_half_pairs_and_controls(self):
        """
        Halves of surrogate pairs and control characters do not get further than this.
        """
        found = known(FirstName="In\ud83des\x00", LastName="\udfff")

        assert ("In\ufffdes", "\ufffd") == (found.facts["first_name"], found.facts["last_name"])

    def test_pairs(self):
        """
        A pair escaped as two halves is the one character that it stands for.
        """
        sent = json.dumps(post(FirstName="🙂"))

        assert "\\ud83d\\ude42" in sent
        assert "🙂" == read(sent.encode()).facts["first_name"]


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
        """
        Storefront, kind, intent, lane and flags follow from source, listing and action.
        """
        token, of_source, source_known = source
        code, intent, of_action = action
        offer, kind, of_listing = listing

        found = known(LeadSource=f"{token}-{code}|{offer}", ActionCode="", OfferTitle="")

        storefront = of_source or of_listing or of_action
        assert (storefront or AZURE) is found.storefront
        default = {APPSOURCE: "app", AZURE: "offer"}[found.storefront]
        assert (kind or default) == found.listing_kind
        assert intent is found.intent
        assert (Lane.NO_CONTACT if code == "DNC" else Lane.NORMAL) is found.lane
        odd = {
            "source_unknown": not source_known,
            "action_unknown": code in ("CNS", ""),
            "listing_unknown": not kind,
            "storefront_assumed": storefront is None,
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
        """
        Where source and code disagree, that is flagged, and do-not-contact wins.
        """
        found = known(LeadSource=f"SPZA-{in_source}|contoso.robot", ActionCode=code)

        assert (action, flags) == (found.action, found.flags)


FIXTURES = Path(__file__).parents[1] / "fixtures"

BODIES = {
    "contact-me": (APPSOURCE, "contoso.invoice-robot", Intent.CONTACT_REQUEST, Lane.NORMAL),
    "bare-source": (AZURE, "contoso vm suite", Intent.ACQUISITION, Lane.NORMAL),
    "created-in-azure-portal": (AZURE, "contoso.vm-suite", Intent.PURCHASE, Lane.NORMAL),
    "started-test-drive": (AZURE, "contoso.vm-suite", Intent.TRIAL, Lane.NORMAL),
    "do-not-contact": (APPSOURCE, "contoso.invoice-robot", Intent.NONE, Lane.NO_CONTACT),
    "test-lead-json-form": (AZURE, "contoso test", Intent.ACQUISITION, Lane.TEST),
    "test-lead-web-form": (AZURE, "contoso test", Intent.OTHER, Lane.TEST),
    "edu-without-person": (APPSOURCE, "contoso.invoice-robot", Intent.ACQUISITION, Lane.BLANK),
    "nulls-and-numbers": (APPSOURCE, "contoso.invoice-robot", Intent.CONTACT_REQUEST, Lane.NORMAL),
    "unknown-source-and-action": (AZURE, "contoso.new-thing", Intent.OTHER, Lane.NORMAL),
}
"""What each body in the folder of fixtures is read as."""


class TestFixtures:
    def test_all(self):
        """
        Every fixture is in the table above.
        """
        assert sorted(BODIES) == sorted(path.stem for path in FIXTURES.glob("*.json"))

    @pytest.mark.parametrize("name", BODIES)
    def test_body(self, name):
        """
        A body as the marketplace sends it is read as what it is.
        """
        found = read((FIXTURES / f"{name}.json").read_bytes())

        assert BODIES[name] == (found.storefront, found.listing, found.intent, found.lane)


class TestListing:
    @pytest.mark.parametrize(
        ("offer", "path", "listing", "flags"),
        [
            pytest.param("contoso.robot", "", "contoso.robot", (), id="body"),
            pytest.param("", "contoso.robot", "contoso.robot", (), id="path"),
            pytest.param("", "CONTOSO.Robot", "contoso.robot", (), id="path-in-another-case"),
            pytest.param("contoso.robot", "Contoso.ROBOT", "contoso.robot", (), id="agree"),
            pytest.param(
                "contoso.kit", "contoso.robot", "contoso.kit", ("listing_disagrees",), id="disagree"
            ),
            pytest.param(
                "contoso.robot", "robot", "contoso.robot", ("path_is_no_listing",), id="no-listing"
            ),
        ],
    )
    def test_path_and_body(self, offer, path, listing, flags):
        """
        The path names the listing when the body does not; a disagreement is kept and flagged.
        """
        body = post(LeadSource=f"SPZA-PLT|{offer}", OfferTitle="")

        found = read(body, path)

        assert (listing, flags) == (found.listing, found.flags)

    @pytest.mark.parametrize(
        ("changes", "listing"),
        [
            pytest.param({"OfferTitle": " contoso  vm"}, "contoso.vm", id="offer-title"),
            pytest.param({"LeadSource": "SPZA-PLT|KIT"}, "contoso.kit", id="title-in-source"),
        ],
    )
    def test_by_title(self, changes, listing):
        """
        Without an offer id the catalogue is asked for the title, as the eye compares.
        """
        found = read(post(**{"LeadSource": "SPZA-PLT", "OfferTitle": "", **changes}))

        assert listing == found.listing
        assert () == found.flags

    def test_one_lead_however_named(self):
        """
        A listing named by offer, by path or by its title is one listing, hence one lead.
        """
        by_offer = read(post(LeadSource="SPZA-PLT|contoso.robot"))
        by_path = read(post(LeadSource="SPZA-PLT", OfferTitle=""), "contoso.robot")
        by_title = read(post(LeadSource="SPZA-PLT", OfferTitle="robot"))

        assert 1 == len({by_offer.lead, by_path.lead, by_title.lead})

    @pytest.mark.parametrize(
        ("changes", "listing", "title"),
        [
            pytest.param(
                {"LeadSource": "SPZA-PLT|contoso.new"}, "contoso.new", "A  New One", id="offer"
            ),
            pytest.param({"LeadSource": "SPZA-PLT"}, "a new one", "A  New One", id="title"),
            pytest.param(
                {"LeadSource": "SPZA-PLT|Another", "OfferTitle": ""},
                *("another", "Another"),
                id="title-in-source",
            ),
            pytest.param({"LeadSource": "", "OfferTitle": ""}, "", "", id="nothing"),
        ],
    )
    def test_unknown(self, changes, listing, title):
        """
        A listing that is not in the catalogue goes by its offer, else by its title.
        """
        found = read(post(**{"OfferTitle": "A  New One", **changes}))

        assert (listing, title) == (found.listing, found.listing_title)
        assert "listing_unknown" in found.flags

    def test_title_of_the_catalogue(self):
        """
        A known listing has the catalogue's title, whatever the marketplace calls it today.
        """
        assert "Robot" == known(OfferTitle="Robot 2.0 (new!)").listing_title

    def test_unknown_offer_keeps_apart(self):
        """
        An offer id that is not in the catalogue is another listing, even under a known title.
        """
        found = read(post(LeadSource="SPZA-PLT|contoso.robot-2", OfferTitle="Robot"))

        assert "contoso.robot-2" == found.listing


class TestCampaign:
    @pytest.mark.parametrize(
        ("notes", "campaign"),
        [
            pytest.param("Campaigns: autumn-webinar", "autumn-webinar", id="named"),
            pytest.param("campaign :  Two words ", "Two words", id="other-spelling"),
            pytest.param("Campaigns: ", "robots", id="blank"),
            pytest.param("", "robots", id="none"),
            pytest.param("Please call me about campaigns: soon", "robots", id="in-a-sentence"),
            pytest.param("Campaigns: \nPlease call me.", "robots", id="next-line"),
            pytest.param("Campaigns: spring\nPlease call me.", "spring", id="first-line"),
        ],
    )
    def test_campaign(self, notes, campaign):
        """
        A campaign that the description names at its head counts, else the listing's own.
        """
        assert campaign == known(Description=notes).campaign


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
        """
        What has no normal form stays as it came, beside a flag.
        """
        found = known(**{name: value})

        assert value == found.facts[fact]
        assert flag in found.flags

    @pytest.mark.parametrize("name", ["Email", "Phone", "Country"])
    def test_nothing_is_not_unreadable(self, name):
        """
        What was not given is not flagged as unreadable.
        """
        assert () == known(**{name: ""}).flags

    def test_phone_by_country(self):
        """
        A national number is read by the rules of the country that was given beside it.
        """
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
        """
        Only a business address tells the company's domain.
        """
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
        """
        Any field that begins with MSFT_TEST makes a test lead, in any case.
        """
        assert Lane.TEST is known(**{name: value}).lane

    def test_test_before_all_else(self):
        """
        A test lead is one even with DNC, and even where nobody is named.
        """
        assert Lane.TEST is known(FirstName=TEST, ActionCode="DNC").lane

    def test_not_in_the_middle(self):
        """
        A customer who writes of MSFT_TEST is a customer.
        """
        assert Lane.NORMAL is known(Description="What is MSFT_TEST?").lane

    @pytest.mark.parametrize(
        ("email", "lane"),
        [
            pytest.param("zoe@contoso.example", Lane.INTERNAL, id="internal"),
            pytest.param("zoe@CONTOSO.Example", Lane.INTERNAL, id="case"),
            pytest.param("zoe@notcontoso.example", Lane.NORMAL, id="longer-name"),
            pytest.param("zoe@contoso.example.evil.test", Lane.NORMAL, id="name-inside"),
            pytest.param("contoso.example@fabrikam.example", Lane.NORMAL, id="local-part"),
        ],
    )
    def test_internal(self, email, lane):
        """
        The publisher's own people are known by their domain.
        """
        assert lane is known(Email=email).lane

    @pytest.mark.parametrize("domain", ["Contoso.Example", " contoso.example"])
    def test_internal_domains_as_people_write_them(self, domain):
        """
        The configured domains count in any case.
        """
        own = configuration(internal_domains=[domain])

        assert Lane.INTERNAL is touch(under=own, Email="zoe@contoso.example").lane

    @pytest.mark.parametrize("name", ["FirstName", "LastName", "Email", "Phone", "Company"])
    def test_blank(self, name):
        """
        One fact of a person is enough for a lead; without any it is a blank one.
        """
        nobody = dict.fromkeys(PERSON, "") | {"Country": "US", "Title": "Student"}

        assert Lane.BLANK is known(**nobody).lane
        assert Lane.NORMAL is known(**nobody | {name: "x"}).lane

    def test_dnc_before_internal_and_blank(self):
        """
        DNC is no contact, whoever it is about.
        """
        assert Lane.NO_CONTACT is known(ActionCode="DNC", Email="zoe@contoso.example").lane
        assert Lane.NO_CONTACT is known(ActionCode="DNC", **dict.fromkeys(PERSON, "")).lane


class TestIdentify:
    def test_email_else_phone(self):
        """
        A contact is known by e-mail, else by phone, with the folding of identity.
        """
        assert known().contact == known(Email="SAMPLE.Buyer@fabrikam.example", Phone="1").contact
        assert known(Email="").contact == known(Email="?", Phone="+49 30 123456").contact
        assert known().contact != known(Email="").contact

    def test_unknown_by_the_touch_itself(self):
        """
        Who gives neither is known by the touch: the same body is the same contact.
        """
        nobody = {"Email": "", "Phone": ""}

        assert known(**nobody).contact == known(**nobody).contact
        assert known(**nobody).contact != known(**nobody, Company="Other GmbH").contact

    def test_unknown_does_not_hang_on_the_catalogue(self):
        """
        A contact that is known by the touch stays who it is when the catalogue changes.
        """
        nobody: dict[str, Any] = {"Email": "", "Phone": "", "LeadSource": "SPZA-PLT|Robot"}

        assert touch(**nobody).contact == known(**nobody).contact

    def test_lead_by_listing(self):
        """
        A contact has one lead for each listing.
        """
        one, other = known(), known(LeadSource="SPZA-PLT|contoso.kit")

        assert one.contact == other.contact
        assert one.lead != other.lead

    @pytest.mark.parametrize(
        ("changes", "same"),
        [
            pytest.param({}, True, id="repeat"),
            pytest.param({"Company": " FABRIKAM gmbh"}, True, id="case-and-spaces"),
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
        """
        Two posts of the same action of the same customer share a fingerprint, no others do.
        """
        assert same == (known().fingerprint == known(**changes).fingerprint)


class TestRow:
    @given(
        st.dictionaries(
            st.sampled_from([*PERSON, "LeadSource", "ActionCode", "OfferTitle", "Description"]),
            st.text(st.characters(codec=None)) | st.none() | st.booleans() | st.integers(),
        ),
        st.integers(0, 10**9),
    )
    def test_round_trip(self, changes, milliseconds):
        """
        A touch written to its row's JSON and back is the same touch.
        """
        found = touch(at=NOW + minutes(milliseconds / 60_000), **changes)

        assert found == from_row(json.loads(json.dumps(to_row(found), ensure_ascii=False)))

    def test_facts_are_not_shown(self):
        """
        A touch that is printed shows no facts.
        """
        assert "Buyer" not in repr(touch())


def read_plain(body: dict[str, Any]) -> Touch:
    """The touch that *body* is read as without a catalogue, as `touch()` is."""
    envelope = open_envelope(message(body))
    return touches.read(envelope, configuration(), IDENTITY)


class TestVia:
    def test_envelope(self):
        """
        Who told of a touch is in its envelope, never in the body that anybody may write.
        """
        told = open_envelope(message(post(Via="referral", via="referral"), via="referral"))
        posted = open_envelope(message(post(Via="referral", via="referral")))

        assert ("referral", "") == (told.via, posted.via)
        assert "referral" == touches.read(told, CATALOGUE, IDENTITY).via
        assert not touches.read(posted, CATALOGUE, IDENTITY).via

    @pytest.mark.parametrize("person", ["", "Sample Buyer", [], None])
    def test_row_without_a_person(self, person):
        """
        A row of a table whose person is no object cannot be read; a POST like it is a blank lead.
        """
        told = open_envelope(message(post() | {"UserDetails": person}, via="table"))
        posted = open_envelope(message(post() | {"UserDetails": person}))

        with pytest.raises(Unreadable, match="customer_info_unreadable"):
            touches.read(told, CATALOGUE, IDENTITY)
        assert "blank" == touches.read(posted, CATALOGUE, IDENTITY).lane

    def test_rows_of_before(self):
        """
        A row that was written before there were referrals is a POST's.
        """
        row = to_row(touch())
        del row["via"]

        assert touch() == from_row(row)


class TestTrace:
    def test_envelope(self):
        """
        The trace of a POST is in its envelope, in the touch, and in the touch's row.
        """
        sent = intake.take(b"{}", "", touch=f"{1:032x}", now=NOW, trace=TRACE).message
        envelope = open_envelope(sent or b"")

        assert TRACE == envelope.trace
        read = touches.read(envelope, CATALOGUE, IDENTITY)
        assert TRACE == from_row(to_row(read)).trace

    def test_rows_of_before(self):
        """
        A row that was written before there were traces has none.
        """
        row = to_row(touch())
        del row["trace"]

        assert touch() == from_row(row)
