"""Bench: how long others wait behind a flood in one customer's name, beside one in many."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

from tests.bench import deployed, people, sink, storage
from tests.bench.report import Figure, Target
from tests.bench.sink import Sink
from tests.e2e import process

FLOOD: Final = 600
ORDINARY: Final = 20
SETTINGS: Final = {"TICK_SCHEDULE": "*/5 * * * * *"}
PATIENCE: Final = 300.0
"""Seconds after which it is given up."""


def flood() -> Iterator[Figure]:
    """The median wait of ordinary leads behind POSTs of one e-mail with as many offers."""
    with storage.running() as azurite, sink.running() as receiver:
        one, many = (
            _waits(azurite.account(), azurite.folder, receiver, one_name=one_name)
            for one_name in (True, False)
        )
    yield Figure(
        "wait behind one name's flood",
        f"{median(one):.1f} s median, {max(one):.1f} s at most",
        f"{median(many):.1f} s, {max(many):.1f} s behind {FLOOD} names",
        median(one) / median(many),
        Target("at most", 1),
        {"one": one, "many": many},
    )


def _waits(account: str, folder: Path, receiver: Sink, *, one_name: bool) -> list[float]:
    """POST the flood, then ordinary leads; return the seconds until each of these arrived."""
    settings = deployed.settings(account, folder, {"named": receiver.named}) | SETTINGS
    with process.running(settings, folder / f"flood-{one_name}.log") as host:
        url = f"{host.url}/api/leads"
        posted: dict[str, float] = {}
        with httpx.Client() as client:
            for number in range(FLOOD):
                email = {"Email": "sample.buyer@fabrikam.example"} if one_name else {}
                _post(client, url, number, f"contoso.flood-{number}", email)
            for number in range(FLOOD, FLOOD + ORDINARY):
                listing = f"contoso.ordinary-{number}"
                _post(client, url, number, listing, {})
                posted[listing] = time.monotonic()
        process.until(lambda: posted.keys() <= receiver.named_times().keys(), PATIENCE)
        arrived = receiver.named_times()
        receiver.take()
    return [arrived[listing] - at for listing, at in posted.items()]


def _post(
    client: httpx.Client, url: str, number: int, listing: str, person: Mapping[str, str]
) -> None:
    body: dict[str, Any] = json.loads(people.body(number))
    body |= {"LeadSource": f"SPZA-PLT|{listing}", "OfferTitle": listing}
    body["UserDetails"] |= person
    client.post(url, json=body).raise_for_status()
