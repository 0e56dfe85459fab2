"""The page of licences: every package that is deployed, and nothing that nobody may run."""

from __future__ import annotations

import re
from email.parser import Parser
from importlib import metadata

import pytest

from leadshare.local.__main__ import LOCKED
from leadshare.local.deploy import package
from leadshare.local.deploy.sbom import licence_of
from leadshare.local.environment import ROOT

PAGE = (ROOT / "docs" / "licences.md").read_text("utf-8")
TOLD = {
    name: licence
    for licence, names in re.findall(r"^\| ([^|]+) \| (`.+`) \|$", PAGE, re.MULTILINE)
    for name in re.findall("`([^`]+)`", names)
}
"""The licence of each package, as the page has it."""

LOCKS = [(ROOT / folder / package.LOCK).read_text("utf-8") for folder in LOCKED]
DEPLOYED = {name for lock in LOCKS for name in re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)}

PERMISSIVE = {"Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"}
WEAK = {"certifi": "MPL-2.0", "pycountry": "LGPL-2.1-only"}
"""Packages that ask for more than to be named, which separate files give."""


class TestLicences:
    def test_whole(self):
        """The page has the packages that are locked, each once."""
        assert DEPLOYED
        assert DEPLOYED == TOLD.keys()
        assert len(TOLD) == sum(
            PAGE.count(f"`{name}`,") + PAGE.count(f"`{name}` |") for name in TOLD
        )

    @pytest.mark.parametrize("name", sorted(DEPLOYED))
    def test_told(self, name):
        """Each is under what its own metadata tell, and that is nothing that binds leadshare."""
        text = metadata.distribution(name).read_text("METADATA") or ""

        assert licence_of(Parser().parsestr(text)) == TOLD.get(name)
        words = set(re.split(" AND | OR ", TOLD[name]))
        assert words <= PERMISSIVE or TOLD[name] == WEAK.get(name)
