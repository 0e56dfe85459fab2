"""Destinations: the message that tells of a lead, as Communication Services and servers take it.

The API is cited by its specification, Azure/azure-rest-api-specs,
communication/data-plane/Email/stable/2023-03-31.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from uuid import UUID, uuid5

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.notices.email_settings import EmailSettings
from leadshare.destinations.notices.notice import facts, headline, lines
from leadshare.destinations.notices.smtp import Letter
from leadshare.destinations.writing.mapping import cut

NAMESPACE: Final = UUID("3f3c2f8e-6d0c-4d53-9d0b-6f5f8f3f8a57")
"""What operation ids are made from. Frozen: with another, a repeat would be another message."""

LONGEST_SUBJECT: Final = 150
"""UTF-16 units; readers' lists show fewer."""


def operation_id(delivery: Delivery, settings: EmailSettings) -> str:
    """Return the id of the message: one for each version of a lead and each destination.

    Of reminders there is one of each kind, whatever the version, and of steps one each.
    """
    what: object = delivery.reminder.kind if delivery.reminder else delivery.version
    what = delivery.step.id if delivery.step else what
    return str(uuid5(NAMESPACE, f"{settings.name} {delivery.lead} {what}"))


def message_id(delivery: Delivery, settings: EmailSettings) -> str:
    """Return the Message-ID: the same for a repeat, which mail systems drop, as far as they do."""
    return f"<{operation_id(delivery, settings)}@{settings.sender.partition('@')[2]}>"


def subject(delivery: Delivery, shows: Sequence[str]) -> str:
    """Say what happened, and with which listing where that may be shown: on one line."""
    listing = dict(facts([name for name in shows if name == "listing_title"], delivery.record))
    line = cut(": ".join([headline(delivery), *listing.values()]), LONGEST_SUBJECT)
    # Python's `email` decodes what looks like an encoded word (RFC 2047) and writes it out anew,
    # line breaks included: it would be a header of the customer's own.
    return line.replace("=?", "= ?")


def text(delivery: Delivery, shows: Sequence[str]) -> str:
    """Return the body: plain text, in which nobody's markup means anything."""
    links = [(f"Record in {name}", link) for name, link in delivery.links.items()]
    told = (*lines(delivery, shows), *links)
    return "".join(f"{label}: {value}\n" for label, value in told)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message, by whichever way it goes."""

    id: str
    """The same for a repeat, in the form of a UUID."""
    sender: str
    to: Sequence[str]
    subject: str
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    """The same for who reads HTML; nothing where the text is all there is."""


def mail_of(delivery: Delivery, settings: EmailSettings) -> Mail:
    """Return the message that tells of a lead."""
    return Mail(
        operation_id(delivery, settings),
        settings.sender,
        settings.to,
        subject(delivery, settings.shows),
        text(delivery, settings.shows),
    )


def message(delivery: Delivery, settings: EmailSettings) -> dict[str, object]:
    """Return the message as Communication Services takes it (EmailMessage)."""
    mail = mail_of(delivery, settings)
    return as_message(mail if mail.text else replace(mail, text=headline(delivery)))


def as_message(mail: Mail) -> dict[str, object]:
    """Return *mail* as Communication Services takes it (EmailMessage)."""
    html = {"html": mail.html} if mail.html else {}
    return {
        "senderAddress": mail.sender,
        "content": {"subject": mail.subject, "plainText": mail.text, **html},
        "recipients": {"to": [{"address": address} for address in mail.to]},
        "userEngagementTrackingDisabled": True,
    }


def letter(delivery: Delivery, settings: EmailSettings, now: datetime) -> Letter:
    """Return the message that tells of a lead as mail servers take it."""
    return as_letter(mail_of(delivery, settings), now)


def as_letter(mail: Mail, now: datetime) -> Letter:
    """Return *mail* as mail servers take it (RFC 5322)."""
    made = EmailMessage(SMTP)
    made["From"] = mail.sender
    made["To"] = ", ".join(mail.to)
    made["Subject"] = mail.subject
    made["Date"] = now
    made["Message-ID"] = f"<{mail.id}@{mail.sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is told (RFC 3834)
    # Servers that take ASCII only take it, too.
    made.set_content(mail.text, cte="quoted-printable")
    if mail.html:
        made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return Letter(mail.sender, mail.to, made.as_bytes())
