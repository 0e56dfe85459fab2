"""Mapping: how a destination's fields are filled from a lead, and cut to what they take."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from leadshare.deliveries.record import FIELDS
from leadshare.destinations.writing.mapping import (
    DERIVED,
    LEAD_FIELDS,
    PUBLIC,
    TRANSFORMS,
    Fields,
    Source,
    cut,
    fill,
    fit,
    mapped,
    source,
)
from leadshare.destinations.writing.telling import CUT, View
from tests.builders import LEAD, record

TEXTS = st.text() | st.text(alphabet="ab \u200d\U0001f469\U0001f680", max_size=20)


def units(text: str) -> int:
    """UTF-16 units of *text*."""
    return len(text.encode("utf-16-le")) // 2


class TestDerived:
    @pytest.mark.parametrize(
        ("name", "changes", "expected"),
        [
            ("reasons", {"reasons": ["+1 a", "-2 b"]}, "+1 a\n-2 b"),
            ("full_name", {}, "Sample Buyer"),
            ("full_name", {"first_name": ""}, "Buyer"),
            ("full_name", {"first_name": "", "last_name": ""}, ""),
            ("topic", {}, "Contoso Invoice Robot - Fabrikam GmbH"),
            ("topic", {"company": ""}, "Contoso Invoice Robot - Sample Buyer"),
            ("topic", {"listing_title": ""}, "contoso.invoice-robot - Fabrikam GmbH"),
            (
                "topic",
                dict.fromkeys(("first_name", "last_name", "company"), ""),
                "Contoso Invoice Robot",
            ),
            ("website", {}, "https://fabrikam.example"),
            ("website", {"company_domain": ""}, ""),
            ("contact", {}, LEAD.partition("-")[0]),
        ],
    )
    def test_others(self, name, changes, expected):
        """Fields that are made of others are made of what is there."""
        assert expected == source(name).of(View(record(**changes)))

    def test_names(self):
        """All that a lead says can fill a field; what is public is part of it and names nobody."""
        assert {*FIELDS, *DERIVED} == set(LEAD_FIELDS)
        assert set(PUBLIC) < set(LEAD_FIELDS)
        persons = {"first_name", "last_name", "full_name", "email", "phone", "company", "notes"}
        persons |= {"company_domain", "job_title", "website", "lead", "contact", "summary", "topic"}
        assert not persons & set(PUBLIC)


class TestSource:
    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            pytest.param({"field": "email"}, "sample.buyer@fabrikam.example", id="field"),
            pytest.param({"field": "score"}, 75, id="number"),
            pytest.param({"constant": "Web"}, "Web", id="constant"),
            pytest.param({"constant": 0}, 0, id="constant-nought"),
            pytest.param({"constant": False}, False, id="constant-no"),
            pytest.param({"field": "intent", "values": {"contact_request": 3}}, 3, id="table"),
            pytest.param({"field": "intent", "values": {"trial": 3}}, "", id="not-in-the-table"),
            pytest.param(
                {"field": "intent", "values": {"trial": 3}, "default": 1}, 1, id="table-default"
            ),
            pytest.param({"field": "score", "values": {"75": "B"}}, "B", id="table-of-numbers"),
            pytest.param(
                {"field": "intent", "transform": "spoken"}, "contact request", id="spoken"
            ),
            pytest.param(
                {"field": "stage", "values": {"sales_ready": "hot"}, "transform": "upper"},
                "HOT",
                id="table-then-transform",
            ),
            pytest.param({"field": "phone", "default": "-"}, "+4930123456", id="default-unused"),
        ],
    )
    def test_of(self, told, expected):
        """A field is filled from a constant, or from a lead's field through a table or a
        transform.
        """
        value = Source.model_validate(told).of(View(record()))

        assert (expected, type(expected)) == (value, type(value))

    @pytest.mark.parametrize(
        ("default", "expected"), [(None, ""), ("n/a", "n/a"), (0, 0), (False, False)]
    )
    def test_default(self, default, expected):
        """Where the lead has nothing, the default stands; no transform invents anything before."""
        made = source("phone", transform="upper", default=default)

        assert expected == made.of(View(record(phone="")))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("  Ada\x00 \x0bB\x1b ", "Ada B"),
            ("a\ud800b\ufffe", "ab"),
            ("a\tb\r\nc", "a\tb\r\nc"),
            ("\U0001f680", "\U0001f680"),
            ("\x00 ", ""),
        ],
    )
    def test_clean(self, text, expected):
        """What XML cannot hold is left out, and so is space at both ends."""
        assert expected == source("company").of(View(record(company=text)))

    @pytest.mark.parametrize(
        ("transform", "given", "expected"),
        [
            ("spoken", "azure_marketplace", "azure marketplace"),
            ("upper", "ab", "AB"),
            ("lower", "AB", "ab"),
            ("one_line", "a\n\nb", "a; b"),
            ("html", "a<b>\n&", "a&lt;b&gt;<br>&amp;"),
            ("country_name", "DE", "Germany"),
            ("country_alpha_3", "DE", "DEU"),
        ],
    )
    def test_transforms(self, transform, given, expected):
        """Each transform does what it is named for."""
        assert expected == source("country", transform=transform).of(View(record(country=given)))
        assert transform in TRANSFORMS

    @pytest.mark.parametrize(
        "told",
        [
            pytest.param({}, id="nothing"),
            pytest.param({"field": "email", "constant": "x"}, id="both"),
            pytest.param({"field": "shoe_size"}, id="unknown-field"),
            pytest.param({"field": "email", "transform": "rot13"}, id="unknown-transform"),
            pytest.param({"constant": "x", "transform": "upper"}, id="constant-transformed"),
            pytest.param({"constant": "x", "values": {"x": 1}}, id="constant-through-a-table"),
            pytest.param({"constant": "x", "default": "y"}, id="constant-with-default"),
            pytest.param({"field": "email", "colour": "red"}, id="unknown-key"),
            pytest.param({"field": "email", "write": "often"}, id="unknown-policy"),
            pytest.param({"field": "score", "write": "fill"}, id="nobody-to-fill"),
            pytest.param({"constant": "x", "write": "fill"}, id="constant-to-fill"),
        ],
    )
    def test_wrong(self, told):
        """What could not be filled, or says more than is known, is refused."""
        with pytest.raises(ValidationError):
            Source.model_validate(told)


class TestFields:
    def test_changes(self):
        """A publisher's changes replace, add and leave out fields."""
        changes: Any = TypeAdapter(Fields).validate_python(
            {"A": "email", "B": "", "D": {"constant": 1}}
        )
        defaults = {"A": source("phone"), "B": source("phone"), "C": source("company")}

        assert {
            "A": source("email"),
            "C": source("company"),
            "D": Source(constant=1),
        } == mapped(defaults, changes)

    @pytest.mark.parametrize("told", [{"": "email"}, {"a" * 101: "email"}, {"A": "none"}, {"A": 3}])
    def test_wrong(self, told):
        """A field without a name, or filled from nothing that a lead has, is refused."""
        with pytest.raises(ValidationError):
            TypeAdapter(Fields).validate_python(told)

    def test_fill(self):
        """What is empty stays out; nought and no do not."""
        fields = {
            "email": source("email"),
            "phone": source("phone"),
            "score": source("score"),
            "no": Source(constant=False),
        }

        assert {"email": "sample.buyer@fabrikam.example", "score": 0, "no": False} == fill(
            fields, View(record(phone="", score=0))
        )


