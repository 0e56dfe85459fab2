"""Cells of a CSV, opened with whatever a program takes for a separator."""

from __future__ import annotations

import csv
import io
import sys
from unicodedata import category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.operators.spreadsheet import cell

BEGIN = "=+-@\u2212"
SEPARATORS = [",", ";", "\t", "|", ":", "^", "~", "!", "/", "#", "\uff0c", "\uff1b", "\u060c"]


def is_formula(text: str) -> bool:
    """Say whether a cell with *text* could be carried out, whatever stands unseen before it."""
    seen = "".join(c for c in text if category(c)[0] not in "ZC").lstrip("\"'")
    bare = "".join(c for c in text if category(c)[0] not in "ZC").lstrip('"')
    return normalize("NFKC", seen)[:1] in {*BEGIN} and not bare.startswith("'")


class TestCell:
    @pytest.mark.parametrize(
        ("text", "safe"),
        [
            pytest.param("=1+1", "'=1+1", id="front"),
            pytest.param(" \t=1", " \t'=1", id="blanks"),
            pytest.param("x;=1+1;y", "x;'=1+1;y", id="semicolon"),
            pytest.param('x;"=1+1";y', 'x;"\'=1+1";y', id="quoted"),
            pytest.param("x,@SUM(1)", "x,'@SUM(1)", id="comma"),
            pytest.param("x\n-1", "x\n'-1", id="line"),
            pytest.param("\uff1d1", "'\uff1d1", id="full-width"),
            pytest.param("x\uff1b\uff0b1", "x\uff1b'\uff0b1", id="full-width-separator"),
            pytest.param("\u200b=1", "\u200b'=1", id="unseen"),
            pytest.param("\u3164=1", "\u3164'=1", id="unseen-letter"),
            pytest.param("\u0301=1", "\u0301'=1", id="mark"),
            pytest.param(75, "75", id="number"),
        ],
    )
    def test_formula(self, text, safe):
        """The beginning of a formula gets an apostrophe."""
        assert safe == cell(text)

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "Fabrikam GmbH",
                "Fabrikam - Berlin",
                "C++ Experts",
                "A-B; C-D",
                "a@fabrikam.example",
            ),
            *("Cafe\u0301-Bar", "\u0939\u093f\u0928\u094d\u0926\u0940-\u0915", "1-2", ""),
        ],
    )
    def test_names(self, text):
        """What begins no formula stays as it is."""
        assert text == cell(text)

    def test_every_script(self):
        """No character that is another form of a formula's beginning is left out."""
        forms = [
            c for c in map(chr, range(sys.maxunicode + 1)) if normalize("NFKC", c)[:1] in {*BEGIN}
        ]

        assert {"\uff1d", "\ufe62", "\uff0d", "\ufe6b"} <= {*forms}
        assert [] == [c for c in forms if not cell(c).startswith("'")]

    @given(
        st.lists(st.text("ab \"'=+-@;,\t|\n\uff1d\u200b", max_size=12), min_size=1, max_size=3),
        st.sampled_from(SEPARATORS),
    )
    def test_any_separator(self, texts, separator):
        """Whatever the separator, no cell of the file is a formula; with `,` it reads as it was."""
        written = io.StringIO()
        csv.writer(written).writerow(["id", *map(cell, texts)])
        text = written.getvalue()
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        naive = [one for line in text.splitlines() for one in line.split(separator)]

        assert [] == [one for row in rows for one in row if is_formula(one)]
        assert [] == [one for one in naive if is_formula(one)]
        assert [["id", *map(cell, texts)]] == list(csv.reader(io.StringIO(text, newline="")))
