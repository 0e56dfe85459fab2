"""An erasure on real Azurite, searched for with the service's own API; and what it costs."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from azure.data.tables.aio import TableClient

from leadshare.azure.table import AzureTable
from leadshare.custody.erasing.needles import Needles
from leadshare.deliveries.delivery import Accepted
from leadshare.store.keys import PARTITIONS
from leadshare.store.table import Row
from tests.builders import IDENTITY, message, minutes, post
from tests.custody.erasures import LEASE, Custodian
from tests.laws.checker import violations
from tests.memory import MemoryTable

MAIL, PHONE = "person-1@fabrikam.example", "+49 30 5550101"
NEEDLES = Needles(frozenset({MAIL}), frozenset({"05550101"}))


async def everything(client: TableClient) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return every entity of a table."""
    return [(one["PartitionKey"], one["RowKey"], {**one}) async for one in client.list_entities()]


async def test_nothing_is_left(azure_table: AzureTable) -> None:
    """No entity of the account has anything of her once the certificate is complete."""
    office = Custodian()
    office.table = office.state = azure_table  # type: ignore[assignment]  # as good as one in memory
    await office.take(1, Phone=PHONE, Description=f"Write to {MAIL}")
    await office.finish("crm")
    await office.take(2, Email=MAIL, LeadSource="SPZA-PLT|contoso.other", Phone="030 5550101")
    await office.take(3, Email="", Phone=PHONE)
    await office.take(4, body=b"broken " + MAIL.encode())
    await office.objections.object("email", MAIL)

    order = await office.erase("email", MAIL)
    await office.go_on()
    await office.go_on(2 * LEASE)
    await office.finish("crm", Accepted(did="deleted"))
    await office.finish("sellers", Accepted(did="task"))
    late = message(post(Email=MAIL, Phone=PHONE), 9, office.now - minutes(30))
    await office.classifier.classify(late, office.now)
    await office.go_on(minutes(60))

    assert (await office.show(order))["complete"]
    rows = await everything(azure_table._client)  # noqa: SLF001 - as the service tells it
    assert [] == violations(
        [row for row in rows if row[0] in PARTITIONS], settled=True, identity=IDENTITY
    )
    found = [key for _, key, values in rows if NEEDLES.are_in(_bytes(values))]
    assert [] == found
    # But for the tombstones of her numbers, which were objected to with her address.
    assert {"contact"} == {
        key.split("|")[1]
        for part, key, _ in rows
        if part in PARTITIONS and not key.startswith(("count|", "suppressed|"))
    }
    await office.take(100, Email=MAIL)
    [contact] = [
        row
        for _, key, row in await everything(azure_table._client)  # noqa: SLF001 - see above
        if key.endswith("|contact") and row["touches"]
    ]
    assert "people" == contact["opted_out_by"]


def _bytes(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, default=lambda one: str(getattr(one, "value", one))).encode()


class Sorted(MemoryTable):
    """A table of many rows: its keys are sorted once for all that is read between two writes."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[int, list[tuple[str, str]]] = (0, [])

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        """Return what is in a range, as its parent does."""
        if self._keys[0] != id(self.rows):
            self._keys = (id(self.rows), sorted(self.rows))
        keys = self._keys[1]
        first, last = (bisect_left(keys, (partition, key)) for key in (start, end))
        some, rows = MemoryTable(), self.rows
        some.rows = {key: rows[key] for key in keys[first:last]}
        self.calls += 1
        return await some.read(partition, start, end, **narrow)


async def _cost(others: int) -> int:
    """Return how many operations an erasure takes beside so many leads of others."""
    office = Custodian()
    office.table = Sorted()
    await office.take(1, Phone=PHONE)
    await office.finish("crm")
    [(place, values)] = [
        (place, values) for place, values in office.table.rows.items() if "|lead|" in place[1]
    ]
    for number in range(others):
        contact = f"{number % 16:x}{number:031x}"
        office.table.rows[contact[0], f"{contact}|lead|{place[1][-16:]}"] = values
        office.table.rows[contact[0], f"seen|{number:013d}|{contact}-{0:016x}"] = values
    before = office.table.calls
    await office.erase("email", MAIL)
    await office.go_on()
    return office.table.calls - before


async def test_cost() -> None:
    """What an erasure costs follows the person, not how many others there are."""
    few, many = await _cost(1_000), await _cost(100_000)

    assert few == many
    assert few < 220
