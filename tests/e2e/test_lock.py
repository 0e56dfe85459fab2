"""The host that ticks is killed: another takes over once the lock of the dead one has run out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from tests.builders import post
from tests.e2e import process, sink
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Mood, Script
from tests.e2e.storage import scan
from tests.e2e.test_two_hosts import configured
from tests.laws.checker import violations


def test_takes_over(new_account: Callable[[], str], tmp_path: Path) -> None:
    """One of two hosts ticks; when it is killed, the other ticks as soon as its lease is over.

    All is delivered then: what the dead one was at, and what is nudged for while nobody can have
    the lane that it held. The lock is over after 15 s here, for 60 s and as long a wait for it.
    """
    storage, file, script = new_account(), tmp_path / "leadshare.toml", Script()

    def ticks(host: process.Host) -> int:
        return host.said().count("tick.done")

    def classified(*hosts: process.Host) -> int:
        return sum(host.said().count("touch.classified") for host in hosts)

    with sink.running(script) as crm:
        file.write_text(configured(crm.url, "timeout = 12"))
        settings = quick(storage, file) | {"HOOK": KEY, "LANE_LEASE": "14"}
        with process.running(settings, tmp_path / "1.log") as one:
            until(lambda: ticks(one) > 2)
            script.moods.append(Mood.SILENT)
            httpx.post(f"{one.url}/api/leads", json=post(Email="a@fabrikam.example"), timeout=60)
            until(lambda: crm.hanging)
            with process.running(settings, tmp_path / "2.log") as two:
                httpx.post(
                    f"{two.url}/api/leads", json=post(Email="b@fabrikam.example"), timeout=60
                )
                until(lambda: classified(one, two) > 1)
                before = ticks(two)
                one.crash()
                until(lambda: ticks(two), 40)
                until(lambda: not scan(storage, "due|"))

    assert 0 == before
    assert [] == violations(scan(storage), settled=True)
    assert ["a@fabrikam.example", "b@fabrikam.example"] == sorted(
        event["data"]["email"] for event in crm.events
    )
