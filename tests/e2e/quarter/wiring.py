"""How the app of a played quarter is told of its clock and of Partner Center's simulator."""

from __future__ import annotations

from typing import Final

CLOCK_FILE: Final = "QUARTER_CLOCK"
"""The environment's name for where the clock's file is."""

PARTNER_CENTER: Final = "QUARTER_PARTNER_CENTER"
"""The environment's name for where the simulator listens."""

MEANT_FOR: Final = "x-meant-for"
"""The header that tells the simulator which address was called."""
