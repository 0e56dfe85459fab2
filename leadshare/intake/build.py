"""Intake: which build an app is, as its package tells it; the standard library only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BUILD: Final = "build.txt"
"""The file beside host.json in which a package tells its build id."""


def read_build(root: Path) -> str:
    """Return the id of the package that *root* was unpacked from, or that there was none."""
    try:
        return (root / BUILD).read_text()
    except FileNotFoundError:
        return "not packaged"
