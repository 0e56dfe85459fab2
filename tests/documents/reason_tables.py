"""The tables of reason codes in docs/operate.md, written from the enums.

python -m tests.documents.reason_tables    writes them anew; `make format` does, too
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from leadshare.errors import Code, Unread
from leadshare.reason import BookFault, Doubt, Fate, Left, Problem, Reason, Unproven, Vendor, Waits

PAGE: Final = Path(__file__).parents[2] / "docs" / "operate.md"
UNMET: Final = {Unread.NOT_A_NUDGE}
"""Codes that no operator meets: what cannot be read is told as an event, `nudge.unknown`."""

TABLES: Final[dict[str, Iterable[Code]]] = {
    "refused events": Doubt,
    "refused outcomes": Unproven,
    "waiting outcomes": Waits,
    "erasures": Left,
    **{fate: [reason for reason in Reason if reason.fate is fate] for fate in Fate},
    "systems": Vendor,
    "problems": Problem,
    "books": BookFault,
    "quarantine": [code for code in Unread if code not in UNMET],
}
"""What each table tells of; in the page it stands below its name."""

BLOCK: Final = re.compile(r"(?<=\[//\]: # \(reasons: )([a-z ]+)(\)\n\n)((?:\|.*\n)*)")
"""A table below its name, which is a link's definition: those are shown nowhere."""


def written(page: str) -> str:
    """Return *page* with all its tables as the enums have them."""
    return BLOCK.sub(lambda found: found[1] + found[2] + table(TABLES[found[1]]), page)


def table(codes: Iterable[Code]) -> str:
    """Return a table with a line for each of *codes*."""
    rows = [(f"`{_shown(code)}`", code.meaning, code.action) for code in codes]
    head = ("reason", "meaning", "what to do")
    width = 3 if any(action for *_, action in rows) else 2
    return "".join(
        f"| {' | '.join(line[:width])} |\n" for line in (head, ("---",) * len(head), *rows)
    )


def _shown(code: Code) -> str:
    return code.reason("...") if isinstance(code, Vendor) else code


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
