"""What Table Storage takes in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

from leadshare.store.table import Change

LIMIT_STRING, LIMIT_ENTITY, LIMIT_TRANSACTION = 32 * 1024, 2**20, 4 * 2**20
"""Table Storage: UTF-16 units of a string, bytes of an entity, bytes of a transaction."""


def _units(text: str) -> int:
    """UTF-16 units of *text*."""
    return len(text.encode("utf-16-le")) // 2


def check_fits(changes: Sequence[Change]) -> None:
    """Check every limit of Table Storage on one transaction."""
    assert 1 <= len(changes) <= 100
    assert len(changes) == len({change.key for change in changes})
    # The SDK escapes all that is not ASCII.
    told = [json.dumps(dict(change.values), default=bytes.hex) for change in changes]
    assert LIMIT_TRANSACTION > sum(len(text) + 1000 for text in told)
    for change in changes:
        _check_row(change)


def _check_row(change: Change) -> None:
    assert len(change.key) < 512
    assert not set(change.key) & set("/\\#?")
    assert change.key.isprintable()
    size = 2 * len(change.key)
    for name, value in change.values.items():
        if isinstance(value, str):
            assert _units(value) <= LIMIT_STRING
        elif isinstance(value, bytes):
            assert len(value) <= 2 * LIMIT_STRING
        size += 2 * len(name) + (2 * _units(value) if isinstance(value, str) else 0)
    assert size < LIMIT_ENTITY
