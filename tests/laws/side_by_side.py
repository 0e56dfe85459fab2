"""What a build writes, for the next one to be held to, as two work on one table in a release.

Kept anew with each release: python -m tests.laws.side_by_side > tests/laws/before/rows.json
"""

from __future__ import annotations

import asyncio
import json
import sys
from base64 import b64decode, b64encode
from typing import Any

from leadshare.deliveries.delivery import Deferred, Rejected
from tests.builders import NOW, Office, message, minutes, post

BUYER: dict[str, Any] = {"Email": "person-1@fabrikam.example"}


async def play(office: Office) -> None:
    """Have some of all that becomes of leads: new, again, delivered, parked, due, special."""
    await office.take(1)
    await office.finish("crm")
    await office.finish("sellers", Rejected("invalid_field"))
    await office.take(2, FirstName="MSFT_TEST_1")
    await office.take(3, ActionCode="INS", Title="Buyer", **BUYER)
    await office.take(4, body=b"no JSON")
    await office.take(5)
    await office.finish("crm", Deferred("http_500"))
    await office.take(6, ActionCode="DNC")


def queued(number: int = 7) -> bytes:
    """A message that waits in the queue while the build changes."""
    return message(post(**BUYER), number, NOW + minutes(number), framed="chunked")


def to_json(value: Any) -> Any:
    """Return a property as JSON has it."""
    return {"base64": b64encode(value).decode()} if isinstance(value, bytes) else value


def from_json(value: Any) -> Any:
    """Return the property that `to_json` made *value* of."""
    return b64decode(value["base64"]) if isinstance(value, dict) else value


async def written() -> str:
    """Return all that this build writes in that story, as JSON."""
    office = Office()
    await play(office)
    rows = {
        "/".join(place): {name: to_json(value) for name, value in values.items()}
        for place, (values, _) in sorted(office.table.rows.items())
    }
    told = {"message": to_json(queued()), "rows": rows}
    return json.dumps(told, indent=1, sort_keys=True)


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(written())}\n")
