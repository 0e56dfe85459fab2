"""An erasure on a real host: ordered over HTTP, carried out, and searched for in all of storage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from leadshare.custody.erasing.needles import Needles
from tests.e2e import sink
from tests.e2e.flow import CONFIGURATION, Running, serving, somebody
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Script
from tests.e2e.storage import scan
from tests.laws.checker import violations

PHONE: Final = "+49 30 5550177"


def everything(storage: str) -> Iterator[tuple[str, bytes]]:
    """Yield all that the account holds: each entity, each message as it is peeked, each blob."""
    with TableServiceClient.from_connection_string(storage) as tables:
        for table in tables.list_tables():
            for row in tables.get_table_client(table.name).list_entities():
                values = {name: getattr(one, "value", one) for name, one in row.items()}
                yield f"{table.name}: {row['RowKey']}", json.dumps(values, default=str).encode()
    with QueueServiceClient.from_connection_string(storage) as queues:
        for queue in queues.list_queues():
            client = queues.get_queue_client(queue.name or "")
            for message in client.peek_messages(max_messages=32):
                yield f"{queue.name}: {message.id}", str(message.content).encode()
    with BlobServiceClient.from_connection_string(storage) as blobs:
        for container in blobs.list_containers():
            within = blobs.get_container_client(container.name)
            for blob in within.list_blobs():
                yield f"{container.name}/{blob.name}", within.download_blob(blob.name).readall()


def test_erase(new_account: Callable[[], str], tmp_path: Path) -> None:
    """Nothing of a person is left, in storage, the log or the certificate; what comes later is."""
    storage, file, who = new_account(), tmp_path / "leadshare.toml", somebody()
    needles = Needles(frozenset({who}), frozenset({"05550177"}))

    def found() -> list[str]:
        return [name for name, content in everything(storage) if needles.are_in(content)]

    with sink.running(Script()) as crm, sink.running(Script()) as closing:
        file.write_text(
            CONFIGURATION.format(crm=crm.url, closing=closing.url).replace(
                "timeout = 5", "timeout = 2"
            )
        )
        settings = quick(storage, file) | {"HOOK": KEY, "LANE_LEASE": "3"}
        with serving(settings, tmp_path / "host.log") as (host, web):
            run = Running(host, web, storage, crm, closing, Script())
            lead = run.settled(run.post(Email=who, Phone=PHONE, Description=f"Write to {who}"))
            web.post("leads", content=b"broken " + who.encode())
            until(lambda: any("quarantine|" in name for name in found()))
            assert {"leads"} == {name.split(":")[0] for name in found()}

            counted = run.order("erase", email=who)
            ordered = run.order("erase", email=who, dry_run=False, token=counted["token"])
            certificate = until(lambda: _complete(run, ordered["order"]), 60)

            assert [] == found()
            assert [] == [one for one in (json.dumps(certificate), host.said()) if who in one]
            last = crm.events[-1]
            assert ("lead.erased", lead["lead"]["lead"]) == (last["type"], last["data"]["lead"])
            assert {"lead"} == last["data"].keys()
            again = run.settled(run.post(Email=who))
            assert 1 == again["lead"]["touches"]
            assert [] == violations(scan(storage), settled=True)


def _complete(run: Running, order: str) -> dict[str, Any]:
    told: dict[str, Any] = run.get(f"erasures/{order}")
    return told if told["complete"] else {}
