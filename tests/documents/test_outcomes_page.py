"""What docs/outcomes.md gives to whoever posts outcomes is run, as it stands there."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr

from leadshare.client.standard_webhooks import key_of
from leadshare.lifecycle.outcome import Outcome
from leadshare.lifecycle.posted import body
from leadshare.lifecycle.posted.message import read_message
from leadshare.lifecycle.posted.webhook import OutcomeWebhook
from leadshare.times import utc_now
from tests.builders import LEAD

PAGE = (Path(__file__).parents[2] / "docs" / "outcomes.md").read_text("utf-8")
SECRET = "whsec_" + base64.b64encode(bytes(range(200, 232))).decode()


def code(language: str, holding: str) -> str:
    """The one block of code in a language that holds something."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    [found] = [block for block in blocks if holding in block]
    return str(found)


class Shop(HTTPServer):
    """Takes outcomes as the app does, over the network."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        keys = {"shop": [key_of(SecretStr(SECRET))]}
        self.webhook = OutcomeWebhook(lambda: keys, utc_now)
        self.taken: list[Outcome] = []


class Door(BaseHTTPRequestHandler):
    """Hands each POST on."""

    server: Shop

    def do_POST(self) -> None:
        """Answer one."""
        sent = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = asyncio.run(self.server.webhook.accept(headers, sent))
        if answer.message:
            self.server.taken.append(read_message(answer.message).outcome)
        self.send_response(answer.status)
        self.end_headers()
        self.wfile.write(answer.text.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(name="shop")
def _shop() -> Iterator[Shop]:
    with Shop() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def run(shop: Shop, *command: str, secret: str = SECRET) -> subprocess.CompletedProcess[str]:
    """Run something that posts to a shop."""
    url = f"http://127.0.0.1:{shop.server_port}/api/outcomes"
    told = {"OUTCOMES_URL": url, "OUTCOMES_SECRET": secret, "LEAD": LEAD}
    return subprocess.run(  # noqa: S603 - what the page gives
        command, env=os.environ | told, capture_output=True, text=True, timeout=60, check=False
    )


WAYS = [
    pytest.param(lambda: (sys.executable, "-c", code("python", "def tell")), "won", id="python"),
    pytest.param(lambda: ("bash", "-ec", code("bash", "curl")), "lost", id="curl"),
]


class TestPost:
    @pytest.mark.parametrize(("way", "state"), WAYS)
    def test_taken(self, shop, way, state):
        """It is taken, as what it says."""
        ended = run(shop, *way())

        assert (0, "") == (ended.returncode, ended.stderr)
        assert [(LEAD, "shop", state)] == [(o.lead, o.source, o.state) for o in shop.taken]

    @pytest.mark.parametrize(("way", "state"), WAYS)
    def test_another_secret(self, shop, way, state):
        """With another secret it is refused, and says so."""
        other = "whsec_" + base64.b64encode(b"x" * 32).decode()
        ended = run(shop, *way(), secret=other)

        assert state
        assert ended.returncode != 0
        assert [] == shop.taken

    def test_secret(self, shop):
        """The secret that the page has made is one."""
        made = run(shop, "bash", "-ec", code("bash", "openssl rand -base64"))

        assert 32 == len(key_of(SecretStr(made.stdout.strip())))

    def test_short(self):
        """What a backend needs fits a dozen lines."""
        lines = code("python", "def tell").partition("def tell")[2].partition("\n\n")[0]

        assert len(lines.splitlines()) <= 10


def test_keys():
    """The page tells of every key that a body may have, and of no other."""
    [table] = re.findall(r"\| key \| what it is \|\n\| --- \| --- \|\n((?:\|.*\n)+)", PAGE)
    told = [n for line in table.splitlines() for n in re.findall("`(\\w+)`", line.split("|")[1])]

    assert sorted(body.KEYS) == sorted(told)
