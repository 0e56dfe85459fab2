"""Those to whom a played host speaks: the systems that take leads, and Partner Center."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx
from pydantic import SecretStr

from leadshare.client.standard_webhooks import key_of, signer
from leadshare.times import to_text
from tests.books.analytics import Analytics
from tests.e2e.quarter.clock import Clock
from tests.e2e.quarter.life import REFUSED
from tests.e2e.quarter.wiring import MEANT_FOR
from tests.e2e.sink import KEY


@dataclass
class World:
    """Those to whom the host speaks: the systems that take leads, and Partner Center."""

    clock: Clock
    raw: list[dict[str, Any]] = field(default_factory=list)
    """What happened, as those saw it whom it happened to."""
    analytics: Analytics = field(default_factory=Analytics)
    leads: dict[tuple[str, str], str] = field(default_factory=dict)
    """Ids by address and listing, as the CRM knows them."""
    is_down: bool = False
    refuses: bool = True
    faults: list[str] = field(default_factory=list)
    """What went wrong here, and must not."""
    heard_at: float = 0.0
    url: str = ""

    def write(self, kind: str, **values: Any) -> None:
        """Write down what happened now."""
        self.raw.append({"kind": kind, "at": to_text(self.clock.now()), **values})

    def take(self, destination: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take an event, as a CRM does; return the status."""
        keys = {"leadshare": [key_of(SecretStr(KEY))]}
        signer(headers, body, self.clock.now(), keys)
        event = json.loads(body)
        lead = event["data"]
        told = {"destination": destination, "type": event["type"], "id": headers["webhook-id"]}
        if event["type"] != "lead.erased":
            told |= {name: lead[name] for name in ("email", "listing", "version")}
            self.leads[lead["email"], lead["listing"]] = lead["lead"]
        if self.is_down and destination == "crm":
            return 503
        if self.refuses and destination == "market" and REFUSED in lead.get("email", ""):
            self.write("refused", **told)
            return 422
        self.write("received", **told)
        return 204

    @contextmanager
    def listening(self) -> Iterator[Self]:
        """Listen until the end of the block."""
        world, one = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            """Answers one request at a time."""

            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                """Answer, whoever is meant."""
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:
                    raise ConnectionResetError  # whoever was sending was killed
                headers = {name.lower(): value for name, value in self.headers.items()}
                with one:
                    world.heard_at = time.monotonic()
                    if meant := headers.get(MEANT_FOR):
                        world.analytics.now = world.clock.now()
                        asked = httpx.Request(self.command, meant, headers=headers, content=body)
                        told = world.analytics.handle(asked)
                        status, content = told.status_code, told.content
                    elif self.command == "HEAD":  # the daily preflight
                        status, content = 204, b""
                    else:
                        status, content = world.take(self.path.strip("/"), headers, body), b""
                self.send_response(status)
                if status != 204:
                    self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815 - http.server's names

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            """Bears that a killed host hangs up."""

            def handle_error(self, *_: Any) -> None:
                """Say nothing of that, and all of anything else."""
                error = sys.exc_info()[1]
                if not isinstance(error, ConnectionError):
                    world.faults.append(repr(error))

        server = Server(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
