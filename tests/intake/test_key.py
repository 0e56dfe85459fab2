"""Which key a POST came with, as intake can tell."""

from __future__ import annotations

import pytest

from leadshare.intake.key import PRINT, key_print, print_of

KEY = print_of("one")


class TestKeyPrint:
    @pytest.mark.parametrize(
        ("headers", "params", "expected"),
        [
            pytest.param({}, {"code": "one"}, KEY, id="query"),
            pytest.param({}, {"a": "b", "CODE": "one"}, KEY, id="any-case"),
            pytest.param({"x-functions-key": "one"}, {}, KEY, id="header"),
            pytest.param({"x-functions-key": "one"}, {"code": "two"}, KEY, id="header-first"),
            pytest.param({}, {}, "", id="none"),
            pytest.param({}, {"code": ""}, "", id="empty"),
        ],
    )
    def test_place(self, headers, params, expected):
        """The key is found where the host looks for it, and in its order."""
        assert expected == key_print(headers, params)

    @pytest.mark.parametrize("key", ["one", "\ud800", "ключ", "x" * 9000])
    def test_print(self, key):
        """A print is short, the same each time, and does not hold the key."""
        assert PRINT.fullmatch(print_of(key))
        assert print_of(key) == print_of(key) != print_of(key + "x")
