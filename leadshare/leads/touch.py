"""Leads: read one touch from its envelope: take its fields, normalise, classify and identify."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from leadshare import texts
from leadshare.addresses import ascii_domain, typed
from leadshare.configuration.models import Catalogue
from leadshare.identity import Identity
from leadshare.intake.message import Envelope
from leadshare.leads import leadsource
from leadshare.leads.post import Post, check_key, read_offer, read_post
from leadshare.leads.reader import Reader, campaign_of
from leadshare.persons.finding import found_by
from leadshare.playbook import ACTIONS, PLAYBOOK, Category, Intent, Storefront
from leadshare.store.table import to_json
from leadshare.times import from_text, to_text


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
    """The id of the one that the customer named, if it is configured, else of the listing's, if
    that ran."""
    storefront: Storefront
    source: str
    """LeadSource as it came."""
    action: str
    intent: Intent
    category: Category
    fingerprint: str
    facts: Mapping[str, str] = field(repr=False)
    words: str = field(repr=False)
    """What the customer wrote, whole, without the marketplace's line of a campaign."""
    flags: tuple[str, ...]
    """What was odd, as stable codes."""
    via: str = ""
    trace: str = ""
    framed: str = ""
    """These are as in the envelope; older rows say nothing."""
    names_campaign: bool = False
    """Whether the customer named the campaign."""
    found: tuple[tuple[str, ...], ...] = ()
    """The names under which people find it; older rows say nothing."""
    version: int = 0
    """The version of its lead that it made; 0 if it made none, as a repeat does."""


def read(envelope: Envelope, catalogue: Catalogue, identity: Identity) -> Touch:
    """Read the touch in *envelope*; `Unreadable` if its body is no JSON object.

    The same if the key that it came with is another listing's, and for a row of a table whose
    person, which is JSON in a column, is none.
    """
    reader = Reader()
    post = read_post(envelope, reader)
    given, source = post.given, post.source
    action = reader.action(source.action, post.code, refused=post.refused)
    offer = read_offer(envelope.path, post, catalogue, reader)
    check_key(envelope.key, offer, catalogue)
    listing = offer.listing
    storefront = reader.storefront(source.source, listing, action)
    known = ACTIONS.get(action.lower())
    intent = known.intent if known else Intent.OTHER
    campaign, said = campaign_of(post.words, catalogue.campaigns)
    own = catalogue.campaigns.of_listing(offer.key)
    facts = reader.normalise(given) | {"notes": texts.cut(said)}
    otherwise = _otherwise(envelope.id, post, offer.path)
    contact = identity.contact(given["email"], given["phone"], otherwise)
    first_kind = next(iter(PLAYBOOK[storefront].listing_kinds), "")
    return Touch(
        id=envelope.id,
        received=envelope.received,
        contact=contact,
        lead=identity.lead(contact, offer.key),
        listing=offer.key,
        listing_title=offer.title,
        listing_kind=listing.kind if listing else first_kind,
        campaign=campaign or (own.id if own and own.runs_at(envelope.received) else ""),
        storefront=storefront,
        source=source.raw,
        action=action,
        intent=intent,
        category=_category(facts, intent, catalogue.internal_domains, test=post.test),
        fingerprint=_fingerprint(identity, post, action, offer.id),
        facts=facts,
        words=said,
        flags=tuple(sorted(reader.flags)),
        via=envelope.via,
        trace=envelope.trace,
        framed=envelope.framed,
        names_campaign=bool(campaign),
        found=found_by(facts, identity.index_name),
    )


def _otherwise(touch: str, post: Post, path: str) -> str:
    """Return what tells a contact apart of which there is neither e-mail nor phone.

    Of whom nothing is said at all is somebody else each time: by the *touch*.
    """
    given, source = post.given, post.source
    if not any(given[name] for name in _WHO):
        return touch
    # Nothing frozen may hang on the catalogue, so these are the texts as they came.
    return "|".join((source.raw, post.code, post.title, post.notes, path, *given.values()))


def _fingerprint(identity: Identity, post: Post, action: str, offer: str) -> str:
    """Return what tells a repeat: the same words of the same person about the same listing."""
    listing = offer or post.title or post.source.title
    said = [post.given[name] for name in _SAID]
    source, email = post.source.source, post.given["email"]
    return identity.touch_fingerprint(source, action, listing, email, said, post.words)


_SAID: Final = ("first_name", "last_name", "job_title", "phone", "company", "country")


def to_row(touch: Touch) -> dict[str, object]:
    """Return *touch* as the columns of a row, but for its raw body; `from_row` is the way back."""
    data = {name: getattr(touch, name) for name in _DATA} | {
        "received": to_text(touch.received),
        "facts": dict(touch.facts),
        "flags": list(touch.flags),
    }
    whole = touch.words == touch.facts["notes"]
    words = {} if whole else {"words": touch.words.encode()}
    return {"lead": touch.lead, "data": to_json(data), "version": touch.version, **words}


def from_row(columns: Mapping[str, Any]) -> Touch:
    """Return the touch that `to_row` wrote down."""
    data, words = json.loads(columns["data"]), columns.get("words")
    return Touch(
        **data
        | {
            "received": from_text(data["received"]),
            "storefront": Storefront(data["storefront"]),
            "intent": Intent(data["intent"]),
            "category": Category(data["category"]),
            "flags": tuple(data["flags"]),
            "found": tuple(map(tuple, data.get("found", ()))),
            "words": words.decode() if words else data["facts"]["notes"],
            "version": columns["version"],
        }
    )


_DATA: Final = tuple(
    name for name in Touch.__dataclass_fields__ if name not in ("words", "version")
)


def _category(
    facts: Mapping[str, str], intent: Intent, internal_domains: frozenset[str], *, test: bool
) -> Category:
    """Return whether this touch may be followed up, and as what; *test* if its codes say so."""
    if test or any(map(leadsource.begins_as_test, facts.values())):
        return Category.TEST
    if intent is Intent.NONE:
        return Category.NO_CONTACT
    if _is_internal(facts["email"], internal_domains):
        return Category.INTERNAL
    if not any(facts[name] for name in _WHO):
        return Category.BLANK
    return Category.NORMAL


def _is_internal(email: str, internal_domains: frozenset[str]) -> bool:
    """Say whether the address in *email* is of one of these domains or of one below."""
    domain = ascii_domain(typed(email).rpartition("@")[2])
    return domain in internal_domains or any(
        domain[at + 1 :] in internal_domains for at, one in enumerate(domain) if one == "."
    )


_WHO: Final = ("first_name", "last_name", "email", "phone", "company")
