"""Core: a marketplace lead that a referral tells of, as the POST that its customer made.

Of a referral that is anything else nothing here is ever asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from leadshare.core import normal, times
from leadshare.core.configuration import Configuration, Listing
from leadshare.core.identity import Identity
from leadshare.core.playbook import Storefront
from leadshare.core.referral_kind import LEAD_ID, mark, part, text

LONGEST: Final = 200
"""Characters of a field but for the notes, so that all of them fit one queue message."""

_SOURCE: Final = {
    Storefront.APPSOURCE: "AppSource",
    Storefront.AZURE_MARKETPLACE: "AzureMarketplace",
}
"""LeadSource as each storefront writes it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A touch that a referral tells of; its id goes by the referral and the contact.

    So an update tells of the same touch, and of another only if it names another contact.
    """

    id: str
    lead: str
    listing: str
    body: bytes = field(repr=False)


def touch_of(
    key: str, referral: Mapping[str, Any], configuration: Configuration[Any], identity: Identity
) -> Told | str:
    """Return the touch that *referral*, of this *key*, tells of, else a code for why of none.

    One that carries a lead's id was put there, or found and marked, by a delivery of that lead.
    Without the offer or the contact nobody could say which lead it belongs to: it would become a
    second one beside the lead of its POST.
    """
    if LEAD_ID.fullmatch(mark(referral)):
        return "ours"
    listing = _listing(referral, configuration)
    if listing is None:
        return "listing_unknown"
    person = _person(referral)
    contact = identity.contact(person["Email"], person["Phone"], "")
    if contact == identity.contact("", "", ""):
        return "contact_unknown"
    return Told(
        id=identity.touch_fingerprint("referral", key, contact),
        lead=identity.lead(contact, listing.id.lower()),
        listing=listing.id,
        body=_body(referral, person, listing),
    )


def acted(referral: Mapping[str, Any], otherwise: datetime) -> datetime:
    """Return when the customer acted, at the latest *otherwise*."""
    return min(instant_of(referral.get("createdDateTime")) or otherwise, otherwise)


def instant_of(value: Any) -> datetime | None:
    """Return the time that Partner Center writes as *value*, in UTC where it names no zone."""
    return times.read(text(value))


def _body(referral: Mapping[str, Any], person: Mapping[str, str], listing: Listing) -> bytes:
    """Write the POST that the marketplace makes for such a lead."""
    consents = part(referral, "consent").get("consentToContact") is True
    body = {
        "UserDetails": person,
        "LeadSource": f"{_SOURCE[listing.storefront]}|{listing.id}",
        "ActionCode": _field(referral.get("callToAction")) if consents else "DNC",
        "OfferTitle": listing.title,
        "Description": normal.cut(normal.clean(text(part(referral, "details").get("notes")))),
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _person(referral: Mapping[str, Any]) -> dict[str, str]:
    """Return the customer's first person who can be reached, in the marketplace's words."""
    profile = part(referral, "customerProfile")
    told = profile.get("team")
    team = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    reached = [one for one in team if text(one.get("email")) or text(one.get("phoneNumber"))]
    member: Mapping[str, Any] = (reached or team or [{}])[0]
    return {
        "FirstName": _field(member.get("firstName")),
        "LastName": _field(member.get("lastName")),
        "Email": _field(member.get("email")),
        "Phone": _field(member.get("phoneNumber")),
        "Country": _field(part(profile, "address").get("country")),
        "Company": _field(profile.get("name")),
    }


def _listing(referral: Mapping[str, Any], configuration: Configuration[Any]) -> Listing | None:
    """Return the catalogue's only listing that *referral* names, by id, by title or within one."""
    told = {normal.words(name) for name in _names(referral)}
    names = {listing.id: normal.words(listing.title) for listing in configuration.listing}
    exact = [one for one in configuration.listing if told & {one.id.lower(), names[one.id]}]
    # A referral's name is free text, such as `Contoso Invoice Robot for Fabrikam`.
    spaced = f" {normal.words(text(referral.get('name')))} "
    within = [one for one in configuration.listing if f" {names[one.id]} " in spaced]
    found = exact or within
    return found[0] if len(found) == 1 else None


def _names(referral: Mapping[str, Any]) -> Iterator[str]:
    """Give every text that may name the offer."""
    details = part(referral, "details")
    yield text(referral.get("name"))
    for group in (referral.get("target"), *part(details, "requirements").values()):
        for one in group if isinstance(group, list) else ():
            yield text(one)
            yield from (text(part(one).get(name)) for name in ("id", "name"))


def _field(value: Any) -> str:
    return normal.clean(text(value))[:LONGEST]
