"""A proof's whole way: the timer, real HTTP with a key, the queue, classify, and the one row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from leadshare.local import azurite
from leadshare.watch.proof import LISTING
from tests.e2e import process
from tests.e2e.process import Host, quick, until
from tests.e2e.storage import queued, scan

CONFIGURATION: Final = '[[destination]]\ntype = "inbox"\nname = "crm"\nurl = "{url}"\n'
KEYS: Final = {"host": {"operator": "operators"}, "functions": {"take_touch": {"proof": "provers"}}}
LAST, NEXT = (f"2026-01-01T0{hour}:17:00+00:00" for hour in (0, 1))


@contextmanager
def past_due(settings: dict[str, str], folder: Path, key: str) -> Iterator[Host]:
    """Run a host, keys enforced, whose prover should have run long ago, and so does at once."""
    state, keys = folder / "state", folder / "keys.json"
    state.mkdir(parents=True)
    status = {"Last": LAST, "Next": NEXT, "LastUpdated": LAST}
    (state / "prove_intake.json").write_text(json.dumps(status))
    keys.write_text(json.dumps(KEYS))
    [port] = azurite.free_ports(1)
    words = ("--port", str(port), "--state", str(state), "--keys", str(keys))
    url = f"http://127.0.0.1:{port}/api/leads"
    proving = {"LEADSHARE_PROOF_URL": url, "LEADSHARE_PROOF_KEY": key}
    with process.running(settings | proving, folder / "host.log", *words) as host:
        yield host


def lines(host: Host, event: str) -> list[dict[str, Any]]:
    """What the app has logged of an event."""
    said = (line for line in host.said().splitlines() if f'"event":"{event}"' in line)
    return [json.loads(line) for line in said]


def health(host: Host) -> dict[str, Any]:
    """What operators are told."""
    key = {"x-functions-key": "operators"}
    answer = httpx.get(f"{host.url}/api/manage/health", headers=key, timeout=60)
    told: dict[str, Any] = answer.json()
    return told


def test_proof(new_account: Callable[[], str], tmp_path: Path) -> None:
    """A proof goes all the way, and leaves no touch, lead, route or count; a wrong key is told."""
    storage, file = new_account(), tmp_path / "leadshare.toml"
    file.write_text(CONFIGURATION.format(url="http://127.0.0.1:1"))
    settings = quick(storage, file)
    with past_due(settings, tmp_path / "proven", "provers") as host:
        [arrived] = until(lambda: lines(host, "proof.arrived"))
        [sent] = until(lambda: lines(host, "proof.sent"))
        proven, said = health(host), host.said()
    with past_due(settings, tmp_path / "refused", "nobodys") as host:
        [refused] = until(lambda: lines(host, "proof.sent"))
        since = health(host)

    assert (202, 0, 0) == (sent["status"], sent["failures"], arrived["failures"])
    assert ("on", 0) == (proven["proof"]["state"], proven["proof"]["failures"])
    assert 60 > proven["proof"]["proven_seconds"]
    assert "" == proven["last_test_lead"]
    assert [] == scan(storage)
    assert 0 == queued(storage)
    assert not [event for event in ("touch.classified", LISTING, "provers") if event in said]
    assert (401, 1, "warning") == (refused["status"], refused["failures"], refused["level"])
    assert (proven["proof"]["proven_at"], 1) == (
        since["proof"]["proven_at"],
        since["proof"]["failures"],
    )
