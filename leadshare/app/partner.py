"""App: what asks Partner Center for referrals, and takes its events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from leadshare.app.deployment import Configured
from leadshare.client.guard import guarded_client
from leadshare.partner_center.api import AppUser, PartnerCenter
from leadshare.partner_center.referral_source import Partner
from leadshare.referrals.classify import Webhook

PATIENCE: Final = 10.0
"""Seconds that one call for a referral or a certificate may take."""


def partner_of(user: AppUser | None) -> Partner | None:
    """Return what asks Partner Center as its *user*, if there is one."""
    if user is None:
        return None
    client = guarded_client(timeout=PATIENCE, connections=4)
    return Partner(PartnerCenter(user, client, PATIENCE))


def webhook(configured: Callable[[], Configured], clock: Callable[[], datetime]) -> Webhook:
    """Return what takes its events."""
    from leadshare.partner_center.signature import Signatures, microsoft_roots  # noqa: PLC0415 - 0.1 s

    client = guarded_client(timeout=PATIENCE, connections=4)
    return Webhook(Signatures.under(client, microsoft_roots()), configured, clock)
