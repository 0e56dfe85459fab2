"""Core: read one touch: open its envelope, take its fields, normalise, classify and identify."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from leadshare.body import read_object
from leadshare.core import leadsource, normal
from leadshare.core.configuration import Configuration, Listing
from leadshare.core.identity import Identity
from leadshare.core.playbook import ACTIONS, PLAYBOOK, SOURCES, Intent, Lane, Storefront
from leadshare.core.times import from_text, to_text
from leadshare.errors import Unreadable
from leadshare.intake import TRACE

REFERRAL: Final = "referral"
"""The way of a touch that a referral of Partner Center told of, beside or without its POST."""

TABLE: Final = "table"
"""The way of a touch that the marketplace wrote into a table of the publisher's."""

_TEST: Final = "msft_test"
_CAMPAIGN: Final = re.compile(r"[ \t]*campaigns?[ \t]*:[ \t]*(.*\S)", re.IGNORECASE)
_TOUCH_ID: Final = re.compile(r"[0-9a-f]{32}")

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


@dataclass(frozen=True, slots=True)
class Envelope:
    """A touch as intake queued it."""

    id: str
    received: datetime
    path: str
    """The listing that the URL named, or nothing."""
    body: bytes = field(repr=False)
    via: str = ""
    """Who told of it: nothing for the marketplace's own POST, `TABLE` or `REFERRAL`."""
    trace: str = ""
    """The traceparent of its POST, where there was one."""


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


def open_envelope(message: bytes) -> Envelope:
    """Return the touch in a queue *message*; `Unreadable` (`not_an_envelope`) if there is none."""
    try:
        outer = read_object(message)
        inner = outer["touch"]
        return Envelope(
            id={"1": _touch_id}[outer["v"]](inner["id"]),
            received=from_text(inner["received"]),
            path=normal.cut(normal.clean(inner["listing"])),
            body=b64decode(inner["body"], validate=True),
            via=_WAYS[inner.get("via", "")],
            trace=_trace(inner.get("trace")),
        )
    except (
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
        OverflowError,
        Base64Error,
        Unreadable,
    ):
        raise Unreadable("not_an_envelope") from None


_WAYS: Final = {way: way for way in ("", TABLE, REFERRAL)}


def _touch_id(text: str) -> str:
    if not _TOUCH_ID.fullmatch(text):
        raise Unreadable("not_an_envelope")
    return text


def _trace(value: Any) -> str:
    """Return a traceparent; a touch is worth more than its trace, so anything else is none."""
    return value if isinstance(value, str) and TRACE.fullmatch(value) else ""


def read(envelope: Envelope, configuration: Configuration[Any], identity: Identity) -> Touch:
    """Read the touch in *envelope*; `Unreadable` if its body is no JSON object.

    The same for a row of a table whose person, which is JSON in a column, is none.
    """
    body = lower_keys(read_object(envelope.body))
    if envelope.via == TABLE and not isinstance(body.get("userdetails"), dict):
        raise Unreadable("customer_info_unreadable")
    reader = _Reader()
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


class _Reader:
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
