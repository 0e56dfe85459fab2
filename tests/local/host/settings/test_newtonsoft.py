"""What the host's JSON library does to text."""

import pytest

from leadshare.local.host.settings import newtonsoft


class TestToText:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param('{"a":1,"b":[]}', '{\n  "a": 1,\n  "b": []\n}', id="indented"),
            pytest.param('{"a":"é"}', '{\n  "a": "é"\n}', id="not-escaped"),
            pytest.param('"x"', "x", id="string"),
            pytest.param("true", "True", id="bool"),
            pytest.param("null", "", id="null"),
            pytest.param("12", "12", id="number"),
        ],
    )
    def test_to_text(self, text, expected):
        """Values are written as .NET writes them."""
        assert expected == newtonsoft.to_text(newtonsoft.parse(text))


class TestParse:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", id="same"),
            pytest.param("2026-11-22T10:00:00.5000Z", "2026-11-22T10:00:00.5Z", id="zeros-are-cut"),
            pytest.param("2026-11-22T10:00:00.000", "2026-11-22T10:00:00", id="no-zone"),
            pytest.param("2026-11-22T10:00:00+02:00", "2026-11-22T08:00:00+00:00", id="offset"),
            pytest.param("2026-13-22T10:00:00Z", "2026-13-22T10:00:00Z", id="no-such-month"),
            pytest.param("22 November", "22 November", id="no-date"),
        ],
    )
    def test_dates(self, text, expected):
        """Strings that look like dates are rewritten, wherever they are."""
        assert {"a": [expected]} == newtonsoft.parse(f'{{"a": ["{text}"]}}')


class TestLooksLikeJson:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [(" {not json} ", True), ("[]", True), ("{]", False), ("12", False), ("", False)],
    )
    def test_looks_like_json(self, text, expected):
        """Only the first and the last character decide."""
        assert expected is newtonsoft.looks_like_json(text)
