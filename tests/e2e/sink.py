"""A destination on loopback that keeps what it is told last, and misbehaves as it is planned."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Final

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

KEY: Final = "whsec_bGVhZHNoYXJlIGVuZCB0byBlbmQgdGVzdHM="
"""What events are signed with here; nothing of value hangs on it."""

LONGEST_HANG: Final = 30.0
BAD_IN_A_ROW: Final = 2


class Mood(StrEnum):
    """How one request is met."""

    GOOD = "good"
    BROKEN = "500"
    BUSY = "503, Retry-After"
    THROTTLED = "429, Retry-After"
    SILENT = "no answer, nothing written"
    LATE = "written, no answer"
    DROPPED = "written, connection dropped"
    GONE = "410"


WRITES: Final = frozenset({Mood.GOOD, Mood.LATE, Mood.DROPPED})
HANGS: Final = frozenset({Mood.SILENT, Mood.LATE})
_STATUS: Final = {
    Mood.GOOD: 204,
    Mood.BROKEN: 500,
    Mood.BUSY: 503,
    Mood.THROTTLED: 429,
    Mood.GONE: 410,
}
_AGAIN: Final = frozenset({Mood.BUSY, Mood.THROTTLED})

Plan = Callable[[int], Mood]
"""Gives the next mood; it is told how many requests are hanging."""


class Sink:
    """What has arrived, in order, and how it was met; `url` is where it listens.

    Whatever is written replaces what was there, whatever its version: an older one over a newer
    one shows.
    """

    def __init__(self, plan: Plan) -> None:
        self.url = ""
        self.events: list[dict[str, Any]] = []
        """Events that were written, in order; each with its `id`."""
        self.unverified: list[str] = []
        """What was wrong with events that do not verify."""
        self.moods: Counter[Mood] = Counter()
        self.hanging = 0
        self._plan = plan
        self._verifier = Webhook(KEY)

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """What this system holds: for each lead what it was told last."""
        return {event["data"]["lead"]: event["data"] for event in list(self.events)}

    def versions(self, lead: str) -> list[int]:
        """Return the versions of a lead in the order in which they were written."""
        return [e["data"]["version"] for e in list(self.events) if e["data"]["lead"] == lead]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Meet one request as planned."""
        body = await request.read()
        try:
            event = self._verifier.verify(body, dict(request.headers))
        except WebhookVerificationError as error:
            self.unverified.append(str(error))
            return web.Response(status=401)
        mood = self._plan(self.hanging)
        self.moods[mood] += 1
        if mood in WRITES:
            self.events.append({**event, "id": request.headers["webhook-id"]})
        if mood in HANGS:
            await self._hang()
        if mood is Mood.DROPPED and request.transport is not None:
            request.transport.abort()
        headers = {"retry-after": "1"} if mood in _AGAIN else {}
        return web.Response(status=_STATUS.get(mood, 500), headers=headers)

    async def _hang(self) -> None:
        """Say nothing until the caller gives up, which cancels this."""
        self.hanging += 1
        try:
            await asyncio.sleep(LONGEST_HANG)
        finally:
            self.hanging -= 1

    async def serve(self, ready: threading.Event, stopped: asyncio.Event) -> None:
        """Serve until told to stop."""
        app = web.Application()
        app.router.add_post("/events", self.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = "http://{}:{}/events".format(*runner.addresses[0])
            ready.set()
            await stopped.wait()
        finally:
            await runner.cleanup()


class Script:
    """A plan by hand: the moods that were put in, then good ones."""

    def __init__(self) -> None:
        self.moods: deque[Mood] = deque()

    def __call__(self, hanging: int) -> Mood:
        """Return the next mood."""
        del hanging
        return self.moods.popleft() if self.moods else Mood.GOOD


class Weather:
    """A plan by a seeded chance, with so many of each bad mood in every hundred requests.

    Never three bad ones in a row, and one hanging at once: so the breaker, which rests for half
    a minute after five failures in a row, stays closed.
    """

    def __init__(self, seed: int, bad: Mapping[Mood, int]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a test's plan
        moods = [mood for mood, count in bad.items() for _ in range(count)]
        self._hundred = moods + [Mood.GOOD] * (100 - len(moods))
        self._deck: list[Mood] = []
        self._row = 0

    def __call__(self, hanging: int) -> Mood:
        """Return the next mood."""
        self._deck = self._deck or self._random.sample(self._hundred, 100)
        mood = self._deck.pop()
        if mood is Mood.GOOD or self._row == BAD_IN_A_ROW or (mood in HANGS and hanging):
            self._row = 0
            return Mood.GOOD
        self._row += 1
        return mood


@contextmanager
def running(plan: Plan) -> Iterator[Sink]:
    """Run a sink in a thread of its own until the end of the block."""
    sink, ready = Sink(plan), threading.Event()
    loop, stopped = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(sink.serve(ready, stopped),))
    thread.start()
    try:
        assert ready.wait(10), "the sink does not start"
        yield sink
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
        loop.close()
