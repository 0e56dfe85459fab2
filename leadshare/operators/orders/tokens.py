"""Operators: what a dry run has counted, as a token by which the order does that or nothing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadshare.errors import Conflict
from leadshare.store.keys import index_kind
from leadshare.store.table import Row


@dataclass(frozen=True, slots=True)
class Counted:
    """What an order is about, as it stands now."""

    asked: Mapping[str, object]
    """All that decides what the order does to its rows."""
    rows: Sequence[Row]
    matched: int
    """How many things the rows are about: a lead may be due at several destinations."""

    @property
    def token(self) -> str:
        """What a dry run gives for it."""
        found = sorted([row.partition, row.key, row.etag] for row in self.rows)
        digest = hashlib.sha256(json.dumps([self.asked, found]).encode()).hexdigest()
        return f"{self.matched}.{digest[:32]}"

    def check(self, token: str) -> None:
        """Raise `Conflict`, which tells what has changed, if *token* is of anything but this."""
        if token in ("", self.token):
            return
        reasons = Counter(str(row.values.get("reason") or index_kind(row.key)) for row in self.rows)
        now = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())) or "none"
        raise Conflict(
            "token: what is meant has changed, or is asked for otherwise:"
            f" {token.partition('.')[0]} matched then, {self.matched} do now ({now});"
            " nothing was done, count again"
        )
