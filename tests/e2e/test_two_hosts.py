"""Two hosts on one storage account, as the platform scales the app out: they share the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.e2e import process, sink, traffic
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Script
from tests.e2e.storage import of_kind, queued, scan
from tests.laws.checker import violations

LEADS: Final = 60

CONFIGURATION: Final = """
internal_domains = ["contoso.example"]

[[destination]]
type = "webhook"
name = "crm"
url = "{url}"
secret = "HOOK"
{more}

[[route]]
to = ["crm"]
"""


def configured(url: str, more: str = "") -> str:
    """Return a configuration with one CRM at *url*, and *more* of its settings."""
    return CONFIGURATION.format(url=url, more=more)


def test_two_hosts(new_account: Callable[[], str], tmp_path: Path) -> None:
    """Without faults each version that leaves leaves once; both hosts classify, and one ticks."""
    plan, storage, file = traffic.plan(LEADS, 1), new_account(), tmp_path / "leadshare.toml"
    settings = quick(storage, file) | {"HOOK": KEY}
    with sink.running(Script()) as crm:
        file.write_text(configured(crm.url))
        with (
            process.running(settings, tmp_path / "1.log") as one,
            process.running(settings, tmp_path / "2.log") as two,
        ):
            halves = plan.posts[::2], plan.posts[1::2]
            senders = [
                traffic.Sender(half, host.url)
                for half, host in zip(halves, (one, two), strict=True)
            ]
            with senders[0].running(), senders[1].running():
                for sender in senders:
                    sender.release(len(plan.posts))
                until(lambda: all(sender.done() for sender in senders))
            until(lambda: not queued(storage))
            until(lambda: not scan(storage, "due|"))
            # Visits that nudges asked for may have delivered all before the first tick is done.
            until(lambda: any("tick.done" in host.said() for host in (one, two)))
            classified = [host.said().count("touch.classified") for host in (one, two)]
            delivered = [host.said().count("delivery.attempted") for host in (one, two)]
            ticks = [host.said().count("tick.done") for host in (one, two)]
    rows = scan(storage)

    assert [] == violations(rows, settled=True)
    assert min(classified) > 0
    assert 0 == min(ticks) < max(ticks)
    assert len(crm.events) == sum(delivered)
    assert {1} == set(Counter(event["id"] for event in crm.events).values())
    assert plan.wanted == {
        (record["email"], record["listing"]): record["touches"] for record in crm.records.values()
    }
    assert len(plan.wanted) == len(crm.records)
    assert len(plan.wanted) + len(plan.special) == len(of_kind(rows, "lead"))
