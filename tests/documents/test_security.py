"""What the page on security says of controls and of erasing must be so."""

from __future__ import annotations

import re
from pathlib import Path

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import Accepted
from leadshare.leads.classify import Classifier
from leadshare.leads.quarantine import Quarantine
from leadshare.store.keys import partition_of
from leadshare.store.table import Row
from leadshare.watch.prover import Proofs
from tests.builders import IDENTITY, NOW, PERSON, Nudged, classifying, configuration, message, post
from tests.memory import MemoryTable

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
WHO = PERSON["Email"]
OTHERS = [f"other{number}@fabrikam.example" for number in range(200)]


async def kept():
    """Return a table with a person in it who has each kind of row, and somebody else."""
    table, told = (
        MemoryTable(),
        configuration({"name": "sent"}, {"name": "parked"}, {"name": "due"}),
    )
    clock = lambda: NOW  # noqa: E731 - a clock that stands
    quarantine, proofs = Quarantine(table, clock), Proofs(MemoryTable(), clock)
    classifier = Classifier(
        table, quarantine, *classifying(told), IDENTITY, clock, Nudged(), proofs
    )
    await classifier.classify(message(post(), 1), NOW)
    for (partition, key), (values, etag) in list(table.rows.items()):
        row = Row(partition, key, values, etag)
        if key.startswith("due|parked|"):
            await table.write(partition, ledger.park(row, "too_old", NOW))
        if key.startswith("due|sent|"):
            attempt = ledger.Attempt(ledger.to_delivery(row), Accepted("r"), NOW)
            await table.write(partition, ledger.finish(row, attempt, (0,), NOW, 0.0, look_up=False))
    other = next(
        email for email in OTHERS if partition_of(id_of(email)) == partition_of(id_of(WHO))
    )
    await classifier.classify(message(post(Email=other), 2), NOW)
    return table


def id_of(email):
    """Return the contact id, as the page works it out."""
    assert "Identity(os.environ['LEADSHARE_IDENTITY_KEY'].encode()).contact(" in PAGE
    return IDENTITY.contact(email, "", "")


CONTROLS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in re.findall(r"^\| \d+ \|.*$", PAGE, re.MULTILINE)
]
"""The table of controls: number, control, how, what holds it, what is missing."""


class TestControls:
    def test_rows(self):
        """Each of the controls has a row, which says what holds it, or what is missing."""
        assert [str(number) for number in range(1, 25)] == [row[0] for row in CONTROLS]
        assert [] == [row[0] for row in CONTROLS if not (row[3] or row[4])]

    def test_tests(self):
        """Every test that the page names is there."""
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
        missing = [
            f"{path}::{name}"
            for path, name in named
            if not re.search(
                rf"^ *(async )?(def|class) {name}\b", (ROOT / path).read_text("utf-8"), re.MULTILINE
            )
        ]

        assert len(CONTROLS) <= len(named)
        assert [] == missing

    def test_disclosure(self):
        """The policy of disclosure says where to report, and what is a vulnerability."""
        policy = (ROOT / "SECURITY.md").read_text("utf-8")

        assert "Report a vulnerability" in policy
        assert "docs/security.md" in policy


class TestErasing:
    async def test_all(self):
        """What the page has deleted is all rows of the person, of every kind, and no others."""
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
