"""Configuration: by whose days it is counted and reported."""

from __future__ import annotations

from leadshare.deliveries.rate import Zone
from leadshare.model import Model


class Reporting(Model):
    """How reports are made."""

    zone: Zone = "UTC"
    """The time zone whose days are counted by, such as Europe/Berlin. After a change of it
    `leadshare counts rebuild` counts all anew; until then nothing more is counted."""
