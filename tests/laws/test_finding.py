"""Found by what a person knows: no key tells it, and finding costs no more with more leads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from leadshare.deliveries.delivery import Accepted
from leadshare.deliveries.ledger.found import RECORD
from leadshare.operators.find import READ
from leadshare.persons.finding import COMPANY, PHONE
from leadshare.store.keys import PARTITIONS
from leadshare.store.table import Row
from tests.builders import IDENTITY, PERSON, Office
from tests.laws.canaries import PERSON as CANARY
from tests.laws.canaries import PERSONAL, SOURCE, found
from tests.operators.requests import Configured, body

CANARY_RECORD = "canary-record-5550182734"

FEW, MANY = 1_000, 100_000


class TestKeys:
    async def test_no_canary(self):
        """Whatever customers tell, CRMs answer and people know, no row's key holds any of
        it.
        """
        office = Office()
        told: dict[str, Any] = CANARY | SOURCE
        await office.take(1, **told)
        await office.take(2, **told | {"Email": ""})
        await office.take(3, **told | {"Email": "canary", "Phone": "5550182734"})
        await office.take(4, b"canary")
        await office.finish("crm", Accepted(CANARY_RECORD))
        requests = office.requests(lambda: Configured(office.classifier, {}, office.unrouted))
        known: dict[str, str] = {
            "email": CANARY["Email"],
            "phone": CANARY["Phone"],
            "company": CANARY["Company"],
            "record": CANARY_RECORD,
        }
        for name, text in known.items():
            answer = await requests.find({}, body(**{name: text}))
            assert answer["leads"], name

        tables = (office.table, office.state, office.referrals_table)
        keys = [" ".join(place) for table in tables for place in table.rows]
        assert [] == found(keys, PERSONAL)
        # None of which means anything unless the canaries are in the rows, and these were made.
        assert found([str(office.table.rows)], PERSONAL)
        assert {"find", "seen", "due"} <= {key.split()[1].split("|")[0] for key in keys}
        assert found([str(office.table.values("find"))], PERSONAL) == []


class CountedTable:
    """Rows in order, each partition for itself; every operation and row read is counted."""

    def __init__(self, rows: Mapping[tuple[str, str], tuple[dict[str, Any], str]]) -> None:
        self.rows = dict(rows)
        self.keys = {p: sorted(key for part, key in rows if part == p) for p in PARTITIONS}
        self.operations = self.read_rows = 0

    async def get(self, partition: str, key: str) -> Row | None:
        """Return one row, or None."""
        self.operations += 1
        row = self.rows.get((partition, key))
        return Row(partition, key, row[0], row[1]) if row else None

    async def read(
        self, partition: str, start: str, end: str, *, limit: int | None = None, **_: Any
    ) -> list[Row]:
        """Return the rows with start <= key < end in order, at most *limit*."""
        self.operations += 1
        keys = self.keys[partition]
        some = keys[bisect_left(keys, start) : bisect_left(keys, end)][:limit]
        self.read_rows += len(some)
        return [Row(partition, key, *self.rows[partition, key]) for key in some]

    async def write(self, partition: str, changes: Sequence[Any]) -> list[str]:
        """Nothing here writes."""
        raise AssertionError((partition, changes))


def form(text: str, names: Sequence[str]) -> str:
    """A text with places for others in the place of *names*."""
    for number, name in enumerate(names):
        text = text.replace(name, f"{{{number}}}")
    return text


Rows = dict[tuple[str, str], tuple[dict[str, Any], str]]


async def leads(many: int) -> CountedTable:
    """So many leads, each of another customer of another company; all companies end alike.

    They are the rows of a real one, under other ids and names.
    """
    office = Office({"name": "crm"})
    await office.take(1, Email=PERSON["Email"], Company="Tailspin GmbH")
    await office.finish("crm", Accepted("record-0"))
    own = {
        PERSON["Email"]: lambda n: IDENTITY.contact(f"person-{n}@fabrikam.example", "", ""),
        "30123456": lambda n: IDENTITY.index_name(PHONE, f"3{n:07d}"),
        "tailspin": lambda n: IDENTITY.index_name(COMPANY, f"tailspin{n}"),
        "record-0": lambda n: IDENTITY.index_name(RECORD, f"record-{n}"),
    }
    [contact] = {row["lead"].partition("-")[0] for row in office.table.values("lead")}
    names = [
        contact,
        IDENTITY.index_name(PHONE, "30123456"),
        IDENTITY.index_name(COMPANY, "tailspin"),
        IDENTITY.index_name(RECORD, "record-0"),
    ]
    forms = [
        (form(key, names), {n: form(values[n], names) for n in ("lead", "names") if n in values})
        for (_, key), (values, _) in office.table.rows.items()
    ]
    shared = [values for values, _ in office.table.rows.values()]

    made: Rows = {}
    for number in range(1, many + 1):
        new = [name(number) for name in own.values()]
        for (key, ids), values in zip(forms, shared, strict=True):
            # What is no id is the same in all, and nothing here reads it.
            told: dict[str, Any] = {name: value.format(*new) for name, value in ids.items()}
            made[new[0][0], key.format(*new)] = ({**values, **told}, "e")
    return CountedTable(made)


class TestFlat:
    @pytest.mark.parametrize("many", [FEW, MANY])
    async def test_operations(self, many):
        """Finding and showing takes so many operations and rows, however many leads there are."""
        office, table = Office(), await leads(many)
        office.table = table  # type: ignore[assignment]  # it is only read, and quickly
        requests = office.requests(lambda: Configured(office.classifier, {}, office.unrouted))
        lead = IDENTITY.lead(
            IDENTITY.contact("person-777@fabrikam.example", "", ""), "contoso.invoice-robot"
        )

        counts = {}
        for known, text in {
            "email": "person-777@fabrikam.example",
            "phone": "030000777",
            "company": "GmbH Tailspin777",
            "record": "RECORD-777",
        }.items():
            table.operations = table.read_rows = 0
            answer = await requests.find({}, body(**{known: text}))
            assert [{"lead": lead}] == answer["leads"], known
            counts[known] = (table.operations, table.read_rows)
        table.operations = table.read_rows = 0
        await requests.get_lead(lead, {})
        counts["show"] = (table.operations, table.read_rows)

        index = dict.fromkeys(("phone", "company", "record"), (len(PARTITIONS), 1))
        assert {"email": (1, 1), **index, "show": (1, 5)} == counts

    async def test_usual_word(self):
        """A word that all companies have is read so far, and no further."""
        office, table = Office(), await leads(FEW * 10)
        office.table = table  # type: ignore[assignment]  # it is only read
        requests = office.requests(lambda: Configured(office.classifier, {}, office.unrouted))

        answer = await requests.find({}, body(company="gmbh"))

        assert answer["more"]
        assert (len(PARTITIONS), len(PARTITIONS) * READ) == (table.operations, table.read_rows)
