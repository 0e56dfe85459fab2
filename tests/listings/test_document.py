"""docs/listings.md names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from leadshare.listings.audit import MISSING
from leadshare.listings.keys import FUNCTION

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "listings.md").read_text(encoding="utf-8")
CODE = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "leadshare" / "listings").glob("*.py")
)


class TestPage:
    def test_words(self):
        """
        Every option and command of the command line is on the page.
        """
        words = set(re.findall(r'"(--[a-z]+)"', CODE))
        verbs = set(re.findall(r'_verb\(verbs, "([a-z]+)"', CODE))

        assert len(words) > 10
        assert len(verbs) == 7
        assert not [word for word in words | verbs if word not in PAGE]

    def test_settings(self):
        """
        Every setting that the code reads is on the page.
        """
        names = set(re.findall(r'"(LEADSHARE_[A-Z_]+)"', CODE))

        assert names
        assert not [name for name in names if f"`{name}`" not in PAGE]

    @pytest.mark.parametrize("missing", MISSING.values())
    def test_missing(self, missing):
        """
        Whatever audit may find missing is explained.
        """
        assert f"| {missing} |" in PAGE

    def test_function(self):
        """
        The keys are those of the function that takes touches.
        """
        code = (ROOT / "function_app.py").read_text(encoding="utf-8")

        assert f"async def {FUNCTION}(" in code
        assert f"`{FUNCTION}`" in PAGE
