"""Local: `make run`: start everything, post the samples, show each lead's way, keep serving."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.live import Live

from leadshare.local import azurite, inbox
from leadshare.local.environment import ROOT
from leadshare.local.host.tracing import ENDPOINT
from leadshare.local.picture import Way, table_of, table_of_others
from leadshare.local.samples import SAMPLES, Sample

INBOX_PORT: Final = 7072
PATIENCE: Final = 120
"""Seconds in which every sample must have come to its end."""


def main(words: list[str]) -> int:
    """Run until Ctrl-C, or with --once until every sample has come to its end."""
    options = parser().parse_args(words)
    state = ROOT / ".leadshare" / "state"
    if options.fresh:
        shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True, exist_ok=True)
    try:
        return asyncio.run(_run(options.port, state, once=options.once))
    except KeyboardInterrupt:
        return 0
    except RuntimeError as error:
        print(error)
        return 1
    except httpx.HTTPError as error:
        print(f"The host failed ({type(error).__name__}); see .leadshare/state/host.log")
        return 1


def parser() -> argparse.ArgumentParser:
    """Return what the words of the command line mean."""
    parser = argparse.ArgumentParser(prog="python -m leadshare.local run", description=__doc__)
    parser.add_argument("--port", type=int, default=7071, help="the port that takes leads")
    parser.add_argument("--once", action="store_true", help="end by itself, 0 if all is well")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs first")
    return parser


async def _run(port: int, state: Path, *, once: bool) -> int:
    console = Console()
    if not _is_free(port):
        console.print(f"Port {port} is taken; choose another: make run PORT=7171")
        return 1
    inbox_port = INBOX_PORT if _is_free(INBOX_PORT) else 0
    with azurite.running(state / "azurite", state / "azurite.log") as storage:
        async with (
            inbox.running(state / "inbox.sqlite", inbox_port) as inbox_url,
            _host(port, state, storage, inbox_url) as url,
            httpx.AsyncClient(base_url=url, timeout=30) as client,
        ):
            console.print(f"leadshare takes leads at {url}/api/leads, the CRM inbox is {inbox_url}")
            if to := os.environ.get(ENDPOINT):
                console.print(f"Traces and metrics go to {to} (OTLP over HTTP)")
            ways: list[Way] = []
            posting = asyncio.create_task(_post_all(client, ways))
            all_well = await _watch(console, client, ways)
            await posting
            if once:
                return 0 if all_well else 1
            console.print(_invitation(url, inbox_url), soft_wrap=True)
            with Live(table_of([]), console=console, refresh_per_second=2) as live:
                while True:
                    live.update(table_of_others(await _leads(client), ways))
                    await asyncio.sleep(1)


@asynccontextmanager
async def _host(port: int, state: Path, storage: str, inbox_url: str) -> AsyncIterator[str]:
    """Run the local host with the whole app as a process of its own; yield its address."""
    toml = (ROOT / "leadshare" / "local" / "leadshare.toml").read_text(encoding="utf-8")
    configuration = state / "leadshare.toml"
    configuration.write_text(
        toml.replace(f"http://127.0.0.1:{INBOX_PORT}", inbox_url), encoding="utf-8"
    )
    settings = {
        "LEADSHARE_STORAGE": storage,
        "AzureWebJobsStorage": storage,
        "LEADSHARE_IDENTITY_KEY": _identity_key(state),
        "LEADSHARE_CONFIGURATION": str(configuration),
        "TICK_SCHEDULE": "*/1 * * * * *",
        "TICK_BUDGET": "5",
    }
    words = ["--folder", str(ROOT), "--port", str(port), "--message-lease", "30"]
    with (state / "host.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "leadshare.local.host", *words),
            env=os.environ | settings,
            stdout=log,
            stderr=log,
            # Ctrl-C is for us alone: we stop the host, and Azurite after it.
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        await _until_ready(url, process)
        yield url
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _until_ready(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(600):
            if process.returncode is not None:
                raise RuntimeError("the host ended; see .leadshare/state/host.log")
            try:
                if (await client.get(f"{url}/api/health")).is_success:
                    return
            except httpx.TransportError:
                pass  # It is still starting.
            await asyncio.sleep(0.1)
    raise RuntimeError("the host did not start; see .leadshare/state/host.log")


async def _post_all(client: httpx.AsyncClient, ways: list[Way]) -> None:
    """Post the samples one after the other, slowly enough to be watched."""
    for sample in SAMPLES:
        ways.append(await _post(client, sample))
        await asyncio.sleep(0.3)


async def _post(client: httpx.AsyncClient, sample: Sample) -> Way:
    """POST *sample* as Partner Center does: once, whatever is answered."""
    path = f"/api/leads/{sample.listing}" if sample.listing else "/api/leads"
    headers = {"content-type": "application/json"}
    response = await client.post(path, content=sample.body, headers=headers)
    answer = response.raise_for_status().json()
    return Way(sample, touch=answer["touch"], taken=answer["status"])


async def _watch(console: Console, client: httpx.AsyncClient, ways: list[Way]) -> bool:
    """Show the samples on their way until all have ended; say whether they did."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    # While it moves, a line each, for a live picture must fit the screen; then all of it.
    with Live(table_of(ways), console=console, refresh_per_second=4, transient=True) as live:
        while loop.time() < end and not _have_ended(ways):
            await _look(client, ways)
            live.update(table_of(ways))
            await asyncio.sleep(0.5)
    console.print(table_of(ways, whole=True))
    if _have_ended(ways):
        return True
    late = ", ".join(way.sample.name for way in ways if not way.has_ended)
    console.print(f"Not at their end after {PATIENCE} s: {late}. See .leadshare/state/host.log")
    return False


def _have_ended(ways: list[Way]) -> bool:
    return len(ways) == len(SAMPLES) and all(way.has_ended for way in ways)


async def _look(client: httpx.AsyncClient, ways: list[Way]) -> None:
    """Find each sample's lead by its touch."""
    by_touch = {way.touch: way for way in ways}
    for lead in await _leads(client):
        response = await client.get(f"/api/manage/leads/{lead['lead']}")
        story = response.raise_for_status().json()
        for touch in story["touches"]:
            if touch["touch"] in by_touch:
                by_touch[touch["touch"]].story = story


async def _leads(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    response = await client.get("/api/manage/leads", params={"limit": "50"})
    leads: list[dict[str, Any]] = response.raise_for_status().json()["leads"]
    return leads


def _invitation(url: str, inbox_url: str) -> str:
    body = (
        '{"UserDetails":{"Email":"you@your-company.example","Company":"Your company"},'
        '"LeadSource":"SPZA-PLT|contoso.invoice-robot","ActionCode":"PLT",'
        '"OfferTitle":"Contoso Invoice Robot"}'
    )
    return (
        f"\nOpen {inbox_url} to see what the CRM got. Send one of your own:\n\n"
        f"  curl {url}/api/leads -H 'content-type: application/json' -d '{body}'\n\n"
        f"Its story: {url}/api/manage/leads, how all stands: {url}/api/manage/health."
        " Ctrl-C stops everything.\n"
    )


def _identity_key(state: Path) -> str:
    """Return the key that this machine's ids are made with, made on the first run."""
    path = state / "identity.key"
    if not path.exists():
        path.write_text(secrets.token_hex(32))
    return path.read_text()


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
