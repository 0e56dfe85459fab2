"""Listings: where each listing's leads go, and what is missing for them to come here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from leadshare.listings.api import Refused
from leadshare.listings.ingestion import TARGETS, Ingestion, Product
from leadshare.listings.keys import TOGETHER, Key, prefix_of
from leadshare.listings.offers import requires

HTTPS: Final = "httpsEndpoint"

MISSING: Final = {
    "unread": "it could not be read",
    "destination": "it has no lead destination",
    "elsewhere": "its leads go elsewhere",
    "address": "its address is not its own",
    "key": "its key is not its own",
    "newest_key": "it uses an older key",
    "publish": "the draft is right but is not live",
}
"""What may be missing; `enable` mends all but the first, and the last with `--publish`."""

BY_HAND: Final = "set it by hand in Partner Center, with the URL that `keys create --show` prints"


@dataclass(frozen=True, slots=True)
class Place:
    """Where leads go in one environment; the URL is not shown, for it may hold a key."""

    kind: str = "none"
    url: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"https to {urlsplit(self.url).hostname}" if self.kind == HTTPS else self.kind


@dataclass(frozen=True, slots=True)
class Standing:
    """How one listing stands."""

    listing: str
    product: Product
    base: str
    keys: Sequence[Key]
    """Its own keys, oldest first."""
    trees: Mapping[str, list[dict[str, Any]]] = field(repr=False)
    """The resources of each environment; none where it has never been published to."""
    fault: Refused | None = None
    """Why the resources could not be read: the API does not know every type of offer."""

    def place(self, target: str) -> Place:
        """Return where leads go in *target*."""
        if self.fault:
            return Place("unknown")
        resource = self.resource(target)
        kind = str(resource.get("leadDestination") or "none")
        settings = resource.get("httpsEndpointLeadConfiguration") or {}
        return Place(kind, str(settings.get("httpsEndpointUrl") or "") if kind == HTTPS else "")

    def resource(self, target: str) -> dict[str, Any]:
        """Return the resource that says where leads go, empty if there is none."""
        for resource in self.trees[target]:
            if "/customer-leads/" in str(resource.get("$schema")):
                return resource
        return {}

    def is_here(self, target: str) -> bool:
        """Say whether leads of *target* come to this deployment."""
        theirs, ours = urlsplit(self.place(target).url.lower()), urlsplit(self.base.lower())
        return theirs[:2] == ours[:2] and theirs.path.startswith("/api/leads")

    def key(self, target: str) -> Key | None:
        """Return which of its own keys the listing uses in *target*."""
        code = parse_qs(urlsplit(self.place(target).url).query).get("code", [""])[0]
        return next((key for key in self.keys if key.value == code), None)

    def ends(self, key: Key) -> datetime | None:
        """Return when *key*, if it has been replaced, is to be ended at the latest."""
        newer = [other.made for other in self.keys if other.made > key.made]
        return newer[0] + TOGETHER if newer else None

    def overdue(self, now: datetime) -> list[str]:
        """Say which keys should have been ended by *now*."""
        return [
            f"{key.name} was to end on {ends.date()}; `keys revoke` ends it"
            for key in self.keys
            if (ends := self.ends(key)) and ends <= now
        ]

    def wrong(self, target: str) -> str:
        """Return what is wrong in *target*, nothing if leads come here under its newest key."""
        if self.place(target).kind == "none":
            return "destination"
        if not self.is_here(target):
            return "elsewhere"
        if urlsplit(self.place(target).url).path.lower() != f"/api/leads/{self.listing}":
            return "address"
        key = self.key(target)
        if key is None:
            return "key"
        return "" if key == self.keys[-1] else "newest_key"

    @property
    def missing(self) -> str:
        """What is missing, nothing if live leads come here; what is withdrawn misses nothing."""
        if self.fault:
            return "unread"
        if self.product.state == "deprecated":
            return ""
        return self.wrong("draft") or ("publish" if self.wrong("live") else "")

    @property
    def advice(self) -> str:
        """Why the listing could not be read, and what to do."""
        if self.fault is None:
            return ""
        return f"{self.fault}; {'try again later' if self.fault.passes else BY_HAND}"

    @property
    def required(self) -> bool | None:
        """Whether its type requires a lead destination; None where that cannot be told."""
        return requires(self.product.type, self.trees["draft"])

    def to_json(self) -> dict[str, Any]:
        """Return what audit tells."""
        return {
            "listing": self.listing,
            "title": self.product.title,
            "type": self.product.type,
            "state": self.product.state,
            **{target: str(self.place(target)) for target in TARGETS},
            "here": None if self.fault else self.is_here("live"),
            "required": self.required,
            "key": key.name if (key := self.key("live")) else "",
            "older_keys": [key.name for key in self.keys[:-1]],
            "missing": self.missing,
            "fault": self.advice,
        }


def endpoint(base: str, listing: str, key: Key) -> str:
    """Return the URL that Partner Center is to POST a listing's leads to."""
    return f"{base}/api/leads/{listing}?code={quote(key.value, safe='')}"


def stand(
    ingestion: Ingestion, product: Product, listing: str, base: str, keys: Mapping[str, list[Key]]
) -> Standing:
    """Read how a listing stands; that one cannot be read must not hide the others."""
    own = keys.get(prefix_of(listing), [])
    try:
        trees = {target: ingestion.tree(product.id, target) for target in TARGETS}
    except Refused as error:
        if error.status == httpx.codes.UNAUTHORIZED:
            raise
        return Standing(listing, product, base, own, {t: [] for t in TARGETS}, error)
    return Standing(listing, product, base, own, trees)
