"""Operators: what a dry run has counted, as a token by which the order does that or nothing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence

from leadshare.errors import Conflict
from leadshare.store.table import Row


def token_of(asked: Mapping[str, object], rows: Sequence[Row]) -> str:
    """Return the token of the *rows* that were found for what is *asked*, as they are now."""
    found = sorted([row.partition, row.key, row.etag] for row in rows)
    digest = hashlib.sha256(json.dumps([asked, found]).encode()).hexdigest()
    return f"{len(rows)}.{digest[:32]}"


def check_token(token: str, asked: Mapping[str, object], rows: Sequence[Row]) -> None:
    """Raise `Conflict`, which tells what has changed, if *token* is of other rows than these."""
    if token in ("", token_of(asked, rows)):
        return
    reasons = Counter(str(row.values["reason"]) for row in rows)
    now = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())) or "none"
    raise Conflict(
        f"token: what is meant has changed, or is asked for otherwise: {token.partition('.')[0]}"
        f" matched then, {len(rows)} do now ({now}); nothing was done, count again"
    )
