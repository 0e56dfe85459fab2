"""Leads: take the fields of a touch, whatever they are, and note what is odd about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from leadshare import countries, emails, texts
from leadshare.configuration.campaigns import Campaigns
from leadshare.configuration.models import Listing
from leadshare.leads import phones
from leadshare.playbook import ACTIONS, SOURCES, Storefront


class Reader:
    """Takes fields as they come and notes what was odd about them."""

    def __init__(self) -> None:
        self.flags: set[str] = set()

    def flag(self, code: str, condition: object) -> None:
        if condition:
            self.flags.add(code)

    def text(self, source: Mapping[str, object], key: str) -> str:
        """Return the text at *key* as far as rules and fields see it."""
        whole = self.whole(source, key)
        kept = texts.cut(whole)
        self.flag("cut", kept != whole)
        return kept

    def whole(self, source: Mapping[str, object], key: str) -> str:
        """Return the text at *key*, empty if absent, null or of a type that is no text."""
        value = source.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.flags.add(f"{key}_is_no_text")
            return ""
        return texts.clean(value)

    def action(self, in_source: str, in_code: str, *, refused: bool) -> str:
        """Return the action; DNC where contact is *refused*, whatever else either half says."""
        actions = [a for a in (in_source, in_code) if a]
        self.flag("action_disagrees", len({a.lower() for a in actions}) > 1)
        if refused:
            return "DNC"
        action = actions[0] if actions else ""
        self.flag("action_unknown", action.lower() not in ACTIONS)
        return action

    def storefront(self, token: str, listing: Listing | None, action: str) -> Storefront:
        """Return the storefront: by source, else by listing, else by action, else unknown."""
        self.flag("source_unknown", token.lower() not in SOURCES)
        known = ACTIONS.get(action.lower())
        found = (
            SOURCES.get(token.lower())
            or (listing and listing.storefront)
            or (known and known.storefront)
        )
        self.flag("storefront_unknown", not found)
        return found or Storefront.UNKNOWN

    def normalise(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the facts about the person; what has no normal form stays as it came."""
        country = countries.country(given["country"])
        phone = phones.phone(given["phone"], country or "") if given["phone"] else None
        email = emails.email(given["email"]) if given["email"] else None
        self.flag("country_unreadable", given["country"] and not country)
        self.flag("country_ambiguous", countries.may_be_a_state(given["country"]))
        self.flag("phone_unreadable", given["phone"] and not phone)
        self.flag("phone_ambiguous", phone and phone.ambiguous)
        self.flag("email_unreadable", given["email"] and not email)
        names = {name: texts.undirected(given[name]) for name in _NAMES}
        return {**given, **names} | {
            "country": country or given["country"],
            "phone": phone.number if phone else given["phone"],
            "email": email.address if email else given["email"],
            "email_kind": email.kind if email else "",
            "company_domain": email.domain if email and email.kind == "business" else "",
        }


_NAMES = ("first_name", "last_name", "company", "job_title")
"""What is shown beside other texts, whose direction it must not turn."""


_CAMPAIGN: Final = re.compile(r"[ \t]*campaigns?[ \t]*:(.*)", re.IGNORECASE)


def campaign_of(notes: str, campaigns: Campaigns) -> tuple[str, str]:
    """Return the id of the campaign that *notes* name and what else they say.

    They name it by its id or its name: `Campaigns: autumn-webinar`. One that is none of
    *campaigns* is words.
    """
    match = _CAMPAIGN.match(notes)
    if not match:  # nearly all are, and this is quick
        return "", notes
    named = match[1].strip()
    found = campaigns.named(named)
    if named and not found:
        return "", notes
    return found.id if found else "", notes[match.end() :].strip()
