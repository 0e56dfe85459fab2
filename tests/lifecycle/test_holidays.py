"""Holidays: of the places that are known, and of no more; the package is loaded when a day is."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date

import holidays
import pytest

from leadshare.lifecycle.holidays import PLACES, holidays_at


@pytest.mark.parametrize(
    ("place", "day", "free"),
    [
        ("DE-BY", date(2026, 6, 4), True),  # Corpus Christi
        ("DE-BE", date(2026, 6, 4), False),
        ("DE", date(2026, 6, 4), False),
        ("DE", date(2026, 12, 25), True),
        ("DE", date(2026, 12, 24), False),
        ("US", date(2027, 7, 5), True),  # observed
        ("", date(2026, 12, 25), False),
    ],
)
def test_days(place, day, free):
    assert free is holidays_at(place)(day)


def test_places():
    """They are those of the package: those of a code that a file may name."""
    known = holidays.list_supported_countries(include_aliases=False)
    parts = {
        f"{country}-{part}"
        for country, names in known.items()
        for part in names
        if re.fullmatch("[A-Z0-9]{1,3}", part)
    }

    assert {*known} | parts == PLACES


def test_loaded_late():
    """Whoever only names a place does not wait for the package."""
    program = (
        "import sys\n"
        "from datetime import date\n"
        "from leadshare.lifecycle.holidays import holidays_at\n"
        "is_holiday = holidays_at('DE-BY')\n"
        "print('holidays' in sys.modules, is_holiday(date(2026, 6, 4)), 'holidays' in sys.modules)"
    )
    run = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )

    assert "False True True\n" == run.stdout
