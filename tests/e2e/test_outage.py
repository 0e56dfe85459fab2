"""Storage out of reach for long: the host ends and comes back, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from tests.builders import post
from tests.e2e import process, sink
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Script
from tests.e2e.storage import of_kind, queued, scan
from tests.e2e.test_two_hosts import configured
from tests.gate import Gate
from tests.laws.checker import violations

OPTIONS: Final = ("--message-lease", "3", "--retry-scale", "0.02")
"""The SDK's six tries take half a second here, and 25 seconds in Azure."""


def test_outage(new_account: Callable[[], str], tmp_path: Path) -> None:
    """A touch that is classified when storage goes is classified again when it is back, once it
    shows.

    The host could not delete its message, and ended; the platform has started it anew since.
    """
    storage, file = new_account(), tmp_path / "leadshare.toml"
    queues, log = Gate(storage, "Queue"), tmp_path / "host.log"
    with (
        sink.running(Script()) as crm,
        queues.running(),
        Gate(queues.storage, "Table").running() as both,
    ):
        # Shorter than the lease of a lane, which a worker that is killed leaves behind.
        file.write_text(configured(crm.url, "timeout = 2"))
        settings = quick(both.storage, file) | {"HOOK": KEY, "LANE_LEASE": "3"}
        settings |= {"AzureWebJobsStorage": storage}
        with process.kept_up(settings, log, *OPTIONS) as host:
            queues.shut_at("DELETE")
            taken = httpx.post(
                f"{host.url}/api/leads", json=post(Email="a@fabrikam.example"), timeout=60
            )
            until(lambda: queues.is_shut)
            both.shut()
            until(lambda: host.starts > 1)  # it has come back, in vain
            hidden = queued(storage)
            both.open()
            queues.open()
            again = until(lambda: _posted(host, post(Email="b@fabrikam.example")))
            until(lambda: not queued(storage))
            until(lambda: not scan(storage, "due|"))
            said = host.said()
    rows = scan(storage)

    assert 202 == taken.status_code
    assert again
    assert 1 == hidden
    touch = taken.json()["touch"]
    assert 2 == sum("touch.classified" in line and touch in line for line in said.splitlines())
    assert [] == violations(rows, settled=True)
    assert {1} == {values["touches"] for _, values in of_kind(rows, "lead")}
    assert ["a@fabrikam.example", "b@fabrikam.example"] == sorted(
        record["email"] for record in crm.records.values()
    )
    # What left just as storage went leaves again, as the same event.
    assert 2 == len({event["id"] for event in crm.events})
    assert "critical: host.ends" in said


def _posted(host: process.Host, body: object) -> httpx.Response | None:
    """Post a lead; None while the host is not there, or storage not for it."""
    try:
        answer = httpx.post(f"{host.url}/api/leads", json=body)
    except httpx.TransportError:
        return None
    return answer if answer.is_success else None
