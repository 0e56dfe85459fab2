"""What the page on security says of erasing must be so."""

from __future__ import annotations

import re
from pathlib import Path

from leadshare.classify import Classifier
from leadshare.core import ledger
from leadshare.core.delivery import Accepted
from leadshare.core.rows import Row, partition_of
from leadshare.quarantine import Quarantine
from tests.builders import IDENTITY, NOW, PERSON, configuration, message, post
from tests.memory import MemoryTable

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
WHO = PERSON["Email"]
OTHERS = [f"other{number}@fabrikam.example" for number in range(200)]


async def kept():
    """
    Return a table with a person in it who has each kind of row, and somebody else.
    """
    table, told = (
        MemoryTable(),
        configuration({"name": "sent"}, {"name": "parked"}, {"name": "due"}),
    )
    classifier = Classifier(table, Quarantine(table, lambda: NOW), told, IDENTITY, lambda: NOW)
    await classifier.classify(message(post(), 1), NOW)
    for (partition, key), (values, etag) in list(table.rows.items()):
        row = Row(partition, key, values, etag)
        if key.startswith("due|parked|"):
            await table.write(partition, ledger.park(row, "too_old", NOW))
        if key.startswith("due|sent|"):
            attempt = ledger.Attempt(ledger.to_delivery(row), Accepted("r"), NOW)
            await table.write(partition, ledger.finish(row, attempt, (0,), NOW, 0.0, check=False))
    other = next(
        email for email in OTHERS if partition_of(id_of(email)) == partition_of(id_of(WHO))
    )
    await classifier.classify(message(post(Email=other), 2), NOW)
    return table


def id_of(email):
    """
    Return the contact id, as the page works it out.
    """
    assert "Identity(os.environ['LEADSHARE_IDENTITY_KEY'].encode()).contact(" in PAGE
    return IDENTITY.contact(email, "", "")


class TestErasing:
    async def test_all(self):
        """
        What the page has deleted is all rows of the person, of every kind, and no others.
        """
        places = re.findall(r"(RowKey|lead) ge '\$ID(.)' and \1 lt '\$ID\2~'", PAGE)
        table, contact = await kept(), id_of(WHO)

        deleted = {
            key
            for (partition, key), (values, _) in table.rows.items()
            if partition == contact[:1]
            if any((values | {"RowKey": key}).get(n, "").startswith(contact + s) for n, s in places)
        }

        assert {key for _, key in table.rows if contact in key} == deleted
        assert {"due", "parked", "seen"} <= {key.partition("|")[0] for key in deleted}
        assert {"contact", "lead", "touch", "delivery", "attempt"} <= {
            key.split("|")[1] for key in deleted if key.startswith(contact)
        }
        assert {partition for partition, _ in table.rows} == {contact[:1]}
