"""App: who reads Microsoft's books, if anybody does, and what keeps them from being read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from leadshare.books.book import BOOKS, Book
from leadshare.books.faults import Untold
from leadshare.books.reading import BookReader
from leadshare.client.guard import guarded_client
from leadshare.deliveries.worker import WorkerContext
from leadshare.destinations.description import Finding
from leadshare.partner_center.analytics import AnalyticsApp, PartnerAnalytics
from leadshare.partner_center.analytics_answers import Dataset
from leadshare.reason import Problem

PATIENCE: Final = 10.0
"""Seconds that one call of the API may take."""


def analytics_of(app: AnalyticsApp) -> PartnerAnalytics:
    """Return what asks Partner Center's analytics as *app*."""
    return PartnerAnalytics(app, guarded_client(timeout=PATIENCE, connections=4), PATIENCE)


def books_of(app: AnalyticsApp | None, context: WorkerContext) -> list[BookReader]:
    """Return the chore by which *app* reads Microsoft's books, if one is configured."""
    if app is None:
        return []
    parts = (context.state, context.clock, context.new_id, context.lease)
    return [BookReader(analytics_of(app), *parts)]


async def check_books(analytics: PartnerAnalytics, now: datetime) -> list[Finding]:
    """Sign in, and return what keeps Microsoft's books from being read."""
    try:
        datasets = await analytics.datasets(now)
    except Untold as error:
        return [Finding(error.reason)]
    return [one for book in BOOKS for one in _lacking(book, datasets)]


def _lacking(book: Book, datasets: Mapping[str, Dataset]) -> Iterator[Finding]:
    found = datasets.get(book.dataset.upper())
    if found is None:
        yield Finding(Problem.BOOK_NOT_SHOWN, book.dataset)
        return
    for column in book.columns:
        if column.upper() not in found.columns:
            yield Finding(Problem.BOOK_NOT_SHOWN, f"{book.dataset}.{column}")
    if book.timespan not in found.timespans:
        yield Finding(Problem.BOOK_NOT_SHOWN, book.dataset, book.timespan)