class TestCut:
    @pytest.mark.parametrize(
        ("text", "length", "expected"),
        [
            ("abc", 3, "abc"),
            ("abcd", 3, "abc"),
            ("ab cd", 3, "ab"),
            ("a\U0001f680b", 2, "a"),
            ("a\U0001f680b", 3, "a\U0001f680"),
            ("\U0001f469\u200d\U0001f680", 4, "\U0001f469"),
            ("abc", 0, ""),
        ],
    )
    def test_cut(self, text, length, expected):
        """It counts UTF-16 units and never cuts inside a character."""
        assert expected == cut(text, length)

    @given(TEXTS, st.integers(0, 30))
    def test_always_fits(self, text, length):
        """Whatever is cut is a beginning of the text, fits, and misses no more than it must."""
        short = cut(text, length)

        assert text.startswith(short)
        assert units(short) <= length
        left_out = text[len(short) : len(short) + 1]
        drops = left_out.isspace() or left_out == "\u200d"
        assert short == text or drops or units(short + left_out) > length


class TestFit:
    LENGTHS: ClassVar = {"name": 5, "mail": 6, "notes": 12}

    def test_cut(self):
        """Texts are cut to their lengths; numbers and fields of any length stay."""
        values: dict[str, Any] = {
            "name": "abcdefg",
            "free": "x" * 99,
            "count": 1234567,
            "notes": "n",
        }

        assert values | {"name": "abcde"} == fit(values, self.LENGTHS | {"count": 3})

    def test_whole(self):
        """What would be wrong once cut goes to the front of the notes instead."""
        fitted = fit(
            {"mail": "a@b.example", "notes": "n"}, self.LENGTHS, whole=("mail",), notes="notes"
        )

        assert {"notes": "a@b.example"} == fitted

    def test_mark(self):
        """Notes that are cut say so; a field too short for that is cut only."""
        cut_notes = fit({"notes": "x" * 99}, {"notes": 60}, notes="notes")["notes"]

        assert f"{'x' * (60 - 1 - len(CUT))}\n{CUT}" == cut_notes
        assert {"notes": "x" * 60} == fit({"notes": "x" * 60}, {"notes": 60}, notes="notes")
        assert {"name": "x" * 60} == fit({"name": "x" * 99}, {"name": 60}, notes="notes")

    @pytest.mark.parametrize(
        ("values", "notes", "expected"),
        [
            pytest.param({"mail": "a@b.c"}, "notes", {"mail": "a@b.c"}, id="fits"),
            pytest.param({}, "notes", {}, id="absent"),
            pytest.param({"mail": 1234567}, "notes", {"mail": 1234567}, id="no-text"),
            pytest.param({"mail": "a@b.exa"}, "", {}, id="no-notes"),
            pytest.param({"mail": "a@b.exa"}, "notes", {"notes": "a@b.exa"}, id="first-note"),
        ],
    )
    def test_whole_or_not_at_all(self, values, notes, expected):
        """What fits stays; what does not is left out where there are no notes."""
        assert expected == fit(values, self.LENGTHS, whole=("mail",), notes=notes)

    @given(
        st.dictionaries(
            st.sampled_from(["name", "mail", "notes", "free"]), TEXTS | st.integers(), max_size=4
        )
    )
    def test_always_fits(self, values):
        """Whatever comes in, every text fits, what is whole is whole, and nothing given is
        changed.
        """
        before = dict(values)
        fitted = fit(values, self.LENGTHS, whole=("mail",), notes="notes")

        assert before == values
        assert fitted.keys() <= values.keys() | {"notes"}
        for name, value in fitted.items():
            if isinstance(value, str) and name in self.LENGTHS:
                assert units(value) <= self.LENGTHS[name]
        if "mail" in fitted:
            assert values["mail"] == fitted["mail"]
