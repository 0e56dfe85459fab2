"""Leads from Microsoft's table in an account of its own, by real ticks, and the move to POSTs."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from azure.data.tables import TableServiceClient

from tests.builders import post
from tests.e2e import process, sink
from tests.e2e.process import Host, quick, until
from tests.e2e.sink import KEY, Script, Sink
from tests.e2e.storage import of_kind, queued, scan
from tests.laws.checker import violations
from tests.microsoft_table import columns

CONFIGURATION: Final = """
[[listing]]
id = "contoso.invoice-robot"
title = "Contoso Invoice Robot"
kind = "app"

[[destination]]
type = "webhook"
name = "crm"
url = "{crm}"
secret = "HOOK"

[marketplace_table]
connection = "LEAD_TABLE"
every = 1
"""


@dataclass(frozen=True)
class Running:
    """Two hosts on one storage account, and the account that Microsoft writes to."""

    hosts: tuple[Host, Host]
    storage: str
    microsoft: str
    crm: Sink

    def write(self, key: str, **values: Any) -> None:
        """Write a row, as Microsoft does, which makes the table with the first."""
        now = datetime.now(UTC).isoformat()
        row = {"PartitionKey": now[:10], "RowKey": key, **values, "CreatedTime": now}
        with TableServiceClient.from_connection_string(self.microsoft) as service:
            table = service.create_table_if_not_exists("MarketplaceLeads")
            with table:
                table.create_entity(row)

    def rows(self) -> list[Any]:
        """All of Microsoft's rows with their etags."""
        with (
            TableServiceClient.from_connection_string(self.microsoft) as service,
            service.get_table_client("MarketplaceLeads") as table,
        ):
            return [(dict(row), row.metadata["etag"]) for row in table.list_entities()]

    def post(self, path: str = "", **changes: Any) -> None:
        """Post a lead as the marketplace does."""
        answer = httpx.post(
            f"{self.hosts[0].url}/api/leads{path}", json=post(**changes), timeout=60
        )
        assert 202 == answer.status_code

    def health(self) -> Any:
        """What operators are told of the table."""
        told = httpx.get(f"{self.hosts[1].url}/api/manage/health", timeout=60).json()
        [(name, table)] = told["marketplace_tables"].items()
        return {"name": name, **table}

    def settle(self, touches: int) -> None:
        """Wait until so many touches are kept, and nothing is to be done any more."""
        until(lambda: len(of_kind(scan(self.storage), "touch")) >= touches, 60)
        until(lambda: not queued(self.storage))
        until(lambda: not scan(self.storage, "due|"))
        assert [] == violations(scan(self.storage), settled=True)
        assert [] == self.crm.unverified

    def said(self) -> str:
        """What both hosts have logged."""
        return "".join(host.said() for host in self.hosts)


@pytest.fixture(name="run")
def _run(new_account: Callable[[], str], tmp_path: Path) -> Iterator[Running]:
    storage, microsoft, file = new_account(), new_account(), tmp_path / "leadshare.toml"
    settings = quick(storage, file) | {"HOOK": KEY, "LEAD_TABLE": microsoft}
    with sink.running(Script()) as crm:
        file.write_text(CONFIGURATION.format(crm=crm.url))
        with (
            process.running(settings, tmp_path / "1.log") as one,
            process.running(settings, tmp_path / "2.log") as two,
        ):
            yield Running((one, two), storage, microsoft, crm)


def test_rows(run: Running) -> None:
    """Rows of the table arrive as leads, what nobody can read is kept, and no row is altered."""
    people = [f"buyer{number}@fabrikam.example" for number in range(25)]
    until(lambda: run.health()["done_at"])  # before there is a table
    for number, email in enumerate(people):
        run.write(f"r{number}", **columns(Email=email))
    run.write("broken", **columns() | {"CustomerInfo": "canary-person"})
    before = run.rows()

    run.settle(25)
    until(lambda: of_kind(scan(run.storage), "quarantine"))

    assert set(people) == {record["email"] for record in run.crm.records.values()}
    assert {1} == set(Counter(event["id"] for event in run.crm.events).values())
    assert 25 == len(run.crm.events)
    [(_, kept)] = of_kind(scan(run.storage), "quarantine")
    assert "customer_info_unreadable" == kept["reason"]
    assert before == run.rows()
    until(lambda: run.health()["rows"] >= 26)
    told = run.health()
    assert (26, "", True) == (told["rows"], told["fault"], told["configured"])
    assert told["watermark"] <= told["newest"] <= told["begun_at"]
    assert "canary" not in run.said()
    assert "fabrikam" not in run.said()


def test_move(run: Running) -> None:
    """Around the move each lead, by its row, its POST or both, is there and told of once."""
    chance = random.Random(7)  # noqa: S311 - a test's order
    people = [f"buyer{number}@fabrikam.example" for number in range(30)]
    moves = [("row", email) for email in people[:20]]
    moves += [("post", email) for email in people[10:]]
    # Bare sources name no offer, which then only the path of a POST does.
    bare = {"LeadSource": "AzureMarketplace", "ActionCode": "INS"}
    sources = {email: chance.choice(({}, bare)) for email in people}
    chance.shuffle(moves)

    for number, (way, email) in enumerate(moves):
        if way == "row":
            run.write(f"r{number}", **columns(Email=email, **sources[email]))
        else:
            path = chance.choice(("", "/contoso.invoice-robot"))
            run.post(path, Email=email, **sources[email])
    run.settle(40)

    leads = [values for _, values in of_kind(scan(run.storage), "lead")]
    assert Counter(people) == Counter(json.loads(lead["record"])["email"] for lead in leads)
    assert {(1, 1)} == {(lead["version"], lead["touches"]) for lead in leads}
    assert 10 == sum(lead["duplicates"] for lead in leads)
    assert Counter(people) == Counter(event["data"]["email"] for event in run.crm.events)
