"""A host for each group of functions, as Flex Consumption runs the app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from tests.builders import post
from tests.e2e import process, sink
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Mood, Script
from tests.e2e.storage import queued, scan
from tests.e2e.test_two_hosts import configured


def test_groups(new_account: Callable[[], str], tmp_path: Path) -> None:
    """A lead goes from the POST to the CRM through several processes, each of which does its part.

    The one that a nudge sets to work dies with a call under way. Its message is hidden for ten
    minutes; a tick delivers nonetheless, once the lease of the lane is over: 3 s here for 60 s.
    """
    parts = {
        "http": "touch.taken",
        "classify_touch": "touch.classified",
        "work_lane": "",
        "tick": "delivery.attempted",
    }
    *before, last = parts
    storage, file, script = new_account(), tmp_path / "leadshare.toml", Script()
    script.moods.append(Mood.SILENT)
    with sink.running(script) as crm:
        file.write_text(configured(crm.url, "timeout = 2"))
        settings = quick(storage, file) | {"HOOK": KEY, "LANE_LEASE": "3"}
        with process.in_groups(settings, tmp_path, *before) as first:
            taken = httpx.post(f"{first['http'].url}/api/leads", json=post(), timeout=60)
            until(lambda: crm.hanging)
            first["work_lane"].crash()
            with process.in_groups(settings, tmp_path, last) as ticking:
                hosts = first | ticking
                elsewhere = httpx.post(f"{ticking[last].url}/api/leads", json=post(), timeout=60)
                until(lambda: crm.events and not scan(storage, "due|"))
                # A host writes a moment after the next has heard.
                until(lambda: all(part in hosts[group].said() for group, part in parts.items()))
                said = {group: host.said() for group, host in hosts.items()}
                hidden = queued(storage, ["lanes"])

    assert (202, 404) == (taken.status_code, elsewhere.status_code)
    assert (1, 1) == (hidden, len(crm.events))
    assert parts == {
        group: "".join(part for part in parts.values() if part and part in text)
        for group, text in said.items()
    }
