"""Local: send a test lead through a live app, and wait until it can be seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from leadshare.local.samples import VALIDATE, Sample

PATIENCE: Final = 300
"""Seconds for all of it: an app that was deployed a moment ago is still starting."""

_PAUSE: Final = 2.0
_LOOPBACK: Final = ("127.0.0.1", "localhost")


class SmokeFailed(Exception):
    """The app does not take a test lead, or nobody sees it; the text says which."""


class _Stay(HTTPRedirectHandler):
    """Follows no redirect, for the key would go along."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER: Final = build_opener(_Stay)


@dataclass(slots=True)
class _App:
    """An app, asked with a host key until *end*."""

    url: str
    key: str
    build: str
    end: float
    last: str = ""
    """What went wrong when it was asked last."""

    def health(self) -> dict[str, Any] | None:
        """Return how things stand, or nothing while it cannot run or another build answers."""
        told = self._asked("manage/health", None, HTTPStatus.OK)
        if told and told["configuration"] != "ok":
            self.last = f"its configuration: {told['configuration']}"
            return None
        if told and self.build not in ("", told.get("build")):
            self.last = f"build {told.get('build')} answers, not {self.build}"
            return None
        return told

    def post(self, body: bytes) -> dict[str, Any] | None:
        """Post a lead as Partner Center does; return the answer if it was taken."""
        return self._asked("leads", body, HTTPStatus.ACCEPTED)

    def until(self, ask: Callable[[], dict[str, Any] | None], otherwise: str) -> dict[str, Any]:
        """Return what *ask* gives, once it gives something."""
        while (found := ask()) is None:
            if time.monotonic() > self.end:
                raise SmokeFailed(f"{otherwise}; at last: {self.last}")
            time.sleep(_PAUSE)
        return found

    def _asked(self, path: str, body: bytes | None, wanted: int) -> dict[str, Any] | None:
        # The key goes in a header, for a URL ends up in logs.
        headers = {"x-functions-key": self.key, "content-type": "application/json"}
        request = Request(f"{self.url}/api/{path}", body, headers)  # noqa: S310 - checked before
        try:
            with _OPENER.open(request, timeout=30) as answer:
                self.last = f"{path} answered {answer.status}"
                told: dict[str, Any] = json.load(answer)
                return told if answer.status == wanted else None
        except HTTPError as error:
            self.last = f"{path} answered {error.code}"
            error.close()
        except (OSError, HTTPException, ValueError) as error:
            # It is starting, or being replaced.
            self.last = f"{path}: {type(error).__name__}"
        return None


def run(
    url: str, key: str, build: str = "", patience: float = PATIENCE, lead: Sample = VALIDATE
) -> str:
    """Prove that the app at *url* takes a test lead; return a sentence, or raise `SmokeFailed`.

    With a *build* that build must answer, before and after the lead: for a while after a
    deployment the one before it may.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise SmokeFailed("the address must begin with https://, for a key is sent to it")
    app = _App(url.rstrip("/"), key, build, time.monotonic() + patience)
    before = app.until(app.health, "the app is not well")
    taken = app.until(lambda: app.post(lead.body), "the app does not take the test lead")
    touch = taken["touch"]

    def seen() -> dict[str, Any] | None:
        told = app.health()
        # Both times are the app's own, so that no clock of ours matters.
        return told if told and told["last_test_lead"] > before["last_test_lead"] else None

    told = app.until(seen, f"the test lead, touch {touch}, was taken but never seen")
    when, build = told["last_test_lead"], told["build"]
    return f"The test lead, touch {touch}, was seen at {when} by build {build}"
