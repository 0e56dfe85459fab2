"""Reading a JSON object: nothing but `Unreadable` ever comes out of it, whatever goes in."""

from __future__ import annotations

import json

import pytest

from leadshare.errors import Unreadable
from leadshare.intake.body import DEEPEST, read_object


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    """An object whose one value brings its depth to so many *levels*."""
    inner = levels - 1
    return b'{"a":' + opening * inner + b"1" * (opening != b"[") + closing * inner + b"}"


class TestReadObject:
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
    )
    def test_encodings(self, encoding):
        """All encodings that JSON has ever allowed are told apart."""
        assert {"a": "ü🙂"} == read_object('{"a": "ü🙂"}'.encode(encoding))

    def test_numbers(self):
        """Numbers stay the texts that were sent, of any length."""
        digits = "9" * 5000

        found = read_object(f'{{"a":{digits},"b":[-1.50E+3],"c":NaN,"d":-Infinity}}'.encode())

        assert {"a": digits, "b": ["-1.50E+3"], "c": "NaN", "d": "-Infinity"} == found

    def test_other_values(self):
        """Texts, truths, nulls, lists and objects are what they are."""
        value = {"a": "5", "b": [True, False, None], "c": {"d": {}}}

        assert value == read_object(json.dumps(value).encode())

    def test_half_pairs(self):
        """Halves of surrogate pairs, escaped or not, are read as they came."""
        assert {"a": "\ud800"} == read_object(b'{"a": "\\ud800"}')
        assert {"a": "\ud800"} == read_object('{"a": "\ud800"}'.encode("utf-8", "surrogatepass"))

    @pytest.mark.parametrize(
        ("opening", "closing"),
        [pytest.param(b"[", b"]", id="lists"), pytest.param(b'{"b":', b"}", id="objects")],
    )
    def test_depth(self, opening, closing):
        """A hundred levels are read, one more is not."""
        assert "a" in read_object(nested(DEEPEST, opening, closing))

        with pytest.raises(Unreadable) as caught:
            read_object(nested(DEEPEST + 1, opening, closing))

        assert "too_deep" == caught.value.reason

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("[{" * 200, id="brackets"),
            pytest.param('"' + "[" * 200, id="quote"),
            pytest.param("\\" + '"' + "{" * 200 + "\\", id="backslashes"),
            pytest.param('\\"' * 8000 + "[" * 200, id="many"),
        ],
    )
    def test_brackets_in_text(self, text):
        """Brackets in a text are no levels, whatever quotes and backslashes are around them."""
        assert {"a": text, "b": [[]]} == read_object(json.dumps({"a": text, "b": [[]]}).encode())

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            pytest.param(b"", "not_json", id="nothing"),
            pytest.param(b"\x00", "not_json", id="nul"),
            pytest.param(b"\xff\xfe", "not_json", id="only-a-mark"),
            pytest.param(b"\xef\xbb\xbf", "not_json", id="only-a-bom"),
            pytest.param(b"\xc3(", "not_json", id="no-text"),
            pytest.param("{}".encode("utf-16-le")[:-1], "not_json", id="half-a-character"),
            pytest.param(b"{", "not_json", id="cut-off"),
            pytest.param(b"{'a': 1}", "not_json", id="other-quotes"),
            pytest.param(b'{"a": 1}{}', "not_json", id="two-objects"),
            pytest.param(b'{"a": "\n"}', "not_json", id="line-in-text"),
            pytest.param(b"FirstName=Sample", "not_json", id="form"),
            pytest.param(b"<lead/>", "not_json", id="xml"),
            pytest.param(b"null", "not_an_object", id="null"),
            pytest.param(b"[{}]", "not_an_object", id="list"),
            pytest.param(b'"{}"', "not_an_object", id="text"),
            pytest.param(b"12", "not_an_object", id="number"),
            pytest.param(b"NaN", "not_an_object", id="not-a-number"),
            pytest.param(b"[" * DEEPEST, "not_json", id="100-brackets"),
            pytest.param(b"[" * (DEEPEST + 1), "too_deep", id="101-brackets"),
            pytest.param(b"[]" * DEEPEST, "not_json", id="100-lists"),
            pytest.param(b'"' + b"[" * 200, "not_json", id="text-without-end"),
            pytest.param(b'{"a": "\\\\", "b": ' + b"[" * 200, "too_deep", id="behind-escapes"),
            pytest.param(b"[" * 200_000, "too_deep", id="200000-brackets"),
            pytest.param(b'{"a":' * 200_000, "too_deep", id="200000-objects"),
            pytest.param(b"[" * 200_000 + b"]" * 200_000, "too_deep", id="closed-brackets"),
        ],
    )
    def test_unreadable(self, body, reason):
        """What is no JSON object is told by a code, and none of it is repeated."""
        with pytest.raises(Unreadable) as caught:
            read_object(body)

        assert reason == caught.value.reason == str(caught.value)
        assert caught.value.__suppress_context__ or not caught.value.__context__
