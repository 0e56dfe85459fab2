"""What the page on security says of controls must be so."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

CONTROLS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in re.findall(r"^\| \d+ \|.*$", PAGE, re.MULTILINE)
]
"""The table of controls: number, control, how, what holds it, what is missing."""


class TestControls:
    def test_rows(self):
        """Each of the controls has a row, which says what holds it, or what is missing."""
        assert [str(number) for number in range(1, 25)] == [row[0] for row in CONTROLS]
        assert [] == [row[0] for row in CONTROLS if not (row[3] or row[4])]

    def test_tests(self):
        """Every test that the page names is there."""
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
        missing = [
            f"{path}::{name}"
            for path, name in named
            if not re.search(
                rf"^ *(async )?(def|class) {name}\b", (ROOT / path).read_text("utf-8"), re.MULTILINE
            )
        ]

        assert len(CONTROLS) <= len(named)
        assert [] == missing

    def test_disclosure(self):
        """The policy of disclosure says where to report, and what is a vulnerability."""
        policy = (ROOT / "SECURITY.md").read_text("utf-8")

        assert "Report a vulnerability" in policy
        assert "docs/security.md" in policy
