"""Pictures of the command line: what each command says of a running host, at both widths."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from leadshare.commands.screen import short
from leadshare.local import azurite
from leadshare.local.samples import SAMPLES
from tests.commands.conftest import said
from tests.documents.command_page import DOCS, PICTURES, TAKEN, WIDTHS, wide
from tests.e2e import sink
from tests.e2e.flow import CONFIGURATION, Running, serving
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Mood, Script


def take() -> None:
    """Take all of them of one host, on which there is something of each kind to see."""
    PICTURES.mkdir(exist_ok=True)
    crm = Script()
    with (
        tempfile.TemporaryDirectory() as name,
        azurite.running(Path(name) / "azurite", Path(name) / "azurite.log") as storage,
        sink.running(crm) as one,
        sink.running(Script()) as other,
    ):
        file = Path(name) / "leadshare.toml"
        text = CONFIGURATION.replace("closing", "marketplace-crm").replace(
            "{marketplace-crm}", "{other}"
        )
        file.write_text(text.format(crm=one.url, other=other.url))
        settings = quick(storage, file) | {"HOOK": KEY}
        with serving(settings, Path(name) / "host.log") as (host, web):
            run = Running(host, web, storage, one, other, crm)
            where = {"LEADSHARE_MANAGE_URL": host.url, "LEADSHARE_BY": "zoe"}
            with mock.patch.dict(os.environ, where):
                lead = _prepared(run)
                for picture, words in TAKEN.items():
                    told = _told if picture != "tail" else lambda words: _tailed(words, run)
                    _take(picture, words.format(lead=short(lead)), told, host.url)


def _prepared(run: Running) -> str:
    """Bring leads in, to each end; return the id of the one that has the longest story."""
    touches = []
    for sample in SAMPLES:
        path = f"leads/{sample.listing}" if sample.listing else "leads"
        touches.append(run.web.post(path, content=sample.body).json()["touch"])
    lead = str(run.settled(touches[0])["lead"]["lead"])
    run.plan.moods.append(Mood.BROKEN)
    said("destinations", "pause", "marketplace-crm")
    said("resend", lead)
    until(lambda: run.get(f"leads/{lead}")["deliveries"][0]["reason"])
    # It waits for half a minute now, in which the pictures are taken.
    parked = str(run.settled(touches[3])["lead"]["lead"])
    said("destinations", "pause", "crm")
    said("resend", parked)
    said("park", parked)
    said("destinations", "resume", "crm")
    run.web.post("leads", content=SAMPLES[4].body)
    return lead


def _take(name: str, words: str, told: Callable[[list[str]], str], url: str) -> None:
    command, _, known = words.partition(" <")
    typed = io.StringIO(f"{json.loads(SAMPLES[0].body)['UserDetails']['Email']}\n" * bool(known))
    for width in WIDTHS:
        typed.seek(0)
        with wide(width), mock.patch("sys.stdin", typed):
            lines = [line.rstrip() for line in told(command.split()).splitlines()]
        shown = "\n".join([f"$ leadshare {words}", *lines]).replace(url, "http://127.0.0.1:7071")
        (PICTURES / f"{name}-{width}.txt").write_text(f"{shown.rstrip()}\n", encoding="utf-8")


def _told(words: list[str]) -> str:
    told = said(*words)
    return told.out + told.err


def _tailed(words: list[str], run: Running) -> str:
    """Tell what a process of its own says until Ctrl-C, which is pressed when one more has come."""
    command = [sys.executable, "-m", "leadshare", *words]
    with (
        tempfile.NamedTemporaryFile() as file,
        subprocess.Popen(command, cwd=DOCS.parent, stdout=file) as process,  # noqa: S603 - our own arguments
    ):
        told = lambda: len(re.findall("^20", Path(file.name).read_text("utf-8"), re.MULTILINE))  # noqa: E731 - asked twice
        leads = len(run.get("leads")["leads"])
        until(lambda: told() == leads)
        run.web.post("leads", content=SAMPLES[0].body)
        until(lambda: told() > leads)
        process.send_signal(signal.SIGINT)
        process.wait()
        return Path(file.name).read_text("utf-8")
