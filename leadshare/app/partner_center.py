"""App: who asks Partner Center, for referrals and for Microsoft's books, if anybody does."""

from __future__ import annotations

from typing import Final

from leadshare.books.reading import BookReader
from leadshare.client.guard import guarded_client
from leadshare.deliveries.worker import WorkerContext
from leadshare.partner_center.analytics import AnalyticsApp, PartnerAnalytics
from leadshare.partner_center.api import AppUser, PartnerCenter
from leadshare.partner_center.referral_source import Partner

PATIENCE: Final = 10.0
"""Seconds that one call for a referral, a certificate or a book's report may take."""


def partner_of(user: AppUser | None) -> Partner | None:
    """Return what fetches referrals as *user*, if one is configured."""
    if user is None:
        return None
    client = guarded_client(timeout=PATIENCE, connections=4)
    return Partner(PartnerCenter(user, client, PATIENCE))


def analytics_of(app: AnalyticsApp) -> PartnerAnalytics:
    """Return what asks Partner Center's analytics as *app*."""
    return PartnerAnalytics(app, guarded_client(timeout=PATIENCE, connections=4), PATIENCE)


def books_of(app: AnalyticsApp | None, context: WorkerContext) -> list[BookReader]:
    """Return the chore by which *app* reads Microsoft's books, if one is configured."""
    if app is None:
        return []
    parts = (context.state, context.clock, context.new_id, context.lease)
    return [BookReader(analytics_of(app), *parts)]
