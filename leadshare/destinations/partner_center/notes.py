"""Destinations: what is ours in the notes of a referral of Partner Center."""

from __future__ import annotations

import re
from typing import Final

from leadshare.destinations.writing.mapping import cut

BEGIN, END = "--- leadshare ---", "--- end of leadshare ---"
"""Around what is ours in notes that people write in, too. Frozen: rows out there have them."""

_OURS: Final = re.compile(rf"\s*{re.escape(BEGIN)}.*?{re.escape(END)}\s*", re.DOTALL)


def without_ours(notes: str) -> str:
    """Return what others wrote in *notes*."""
    return _OURS.sub("\n\n", notes).strip()


def with_ours(notes: str, ours: str, length: int) -> str:
    """Return *notes* with *ours* in the place of what was ours before, in *length* at most.

    Only ours is ever cut.
    """
    ours = ours.replace(BEGIN, "").replace(END, "")
    others = without_ours(notes)
    between = "\n\n" if others else ""
    frame = f"{others}{between}{BEGIN}\n\n{END}"
    room = length - len(frame.encode("utf-16-le")) // 2
    return f"{others}{between}{BEGIN}\n{cut(ours, room)}\n{END}" if room > 0 else others
