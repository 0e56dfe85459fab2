"""The Pythons that leadshare runs on, as texts."""

from __future__ import annotations

from collections.abc import Sequence

import leadshare


def as_text(version: Sequence[object]) -> str:
    """Return a *version* as it is called, such as 3.13."""
    return f"{version[0]}.{version[1]}"


PYTHONS = [as_text((3, minor)) for minor in range(leadshare.OLDEST[1], leadshare.NEWEST[1] + 1)]
