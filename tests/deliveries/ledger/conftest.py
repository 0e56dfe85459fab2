"""A contact's rows, and nothing owed yet."""

from __future__ import annotations

import pytest

from tests.deliveries.ledger.book import Book


@pytest.fixture(name="book")
def _book() -> Book:
    return Book()
