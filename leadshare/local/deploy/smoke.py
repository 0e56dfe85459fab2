"""Local: send test leads through live apps: one that must be seen, and one in chunks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, Request, build_opener

from leadshare.local.samples import VALIDATE, Sample

PATIENCE: Final = 300
"""Seconds for all of it: an app that was deployed a moment ago is still starting."""

LISTING: Final = "leadshare.smoke"
"""Where the lead in chunks is posted to, so that the alert on lost ones leaves it out."""

RUNBOOK: Final = "docs/runbooks/chunked-leads.md"

_CHUNKED: Final = "A test lead in chunks"
_PAUSE: Final = 2.0
_LOOPBACK: Final = ("127.0.0.1", "localhost")


class SmokeFailed(Exception):
    """The app does not take a test lead, or nobody sees it; the text says which."""


class _AsItIs(HTTPErrorProcessor):
    """Takes every answer as it is: refusals say why, and to a redirect the key would go along."""

    def http_response(self, request: Request, response: Any) -> Any:  # noqa: ARG002 - as urllib asks it
        return response

    https_response = http_response


_OPENER: Final = build_opener(_AsItIs)


@dataclass(frozen=True, slots=True)
class Site:
    """One app: where it is, and what it is asked with; on a developer's machine both are one."""

    url: str
    key: str = field(repr=False)
    build: str = ""
    """The build that must answer; any if none is named."""
    master: str = field(default="", repr=False)
    """The key with which its host is asked how it stands; it is not, without one."""


@dataclass(slots=True)
class _App:
    """An app, asked with a host key until *end*."""

    site: Site
    end: float
    last: str = ""
    """What went wrong when it was asked last."""

    def health(self) -> dict[str, Any] | None:
        """Return how things stand, or nothing while it cannot run or another build answers."""
        health = self._asked("api/manage/health", None, HTTPStatus.OK)
        if health and health["configuration"] != "ok":
            self.last = f"its configuration: {health['configuration']}"
            return None
        return self._as_wanted(health)

    def ready(self) -> dict[str, Any] | None:
        """Return what intake tells, or nothing while its host or `take_touch` is in error."""
        if self.site.master and not self._runs():
            return None
        return self._as_wanted(self._asked("api/health", None, HTTPStatus.OK))

    def _runs(self) -> bool:
        """Say whether the host runs, which answers in error too, and has the function."""
        status, host = self._answer("admin/host/status", None, self.site.master)
        if status == HTTPStatus.OK and host.get("state") != "Running":
            self.last = f"its host is {host.get('state')}: {host.get('errors', '')}"
        if status != HTTPStatus.OK or host.get("state") != "Running":
            return False
        path = "admin/functions/take_touch/status"
        status, function = self._answer(path, None, self.site.master)
        if function.get("errors"):
            self.last = f"take_touch is in error: {function['errors']}"
        return status == HTTPStatus.OK and not function.get("errors")

    def _as_wanted(self, health: dict[str, Any] | None) -> dict[str, Any] | None:
        if health and self.site.build not in ("", health.get("build")):
            self.last = f"build {health.get('build')} answers, not {self.site.build}"
            return None
        return health

    def post(self, body: bytes) -> dict[str, Any] | None:
        """Post a lead as Partner Center does; return the answer if it was taken."""
        return self._asked("api/leads", body, HTTPStatus.ACCEPTED)

    def post_chunked(self, body: bytes) -> str:
        """Post a lead in chunks, once; return what came of it, in words."""
        # Of an iterable no length is known, so that urllib sends it in chunks.
        status, answer = self._answer(f"api/leads/{LISTING}", iter([body]), self.site.key)
        if (status, answer.get("status")) == (HTTPStatus.ACCEPTED, "accepted"):
            return f"{_CHUNKED} was taken with its body: here this platform handed it on"
        if (status, answer.get("reason")) == (HTTPStatus.LENGTH_REQUIRED, "chunked"):
            return (
                f"{_CHUNKED} was refused with 411, for this platform dropped its body: a sender"
                f" that chunks loses its leads here. What helps: {RUNBOOK}"
            )
        return (
            f"{_CHUNKED} was neither taken whole nor refused for its chunks: {self.last}. A sender"
            f" that chunks may lose its leads here without an alert. What helps: {RUNBOOK}"
        )

    def until(self, ask: Callable[[], dict[str, Any] | None], otherwise: str) -> dict[str, Any]:
        """Return what *ask* gives, once it gives something."""
        while (found := ask()) is None:
            if time.monotonic() > self.end:
                raise SmokeFailed(f"{otherwise}; at last: {self.last}")
            time.sleep(_PAUSE)
        return found

    def _asked(self, path: str, body: bytes | None, wanted: int) -> dict[str, Any] | None:
        """Return what was answered, if it was with the status *wanted*."""
        status, answer = self._answer(path, body, self.site.key)
        return answer if answer and status == wanted else None

    def _answer(
        self, path: str, body: bytes | Iterator[bytes] | None, key: str
    ) -> tuple[int, dict[str, Any]]:
        """Return the status of an answer and the object in it, or 0 if there was none."""
        # The key goes in a header, for a URL ends up in logs.
        headers = {"x-functions-key": key, "content-type": "application/json"}
        request = Request(f"{self.site.url}/{path}", body, headers)  # noqa: S310 - checked before
        self.last = path.removeprefix("api/")
        try:
            with _OPENER.open(request, timeout=30) as answer:
                self.last += f" answered {answer.status}"
                content = json.loads(answer.read() or b"{}")
                return answer.status, content if isinstance(content, dict) else {}
        except (OSError, HTTPException, ValueError) as error:
            # It is starting, or being replaced.
            self.last += f": {type(error).__name__}"
        return 0, {}


def run(
    main: Site, intake: Site | None, patience: float = PATIENCE, lead: Sample = VALIDATE
) -> str:
    """Prove that *intake* takes a test lead and *main* sees it; return what was seen.

    Raises `SmokeFailed`. With a build that build must answer, before and after the lead: for a
    while after a deployment the one before it may. What comes of a lead in chunks is told, and no
    failure. Without *intake* nothing is posted, which is told as well.
    """
    for site in (main, intake or main):
        _refuse_plain(site.url)
    end = time.monotonic() + patience
    main_app = _App(main, end)
    before = main_app.until(main_app.health, "the app is not well")
    if intake is None:
        return (
            f"Build {before['build']} is well. No test lead was sent, for intake tells no build:"
            " release its package, which sends one"
        )
    door = _App(intake, end)
    door.until(door.ready, "intake is not well")
    taken = door.until(lambda: door.post(lead.body), "intake does not take the test lead")
    touch = taken["touch"]

    def seen() -> dict[str, Any] | None:
        health = main_app.health()
        # Both times are the app's own, so that no clock of ours matters.
        return health if health and health["last_test_lead"] > before["last_test_lead"] else None

    health = main_app.until(seen, f"the test lead, touch {touch}, was taken but never seen")
    when, build = health["last_test_lead"], health["build"]
    proven = f"The test lead, touch {touch}, was seen at {when} by build {build}"
    return f"{proven}\n{door.post_chunked(lead.body)}"


def build_of(url: str, patience: float = 60) -> str:
    """Return the build that the app at *url* tells to anybody, nothing if it tells none."""
    _refuse_plain(url)
    app = _App(Site(url, ""), time.monotonic() + patience)
    try:
        return str(app.until(app.ready, "it tells no build").get("build", ""))
    except SmokeFailed:
        return ""


def _refuse_plain(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise SmokeFailed("the address must begin with https://, for a key is sent to it")
