"""Local: what came of the samples, as a small report in the terminal and as its page in a file."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

from leadshare.local.environment import ROOT

_COLUMNS: Final = {"leads": "leads", "sales_ready": "ready", "called": "called", "won": "won"}


async def report(console: Console, client: httpx.AsyncClient, folder: Path, key: str) -> None:
    """Print what was counted by listing, and say in which file the whole report is drawn."""
    # It is counted within a minute anyway; nobody is to wait for that here.
    order = {"dry_run": False, "by": "make run"}
    (await client.post("/api/manage/counts", json=order)).raise_for_status()
    asked = {"by": "listing", "persons": "true"}
    answer = (await client.get("/api/manage/report", params=asked)).raise_for_status()
    console.print(_table(answer.json()))
    path = folder / "report.html"
    if await _drawn(path, str(client.base_url).rstrip("/"), key):
        console.print("The whole report, with plots, as a page for your browser:")
        console.print(f"  {_shown(path)}", soft_wrap=True, highlight=False, markup=False)


def _table(told: Mapping[str, Any]) -> Table:
    table = Table(title="What was counted of them", title_justify="left", expand=True)
    table.add_column("listing", ratio=3, no_wrap=True)
    for name in (*_COLUMNS.values(), "won for"):
        table.add_column(name, ratio=1, justify="right")
    for row in [*told["rows"], {"value": "all", **told["total"]}]:
        won = ", ".join(f"{amount} {code}" for code, amount in row["amounts"]["won"].items())
        table.add_row(str(row["value"]), *(str(row[name]) for name in _COLUMNS), won)
    return table


async def _drawn(path: Path, url: str, key: str) -> bool:
    """Have the command line draw the page into *path*; say whether it could."""
    _forget(path)
    named = {"LEADSHARE_MANAGE_URL": url, "LEADSHARE_PRIVACY_KEY": key}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leadshare", "report", "--persons", "--html", str(path)),
        cwd=ROOT,
        env=os.environ | named,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait() == 0


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(ROOT) else str(path)


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
