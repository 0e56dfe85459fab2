"""Store: hold every process to the one key that all ids are made with."""

from __future__ import annotations

from leadshare.errors import ConfigurationError, Conflict
from leadshare.store.keys import FINGERPRINT, IDENTITY
from leadshare.store.table import Change, Table


async def check_key(state: Table, fingerprint: str) -> None:
    """Refuse to go on under another key than the one that all ids were made with."""
    try:
        await state.write(IDENTITY, [Change("insert", FINGERPRINT, {"fingerprint": fingerprint})])
    except Conflict:
        row = await state.get(IDENTITY, FINGERPRINT)
        if row is None or row.values["fingerprint"] != fingerprint:
            raise ConfigurationError(
                "LEADSHARE_IDENTITY_KEY: expected the key that this table was begun with"
            ) from None
