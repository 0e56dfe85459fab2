"""Core: take the fields of a touch, whatever they are, and note what is odd about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from leadshare.core import normal
from leadshare.core.configuration import Listing
from leadshare.core.playbook import ACTIONS, SOURCES, Storefront

PERSON: Final = {
    "first_name": "firstname",
    "last_name": "lastname",
    "email": "email",
    "phone": "phone",
    "country": "country",
    "company": "company",
    "job_title": "title",
}
"""Our names of what `UserDetails` holds, its keys in lower case."""


class Reader:
    """Takes fields as they come and notes what was odd about them."""

    def __init__(self) -> None:
        self.flags: set[str] = set()

    def flag(self, code: str, condition: object) -> None:
        if condition:
            self.flags.add(code)

    def text(self, source: Mapping[str, Any], key: str) -> str:
        """Return the text at *key*, empty if absent, null or of a type that is no text."""
        value = source.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.flags.add(f"{key}_is_no_text")
            return ""
        cleaned = normal.clean(value)
        kept = normal.cut(cleaned)
        self.flag("cut", kept != cleaned)
        return kept

    def action(self, in_source: str, in_code: str) -> str:
        """Return the action; where both halves name one and disagree, DNC wins, to be safe."""
        actions = [a for a in (in_source, in_code) if a]
        disagree = len({a.lower() for a in actions}) > 1
        self.flag("action_disagrees", disagree)
        if disagree and "dnc" in (in_source.lower(), in_code.lower()):
            return "DNC"
        action = actions[0] if actions else ""
        self.flag("action_unknown", action.lower() not in ACTIONS)
        return action

    def storefront(self, token: str, listing: Listing | None, action: str) -> Storefront:
        """Return the storefront: by source, else by listing, else by action, else assumed."""
        self.flag("source_unknown", token.lower() not in SOURCES)
        known = ACTIONS.get(action.lower())
        found = (
            SOURCES.get(token.lower())
            or (listing and listing.storefront)
            or (known and known.storefront)
        )
        self.flag("storefront_assumed", not found)
        # Its audience is all customers, so nothing narrower is claimed than is known.
        return found or Storefront.AZURE_MARKETPLACE

    def normalise(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the facts about the person; what has no normal form stays as it came."""
        country = normal.country(given["country"])
        phone = normal.phone(given["phone"], country or "") if given["phone"] else None
        email = normal.email(given["email"]) if given["email"] else None
        self.flag("country_unreadable", given["country"] and not country)
        self.flag("phone_unreadable", given["phone"] and not phone)
        self.flag("email_unreadable", given["email"] and not email)
        return dict(given) | {
            "country": country or given["country"],
            "phone": phone or given["phone"],
            "email": email.address if email else given["email"],
            "email_kind": email.kind if email else "",
            "company_domain": email.domain if email and email.kind == "business" else "",
        }


def lower_keys(value: Any) -> dict[str, Any]:
    """Return an object with its keys in lower case; of two that fall together the fuller stays."""
    lowered: dict[str, Any] = {}
    if isinstance(value, dict):
        for key, item in value.items():
            lowered[key.lower()] = lowered.get(key.lower()) or item
    return lowered
