"""Destinations: the message that tells of a lead, as Communication Services and servers take it.

The API is cited by its specification, Azure/azure-rest-api-specs,
communication/data-plane/Email/stable/2023-03-31.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from uuid import UUID, uuid5

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.mapping import cut
from leadshare.destinations.notices.email_settings import EmailSettings
from leadshare.destinations.notices.notice import facts, headline, lines
from leadshare.destinations.notices.smtp import Letter

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


def message(delivery: Delivery, settings: EmailSettings) -> dict[str, object]:
    """Return the message as Communication Services takes it (EmailMessage)."""
    return {
        "senderAddress": settings.sender,
        "content": {
            "subject": subject(delivery, settings.shows),
            "plainText": text(delivery, settings.shows) or headline(delivery),
        },
        "recipients": {"to": [{"address": address} for address in settings.to]},
        "userEngagementTrackingDisabled": True,
    }


def letter(delivery: Delivery, settings: EmailSettings, now: datetime) -> Letter:
    """Return the message as mail servers take it (RFC 5322)."""
    mail = EmailMessage(SMTP)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Subject"] = subject(delivery, settings.shows)
    mail["Date"] = now
    mail["Message-ID"] = message_id(delivery, settings)
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is told (RFC 3834)
    # Servers that take ASCII only take it, too.
    mail.set_content(text(delivery, settings.shows), cte="quoted-printable")
    return Letter(settings.sender, settings.to, mail.as_bytes())
