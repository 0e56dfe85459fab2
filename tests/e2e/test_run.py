"""`make run` as a newcomer meets it: what it shows, what it refuses, and how it ends."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from leadshare.local import azurite
from leadshare.local.samples import curl

ROOT = Path(__file__).parents[2]
SHOW = """
import sys
from pathlib import Path
from leadshare.local import show
show.STATE = Path(sys.argv[1])
sys.exit(show.main(sys.argv[2:]))
"""
PATIENCE = 120
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
"""What moves the cursor of a terminal, and colours."""


class Run:
    """One `make run`, with a folder of its own."""

    def __init__(self, folder):
        self.folder, self.log = folder / "state", folder / "log"
        self.port, self.inbox = azurite.free_ports(2)

    def command(self):
        """Return the command of this run."""
        ports = ("--port", str(self.port), "--inbox-port", str(self.inbox))
        return [sys.executable, "-c", SHOW, str(self.folder), *ports]

    def start(self):
        """Start it; what it says goes into a file."""
        with self.log.open("wb") as log:
            environment = os.environ | {"COLUMNS": "80", "TTY_COMPATIBLE": "1"}
            return subprocess.Popen(self.command(), cwd=ROOT, env=environment, stdout=log)  # noqa: S603 - our own arguments

    def wait(self, condition):
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < end, "\n".join(self.lines())
            time.sleep(0.2)
        return found

    def lines(self):
        """Return what it has said so far, as on a terminal that forgets nothing."""
        text = CODES.sub("", self.log.read_text("utf-8"))
        return [line.rstrip() for line in text.splitlines()]

    def left(self):
        """Return the processes that are still about its folder."""
        listed = subprocess.check_output(["ps", "-A", "-o", "args"], text=True)  # noqa: S607 - the system's
        mine = (str(self.folder), f"--port {self.port}")
        return [line for line in listed.splitlines() if any(one in line for one in mine)]


@pytest.fixture(name="started")
def _started(tmp_path):
    """A run, and its process, which is ended at last."""
    run = Run(tmp_path)
    process = run.start()
    try:
        yield run, process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=60)


def test_whole(started):
    """Samples are shown, then one's own lead with its way; SIGTERM leaves nothing behind."""
    run, process = started
    printed = f"  {curl(f'http://127.0.0.1:{run.port}')}"
    run.wait(lambda: printed in run.lines())
    assert [] == [line for line in run.lines() if len(line) > 80 and line != printed]

    # A second run of the same folder is told, and leaves the first alone.
    other = subprocess.run(run.command(), cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    told = "Another `make run` of this folder is at work; end that one first, by Ctrl-C\n"
    assert (1, told, "") == (other.returncode, other.stdout, other.stderr)

    post(printed)
    inbox = f"http://127.0.0.1:{run.inbox}"
    run.wait(lambda: "Yours" in run.lines() and "  our-crm: delivered" in yours(run))
    assert "you@your-company.example" in httpx.get(f"{inbox}/leads").text
    assert re.search(
        r"Contoso Invoice Robot, 1 touch, lead\n  [0-9a-f]{32}-[0-9a-f]{16}\n", yours(run)
    )
    assert re.search(r"\n  \d+ \w+\n  \+\d+ asked to be contacted, ", yours(run))
    assert (run.folder / "report.html").read_text("utf-8").startswith("<!doctype html>")
    assert f"  {run.folder / 'report.html'}" in run.lines()
    assert re.search(r"│ all +│ +[1-9]", "\n".join(run.lines()))
    words = [line.split()[1:] for line in run.lines() if re.match(r"  \S*leadshare ", line)]
    assert [1, 0, 0] == [ask(run, *one) for one in words]  # a touch is in quarantine
    assert ["health", "leads", "show"] == [one[0] for one in words]
    for link in re.findall(r'href="(http[^"]+|/[^"]+)"', httpx.get(f"{inbox}/").text):
        assert httpx.get(link if "://" in link else inbox + link).is_success

    process.send_signal(signal.SIGTERM)
    assert 0 == process.wait(timeout=60)
    assert [] == run.left()
    for port in (run.port, run.inbox):
        with socket.socket() as one:
            assert 0 != one.connect_ex(("127.0.0.1", port))


@pytest.mark.parametrize("wanted", ["azurite", "leadshare.toml"])
def test_early(started, wanted):
    """SIGTERM while it starts leaves nothing behind, either."""
    run, process = started
    run.wait((run.folder / wanted).exists)
    process.send_signal(signal.SIGTERM)

    assert 0 == process.wait(timeout=60)
    assert [] == run.left()


def post(command):
    """Do what *command*, a line of curl's, does."""
    _, url, _, header, _, body = shlex.split(command)
    name, _, value = header.partition(": ")
    httpx.post(url, content=body, headers={name: value}).raise_for_status()


def ask(run, *words):
    """Do what a command in another terminal does; return its exit code."""
    where = os.environ | {"LEADSHARE_MANAGE_URL": f"http://127.0.0.1:{run.port}"}
    command = [sys.executable, "-m", "leadshare", *words]
    return subprocess.call(command, cwd=ROOT, env=where, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments


def yours(run):
    """Return what was drawn last of one's own leads."""
    return "\n".join(run.lines()).rpartition("\nYours\n")[2]
