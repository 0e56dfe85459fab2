"""Store: the keys of a contact's own rows: {contact}|{kind}|..."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from leadshare.store.keys.parts import Span, under
from leadshare.times import from_key, to_key


def contact_key(contact: str) -> str:
    """Return the key of a contact's own row."""
    return f"{contact}|contact"


def touch_key(contact: str, touch: str) -> str:
    """Return the key of a touch's row."""
    return f"{contact}|touch|{touch}"


def lead_key(lead: str) -> str:
    """Return the key of a lead's row."""
    return _of_lead("lead", lead)


def delivery_key(lead: str, destination: str) -> str:
    """Return the key of a delivery's one row."""
    return f"{_of_lead('delivery', lead)}|{destination}"


def deliveries_of(lead: str) -> Span:
    """Return the range of the rows of all deliveries of a *lead*."""
    return under(_of_lead("delivery", lead))


def attempt_key(lead: str, destination: str, at: datetime, about: str = "") -> str:
    """Return the key of an attempt's row; *about* is what else was attempted than a delivery."""
    key = f"{_of_lead('attempt', lead)}|{destination}|{to_key(at)}"
    return f"{key}|{about}" if about else key


FORGET: Final = "forget"
"""The kind of the rows that are kept until an erased person is taken out of a system's record."""


def forget_key(lead: str, destination: str) -> str:
    """Return the key of what is kept of a delivery until its record is erased."""
    return f"{_of_lead(FORGET, lead)}|{destination}"


def outcome_key(lead: str, source: str, at: datetime, said: str) -> str:
    """Return the key of the row of what a source *said* of a *lead* at a time of its own."""
    return f"{_of_lead('outcome', lead)}|{source}|{to_key(at)}|{said}"


def _of_lead(kind: str, lead: str) -> str:
    contact, _, listing = lead.partition("-")
    return f"{contact}|{kind}|{listing}"


def kind_in(key: str) -> str:
    """Return what a contact's row is by its *key*: contact, lead, touch, delivery and so on."""
    return key.split("|")[1]


def contact_in(key: str) -> str:
    """Return the contact whose row has this *key*, nothing for that of an index row."""
    contact = key.partition("|")[0]
    return contact if len(contact) == _CONTACT else ""


_CONTACT: Final = 32
"""Digits of a contact's id."""


def lead_in(key: str) -> str:
    """Return the lead id in the *key* of a lead's, a delivery's or an attempt's row."""
    contact, _, listing = key.split("|")[:3]
    return f"{contact}-{listing}"


def attempts_of(lead: str) -> Span:
    """Return the range of the rows of all attempts for a *lead*."""
    return under(_of_lead("attempt", lead))


def attempt_in(key: str) -> tuple[str, datetime]:
    """Return the destination and the time in the *key* of an attempt's row."""
    destination, at = key.split("|")[3:5]
    return destination, from_key(at)


def without_attempts(contact: str) -> Span:
    """Return the range of a contact's rows but its attempts, which only grow."""
    return f"{contact}|b", f"{contact}|~"


def of_contact(contact: str, kind: str = "") -> Span:
    """Return the range of all of a contact's rows, of one *kind* if it is named."""
    return under(contact, kind)


def of_contacts(partition: str = "") -> Span:
    """Return a range that holds all rows of contacts, of one *partition* if it is named.

    Some index rows are in it as well.
    """
    return (partition, chr(ord(partition) + 1)) if partition else ("0", "g")
