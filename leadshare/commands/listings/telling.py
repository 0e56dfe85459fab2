"""Commands: what those of listings tell: people as it happens, programs as JSON at the end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from leadshare.commands import screen


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells what becomes of each listing."""

    as_json: bool
    listings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What programs are told of each."""

    def say(self, listing: str, text: str, **facts: object) -> None:
        """Tell of a *listing* in words, and programs these *facts* besides."""
        entry = self._entry(listing)
        entry["told"].append(text)
        entry.update(facts)
        self.note(f"{listing}: {text}")

    def show(self, listing: str, url: str) -> None:
        """Tell the *url* of a *listing*, which holds its key, where it was asked for alone."""
        self._entry(listing)["url"] = url
        if not self.as_json:
            print(url)

    def ended(self, listing: str, key: str) -> None:
        """Tell that a *key* of a *listing* has ended."""
        self._entry(listing).setdefault("ended", []).append(key)
        self.say(listing, f"ended {key}")

    def complain(self, listing: str, text: str) -> None:
        """Tell what went wrong with a *listing*, or has not ended yet."""
        self._entry(listing)["complaints"].append(text)
        screen.complain(f"{listing}: {text}")

    def note(self, text: str) -> None:
        """Tell of no listing: people where the rest is, programs apart from the JSON."""
        print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def end(self, *, failed: bool) -> int:
        """Tell programs all of it; return the exit code."""
        if self.as_json:
            screen.show_json({"listings": list(self.listings.values()), "ok": not failed})
        return 1 if failed else 0

    def _entry(self, listing: str) -> dict[str, Any]:
        return self.listings.setdefault(listing, {"listing": listing, "told": [], "complaints": []})


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print *rows*, the first being heads, in columns; each stays on one line, to be searched."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        print(line.rstrip())
