"""A host that is killed again and again loses no lead, doubles none and lets no old version win.

Its workers are not killed: each goes on with what it runs, beside the next host's.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from tests.e2e import sink, traffic
from tests.e2e.process import Host, quick, until
from tests.e2e.sink import KEY, Mood, Script, Sink, Weather
from tests.e2e.storage import Row, break_lock, of_kind, queued, scan
from tests.laws.checker import violations

KILLS: Final = 20
"""Kills of a run, each of a seed of its own."""

RUNS: Final = int(os.environ.get("KILL_RUNS", "1"))
"""Runs: 50 are a thousand kills, and take hours."""

LEADS: Final = 300
LONGEST_REST: Final = 3.0
"""Seconds before more is posted, in which a host delivers what was left to it."""

LONGEST_RUSH: Final = 1.5
"""Seconds after more is posted, in which the host is killed."""

PATIENCE: Final = 75.0
"""Seconds in which everything must have settled, once hosts are no longer killed."""

BAD: Final = {
    Mood.BROKEN: 6,
    Mood.DROPPED: 6,
    Mood.SILENT: 1,
    Mood.LATE: 1,
    Mood.BUSY: 1,
    Mood.THROTTLED: 1,
}
"""How often in a hundred requests; most cost the lane a second each."""

CONFIGURATION: Final = """
internal_domains = ["contoso.example"]

[[listing]]
id = "contoso.invoice-robot"
title = "Contoso Invoice Robot"
kind = "app"

[[listing]]
id = "contoso.ledger-review"
title = "Contoso Ledger Review"
kind = "consulting service"

[[listing]]
id = "contoso.metrics"
title = "Contoso Metrics"
kind = "offer"

[[destination]]
type = "webhook"
name = "moody"
url = "{moody}"
secret = "HOOK"
schedule = {schedule}
timeout = 2

[[destination]]
type = "webhook"
name = "plain"
url = "{plain}"
secret = "HOOK"
schedule = {schedule}
timeout = 2

[[route]]
to = ["moody", "plain"]
"""


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.timeout(600)  # it starts some twenty hosts, which takes long where others work too
def test_kill(run: int, new_account: Callable[[], str], tmp_path: Path) -> None:
    """Whatever was answered 2xx ends as one record per lead, in its newest version, everywhere."""
    seed = int(os.environ.get("KILL_SEED") or secrets.randbelow(1_000_000)) + run
    print(f"KILL_SEED={seed}")  # noqa: T201 - shown when the test fails, to play it again
    plan, chance = traffic.plan(LEADS, seed), random.Random(seed)  # noqa: S311 - a test's plan
    sender = traffic.Sender(plan.posts)
    storage, file = new_account(), tmp_path / "leadshare.toml"
    settings = quick(storage, file) | {"HOOK": KEY, "LANE_LEASE": "3"}

    with (
        sink.running(Weather(seed, BAD)) as moody,
        sink.running(Script()) as plain,
        sender.running(),
        ExitStack() as hosts,
    ):
        schedule = [0, 0.2, 0.5, *[1] * 60]
        file.write_text(CONFIGURATION.format(moody=moody.url, plain=plain.url, schedule=schedule))

        def start() -> Host:
            host = Host(settings, tmp_path / f"{uuid4().hex}.log", "--message-lease", "2")
            hosts.callback(host.kill)
            sender.url = host.wait().url
            return host

        host = start()
        for number in range(KILLS):
            time.sleep(chance.uniform(0, LONGEST_REST))
            sender.release(len(plan.posts) // KILLS)
            time.sleep(chance.uniform(0, LONGEST_RUSH))  # the moment is what is tested
            if number % 2:
                following = start()
                time.sleep(chance.uniform(0, 1))  # two at once, as the platform may have it
                host.kill()
                break_lock(storage)
                assert [] == violations(scan(storage)), f"kill {number + 1}, the next at work"
            else:
                sender.url = ""
                host.kill()
                break_lock(storage)
                assert [] == violations(scan(storage)), f"kill {number + 1}, the next not there"
                following = start()
            host = following
        sender.release(len(plan.posts))
        until(sender.done, PATIENCE)
        until(lambda: not queued(storage), PATIENCE)
        until(lambda: not scan(storage, "due|"), PATIENCE)
        host.stop()
    rows = scan(storage)
    _tell(sender, moody, plain)

    assert [] == violations(rows, settled=True)
    # A 500 claims nothing (a busy machine makes the emulator slow), and it was posted again.
    assert set(sender.refused) <= {500}
    _assert_kept(rows, sender)
    assert [] == of_kind(rows, "parked")
    for one in (moody, plain):
        _assert_told(one, rows, plan)
    assert set(BAD) | {Mood.GOOD} == set(moody.moods)


def _assert_kept(rows: list[Row], sender: traffic.Sender) -> None:
    """Each touch that was answered 2xx is in exactly one row: a touch's, or in quarantine."""
    kept = Counter(key.split("|")[2] for key, _ in of_kind(rows, "touch"))
    quarantined = Counter(values["touch"] for _, values in of_kind(rows, "quarantine"))
    assert set(kept.values()) | set(quarantined.values()) == {1}
    said = {"accepted": set(kept), "quarantined": set(quarantined)}
    lost = {touch for touch, status in sender.kept.items() if touch not in said[status]}
    assert set() == lost
    reasons = {values["reason"] for _, values in of_kind(rows, "quarantine")}
    assert {"not_json", "not_an_object", "too_deep"} == reasons


def _assert_told(one: Sink, rows: list[Row], plan: traffic.Traffic) -> None:
    """A destination has one record of each lead that may leave, told last in its newest version."""
    assert [] == one.unverified
    records = list(one.records.values())
    told = Counter((record["email"], record["listing"]) for record in records)
    assert set(plan.wanted) == set(told)
    assert {1} == set(told.values())
    touches = {(record["email"], record["listing"]): record["touches"] for record in records}
    assert plan.wanted == touches
    newest = {values["lead"]: values["version"] for _, values in of_kind(rows, "lead")}
    assert {r["lead"]: newest[r["lead"]] for r in records} == {
        r["lead"]: r["version"] for r in records
    }
    arrived = {lead: one.versions(lead) for lead in one.records}
    assert {lead: sorted(versions) for lead, versions in arrived.items()} == arrived


def _tell(sender: traffic.Sender, *sinks: Sink) -> None:
    """Print what happened."""
    told = [f"{len(sender.kept)} posts kept, {sender.unanswered} not answered"]
    for one in sinks:
        events = Counter(event["id"] for event in one.events)
        again = sum(count - 1 for count in events.values())
        moods = {str(mood): count for mood, count in one.moods.items()}
        told.append(f"{len(events)} versions of {len(one.records)} leads, {again} again; {moods}")
    print(json.dumps(told, indent=1))  # noqa: T201 - shown when the test fails
