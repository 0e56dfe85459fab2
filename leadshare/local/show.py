"""Local: `make run`: start everything, post the samples, show each lead's way, keep serving."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from leadshare.local import azurite, options, ports, serving, state
from leadshare.local.environment import LAUNCHER, ROOT
from leadshare.local.host.tracing import ENDPOINT
from leadshare.local.inbox import site
from leadshare.local.picture import table_of, table_of_leads, yours
from leadshare.local.reported import report
from leadshare.local.samples import AGAIN, NURTURED, curl
from leadshare.local.ways import (
    Way,
    come_again,
    have_ended,
    look,
    nurture,
    own,
    post_all,
    remind,
    sell,
    who_gets_what,
)
from leadshare.operators.persons import HEADER
from leadshare.times import utc_now

STATE: Final = ROOT / ".leadshare" / "state"
LOCAL: Final = "http://127.0.0.1:7071"
"""Where the command line looks, unless it is told otherwise."""

PATIENCE: Final = 120
"""Seconds in which every sample must have come to its end."""

ENDINGS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends everything as Ctrl-C does; Windows has no second one."""


def main(words: list[str]) -> int:
    """Run until Ctrl-C, or with --once until every sample has come to its end."""
    chosen = options.read(words)
    endings = _heard()
    for one in endings:
        signal.signal(one, signal.default_int_handler)
    try:
        with state.taken(STATE, fresh=chosen.fresh) as folder:
            chosen.inbox_port = ports.inbox_port(chosen.port, chosen.inbox_port)
            with azurite.running(folder / "azurite", folder / "azurite.log") as storage:
                return asyncio.run(_run(chosen, folder, storage, endings))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 1 if chosen.once else 0
    except RuntimeError as error:
        print(error)
        return 1
    except httpx.HTTPError as error:
        print(f"The host failed ({type(error).__name__}); see .leadshare/state/host.log")
        return 1


async def _run(
    chosen: argparse.Namespace, folder: Path, storage: str, endings: list[signal.Signals]
) -> int:
    console = Console()
    _end_by(endings)
    app = f"http://127.0.0.1:{chosen.port}"
    async with (
        site.running(folder / "inbox.sqlite", chosen.inbox_port, app) as inbox_url,
        serving.running(chosen.port, folder, storage, inbox_url) as url,
        # It waits for a host that is just being started anew.
        httpx.AsyncClient(
            base_url=url,
            timeout=30,
            transport=httpx.AsyncHTTPTransport(retries=6),
            headers={HEADER: serving.privacy_key(folder)},
        ) as client,
    ):
        console.print(f"leadshare takes leads at {url}/api/leads")
        console.print(f"What is here, the CRM inbox among it: {inbox_url}")
        if to := os.environ.get(ENDPOINT):
            console.print(f"Traces and metrics go to {to} (OTLP over HTTP)")
        console.print(await who_gets_what(client, console.width), markup=False, highlight=False)
        ways, began = list[Way](), utc_now()
        posting = asyncio.create_task(post_all(client, ways))
        all_well = await _watch(console, client, ways)
        await posting
        all_well = all_well and await _sell(console, client, inbox_url, ways[0])
        all_well = all_well and await _remind(console, client, inbox_url)
        all_well = all_well and await _nurture(console, client, ways[NURTURED])
        if all_well:
            await report(console, client, folder, serving.privacy_key(folder))
        if chosen.once:
            return 0 if all_well else 1
        newest = next(way.story["lead"]["lead"] for way in ways if way.story)
        console.print(
            _invitation(url, inbox_url, newest), soft_wrap=True, highlight=False, markup=False
        )
        with Live(yours([], 0), console=console, refresh_per_second=2) as live:
            while True:
                live.update(yours(*await own(client, ways, began)))
                await asyncio.sleep(1)


def _heard() -> list[signal.Signals]:
    """Return which of the endings there are; what nohup has us ignore is none."""
    return [one for one in ENDINGS if signal.getsignal(one) is not signal.SIG_IGN]


def _end_by(signals: list[signal.Signals]) -> None:
    """Let each of *signals* cancel what runs, as Ctrl-C does, so that all of it is put away."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101 - it runs
    with suppress(NotImplementedError):  # Windows, where nobody sends any
        for one in signals:
            loop.add_signal_handler(one, task.cancel)


async def _watch(console: Console, client: httpx.AsyncClient, ways: list[Way]) -> bool:
    """Show the samples on their way until all have ended; say whether they did."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    # While it moves, a line each, for a live picture must fit the screen; then all of it.
    with Live(table_of(ways), console=console, refresh_per_second=4, transient=True) as live:
        while loop.time() < end and not have_ended(ways):
            await look(client, ways)
            live.update(table_of(ways))
            await asyncio.sleep(0.5)
    console.print(table_of_leads(ways))
    if have_ended(ways):
        return True
    late = ", ".join(way.sample.name for way in ways if not way.has_ended)
    console.print(f"Not at their end after {PATIENCE} s: {late}. See .leadshare/state/host.log")
    return False


async def _sell(console: Console, client: httpx.AsyncClient, inbox: str, way: Way) -> bool:
    """Show that leadshare hears of what a seller does in the CRM; say whether it did."""
    heard = await sell(client, inbox, way)
    said = "leadshare asked the CRM, and" if heard else "but leadshare did not hear of it:"
    lead = way.story["lead"]
    stage, by = lead["stage"].replace("_", " "), lead["stage_by"]
    console.print(
        f"A seller won the first one there, 1,200.00 EUR;\n{said} its stage is {stage}, by {by}.",
        highlight=False,
    )
    return heard


async def _remind(console: Console, client: httpx.AsyncClient, inbox: str) -> bool:
    """Show what people hear of a lead that nobody has called; say whether they did."""
    console.print("Nobody called another within 18 seconds, so the sales channel in Teams hears:")
    card = await remind(client, inbox)
    console.print(Padding(Text(card or "nothing"), (0, 0, 0, 2)))
    return bool(card)


async def _nurture(console: Console, client: httpx.AsyncClient, way: Way) -> bool:
    """Show how a lead is nurtured until a second touch makes it sales-ready; say whether it is."""
    track = await nurture(client, way)
    console.print(
        "One that is not sales-ready yet is nurtured: after three seconds\n"
        f"the CRM has a task for your people, by the track {track or 'that never ran'}.",
        highlight=False,
    )
    came_to = await come_again(client, way, AGAIN)
    told = (came_to or "nothing follows").replace(", and ", ",\nand ")
    console.print(f"Then the same customer buys: {told}.", highlight=False)
    return bool(track and came_to)


def _invitation(url: str, inbox_url: str, lead: str) -> str:
    where = "" if url == LOCAL else f"  export LEADSHARE_MANAGE_URL={url}\n"
    leadshare = os.path.relpath(LAUNCHER)
    return f"""
What is here, and what the CRM got: {inbox_url}
Ctrl-C stops everything. Send a lead of your own:

  {curl(url)}

Look after them, in another terminal:

{where}  {leadshare} health
  {leadshare} leads
  {leadshare} show {lead[:8]}-{lead[33:37]}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
