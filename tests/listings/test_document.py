"""docs/listings.md names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from leadshare.commands.listings.commands import KEYS, LISTINGS
from leadshare.listings.audit import MISSING
from leadshare.listings.keys import FUNCTION

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "listings.md").read_text(encoding="utf-8")
CODE = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "leadshare" / "listings").glob("*.py")
)


class TestPage:
    def test_words(self):
        """Every command of the command line is on the page."""
        groups = [typer.main.get_group(group) for group in (LISTINGS, KEYS)]
        verbs = {verb for group in groups for verb in group.commands}

        assert len(verbs) == 7
        assert not [verb for verb in verbs if verb not in PAGE]

    def test_settings(self):
        """Every setting that the code reads is on the page."""
        names = set(re.findall(r'"(LEADSHARE_[A-Z_]+)"', CODE))

        assert names
        assert not [name for name in names if f"`{name}`" not in PAGE]

    @pytest.mark.parametrize("missing", MISSING.values())
    def test_missing(self, missing):
        """Whatever audit may find missing is explained."""
        assert f"| {missing} |" in PAGE

    def test_function(self):
        """The keys are those of the function that takes touches."""
        code = (ROOT / "leadshare" / "intake" / "functions.py").read_text(encoding="utf-8")

        assert f"async def {FUNCTION}(" in code
        assert f"`{FUNCTION}`" in PAGE
