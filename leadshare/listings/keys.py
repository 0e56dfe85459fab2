"""Listings: the function keys of the intake, one listing's own, through Azure Resource Manager.

When a key was made is part of its name, for Azure does not keep it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from leadshare.errors import Unreachable
from leadshare.intake.key import print_of
from leadshare.listings.api import Api, Refused

API_VERSION: Final = "2024-11-01"
FUNCTION: Final = "take_touch"

TOGETHER: Final = timedelta(days=7)
"""How long a key may live on beside its successor; Azure ends none by itself."""

_STAMP: Final = "%Y%m%d%H%M%S"
_NAME: Final = re.compile(r"(listing-[a-z0-9-]+-[0-9a-f]{8})-(\d{14})")
_LONGEST_SLUG: Final = 40


@dataclass(frozen=True, slots=True)
class Key:
    """One function key; its value is not shown."""

    name: str
    made: datetime
    value: str = field(repr=False)

    @property
    def print(self) -> str:
        """What `leadshare.toml` binds to a listing."""
        return print_of(self.value)


def prefix_of(listing: str) -> str:
    """Return what the names of a listing's keys begin with, no two listings the same."""
    slug = re.sub("[^a-z0-9]+", "-", listing.lower()).strip("-")[:_LONGEST_SLUG].strip("-")
    digest = hashlib.sha256(listing.lower().encode()).hexdigest()[:8]
    return f"listing-{slug}-{digest}"


@dataclass(frozen=True, slots=True)
class FunctionKeys:
    """The keys of one function app's intake."""

    api: Api
    app: str

    def host(self) -> str:
        """Return the app's own address."""
        answer = self.api.ask("GET", self.app[1:])
        properties = answer.get("properties")
        name = properties.get("defaultHostName") if isinstance(properties, dict) else None
        if not name:
            raise Unreachable("Azure did not tell intake's address; set LEADSHARE_INTAKE_URL")
        return f"https://{name}"

    def read(self) -> dict[str, list[Key]]:
        """Return the keys of all listings by their prefix, oldest first."""
        answer = self.api.ask("POST", f"{self._function()}/listkeys")
        # Documented as a StringDictionary, answered as a flat object.
        inner = answer.get("properties")
        found: dict[str, list[Key]] = {}
        for name, value in sorted((inner if isinstance(inner, dict) else answer).items()):
            match = _NAME.fullmatch(name)
            if match and isinstance(value, str):
                self.api.veil.keys.add(value)
                made = datetime.strptime(match[2], _STAMP).replace(tzinfo=UTC)
                found.setdefault(match[1], []).append(Key(name, made, value))
        return found

    def of(self, listing: str) -> list[Key]:
        """Return a listing's keys, oldest first."""
        return self.read().get(prefix_of(listing), [])

    def make(self, listing: str, now: datetime) -> Key:
        """Make another key of *listing* and return it; Azure chooses its value."""
        before = self.of(listing)
        made = max([now, *(key.made + timedelta(seconds=1) for key in before)])
        name = f"{prefix_of(listing)}-{made:{_STAMP}}"
        # The value is left out so that Functions makes one that secret scanners know. The
        # properties are nested as the Azure CLI sends them, whatever the reference shows.
        body = {"properties": {"name": name}}
        self.api.ask("PUT", f"{self._function()}/keys/{name}", body=body)
        made_keys = [key for key in self.of(listing) if key.name == name]
        if not made_keys:
            raise Unreachable(f"{name} is made but not listed yet; run this again in a minute")
        return made_keys[0]

    def drop(self, key: Key) -> None:
        """Delete a key; one that is gone is as good as deleted."""
        try:
            self.api.ask("DELETE", f"{self._function()}/keys/{key.name}")
        except Refused as error:
            if error.status != 404:  # noqa: PLR2004 - not found
                raise

    def _function(self) -> str:
        return f"{self.app[1:]}/functions/{FUNCTION}"
