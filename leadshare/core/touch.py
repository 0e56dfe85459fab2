"""Core: read one touch from its envelope: take its fields, normalise, classify and identify."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from leadshare.body import read_object
from leadshare.core import leadsource, normal
from leadshare.core.configuration import Configuration
from leadshare.core.envelope import TABLE, Envelope
from leadshare.core.identity import Identity
from leadshare.core.playbook import ACTIONS, PLAYBOOK, Intent, Lane, Storefront
from leadshare.core.reader import PERSON, Reader, lower_keys
from leadshare.core.times import from_text, to_text
from leadshare.errors import Unreadable

_TEST: Final = "msft_test"
_CAMPAIGN: Final = re.compile(r"[ \t]*campaigns?[ \t]*:[ \t]*(.*\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Touch:
    """One action of one customer on one listing, read."""

    id: str
    received: datetime
    contact: str
    lead: str
    listing: str
    """The listing key: an offer id, else a normalised title."""
    listing_title: str
    listing_kind: str
    campaign: str
    storefront: Storefront
    source: str
    """LeadSource as it came."""
    action: str
    intent: Intent
    lane: Lane
    fingerprint: str
    facts: Mapping[str, str] = field(repr=False)
    flags: tuple[str, ...]
    """What was odd, as stable codes."""
    via: str = ""
    """As in the envelope; rows of before there were referrals say nothing."""
    trace: str = ""
    """As in the envelope; older rows say nothing."""


def read(envelope: Envelope, configuration: Configuration[Any], identity: Identity) -> Touch:
    """Read the touch in *envelope*; `Unreadable` if its body is no JSON object.

    The same for a row of a table whose person, which is JSON in a column, is none.
    """
    body = lower_keys(read_object(envelope.body))
    if envelope.via == TABLE and not isinstance(body.get("userdetails"), dict):
        raise Unreadable("customer_info_unreadable")
    reader = Reader()
    person = lower_keys(body.get("userdetails"))
    given = {ours: reader.text(person, theirs) for ours, theirs in PERSON.items()}
    raw_source = reader.text(body, "leadsource")
    code = reader.text(body, "actioncode")
    offer_title = reader.text(body, "offertitle")
    notes = reader.text(body, "description")
    source = leadsource.parse(raw_source)

    action = reader.action(source.action, code)
    path = envelope.path.lower() if leadsource.is_offer_id(envelope.path) else ""
    reader.flag("path_is_no_listing", envelope.path and not path)
    reader.flag("listing_disagrees", path and source.offer and path != source.offer)
    offer = source.offer or path
    listing = configuration.find_listing(offer, (offer_title, source.title))
    title = listing.title if listing else offer_title or source.title
    key = listing.id.lower() if listing else offer or normal.words(title)
    reader.flag("listing_unknown", not listing)

    storefront = reader.storefront(source.source, listing, action)
    intent = _intent(action)
    facts = reader.normalise(given) | {"notes": notes}
    contact = identity.contact(
        given["email"],
        given["phone"],
        # Nothing frozen may hang on the catalogue, so these are the texts as they came.
        "|".join((raw_source, code, offer_title, notes, path, *given.values())),
    )
    return Touch(
        id=envelope.id,
        received=envelope.received,
        contact=contact,
        lead=identity.lead(contact, key),
        listing=key,
        listing_title=title,
        listing_kind=listing.kind if listing else PLAYBOOK[storefront].listing_kinds[0],
        campaign=_campaign(notes) or (listing.campaign if listing else ""),
        storefront=storefront,
        source=raw_source,
        action=action,
        intent=intent,
        lane=_lane(facts, intent, raw_source, configuration.internal_domains),
        fingerprint=identity.touch_fingerprint(
            source.source,
            action,
            offer or offer_title or source.title,
            given["email"],
            given["phone"],
            given["company"],
            notes,
        ),
        facts=facts,
        flags=tuple(sorted(reader.flags)),
        via=envelope.via,
        trace=envelope.trace,
    )


def to_row(touch: Touch) -> dict[str, Any]:
    """Return *touch* as JSON values; `from_row` is the way back."""
    return {name: getattr(touch, name) for name in _FIELDS} | {
        "received": to_text(touch.received),
        "facts": dict(touch.facts),
        "flags": list(touch.flags),
    }


def from_row(row: Mapping[str, Any]) -> Touch:
    """Return the touch that `to_row` wrote down."""
    return Touch(
        **dict(row)
        | {
            "received": from_text(row["received"]),
            "storefront": Storefront(row["storefront"]),
            "intent": Intent(row["intent"]),
            "lane": Lane(row["lane"]),
            "flags": tuple(row["flags"]),
        }
    )


_FIELDS: Final = tuple(Touch.__dataclass_fields__)


def _campaign(notes: str) -> str:
    """Return the campaign that the description names: `Campaigns: autumn-webinar`."""
    match = _CAMPAIGN.match(notes)
    return match.group(1) if match else ""


def _intent(action: str) -> Intent:
    known = ACTIONS.get(action.lower())
    return known.intent if known else Intent.OTHER


def _lane(
    facts: Mapping[str, str], intent: Intent, source: str, internal_domains: frozenset[str]
) -> Lane:
    """Return whether this touch may be followed up, and as what."""
    if any(text.lower().startswith(_TEST) for text in (*facts.values(), source)):
        return Lane.TEST
    if intent is Intent.NONE:
        return Lane.NO_CONTACT
    if facts["email"].rpartition("@")[2].lower() in internal_domains:
        return Lane.INTERNAL
    if not any(facts[name] for name in _WHO):
        return Lane.BLANK
    return Lane.NORMAL


_WHO: Final = ("first_name", "last_name", "email", "phone", "company")
