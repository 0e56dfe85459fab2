"""Leads: what a POST says, as it came, and which listing it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadshare import texts
from leadshare.configuration.models import Catalogue, Listing
from leadshare.errors import Unread, Unreadable
from leadshare.intake.body import PERSON, lower_keys, read_object
from leadshare.intake.message import TABLE, Envelope
from leadshare.leads import leadsource
from leadshare.leads.leadsource import LeadSource
from leadshare.leads.reader import Reader


@dataclass(frozen=True, slots=True)
class Post:
    """The texts of a POST, as they came."""

    given: Mapping[str, str]
    """What it says of the person, by our names."""
    source: LeadSource
    code: str
    title: str
    notes: str
    refused: bool
    """Whether LeadSource or action code says do-not-contact."""
    test: bool
    """Whether either is a test lead's."""
    words: str
    """The notes, whole."""


def read_post(envelope: Envelope, reader: Reader) -> Post:
    """Return the texts in *envelope*; `Unreadable` if its body is no JSON object.

    The same for a row of a table whose person, which is JSON in a column, is none.
    """
    body = lower_keys(read_object(envelope.body))
    if envelope.via == TABLE and not isinstance(body.get("userdetails"), dict):
        raise Unreadable(Unread.CUSTOMER_INFO_UNREADABLE)
    person = lower_keys(body.get("userdetails"))
    codes = body.get("leadsource"), body.get("actioncode")
    return Post(
        given={ours: reader.text(person, theirs) for ours, theirs in PERSON.items()},
        source=leadsource.parse(reader.text(body, "leadsource")),
        code=reader.text(body, "actioncode"),
        title=reader.text(body, "offertitle"),
        notes=reader.text(body, "description"),
        refused=leadsource.refuses_contact(*codes),
        test=leadsource.is_test(*codes),
        words=reader.whole(body, "description"),
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What a touch is about."""

    path: str
    """The offer id that the URL names, if it is one."""
    id: str
    """The offer id, of the LeadSource or else of the URL; empty where neither names one."""
    listing: Listing | None
    title: str
    key: str
    """What leads of it are told apart by: an offer id, else a normalised title."""


def read_offer(named: str, post: Post, catalogue: Catalogue, reader: Reader) -> Offer:
    """Return what *post* is about, at a URL in which a listing may be *named*."""
    source = post.source
    path = named.lower() if leadsource.is_offer_id(named) else ""
    reader.flag("path_is_no_listing", named and not path)
    reader.flag("listing_disagrees", path and source.offer and path != source.offer)
    offer = source.offer or path
    listing = catalogue.find_listing(offer, (post.title, source.title))
    title = listing.title if listing else post.title or source.title
    key = listing.id.lower() if listing else offer or texts.words(title)
    reader.flag("listing_unknown", not listing)
    return Offer(path, offer, listing, title, key)


def check_key(key: str, offer: Offer, catalogue: Catalogue) -> None:
    """Raise `Unreadable` where the POST came with a key of another listing than it is about."""
    bound = catalogue.bound_to(key)
    if bound and not {offer.path or offer.key, offer.id or offer.key} <= bound:
        raise Unreadable(Unread.KEY_OF_ANOTHER_LISTING)
