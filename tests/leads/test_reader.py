"""Reading a body's fields: tolerant of everything that the marketplace may send."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leadshare.errors import Unreadable
from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.touch import Touch
from leadshare.playbook import Category, Intent
from tests.builders import IDENTITY, PERSON, configuration, message, post, touch
from tests.leads.catalogue import APPSOURCE, AZURE, UNKNOWN, known, read


class TestFields:
    def test_sample(self):
        """The documented body is read whole, and nothing about it is odd."""
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
            "notes": "",
        } == found.facts
        assert () == found.flags
        assert "SPZA-PLT|contoso.robot" == found.source
        assert "PLT" == found.action

    @pytest.mark.parametrize(
        ("name", "fact"),
        [
            ("FirstName", "first_name"),
            ("LastName", "last_name"),
            ("Company", "company"),
            ("Title", "job_title"),
        ],
    )
    def test_directions(self, name, fact):
        """What turns the direction of texts around it is no part of a name."""
        assert "Sample" == known(**{name: "\u202eSample\u2069"}).facts[fact]

    @pytest.mark.parametrize("case", [str.lower, str.upper, str.swapcase], ids=lambda c: c.__name__)
    def test_case_of_keys(self, case):
        """Keys count in any case."""
        body = post()
        body["UserDetails"] = {case(name): value for name, value in PERSON.items()}

        assert touch() == read_plain({case(name): value for name, value in body.items()})

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
    )
    def test_encodings(self, encoding):
        """UTF-8 with a BOM, UTF-16 and UTF-32 are read as UTF-8 is."""
        body = post(FirstName="Zoë 🙂")

        assert read(body) == read(json.dumps(body, ensure_ascii=False).encode(encoding))

    @pytest.mark.parametrize(
        "name", [*PERSON, "OfferTitle", "LeadSource", "ActionCode", "Description"]
    )
    @pytest.mark.parametrize(
        "nothing", [pytest.param(None, id="null"), pytest.param("", id="empty"), " \n"]
    )
    def test_nothing(self, name, nothing):
        """A field that is null, empty or blank is as good as not there."""
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
        """A field of a type that is no text is as good as empty, and flagged by its key."""
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
        """A number is the text that was sent, digit by digit."""
        sent = json.dumps(post(Company="?")).replace('"?"', number)

        assert read(post(Company=number)) == read(sent.encode())

    @pytest.mark.parametrize(
        "value",
        [None, "Sample", 5, True, [], [PERSON], {}],
        ids=lambda value: type(value).__name__,
    )
    def test_no_person(self, value):
        """Where UserDetails holds nobody, the lead is a blank one."""
        found = read({**post(), "UserDetails": value, "Description": ""})

        assert Category.BLANK is found.category
        assert not any(found.facts.values())

    def test_empty_object(self):
        """An object without a single field is a touch."""
        found = read(b"{}")

        assert Category.BLANK is found.category
        assert Intent.OTHER is found.intent

    def test_unknown_fields(self):
        """Fields that nobody has heard of change nothing."""
        body = post(CustomData={"a": [1, 2]}, leadId=7)
        body["UserDetails"] |= {"Fax": "1", "Consent": True}

        assert read(post()) == read(body)

    def test_same_key_in_two_cases(self):
        """Of two keys that differ in case only, the one that says something counts."""
        person = {**PERSON, "email": "", "EMAIL": None, "COMPANY": "Other GmbH"}

        assert read(post()) == read({**post(), "UserDetails": person})

    def test_same_key_twice(self):
        """Of a key that is there twice, the last counts, as in most readers of JSON."""
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
        """What is no JSON object is unreadable, for a reason."""
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
        """A text too long for a CRM is cut, and flagged."""
        found = known(**{name: "🙂" * 600})

        assert "🙂" * 512 == found.facts[fact]
        assert ("cut",) == found.flags

    def test_fits(self):
        """A text that just fits is neither cut nor flagged."""
        found = known(Company="x" * 1024)

        assert "x" * 1024 == found.facts["company"]
        assert () == found.flags

    def test_half_pairs_and_controls(self):
        """Halves of surrogate pairs and control characters do not get further than this."""
        found = known(FirstName="In\ud83des\x00", LastName="\udfff")

        assert ("In\ufffdes", "\ufffd") == (found.facts["first_name"], found.facts["last_name"])

    def test_pairs(self):
        """A pair escaped as two halves is the one character that it stands for."""
        sent = json.dumps(post(FirstName="🙂"))

        assert "\\ud83d\\ude42" in sent
        assert "🙂" == read(sent.encode()).facts["first_name"]


FIXTURES = Path(__file__).parents[1] / "fixtures"


BODIES = {
    "contact-me": (APPSOURCE, "contoso.invoice-robot", Intent.CONTACT_REQUEST, Category.NORMAL),
    "bare-source": (AZURE, "contoso vm suite", Intent.ACQUISITION, Category.NORMAL),
    "created-in-azure-portal": (AZURE, "contoso.vm-suite", Intent.PURCHASE, Category.NORMAL),
    "started-test-drive": (UNKNOWN, "contoso.vm-suite", Intent.TRIAL, Category.NORMAL),
    "do-not-contact": (APPSOURCE, "contoso.invoice-robot", Intent.NONE, Category.NO_CONTACT),
    "test-lead-json-form": (AZURE, "contoso test", Intent.ACQUISITION, Category.TEST),
    "test-lead-web-form": (UNKNOWN, "contoso test", Intent.OTHER, Category.TEST),
    "edu-without-person": (APPSOURCE, "contoso.invoice-robot", Intent.ACQUISITION, Category.BLANK),
    "nulls-and-numbers": (
        APPSOURCE,
        "contoso.invoice-robot",
        Intent.CONTACT_REQUEST,
        Category.NORMAL,
    ),
    "unknown-source-and-action": (UNKNOWN, "contoso.new-thing", Intent.OTHER, Category.NORMAL),
}
"""What each body in the folder of fixtures is read as."""


class TestFixtures:
    def test_all(self):
        """Every fixture is in the table above."""
        assert sorted(BODIES) == sorted(path.stem for path in FIXTURES.glob("*.json"))

    @pytest.mark.parametrize("name", BODIES)
    def test_body(self, name):
        """A body as the marketplace sends it is read as what it is."""
        found = read((FIXTURES / f"{name}.json").read_bytes())

        assert BODIES[name] == (found.storefront, found.listing, found.intent, found.category)


def read_plain(body: dict[str, Any]) -> Touch:
    """The touch that *body* is read as without a catalogue, as `touch()` is."""
    envelope = open_envelope(message(body))
    return touches.read(envelope, configuration().catalogue, IDENTITY)
